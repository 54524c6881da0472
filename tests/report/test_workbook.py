"""The workbook of a run: what is in it, with units, and that names are never formulas."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from types import MappingProxyType

import openpyxl
import pandas as pd
import pytest

from optimizer.inputs.case import read_case
from optimizer.plan.period_tables import result_tables
from optimizer.plan.result_tables import FINDING_TABLES
from optimizer.plan.run import Run
from optimizer.report.workbook import write_workbook
from optimizer.report.workbook_charts import cost_by_term, mean_day
from optimizer.report.workbook_sheets import KEY_FIGURES, SHEETS
from optimizer.study.runner import solve_case
from tests.period_cases import tiny_of_years
from tests.shared_runs import run_of

HOSTILE = ("=HYPERLINK(1)", "+1+1", "-2+3", "@SUM(A1)")


@pytest.fixture(scope="module")
def run() -> Run:
    """Return a run of the teaching case."""
    return run_of("tiny")


@pytest.fixture(scope="module")
def book(run: Run, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the English workbook of the run."""
    path = tmp_path_factory.mktemp("book") / "run.xlsx"
    write_workbook(run, path, "en")
    return path


def cells(path: Path, sheet: str) -> pd.DataFrame:
    """Return the table of a sheet below its note."""
    return pd.read_excel(path, sheet_name=sheet, header=1, engine="openpyxl")


def test_every_table_has_its_sheet() -> None:
    placed = [name for tables in SHEETS.values() for name in tables]
    known = {*result_tables(several=True), *FINDING_TABLES}
    assert len(placed) == len(set(placed))
    assert {*placed, "costs"} == known
    for texts in zip(
        *((title.en, title.zh) for tables in SHEETS.values() for title in tables.values()),
        strict=True,
    ):
        assert len(set(texts)) == len(texts)
        assert max(len(text) for text in texts) <= 31


def test_a_sheet_is_there_only_if_the_run_fills_it(run: Run, book: Path) -> None:
    names = set(openpyxl.load_workbook(book).sheetnames)
    for tables in SHEETS.values():
        for name, title in tables.items():
            frame = run.plan.tables.get(name, run.findings.get(name, pd.DataFrame()))
            assert (title.en in names) == bool(len(frame)), name
    fixed = {"answer", "cost by term", "cost by place", "energy by hour", "certificate"}
    assert fixed | {"sources", "confidence", "assumptions"} <= names


def test_key_figures_stand_with_unit_and_baseline(run: Run, book: Path) -> None:
    sheet = openpyxl.load_workbook(book)["answer"]
    shown = {row[0]: row for row in sheet.iter_rows(values_only=True)}
    for name, title, unit in KEY_FIGURES:
        assert shown[title.en][1] == pytest.approx(run.record["metrics"][name], rel=1e-15)
        assert shown[title.en][2] == unit.en
    saving = run.findings["baselines"].set_index("rule")["saving_million_yuan"]
    assert f"at least {saving['cheapest_power']:,.1f} below" in shown["yearly cost"][3]


def test_numbers_are_exactly_those_of_the_tables(run: Run, book: Path) -> None:
    costs = cells(book, "cost by place")
    expected = run.plan.tables["costs"]
    assert costs["yearly cost [million yuan/year]"].tolist() == expected["million_yuan"].tolist()
    ledgers = cells(book, "ledgers")
    assert ledgers["IT energy [GWh/year]"].tolist() == run.plan.tables["ledgers"]["it_gwh"].tolist()


def test_charts_show_the_sums_of_the_tables(run: Run, book: Path) -> None:
    by_term = cells(book, "cost by term")["2026 [million yuan/year]"]
    assert by_term.sum() == pytest.approx(run.plan.cost(), rel=1e-12)
    assert by_term.tolist() == sorted(by_term, reverse=True)
    hours = cells(book, "energy by hour")
    # The mean over the 24 hours of the mean day is the energy of the year over its hours.
    meter = hours["load at the meter, shifts counted [MW]"].mean() * 8.76
    assert meter == pytest.approx(run.plan.tables["ledgers"]["meter_gwh"].sum(), rel=1e-9)
    workbook = openpyxl.load_workbook(book)
    for name, columns in (("cost by term", 1), ("energy by hour", len(hours.columns) - 1)):
        (chart,) = workbook[name]._charts
        assert len(chart.series) == columns
        assert chart.x_axis.delete is False


