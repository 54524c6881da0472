"""Rewrite ``data/*.csv``, ``data/datapackage.json`` and the tables of the case national-2030."""

from pathlib import Path

from data.build.case_2030 import CASE
from data.build.pack import build_all, build_later_years

if __name__ == "__main__":
    folder = Path(__file__).resolve().parent.parent
    build_all(folder)
    build_later_years(folder / "cases" / CASE)
