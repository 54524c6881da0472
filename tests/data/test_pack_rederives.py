"""The shipped tables and their descriptor are what the raw figures give."""

from __future__ import annotations

from pathlib import Path

import pytest

from data.build import build_all
from optimizer.tables.datapackage import DESCRIPTOR

DATA = Path(__file__).resolve().parents[2] / "data"
NOT_SHIPPED = {"pins", "link_costs", "supply_steps"}


@pytest.fixture(scope="module")
def rebuilt(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("pack")
    build_all(folder)
    return folder


def test_same_files(rebuilt: Path) -> None:
    shipped = {path.name for path in DATA.glob("*.csv")}
    assert {path.name for path in rebuilt.iterdir()} == shipped | {DESCRIPTOR}
    assert not NOT_SHIPPED & {path.removesuffix(".csv") for path in shipped}


def test_same_bytes(rebuilt: Path) -> None:
    different = [
        path.name
        for path in sorted(rebuilt.iterdir())
        if path.read_bytes() != (DATA / path.name).read_bytes()
    ]
    assert different == []


def test_line_feeds_and_no_recalled_figures() -> None:
    for path in sorted(DATA.rglob("*")):
        if path.suffix not in {".csv", ".json", ".md", ".py", ".yaml"} or "basemap" in path.parts:
            continue
        content = path.read_bytes()
        assert b"\r" not in content, path
        assert content.endswith(b"\n"), path
        text = content.decode("utf-8").lower()
        assert ("from" + "_memory") not in text, path
        assert ("un" + "confirmed") not in text, path
