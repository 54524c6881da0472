"""The linear programs of the hand case and of the case by the hour are the ones on file."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

import highspy
import pytest

from optimizer.inputs.case import Case, read_case
from optimizer.model.assembly import LinearModel
from optimizer.model.build import BLOCKS, build_model
from tests.model.golden import (
    GOLDEN,
    GOLDEN_HOURS,
    HAND,
    HOUR_FILES,
    LAST,
    files_of_blocks,
    golden_texts,
    hour_texts,
    whole_lp,
)
from tests.model.hours_case import hours_case

FILES = (*(add.__name__.removeprefix("add_") for add in BLOCKS), LAST)


@pytest.fixture(scope="module")
def case() -> Case:
    return read_case(HAND)


@pytest.fixture(scope="module")
def model(case: Case) -> LinearModel:
    return build_model(case)[0]


@pytest.fixture(scope="module")
def texts(case: Case) -> dict[str, str]:
    return golden_texts(case)


def test_one_file_for_each_block_and_no_other() -> None:
    assert {path.name for path in GOLDEN.iterdir()} == {f"{name}.lp" for name in FILES}


@pytest.mark.parametrize("name", FILES)
def test_block_is_the_one_on_file(texts: dict[str, str], name: str) -> None:
    # A wanted change of the model: run `python -m tests.model.golden` and read the difference.
    on_file = (GOLDEN / f"{name}.lp").read_bytes().decode("utf-8")
    assert texts[name] == on_file


def test_blocks_by_the_hour_are_the_ones_on_file() -> None:
    assert {path.name for path in GOLDEN_HOURS.iterdir()} == {f"{name}.lp" for name in HOUR_FILES}
    for name, text in hour_texts().items():
        assert text == (GOLDEN_HOURS / f"{name}.lp").read_bytes().decode("utf-8"), name
    # Each of these blocks acts there: it has columns or rows of its own.
    model = build_model(hours_case())[0]
    owner = files_of_blocks(hours_case())
    acting = {
        owner[name]
        for blocks in (model.columns, model.rows)
        for name, block in blocks.items()
        if block.count
    }
    assert acting >= set(HOUR_FILES)


def test_files_hold_every_part_of_the_program_once(model: LinearModel) -> None:
    parts = Counter(
        part
        for name in FILES
        for part in _parts((GOLDEN / f"{name}.lp").read_text(encoding="utf-8"))
    )
    whole = Counter(_parts(whole_lp(model, "hand")))
    assert parts == whole
    # 102 columns and 99 rows: each row is one part, each priced column another
    assert sum(1 for part in parts if part.startswith("Subject To|")) == model.shape[0] == 99
    assert sum(1 for part in parts if part.startswith("Minimize|")) == int((model.cost != 0).sum())


@pytest.mark.parametrize("name", FILES)
def test_file_is_a_program_of_its_own(case: Case, model: LinearModel, name: str) -> None:
    solver = highspy.Highs()  # type: ignore[no-untyped-call]
    solver.setOptionValue("output_flag", False)
    assert solver.readModel(str(GOLDEN / f"{name}.lp")) == highspy.HighsStatus.kOk
    owner = files_of_blocks(case)
    own = {f"{row}_{n}" for row, block in model.rows.items() for n in range(block.count)}
    own = {entry for entry in own if owner[entry.rpartition("_")[0]] == name}
    assert set(solver.getLp().row_names_) == own


def test_command_writes_the_same_bytes(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    from tests.model import golden  # noqa: PLC0415 - the module whose folder is replaced

    for name, folder in (("GOLDEN", GOLDEN), ("GOLDEN_HOURS", GOLDEN_HOURS)):
        monkeypatch.setattr(golden, name, tmp_path / name)
        golden.main()
        assert {path.name: path.read_bytes() for path in (tmp_path / name).iterdir()} == {
            path.name: path.read_bytes() for path in folder.iterdir()
        }


def _parts(text: str) -> list[str]:
    """Return section and content of every row, bound, integer and term of the objective."""
    parts = []
    title = ""
    for line in re.sub(r"\n ?(?=[+-])", " ", text).splitlines():
        if line.startswith("\\") or line == "End":
            continue
        if line in {"Minimize", "Subject To", "Bounds", "Generals", "Binaries"}:
            title = line
        elif title == "Minimize":
            terms = re.sub(r"\s+", "", line.removeprefix("OBJ:")).replace("-", "+-").split("+")
            parts += [f"{title}|{term}" for term in terms if term]
        elif line.strip():
            parts.append(f"{title}|{re.sub(r'\s+', ' ', line).strip()}")
    return parts
