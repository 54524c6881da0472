"""The file of claims: what somebody said, and the two runs that answer it.

::

    base: national-2026
    overrides: [...]                 # of every run
    claims:
      - name: dear-east
        author: not stated
        medium: a trade journal
        date: "2023-04-25"
        claim_en: Computing in the east costs more.
        claim_zh: 东部算力成本更高。
        test_en: Training held in the east, then free; the difference in cost.
        test_zh: 训练限于东部与不限两种方案的成本差。
        first: {title_en: free, title_zh: 不限, overrides: []}
        second: {title_en: in the east, title_zh: 限于东部, overrides: [...]}
        figure: cost
        confirmed: {above: 0}
        flip:
          title_en: energy price in the east over today's
          title_zh: 东部电价倍数
          table: tariffs
          where: {tariff_region: [BJ, SH]}
          scale: price_yuan_per_kwh
          today: 1
          least: 0.3
          most: 3
          plausible: [0.8, 1.2]

The difference is the figure of the second run less that of the first; with ``over`` it is divided
by the difference of a second figure. The claim is confirmed if the
difference lies ``above`` or ``below`` a value, or both. ``flip`` is the one input whose value is
searched, between ``least`` and ``most``, for where the verdict turns.
"""

from __future__ import annotations

from pathlib import Path

from pydantic import Field, model_validator

from optimizer.inputs.scenario import Cell, Override
from optimizer.inputs.yaml_file import Strict, read_yaml


class ClaimRun(Strict):
    """One of the two runs: what it is, and what it changes."""

    title_en: str
    title_zh: str
    overrides: list[Override] = Field(default_factory=list)


class Confirmed(Strict):
    """Where the difference must lie for the claim to hold."""

    above: float | int | None = None
    below: float | int | None = None

    @model_validator(mode="after")
    def _some_limit(self) -> Confirmed:
        if self.above is None and self.below is None:
            message = "give above, below or both"
            raise ValueError(message)
        if self.above is not None and self.below is not None and self.above >= self.below:
            message = "above must lie under below"
            raise ValueError(message)
        return self

    def holds(self, difference: float) -> bool:
        """Whether the claim holds with a difference."""
        return (self.above is None or difference > self.above) and (
            self.below is None or difference < self.below
        )

    def distance(self, difference: float) -> float:
        """Return how far a difference lies from the nearest limit."""
        limits = [limit for limit in (self.above, self.below) if limit is not None]
        return min(abs(difference - limit) for limit in limits)


class Flip(Strict):
    """The input whose value is searched for where the verdict turns."""

    title_en: str
    title_zh: str
    table: str
    where: dict[str, Cell | list[Cell]] = Field(default_factory=dict)
    scale: str | None = None
    set: str | None = None
    whole: bool = False
    today: float | int
    least: float | int
    most: float | int
    plausible: list[float | int]

    @model_validator(mode="after")
    def _sensible(self) -> Flip:
        if (self.scale is None) == (self.set is None):
            message = "give one of scale and set"
            raise ValueError(message)
        if len(self.plausible) != 2:
            message = "plausible is two values, the lower first"
            raise ValueError(message)
        low, high = self.plausible
        if not self.least <= low <= self.today <= high <= self.most:
            message = "the values must rise: least, plausible[0], today, plausible[1], most"
            raise ValueError(message)
        return self

    def override(self, value: float) -> Override:
        """Return the override that gives the input a value."""
        number: float | int = round(value) if self.whole else float(value)
        if self.scale is not None:
            return Override(table=self.table, where=self.where, scale={self.scale: number})
        assert self.set is not None
        return Override(table=self.table, where=self.where, set={self.set: number})


class Claim(Strict):
    """One claim with its test."""

    name: str
    author: str
    medium: str
    date: str
    claim_en: str
    claim_zh: str
    test_en: str
    test_zh: str
    first: ClaimRun
    second: ClaimRun
    figure: str
    over: str = ""
    confirmed: Confirmed
    flip: Flip


class ClaimFile(Strict):
    """All claims on one case."""

    base: str
    overrides: list[Override] = Field(default_factory=list)
    claims: list[Claim]

    @model_validator(mode="after")
    def _each_once(self) -> ClaimFile:
        names = [claim.name for claim in self.claims]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            message = f"claims of one name: {', '.join(twice)}"
            raise ValueError(message)
        return self


def read_claims(path: Path) -> ClaimFile:
    """Read a file of claims.

    Raises
    ------
    InputError
        With every fault and its line.
    """
    return read_yaml(path, ClaimFile)
