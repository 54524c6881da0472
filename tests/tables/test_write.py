"""Tables written as CSV read back as the same tables, and written again as the same bytes."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from optimizer.tables.read import RawTable, parse_table, read_folder
from optimizer.tables.registry import TABLES
from optimizer.tables.write import csv_bytes, write_csv
from tests.helpers import DATA, TINY, write_rows

_FINANCE = TABLES["finance"]


def _finance(values: list[float]) -> pd.DataFrame:
    rows = [
        {
            "parameter": f"p{number}",
            "title_zh": "参数",
            "title_en": "parameter",
            "value": value,
            "unit": "1",
            "source_id": "s",
            "as_of": "2026",
            "confidence": "estimate",
            "note": "",
        }
        for number, value in enumerate(values)
    ]
    return pd.DataFrame(rows)


@settings(deadline=None)
@given(st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=1, max_size=20))
def test_every_number_reads_back_exactly(values: list[float]) -> None:
    text = csv_bytes(_finance(values), _FINANCE).decode("utf-8")
    cells = [line.split(",")[3] for line in text.splitlines()[1:]]
    frame = _finance([0.0] * len(values)).astype(str).assign(value=cells)
    raw = RawTable("finance", "finance.csv", frame, np.arange(2, len(values) + 2, dtype=np.int64))
    table, faults = parse_table(raw, _FINANCE)
    assert faults == []
    assert table is not None
    assert table.frame["value"].tolist() == values


@pytest.mark.parametrize(
    ("value", "cell"),
    [
        (0.1, "0.1"),
        (2.0, "2"),
        (-3.0, "-3"),
        (1e14, "100000000000000"),
        (3e24, "3e+24"),
        (1 / 3, "0.3333333333333333"),
    ],
)
def test_numbers_are_written_shortest(value: float, cell: str) -> None:
    line = csv_bytes(_finance([value]), _FINANCE).decode("utf-8").splitlines()[1]
    assert line == f"p0,参数,parameter,{cell},1,s,2026,estimate,"


def test_flags_empty_numbers_and_line_ends() -> None:
    table = TABLES["policies"]
    frame = pd.DataFrame(
        {
            "policy": ["a", "b"],
            "hard": [True, False],
            "penalty_million_yuan_per_unit": [np.nan, 2.5],
        }
    )
    assert csv_bytes(frame, table) == (
        b"policy,hard,penalty_million_yuan_per_unit\na,true,\nb,false,2.5\n"
    )


@pytest.mark.parametrize("folder", [TINY, DATA], ids=["tiny", "national"])
def test_shipped_tables_survive_a_round_trip(folder: Path, tmp_path: Path) -> None:
    tables, faults = read_folder(folder)
    assert faults == []
    for name, table in tables.items():
        write_csv(table.frame, table.table, tmp_path / f"{name}.csv")
    again, faults = read_folder(tmp_path)
    assert faults == []
    assert sorted(again) == sorted(tables)
    for name, table in tables.items():
        pd.testing.assert_frame_equal(again[name].frame, table.frame, check_exact=True)
        written = (tmp_path / f"{name}.csv").read_bytes()
        assert csv_bytes(again[name].frame, table.table) == written, name


def test_an_empty_table_keeps_its_header(tmp_path: Path) -> None:
    write_rows(tmp_path, "pins", [], TABLES["pins"].column_names)
    tables, _ = read_folder(tmp_path)
    assert csv_bytes(tables["pins"].frame, TABLES["pins"]) == (b"workload,site,rule,value,reason\n")
