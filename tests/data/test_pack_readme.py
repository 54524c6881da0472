"""The numbers in ``data/README.md`` are those of the tables."""

from __future__ import annotations

from functools import cache

from optimizer.inputs.tariff import mean_price
from optimizer.tables.frames import TypedTable
from optimizer.tables.read import read_folder
from optimizer.tables.sources import confidence_counts
from tests.data.pack_tables import DATA, SHIPPED

README = (DATA / "README.md").read_text(encoding="utf-8")


@cache
def national() -> dict[str, TypedTable]:
    tables, faults = read_folder(DATA)
    assert faults == []
    return tables


def table_below(heading: str) -> dict[str, list[str]]:
    """Return the cells of the first table below a heading by its first column."""
    lines = README.split(f"\n## {heading}\n", 1)[1].split("\n## ", 1)[0].splitlines()
    cells = [[cell.strip(" `") for cell in line.split("|")[1:-1]] for line in lines if "|" in line]
    return {first: rest for first, *rest in cells[2:]}


def test_tables_and_counts() -> None:
    counts = confidence_counts(national())
    total = dict(zip(counts["table"], counts["figures"].astype(int), strict=True))
    assumed = dict(zip(counts["table"], counts["assumption"].astype(int), strict=True))
    listed = table_below("Tables")
    assert sorted(listed) == SHIPPED
    for name, (meaning, rows, figures, assumptions, origin) in listed.items():
        table = national()[name]
        assert meaning == table.table.meaning.en
        assert rows == f"{len(table.frame):,}"
        assert figures == f"{total.get(name, 0):,}", name
        assert assumptions == f"{assumed.get(name, 0):,}", name
        assert origin, name


def test_prices() -> None:
    tariffs = national()["tariffs"].frame
    listed = table_below("Electricity prices")
    assert sorted(listed) == sorted(set(tariffs["tariff_region"]))
    for region, prices in listed.items():
        assert prices == [f"{mean_price(tariffs, region, kv):.3f}" for kv in ("1-10", "110")]


def test_everything_in_the_folder_is_named() -> None:
    names = {path.name for path in DATA.iterdir() if not path.name.startswith(("_", "."))}
    head = README.split("\n## ", 1)[0]
    for name in names:
        if name.endswith(".csv") or name == "README.md":
            continue
        assert f"`{name}" in head, name
    assert "`*.csv`" in head
