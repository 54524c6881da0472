"""Make this gallery anew: the national plan, what a western floor changes, a front, and claims.

    uv run python reports/gallery/make.py            # all, about an hour on two cores
    uv run python reports/gallery/make.py plan       # or some of: plan comparison frontier claims

Every file comes from a verb of the command; nothing is drawn or counted here. Runs are made in a
temporary folder, or in that of ``--runs``, and what belongs here is copied once its step is done.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import json
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Final

from optimizer.cli.app import run as run_command

GALLERY: Final = Path(__file__).resolve().parent
CASE: Final = "national-2026"
SCENARIO: Final = "west-share-60"
LANGUAGES: Final = ("en", "zh")
UNREPEATABLE: Final = ("seconds", "handover_seconds")
"""Entries of a run's record that no second run repeats."""


def verb(*arguments: str) -> str:
    """Run one verb and return what it printed; end if it did not succeed."""
    said = io.StringIO()
    with contextlib.redirect_stdout(said):
        code = run_command(list(arguments))
    if code != 0:
        raise SystemExit(f"eastwest {' '.join(arguments)}: exit code {code}\n{said.getvalue()}")
    return said.getvalue()


def record_of(run: Path) -> str:
    """Return a run's record without what no second run repeats."""
    record = json.loads((run / "run.json").read_text(encoding="utf-8"))
    kept = {name: value for name, value in record.items() if name not in UNREPEATABLE}
    return json.dumps(kept, ensure_ascii=False, indent=1) + "\n"


def plan(runs: Path, to: Path) -> None:
    """Plan the national case; keep its record, summaries, maps and printed report."""
    run = runs / CASE
    if not run.exists():
        verb("plan", CASE, "--out", str(run))
    verb("report", str(run), "--lang", "en", "--lang", "zh", "--format", "pdf", "--force")
    (to / f"{CASE}.json").write_text(record_of(run), encoding="utf-8")
    for language in LANGUAGES:
        shutil.copyfile(run / f"summary_{language}.md", to / f"{CASE}_{language}.md")
        shutil.copyfile(run / f"map_{language}.png", to / f"{CASE}_{language}.png")
        shutil.copyfile(run / f"report_{language}.pdf", to / f"{CASE}_{language}.pdf")


def comparison(runs: Path, to: Path) -> None:
    """Set the national plan beside that with a western floor."""
    first, second = runs / CASE, runs / f"{CASE}+{SCENARIO}"
    if not first.exists():
        verb("plan", CASE, "--out", str(first))
    if not second.exists():
        verb("plan", CASE, "--scenario", SCENARIO, "--gap", "0.005", "--out", str(second))
    pair = (str(first), str(second))
    (to / "comparison.json").write_text(verb("compare", *pair, "--json"), encoding="utf-8")
    drawn = runs / "difference"
    verb("map", *pair, "--lang", "en", "--lang", "zh", "--out", str(drawn), "--force")
    for language in LANGUAGES:
        said = verb("compare", *pair, "--lang", language)
        (to / f"comparison_{language}.txt").write_text(said, encoding="utf-8")
        (picture,) = drawn.glob(f"*_{language}.png")
        shutil.copyfile(picture, to / f"comparison_{language}.png")


def frontier(runs: Path, to: Path) -> None:
    """Trace the least cost against emissions, as the relaxation bounds it: minutes, not hours."""
    folder = runs / "frontier"
    verb("frontier", "carbon", CASE, "--relaxed", "--out", str(folder), "--force")
    shutil.copyfile(folder / "frontier.json", to / "frontier.json")
    for language in LANGUAGES:
        shutil.copyfile(folder / f"frontier_{language}.png", to / f"frontier_{language}.png")


def claims(runs: Path, to: Path) -> None:
    """Answer the claims."""
    del runs
    verb("claims", "--workers", "2", "--out", str(to / "claims"), "--force")


STEPS: Final[dict[str, Callable[[Path, Path], None]]] = {
    "plan": plan,
    "comparison": comparison,
    "frontier": frontier,
    "claims": claims,
}


def main() -> None:
    """Make the steps asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("steps", nargs="*", choices=[*STEPS], help="all if none is named")
    parser.add_argument("--out", type=Path, default=GALLERY, help="folder of the gallery")
    parser.add_argument("--runs", type=Path, help="folder that keeps the runs, to go on with them")
    asked = parser.parse_args()
    asked.out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as thrown_away:
        for name in asked.steps or STEPS:
            STEPS[name](asked.runs or Path(thrown_away), asked.out)


if __name__ == "__main__":
    main()
