"""A linear model to a raw solution. Knows solvers."""
