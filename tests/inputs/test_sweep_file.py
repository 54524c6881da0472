"""Sweep files: every key known, every rule kept, every fault at its line."""

from __future__ import annotations

from pathlib import Path

import pytest

from optimizer.errors import InputError, UsageError
from optimizer.inputs.sweep_file import read_sweep

GOOD = """\
name: two
title_en: Two prices
title_zh: 两种价格
case: tiny
mode: relaxed
design: grid
parameters:
  - name: lease
    changes:
      - table: links
        scale: [lease_yuan_per_gbps_year]
    values: [0.5, 2]
  - name: carbon
    changes:
      - table: policies
        where: {policy: carbon_price}
        set: [value]
        with: {enabled: true}
    low: 50
    high: 100
    steps: 3
"""


def written(folder: Path, text: str) -> Path:
    path = folder / "sweep.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def test_a_file_is_read_as_it_stands(tmp_path: Path) -> None:
    sweep = read_sweep(written(tmp_path, GOOD))
    assert sweep.content.name == "two"
    lease, carbon = sweep.content.parameters
    assert lease.values == [0.5, 2]
    assert lease.changes[0].scale == ["lease_yuan_per_gbps_year"]
    assert (carbon.low, carbon.high, carbon.steps) == (50, 100, 3)
    assert carbon.changes[0].fixed == {"enabled": True}
    assert len(sweep.sha256) == 64


# What is written instead of what, and the line and words of the fault.
WRONG = [
    ("design: grid", "desing: grid", 6, "unknown key"),
    ("mode: relaxed", "mode: quick", 5, "relaxed"),
    ("name: two", "name: a/b", 1, "pattern"),
    ("    values: [0.5, 2]", "    value: [0.5, 2]", 12, "unknown key"),
    ("    values: [0.5, 2]", "    values: [0.5, often]", 8, "only numbers can scale"),
    ("    values: [0.5, 2]", "    values: [0.5, true]", 8, "only numbers can scale"),
    ("    values: [0.5, 2]", "    values: [.nan]", 8, "only numbers can scale"),
    ("    values: [0.5, 2]", "    values: []", 8, "exactly one of values"),
    ("    values: [0.5, 2]", "    range: provenance\n    values: [1]", 8, "exactly one of"),
    ("    values: [0.5, 2]", "    range: measured", 12, "provenance"),
    ("    low: 50\n", "", 13, "both low and high"),
    ("    low: 50", "    low: 100", 13, "low must be below high"),
    ("    low: 50", "    low: 0\n    distribution: loguniform", 13, "above zero"),
    ("    low: 50", "    low: 50\n    distribution: triangular", 13, "mode goes with"),
    ("    low: 50", "    low: 50\n    mode: 60", 13, "mode goes with"),
    ("    low: 50", "    low: 50\n    distribution: triangular\n    mode: 120", 13, "between"),
    ("    steps: 3", "    steps: 1", 21, "greater than or equal to 2"),
    ("        set: [value]", "        set: [value]\n        scale: [value]", 15, "exactly one of"),
    ("        scale: [lease_yuan_per_gbps_year]\n", "", 10, "exactly one of scale and set"),
    ("  - name: carbon", "  - name: lease", None, "same name"),
    ("design: grid", "design: grid\ncount: 5", None, "count goes with"),
    ("design: grid", "design: latin_hypercube", None, "count goes with"),
    ("design: grid", "design: monte_carlo\ncount: 4", None, "steps are for a grid"),
    ("design: grid", "design: list", None, "steps are for a grid"),
    ("    steps: 3\n", "", None, "a grid needs values"),
]


@pytest.mark.parametrize(("old", "new", "line", "words"), WRONG)
def test_faults_are_told_with_their_line(
    tmp_path: Path, old: str, new: str, line: int | None, words: str
) -> None:
    assert GOOD.count(old) == 1
    with pytest.raises(InputError) as caught:
        read_sweep(written(tmp_path, GOOD.replace(old, new)))
    told = [fault.row for fault in caught.value.faults if words in fault.render("en")]
    assert told == [line]


def test_a_list_takes_as_many_values_of_each(tmp_path: Path) -> None:
    text = GOOD.replace("design: grid", "design: list").replace(
        "    low: 50\n    high: 100\n    steps: 3\n", "    values: [1, 2, 3]\n"
    )
    with pytest.raises(InputError, match="as many values"):
        read_sweep(written(tmp_path, text))


def test_a_missing_key_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError) as caught:
        read_sweep(written(tmp_path, GOOD.replace("case: tiny\n", "")))
    assert caught.value.faults[0].column == "case"


def test_a_sweep_that_is_not_there_names_those_that_are(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="national-prices"):
        read_sweep(tmp_path / "absent.yaml")
