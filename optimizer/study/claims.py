"""Claims answered by pairs of verified runs.

For every claim two runs of one case differ in a few rows; the claim holds if the difference ``d``
of a figure lies where the file says. One input is then moved between its least and most value,
and where the verdict turns its value is halved in on::

    confirmed, refuted   the verdict stands for every plausible value of that input
    depends              it turns within the plausible values, or ``d`` is no farther from the
                         limit than the gaps of both runs
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping, Sequence
from typing import Final

from optimizer.analysis.claim_answers import AnsweredClaim
from optimizer.analysis.claim_figures import FIGURES
from optimizer.errors import Fault, InputError
from optimizer.inputs.claim_file import Claim, ClaimFile
from optimizer.inputs.scenario import Override
from optimizer.labels import Text
from optimizer.study.claim_runs import ClaimedRun, Runner

NAMED: Final = 4
"""Keys of a change that are named; of more their number is told."""

HALVINGS: Final = 5
"""Times that the stretch in which a verdict turns is halved."""


@dataclasses.dataclass(frozen=True, slots=True)
class Turn:
    """Where the verdict turns, if it does.

    Parameters
    ----------
    found
        Whether it turns between the least and the most value.
    low, high
        The stretch in which it turns, or the values between which it does not.
    plausible
        Whether the stretch meets the plausible values.
    """

    found: bool
    low: float
    high: float
    plausible: bool


@dataclasses.dataclass(frozen=True, slots=True)
class Answer:
    """What two runs say about a claim."""

    claim: Claim
    first: ClaimedRun
    second: ClaimedRun
    difference: float
    open_part: float
    verdict: str
    turn: Turn


def check_figures(file: ClaimFile, name: str) -> None:
    """Raise if a claim names a figure that there is not.

    Raises
    ------
    InputError
        With every such claim.
    """
    faults = [
        Fault(
            Text("there is no such figure", "没有这个指标"),
            Text("use one of: {names}", "可用：{names}").filled(names=", ".join(FIGURES)),
            name,
            column=f"claims.{claim.name}",
            value=figure,
        )
        for claim in file.claims
        for figure in (claim.figure, claim.over)
        if figure and figure not in FIGURES
    ]
    if faults:
        raise InputError(faults)


def answer(claim: Claim, runner: Runner) -> Answer:
    """Return what the two runs of a claim say, and where that turns.

    Parameters
    ----------
    claim
        The claim.
    runner
        Solves its runs.
    """
    first, second, difference, open_part = _measured(claim, runner, None)
    holds = claim.confirmed.holds(difference)
    turn = _turn(claim, runner, holds=holds)
    unclear = claim.confirmed.distance(difference) <= open_part
    verdict = "confirmed" if holds else "refuted"
    if unclear or (turn.found and turn.plausible):
        verdict = "depends"
    return Answer(claim, first, second, difference, open_part, verdict, turn)


def _measured(
    claim: Claim, runner: Runner, value: float | None
) -> tuple[ClaimedRun, ClaimedRun, float, float]:
    """Return both runs, the difference and what their gaps leave open of it."""
    moved = [] if value is None else [claim.flip.override(value)]
    first = runner.run([*claim.first.overrides, *moved])
    second = runner.run([*claim.second.overrides, *moved])
    difference = second.figures[claim.figure] - first.figures[claim.figure]
    gaps = first.gap_million_yuan + second.gap_million_yuan
    open_part = gaps if FIGURES[claim.figure].of_cost else 0.0
    if claim.over:
        other = second.figures[claim.over] - first.figures[claim.over]
        if other == 0.0:
            return first, second, float("inf"), 0.0
        return first, second, difference / other, open_part / abs(other)
    return first, second, difference, open_part


def _holds_at(claim: Claim, runner: Runner, value: float) -> bool:
    """Return whether the claim holds with a value of its input; what no case allows does not."""
    try:
        return claim.confirmed.holds(_measured(claim, runner, value)[2])
    except InputError:
        # The checks refuse the case: there is no plan, as where a run fits no site.
        return False


def _turn(claim: Claim, runner: Runner, *, holds: bool) -> Turn:
    """Return where the verdict turns, nearest to today's value of the input."""
    flip = claim.flip
    today = float(flip.today)
    found: list[tuple[float, float]] = []
    for end in (float(flip.least), float(flip.most)):
        if end == today:
            continue
        if _holds_at(claim, runner, end) == holds:
            continue
        near, far = today, end
        for _halving in range(HALVINGS):
            middle = (near + far) / 2.0
            if flip.whole and round(middle) in {round(near), round(far)}:
                break
            if _holds_at(claim, runner, middle) == holds:
                near = middle
            else:
                far = middle
        found.append((near, far))
    if not found:
        return Turn(found=False, low=float(flip.least), high=float(flip.most), plausible=False)
    near, far = min(found, key=lambda stretch: abs(stretch[1] - today))
    low, high = min(near, far), max(near, far)
    plausible = flip.plausible[0] <= high and low <= flip.plausible[1]
    # A stretch that only touches the plausible values from outside is not among them.
    inside = flip.plausible[0] <= far <= flip.plausible[1]
    return Turn(found=True, low=low, high=high, plausible=plausible and inside)


