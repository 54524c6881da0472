"""The linear programs of the golden cases are the ones on file."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

import highspy
import pytest

from optimizer.inputs.case import Case
from optimizer.model.assembly import LinearModel
from optimizer.model.build import BLOCKS, build_model
from tests.model.golden import FOLDER, LAST, files_of_blocks, kept_texts, whole_lp
from tests.model.golden_cases import GOLDEN_CASES

FILES = (*(add.__name__.removeprefix("add_") for add in BLOCKS), LAST)
HAND = FOLDER / "hand"


@pytest.fixture(scope="module")
def case() -> Case:
    return GOLDEN_CASES["hand"].case()


@pytest.fixture(scope="module")
def model(case: Case) -> LinearModel:
    return build_model(case)[0]


@pytest.mark.parametrize("name", GOLDEN_CASES)
def test_blocks_are_the_ones_on_file(name: str) -> None:
    # A wanted change of the model: run `python -m tests.model.golden` and read the difference.
    on_file = {path.stem: path.read_bytes().decode("utf-8") for path in (FOLDER / name).iterdir()}
    texts = kept_texts(name)
    assert set(texts) == set(on_file)
    for block, text in texts.items():
        assert text == on_file[block], block


def test_every_case_and_every_block_has_its_file() -> None:
    assert {path.name for path in FOLDER.iterdir()} == set(GOLDEN_CASES)
    assert {path.stem for path in HAND.iterdir()} == set(FILES)


@pytest.mark.parametrize("file", FILES)
def test_every_block_acts_in_a_case_on_file(file: str) -> None:
    titles = r"^(Subject To|Bounds|Generals|Binaries)\n(?!End)|^OBJ:\n "
    acting = [
        name
        for name in GOLDEN_CASES
        if (path := FOLDER / name / f"{file}.lp").is_file()
        and re.search(titles, path.read_text(encoding="utf-8"), re.MULTILINE)
    ]
    assert acting, file


def test_files_hold_every_part_of_the_program_once(model: LinearModel) -> None:
    parts = Counter(
        part for name in FILES for part in _parts((HAND / f"{name}.lp").read_text(encoding="utf-8"))
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
    assert solver.readModel(str(HAND / f"{name}.lp")) == highspy.HighsStatus.kOk
    owner = files_of_blocks(case)
    own = {f"{row}_{n}" for row, block in model.rows.items() for n in range(block.count)}
    own = {entry for entry in own if owner[entry.rpartition("_")[0]] == name}
    assert set(solver.getLp().row_names_) == own


def test_command_writes_the_same_bytes(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    from tests.model import golden  # noqa: PLC0415 - the module whose folder is replaced

    monkeypatch.setattr(golden, "FOLDER", tmp_path)
    golden.main()
    assert _bytes_of(tmp_path) == _bytes_of(FOLDER)


def _bytes_of(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*.lp")}


def _parts(text: str) -> list[str]:
    """Return section and content of every row, bound, integer and term of the objective."""
    parts = []
    title = ""
    for line in re.sub(r"\n ?(?=[+\-<>=])", " ", text).splitlines():
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
