"""Points of a sweep: every design gives what it says, the same each time."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import numpy as np
import pytest

from optimizer.errors import Fault, InputError
from optimizer.inputs.assemble import AssembledTables, assemble, case_folder
from optimizer.inputs.scenario import apply_scenarios
from optimizer.inputs.sweep_file import read_sweep
from optimizer.inputs.sweep_points import SweepPoint, sweep_points

HEAD = "name: s\ntitle_en: s\ntitle_zh: 扫描\ncase: tiny\nmode: relaxed\n"
LEASE = "- name: lease\n  changes: [{table: links, scale: [lease_yuan_per_gbps_year]}]\n"
CARBON = (
    "- name: carbon\n  changes: [{table: policies, where: {policy: carbon_price}, set: [value]}]\n"
)


@cache
def tiny() -> AssembledTables:
    return assemble(case_folder("tiny"))


def points(folder: Path, design: str, *parameters: str, case: str = "tiny") -> list[SweepPoint]:
    path = folder / "sweep.yaml"
    text = f"{HEAD}{design}\nparameters:\n{''.join(parameters)}"
    path.write_text(text, encoding="utf-8")
    assembled = tiny() if case == "tiny" else assemble(case_folder(case))
    return sweep_points(read_sweep(path), assembled)


def column(found: list[SweepPoint], name: str) -> list[object]:
    return [point.values[name] for point in found]


def test_grid_takes_every_combination_in_order(tmp_path: Path) -> None:
    found = points(
        tmp_path,
        "design: grid",
        f"{LEASE}  values: [0.5, 2]\n",
        f"{CARBON}  low: 50\n  high: 100\n  steps: 3\n",
    )
    assert [(p.values["lease"], p.values["carbon"]) for p in found] == [
        (0.5, 50.0),
        (0.5, 75.0),
        (0.5, 100.0),
        (2, 50.0),
        (2, 75.0),
        (2, 100.0),
    ]
    assert [point.number for point in found] == [0, 1, 2, 3, 4, 5]


def test_steps_of_a_logarithmic_range_are_equal_factors(tmp_path: Path) -> None:
    text = f"{LEASE}  low: 0.1\n  high: 10\n  steps: 3\n  distribution: loguniform\n"
    assert column(points(tmp_path, "design: grid", text), "lease") == [0.1, 1.0, 10.0]


def test_list_takes_values_together(tmp_path: Path) -> None:
    found = points(
        tmp_path, "design: list", f"{LEASE}  values: [1, 2]\n", f"{CARBON}  values: [80, 90]\n"
    )
    assert [point.values for point in found] == [
        {"lease": 1, "carbon": 80},
        {"lease": 2, "carbon": 90},
    ]


def test_latin_hypercube_uses_every_part_of_every_range_once(tmp_path: Path) -> None:
    found = points(
        tmp_path,
        "design: latin_hypercube\ncount: 40\nseed: 5",
        f"{LEASE}  low: 0.5\n  high: 2\n  distribution: loguniform\n",
        f"{CARBON}  low: 100\n  high: 300\n",
    )
    lease = np.array(column(found, "lease"), dtype=float)
    carbon = np.array(column(found, "carbon"), dtype=float)
    parts = np.floor(np.log(lease / 0.5) / np.log(4.0) * 40.0)
    assert sorted(parts.tolist()) == list(range(40))
    assert sorted(np.floor((carbon - 100.0) / 5.0).tolist()) == list(range(40))
    assert parts.tolist() != np.floor((carbon - 100.0) / 5.0).tolist()


def test_monte_carlo_draws_within_the_range(tmp_path: Path) -> None:
    text = f"{LEASE}  low: 1\n  high: 2\n  mode: 1.25\n  distribution: triangular\n"
    drawn = np.array(
        column(points(tmp_path, "design: monte_carlo\ncount: 2000\nseed: 1", text), "lease"),
        dtype=float,
    )
    assert 1.0 <= drawn.min() < 1.05
    assert 1.9 < drawn.max() <= 2.0
    # Mean (low + mode + high) / 3; four standard errors of 2000 draws.
    assert abs(drawn.mean() - 4.25 / 3.0) < 4.0 * 0.212 / np.sqrt(2000.0)
    # A quarter of the width and a quarter of the mass lie below the mode.
    assert abs((drawn < 1.25).mean() - 0.25) < 4.0 * np.sqrt(0.25 * 0.75 / 2000.0)


def test_drawn_values_have_six_digits(tmp_path: Path) -> None:
    text = f"{LEASE}  low: 1\n  high: 2\n"
    for value in column(points(tmp_path, "design: monte_carlo\ncount: 20", text), "lease"):
        assert value == float(f"{value:.6g}")


def test_values_of_a_list_can_be_drawn(tmp_path: Path) -> None:
    text = f"{LEASE}  values: [1, 2, 4]\n"
    found = column(points(tmp_path, "design: latin_hypercube\ncount: 6", text), "lease")
    assert sorted(map(str, found)) == ["1", "1", "2", "2", "4", "4"]


def test_same_file_same_points_other_seed_others(tmp_path: Path) -> None:
    text = f"{LEASE}  low: 1\n  high: 2\n"
    first, again, other = (
        points(tmp_path, f"design: latin_hypercube\ncount: 8\nseed: {seed}", text)
        for seed in (1, 1, 2)
    )
    assert first == again
    assert column(first, "lease") != column(other, "lease")


def test_points_are_named_after_what_they_change(tmp_path: Path) -> None:
    one = points(tmp_path, "design: list", f"{LEASE}  values: [1, 2]\n")
    two = points(tmp_path, "design: grid", f"{LEASE}  values: [2, 3]\n")
    assert one[1].scenario.sha256 == two[0].scenario.sha256
    assert one[0].scenario.sha256 != one[1].scenario.sha256


def test_a_point_changes_its_cells_alone(tmp_path: Path) -> None:
    text = CARBON.replace("set: [value]", "set: [value], with: {ledger: market}")
    (point,) = points(tmp_path, "design: list", f"{text}  values: [95]\n")
    changed = apply_scenarios(tiny(), [point.scenario]).tables["policies"].frame
    before = tiny().tables["policies"].frame
    row = changed["policy"] == "carbon_price"
    assert changed.loc[row, ["value", "ledger"]].to_numpy().tolist() == [[95.0, "market"]]
    assert changed[~row].equals(before[~row])


def test_whole_columns_get_whole_numbers(tmp_path: Path) -> None:
    text = (
        "- name: supply\n"
        "  changes: [{table: accelerator_supply, where: {accelerator: new_card}, set: [supply]}]\n"
        "  low: 10000\n  high: 20000\n"
    )
    (point,) = points(tmp_path, "design: monte_carlo\ncount: 1\nseed: 4", text)
    override = point.scenario.content.overrides[0]
    assert override.set == {"supply": round(float(point.values["supply"]))}
    assert isinstance(override.set["supply"], int)


def test_range_of_the_case(tmp_path: Path) -> None:
    text = (
        "- name: supply\n  range: provenance\n"
        "  changes: [{table: accelerator_supply, "
        "where: {accelerator: ascend_910c, year: 2026}, set: [supply]}]\n"
    )
    found = points(tmp_path, "design: latin_hypercube\ncount: 50", text, case="national-2026")
    drawn = np.array(column(found, "supply"), dtype=float)
    assert sorted(np.floor((drawn - 350000.0) / 21000.0).tolist()) == list(range(50))


def faults(folder: Path, text: str) -> tuple[Fault, ...]:
    with pytest.raises(InputError) as caught:
        points(folder, "design: list", text)
    return caught.value.faults


WRONG = [
    (LEASE.replace("links", "linkz"), "no such table"),
    (LEASE.replace("lease_yuan", "leas_yuan"), "no such column"),
    (LEASE.replace("lease_yuan_per_gbps_year", "source_id"), "is not a number"),
    (LEASE.replace("scale: [lease_yuan_per_gbps_year]", "set: [link]"), "part of the key"),
    (CARBON.replace("carbon_price", "carbon_prize"), "no row"),
    (CARBON.replace("set: [value]", "set: [value], with: {no: 1}"), "no such column"),
]


@pytest.mark.parametrize(("text", "words"), WRONG)
def test_what_is_not_there_is_told_before_anything_is_solved(
    tmp_path: Path, text: str, words: str
) -> None:
    (fault,) = faults(tmp_path, f"{text}  values: [1, 2]\n")
    assert words in fault.problem.en
    assert fault.file == "sweep.yaml parameters[0].changes[0]"


def test_all_wrong_parameters_are_told_at_once(tmp_path: Path) -> None:
    text = "".join(
        f"{item}  values: [1, 2]\n"
        for item in (WRONG[0][0], CARBON.replace("carbon_price", "carbon_prize"))
    )
    assert len(faults(tmp_path, text)) == 2


@pytest.mark.parametrize("text", [LEASE, CARBON])
def test_a_range_that_the_case_does_not_state(tmp_path: Path, text: str) -> None:
    with pytest.raises(InputError, match="states no range"):
        points(tmp_path, "design: monte_carlo\ncount: 2", f"{text}  range: provenance\n")
