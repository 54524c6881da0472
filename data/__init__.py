"""The shipped data: raw figures, the code that derives the tables, and the tables."""
