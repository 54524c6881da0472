"""The linear program of the hand case, block by block, is the one on file."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

import highspy
import pytest

from optimizer.inputs.case import Case, read_case
from optimizer.model.assembly import LinearModel
from optimizer.model.build import BLOCKS, build_model
from tests.model.golden import GOLDEN, HAND, LAST, files_of_blocks, golden_texts, whole_lp

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

    monkeypatch.setattr(golden, "GOLDEN", tmp_path)
    golden.main()
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == {
        path.name: path.read_bytes() for path in GOLDEN.iterdir()
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
