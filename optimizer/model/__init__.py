"""A case to a mixed-integer linear program. One file is one block of the formulation."""
