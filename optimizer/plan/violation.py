"""Comparisons with a tolerance, counted and collected."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Final

RELATIVE_TOLERANCE: Final = 1e-6
"""Solvers meet rows to about 1e-7; a plan may differ from its tables by ten times that."""


@dataclass(frozen=True, slots=True)
class Violation:
    """One comparison that failed: ``left`` should have been ``sense`` ``right``."""

    rule: str
    place: str
    left: float
    sense: str
    right: float
    unit: str


@dataclass(slots=True)
class Checker:
    """Collects comparisons.

    Parameters
    ----------
    count
        Comparisons made.
    violations
        Comparisons that failed.
    largest
        Largest relative excess seen.
    prefix
        What comes before every place: the year, where there are several.
    """

    count: int = 0
    violations: list[Violation] = field(default_factory=list)
    largest: float = 0.0
    prefix: str = ""

    def equal(
        self, rule: str, place: str, left: float, right: float, unit: str, *, scale: float = 1.0
    ) -> None:
        """Compare two values that must be equal; ``scale`` is the size that counts as one."""
        self._compare(Violation(rule, place, left, "=", right, unit), abs(left - right), scale)

    def at_most(
        self, rule: str, place: str, left: float, right: float, unit: str, *, scale: float = 1.0
    ) -> None:
        """Compare a value with its upper limit."""
        self._compare(Violation(rule, place, left, "<=", right, unit), left - right, scale)

    def at_least(
        self, rule: str, place: str, left: float, right: float, unit: str, *, scale: float = 1.0
    ) -> None:
        """Compare a value with its lower limit."""
        self._compare(Violation(rule, place, left, ">=", right, unit), right - left, scale)

    def holds(self, rule: str, place: str, *, fact: bool) -> None:
        """Record a statement that must be true."""
        self._compare(Violation(rule, place, float(fact), "=", 1.0, ""), float(not fact), 1.0)

    def none(self, rule: str, place: str, broken: Collection[str]) -> None:
        """Record a statement of many things of which none may be broken: one comparison."""
        if not broken:
            self.holds(rule, place, fact=True)
        for name in sorted(broken):
            self.holds(rule, f"{place}|{name}", fact=False)

    def whole(self, rule: str, place: str, value: float, unit: str) -> None:
        """Compare a count with the nearest whole number; what is no number has none."""
        nearest = float(round(value)) if math.isfinite(value) else math.nan
        self.equal(rule, place, value, nearest, unit)

    def _compare(self, violation: Violation, excess: float, scale: float) -> None:
        self.count += 1
        if self.prefix:
            violation = dataclasses.replace(violation, place=f"{self.prefix}{violation.place}")
        size = max(scale, abs(violation.left), abs(violation.right))
        if math.isnan(excess):
            self.violations.append(violation)
            return
        if math.isinf(size):
            if excess > 0.0:
                self.violations.append(violation)
            return
        relative = excess / size
        self.largest = max(self.largest, relative)
        if relative > RELATIVE_TOLERANCE:
            self.violations.append(violation)
