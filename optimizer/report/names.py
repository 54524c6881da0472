"""Names of sites and other things for charts, where two of the same name must stay apart."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Final

from optimizer.inputs.case import Case
from optimizer.labels import Text

METRO: Final = Text("{name} (city)", "{name}（城市）")
WITH_CODE: Final = Text("{name} ({code})", "{name}（{code}）")


def names_of(case: Case, table: str, key: str) -> dict[str, Text]:
    """Return the names of a table by code, no two of them the same.

    A metro site called like a cluster is marked as the city; where that does not help, the code
    follows the name.

    Parameters
    ----------
    case
        The case.
    table, key
        The table and its key column.
    """
    frame = case.tables[table].frame
    names = {
        str(code): Text(str(en), str(zh))
        for code, en, zh in zip(frame[key], frame["name_en"], frame["name_zh"], strict=True)
    }
    if "is_cluster" in frame:
        clusters = dict(zip(frame[key].astype(str), frame["is_cluster"], strict=True))
        twice = _repeated(names)
        names = {
            code: METRO.filled(name=name) if code in twice and not clusters[code] else name
            for code, name in names.items()
        }
    twice = _repeated(names)
    return {
        code: WITH_CODE.filled(name=name, code=code) if code in twice else name
        for code, name in names.items()
    }


def _repeated(names: Mapping[str, Text]) -> set[str]:
    """Return the codes whose name stands more than once in either language."""
    often = Counter(name.en for name in names.values()), Counter(name.zh for name in names.values())
    return {code for code, name in names.items() if often[0][name.en] + often[1][name.zh] > 2}
