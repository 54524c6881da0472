"""Rewrite ``data/*.csv`` and ``data/datapackage.json``."""

from pathlib import Path

from data.build.pack import build_all

if __name__ == "__main__":
    build_all(Path(__file__).resolve().parent.parent)
