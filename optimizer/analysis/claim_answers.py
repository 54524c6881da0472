"""What is told of a claim once two runs have answered it."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any, Final

from optimizer.labels import Text

VERDICTS: Final = {
    "confirmed": Text("confirmed", "成立"),
    "refuted": Text("refuted", "不成立"),
    "depends": Text("depends", "视情况而定"),
}


@dataclasses.dataclass(frozen=True, slots=True)
class AnsweredClaim:
    """What is told of one claim.

    Parameters
    ----------
    name, author, medium, date
        The claim and where it was said.
    texts
        ``claim``, ``test``, ``first``, ``second``, ``figure``, ``unit``, ``over``, ``flip``.
    changed
        Rows that the first and the second run change.
    numbers
        ``first``, ``second``, ``difference``, ``gap_first``, ``gap_second``, ``undone_first``,
        ``undone_second``, ``today``, ``turn_low``, ``turn_high``, ``plausible_low``,
        ``plausible_high``, ``above``, ``below``, ``checks_first``, ``checks_second``.
    verdict
        Key of :data:`VERDICTS`.
    turns
        Whether the verdict turns between the values searched.
    runs
        Hashes of what both runs were run on.
    """

    name: str
    author: str
    medium: str
    date: str
    texts: Mapping[str, Text]
    changed: tuple[tuple[str, ...], tuple[str, ...]]
    numbers: Mapping[str, float | None]
    verdict: str
    turns: bool
    runs: tuple[str, str]

    def record(self) -> dict[str, Any]:
        """Return the claim as data."""
        return {
            "name": self.name,
            "author": self.author,
            "medium": self.medium,
            "date": self.date,
            **{
                f"{name}_{language}": text.render(language)
                for name, text in self.texts.items()
                for language in ("en", "zh")
            },
            "verdict": self.verdict,
            "turns": self.turns,
            "relaxed": True,
            "changed_first": list(self.changed[0]),
            "changed_second": list(self.changed[1]),
            "inputs_sha256_first": self.runs[0],
            "inputs_sha256_second": self.runs[1],
            **self.numbers,
        }
