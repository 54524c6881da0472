"""Derives the tables of the pack (``data/*.csv``) from the figures in ``data/raw``.

Run ``python -m data.build`` from the root of the repository. Every figure of a table is either
carried over from a raw row, derived from raw rows by a method that its note names, or an
assumption of ``data/raw/assumptions_*.csv`` with a range and a reason.
"""

from data.build.pack import build_all

__all__ = ["build_all"]
