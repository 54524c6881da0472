"""Derives the tables of the pack and of the case ``national-2030`` from ``data/raw``.

Also derives the tables that the case ``national-2030`` adds. Run ``python -m data.build`` from the
root of the repository. Every figure of a table is either
carried over from a raw row, derived from raw rows by a method that its note names, or an
assumption of ``data/raw/assumptions_*.csv`` with a range and a reason.
"""

from data.build.pack import build_all, build_later_years

__all__ = ["build_all", "build_later_years"]
