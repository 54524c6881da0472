"""All tables by name."""

from __future__ import annotations

from types import MappingProxyType
from typing import Final

from optimizer.tables.places import PLACES
from optimizer.tables.power import POWER
from optimizer.tables.release import RELEASE
from optimizer.tables.rules import RULES
from optimizer.tables.schema import Table
from optimizer.tables.workloads import WORKLOADS

TABLES: Final = MappingProxyType(
    {table.name: table for table in (*PLACES, *WORKLOADS, *POWER, *RULES, *RELEASE)}
)
"""Every input table, in the order in which they are documented."""


def table_named(name: str) -> Table:
    """Return the table of that name.

    Raises
    ------
    KeyError
        If there is no such table.

    Examples
    --------
    >>> table_named("sites").key
    ('site',)
    """
    return TABLES[name]
