"""Raw solution to typed tables, their verification and their storage. Needs no solver."""