def test_panes_widths_and_formats(book: Path) -> None:
    workbook = openpyxl.load_workbook(book)
    sheet = workbook["ledgers"]
    assert sheet.freeze_panes == "A3"
    headers = [cell.value for cell in sheet[2]]
    share = headers.index("claimed over metered energy [%]")
    assert sheet.cell(3, share + 1).number_format == "0.0%"
    assert sheet.cell(3, headers.index("IT energy [GWh/year]") + 1).number_format == "#,##0.00"
    for each in workbook:
        for letter in ("A", "B"):
            assert 8 <= each.column_dimensions[letter].width <= 70


def test_certificate_states_bound_and_checks(run: Run, book: Path) -> None:
    table = cells(book, "certificate").set_index("item")["value"]
    assert table["yearly cost: bound"] == run.plan.bound_million_yuan
    assert table["checks failed"] == 0
    assert table["checks recomputed from the raw tables"] == run.record["verification"]["checks"]
    assert table["hash of the inputs"] == run.record["inputs_sha256"]


def test_equal_runs_give_equal_bytes_whenever_they_are_written(
    run: Run, book: Path, tmp_path: Path
) -> None:
    later = {**run.record, "seconds": {"read": 99.0}}
    again = tmp_path / "again.xlsx"
    write_workbook(dataclasses.replace(run, record=MappingProxyType(later)), again, "en")
    assert again.read_bytes() == book.read_bytes()


def test_names_that_look_like_formulas_stay_text(run: Run, tmp_path: Path) -> None:
    links = run.plan.tables["links"].copy()
    links["link"] = HOSTILE[: len(links)]
    contracts = run.plan.tables["contracts"].copy()
    contracts["contract"] = HOSTILE[: len(contracts)]
    tables = MappingProxyType({**run.plan.tables, "links": links, "contracts": contracts})
    hostile = dataclasses.replace(run, plan=dataclasses.replace(run.plan, tables=tables))
    path = tmp_path / "hostile.xlsx"
    write_workbook(hostile, path, "en")
    workbook = openpyxl.load_workbook(path)
    shown = {cell.value: cell for cell in workbook["green contracts"]["A"]}
    for text in HOSTILE:
        assert shown[text].data_type == "s"
        assert shown[text].quotePrefix is True
    for sheet in workbook:
        assert not [c.coordinate for row in sheet.iter_rows() for c in row if c.data_type == "f"]


def test_chinese_workbook_speaks_chinese(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "zh.xlsx"
    write_workbook(run, path, "zh")
    workbook = openpyxl.load_workbook(path)
    assert workbook.sheetnames[:2] == ["结论", "推理部署"]
    assert workbook["成本构成"]["B2"].value == "2026 [百万元/年]"
    assert json.dumps(run.record["hash"])[1:-1] in {c.value for c in workbook["证书"]["B"]}


def test_cost_by_term_has_a_column_a_year() -> None:
    costs = pd.DataFrame(
        {
            "period": [2026, 2026, 2030, 2030],
            "term": ["energy", "build", "energy", "subsidies"],
            "place": ["a", "a", "b", "b"],
            "million_yuan": [3.0, 1.0, 4.0, 0.0],
        }
    )
    table = cost_by_term(costs, 2026)
    assert table.columns.to_numpy().tolist() == [2026, 2030]
    assert table.to_numpy().tolist() == [[3.0, 4.0], [1.0, 0.0]]
    assert table.index.tolist() == ["energy", "build"]


def test_mean_day_weighs_the_days() -> None:
    powers = ("it_mw", "meter_mw", "own_mw", "charge_mw", "discharge_mw", "import_mw")
    energy = pd.DataFrame(
        {
            "site": ["a"] * 48,
            "typical_day": ["winter"] * 24 + ["summer"] * 24,
            "hour": [*range(24), *range(24)],
            **{name: [10.0] * 24 + [20.0] * 24 for name in powers},
        }
    )
    day = mean_day(energy, {"winter": 91.25, "summer": 273.75})
    assert day["it_mw"].tolist() == [17.5] * 24


def test_a_run_of_two_years_has_a_column_for_each(tmp_path: Path) -> None:
    run = solve_case(read_case(tiny_of_years(tmp_path, (2026, 2028))))
    path = tmp_path / "years.xlsx"
    write_workbook(run, path, "en")
    terms = cells(path, "cost by term")
    assert terms.columns.tolist()[1:] == ["2026 [million yuan/year]", "2028 [million yuan/year]"]
    by_year = run.plan.tables["costs"].groupby("period")["million_yuan"].sum()
    for year in (2026, 2028):
        shown = terms[f"{year} [million yuan/year]"].sum()
        assert shown == pytest.approx(by_year[year], rel=1e-12)
    assert "orders by year" in openpyxl.load_workbook(path).sheetnames
    assert cells(path, "ledgers")["first year of the period"].unique().tolist() == [2026, 2028]
