"""Plans and findings to pages, maps and workbooks. Works without a solver."""
