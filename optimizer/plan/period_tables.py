"""Result tables of a case of several periods: those of one period by year, and the assets.

A case of one period has neither the column nor the table.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from optimizer.labels import Text
from optimizer.plan.result_tables import RESULT_TABLES
from optimizer.tables.schema import Table, integer, number, text

PERIOD: Final = integer("period", "1", "first year of the period", "规划期首年")

ASSETS: Final = Table(
    "assets",
    Text(
        "what is ordered in one period at one site or on one link, and what was before it",
        "一个规划期内一个站点或一条链路的订购量及此前已订购仍在役的数量",
    ),
    key=("period", "kind", "place", "item"),
    columns=(
        PERIOD,
        text("kind", "module, accelerator or upgrade", "模块、加速卡或链路扩容"),
        text("place", "site or link", "站点或链路"),
        text("item", "module, accelerator or link", "模块、加速卡或链路"),
        number(
            "standing",
            "1",
            "ordered in earlier periods and serving in this one",
            "此前规划期订购、本期在役",
        ),
        number(
            "ordered",
            "1",
            "ordered in this period; serves once its lead time has passed",
            "本期订购（交付期满后在役）",
        ),
        number(
            "retired",
            "1",
            "accelerators of the installed fleet taken out so far",
            "原有加速卡中累计退役的数量",
        ),
    ),
    has_provenance=False,
)


def by_period(table: Table) -> Table:
    """Return a result table with the period as its first column.

    Examples
    --------
    >>> by_period(RESULT_TABLES["links"]).column_names[:2]
    ['period', 'link']
    """
    return dataclasses.replace(table, key=("period", *table.key), columns=(PERIOD, *table.columns))


_OF_SEVERAL: Final = MappingProxyType(
    {
        **{name: by_period(table) for name, table in RESULT_TABLES.items()},
        ASSETS.name: ASSETS,
    }
)


def result_tables(*, several: bool) -> Mapping[str, Table]:
    """Return the tables of a plan of one or of several periods, in the order of writing."""
    return _OF_SEVERAL if several else RESULT_TABLES