def answered(found: Answer) -> AnsweredClaim:
    """Return an answer as it is told.

    Parameters
    ----------
    found
        What :func:`answer` returned.
    """
    claim, figure = found.claim, FIGURES[found.claim.figure]
    texts = {
        "claim": Text(claim.claim_en, claim.claim_zh),
        "test": Text(claim.test_en, claim.test_zh),
        "first": Text(claim.first.title_en, claim.first.title_zh),
        "second": Text(claim.second.title_en, claim.second.title_zh),
        "figure": figure.title,
        "unit": figure.unit,
        "flip": Text(claim.flip.title_en, claim.flip.title_zh),
    }
    if claim.over:
        texts["over"] = FIGURES[claim.over].title
    first, second, turn = found.first, found.second, found.turn
    finite = found.difference if math.isfinite(found.difference) else None
    return AnsweredClaim(
        claim.name,
        claim.author,
        claim.medium,
        claim.date,
        texts,
        (_lines(claim.first.overrides), _lines(claim.second.overrides)),
        {
            "first": first.figures[claim.figure],
            "second": second.figures[claim.figure],
            "difference": finite,
            "open": found.open_part,
            "gap_first": first.gap_million_yuan,
            "gap_second": second.gap_million_yuan,
            "undone_first": first.undone_million_yuan,
            "undone_second": second.undone_million_yuan,
            "checks_first": first.checks,
            "checks_second": second.checks,
            "above": claim.confirmed.above,
            "below": claim.confirmed.below,
            "today": claim.flip.today,
            "turn_low": turn.low,
            "turn_high": turn.high,
            "plausible_low": claim.flip.plausible[0],
            "plausible_high": claim.flip.plausible[1],
        },
        found.verdict,
        turn.found,
        (first.inputs_sha256, second.inputs_sha256),
    )


def _lines(overrides: Sequence[Override]) -> tuple[str, ...]:
    """Return what each override changes, in short."""
    return tuple(_line(override) for override in overrides)


def _line(override: Override) -> str:
    where = ", ".join(f"{name} {_listed(value)}" for name, value in override.where.items())
    place = f"{override.table} ({where})" if where else override.table
    if override.remove:
        return f"{place}: removed"
    if override.add is not None:
        rows = ["; ".join(f"{name} {row[name]}" for name in _shown(row)) for row in override.add]
        return f"{place}: + {' | '.join(rows)}"
    if override.set is not None:
        return f"{place}: " + ", ".join(f"{name} = {cell}" for name, cell in override.set.items())
    assert override.scale is not None
    return f"{place}: " + ", ".join(f"{name} x {by}" for name, by in override.scale.items())


def _shown(row: Mapping[str, object]) -> list[str]:
    """Return the columns of a new row that say what it is."""
    known = ("policy", "kind", "scope", "workloads", "value", "unit", "job", "count", "flop")
    return [name for name in known if name in row]


def _listed(value: object) -> str:
    if isinstance(value, list):
        several = len(value) > NAMED
        return ", ".join(map(str, value[:NAMED])) + (f" and {len(value) - NAMED} more" * several)
    return str(value)
