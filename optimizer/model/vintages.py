"""What was bought or built in earlier periods and still serves.

An asset ordered in period b serves in period t if

``serves_from(b, lead) <= year[t] < serves_from(b, lead) + life``.

With one period everything that is ordered serves at once.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from optimizer.inputs.case import Case
from optimizer.model.assembly import Assembly, Block, Integers


class Vintage(NamedTuple):
    """Entries of a block of an earlier or of this period that serve now.

    Parameters
    ----------
    ids
        Their columns.
    places
        What they belong to.
    """

    ids: Integers
    places: dict[str, Integers]


def cards(assembly: Assembly, case: Case) -> list[Vintage]:
    """Return the accelerators bought that serve in the period."""
    life = case.tables["accelerators"].frame["life_years"].to_numpy(dtype=float)
    return [
        vintage
        for view in (*assembly.before, assembly)
        for vintage in _serving(
            assembly,
            view,
            view.columns["bought"],
            life[view.columns["bought"].index["accelerator"]],
        )
    ]


def modules(assembly: Assembly, case: Case) -> list[Vintage]:
    """Return the modules ordered that serve in the period."""
    life = case.tables["modules"].frame["life_years"].to_numpy(dtype=float)
    lead = case.tables["sites"].frame["lead_time_years"].to_numpy(dtype=float)
    return [
        vintage
        for view in (*assembly.before, assembly)
        for vintage in _serving(
            assembly,
            view,
            view.columns["built"],
            life[view.columns["built"].index["module"]],
            lead[view.columns["built"].index["site"]],
        )
    ]


def upgrades(assembly: Assembly, case: Case) -> list[Vintage]:
    """Return the link upgrades that serve in the period."""
    life = case.parameter("finance", "link_life_years")
    return [
        vintage
        for view in (*assembly.before, assembly)
        for vintage in _serving(assembly, view, view.columns["upgrades"], life)
    ]


def _serving(
    assembly: Assembly,
    view: Assembly,
    block: Block,
    life_years: ArrayLike,
    lead_years: ArrayLike = 0.0,
) -> list[Vintage]:
    if not assembly.terms.several:
        return [Vintage(block.ids, dict(block.index))]
    life = np.broadcast_to(np.asarray(life_years, dtype=float), block.count)
    lead = np.broadcast_to(np.asarray(lead_years, dtype=float), block.count)
    kept = np.flatnonzero(view.terms.serving(assembly.terms, life, lead))
    if not len(kept):
        return []
    index = {name: entries[kept] for name, entries in block.index.items()}
    return [Vintage(block.ids[kept], index)]
