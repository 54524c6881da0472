"""The linear programs of small cases in LP format, one file for each block of the model.

Every line of the whole program of the hand case stands in exactly one file. Of the other cases
the blocks are kept that they are for. Write the files anew with::

    python -m tests.model.golden
"""

from __future__ import annotations

import re
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from optimizer.inputs.case import Case
from optimizer.model.assembly import Assembly, Block, LinearModel
from optimizer.model.build import BLOCKS, build_model
from optimizer.model.index import index_sets
from optimizer.model.problem import pulp_problem, write_problem
from tests.model.golden_cases import GOLDEN_CASES

FOLDER: Final = Path(__file__).resolve().parent / "golden"
"""One folder for each case, one file for each block kept of it."""

LAST: Final = "finish"
"""What :meth:`Assembly.finish` adds after the blocks."""

_KEY_TABLES: Final = {
    "site": "sites",
    "region": "regions",
    "service": "services",
    "accelerator": "accelerators",
    "module": "modules",
    "job": "jobs",
    "link": "links",
    "contract": "green_contracts",
    "battery": "batteries",
}
_TITLES: Final = ("Minimize", "Subject To", "Bounds", "Generals", "Binaries")


def entry_names(case: Case, block: Block) -> list[str]:
    """Return a readable name of each entry of a block, such as ``busy[chat,coast,old]``."""
    parts = []
    for key, rows in block.index.items():
        if key in _KEY_TABLES:
            table = _KEY_TABLES[key]
            words = case.frame(table)[case.tables[table].table.key[0]].tolist()
        elif key == "profile":
            words = list(case.derived.profiles.names)
        elif key == "policy":
            words = [policy.policy for policy in case.derived.policies]
        elif key == "line" and "pool" in block.index:
            words = ["large", "small"]
        elif key == "line":
            words = list(case.derived.supply.generation.line_names)
        elif key == "offer":
            contracts = case.frame("green_contracts")["contract"].tolist()
            words = [contracts[row] for row in case.derived.supply.generation.contract.tolist()]
        elif key == "option":
            words = _option_names(case)
        else:  # months, days, hours, steps: their number
            words = [str(number) for number in range(int(rows.max(initial=-1)) + 1)]
        parts.append([str(words[row]) for row in rows.tolist()])
    return [f"{block.name}[{','.join(words)}]" for words in zip(*parts, strict=True)]


def _option_names(case: Case) -> list[str]:
    cards = case.frame("accelerators")["accelerator"].tolist()
    gangs = case.derived.gangs
    return [
        f"{cards[card]}*{gang * 1e3:g}@{month}"
        for card, gang, month in zip(
            gangs.accelerator.tolist(), gangs.gang.tolist(), gangs.start_month.tolist(), strict=True
        )
    ]


def column_names(case: Case, model: LinearModel) -> list[str]:
    """Return a readable name of each column."""
    return [name for block in model.columns.values() for name in entry_names(case, block)]


def files_of_blocks(case: Case) -> dict[str, str]:
    """Return the name of the file that adds each block of columns or rows."""
    whole = Assembly()
    views: list[Assembly] = []
    owner: dict[str, str] = {}
    for period in case.periods:
        view, sets = whole.period(period.period, tuple(views)), index_sets(period)
        for add in BLOCKS:
            add(view, period, sets)
            for block in (*view.columns.values(), *view.rows.values()):
                owner.setdefault(block.name, add.__name__.removeprefix("add_"))
        views.append(view)
    model = whole.finish()
    for name in (*model.columns, *model.rows):
        owner.setdefault(name, LAST)
    return owner


def kept_texts(name: str) -> dict[str, str]:
    """Return the LP files kept of a case of :data:`GOLDEN_CASES`."""
    kept = GOLDEN_CASES[name]
    texts = golden_texts(kept.case())
    return {block: texts[block] for block in kept.blocks or texts}


def golden_texts(case: Case) -> dict[str, str]:
    """Return the LP file of each block of a case by name."""
    model, _sets = build_model(case)
    owner = files_of_blocks(case)
    files = [*(add.__name__.removeprefix("add_") for add in BLOCKS), LAST]
    lines: dict[str, dict[str, list[str]]] = {
        file: {title: [] for title in _TITLES} for file in files
    }
    for title, name, line in _lines(whole_lp(model, case.name)):
        lines[owner[name]][title].append(line)
    texts = {}
    for file in files:
        parts = [f"\\ {line}" for line in _legend(case, model, owner, file)]
        for title in _TITLES:
            found = lines[file][title]
            if title == "Minimize":
                parts += [title, "OBJ:" + "".join(f"\n {line}" for line in found)]
            elif found or title == "Subject To":
                parts += [title, *found]
        texts[file] = "\n".join([*parts, "End", ""])
    return texts


def whole_lp(model: LinearModel, name: str) -> str:
    """Return the whole model in LP format as PuLP writes it."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "model.lp"
        write_problem(pulp_problem(model, name), path)
        return path.read_text(encoding="utf-8")


def _legend(case: Case, model: LinearModel, owner: dict[str, str], file: str) -> Iterator[str]:
    for kind, blocks in (("columns", model.columns), ("rows", model.rows)):
        for name, block in blocks.items():
            if owner[name] != file or not block.count:
                continue
            yield f"{kind} {name}, {block.unit}"
            for number, entry in enumerate(entry_names(case, block)):
                yield f"  {name}_{number} = {entry}"


def _lines(text: str) -> Iterator[tuple[str, str, str]]:
    """Yield section, block name and text of every term of the objective and every other line."""
    joined = re.sub(r"\n (?=[+\-<>=])", " ", text)
    title = ""
    for line in joined.splitlines():
        if line.startswith("\\") or line == "End" or not line:
            continue
        if line in _TITLES:
            title = line
        elif title == "Minimize":
            terms = re.findall(r"[+-]?\s*[-\d.e+]*\s*\b[a-z]\w*_\d+", line.removeprefix("OBJ:"))
            for term in terms:
                yield title, _block_name(term), re.sub(r"\s+", " ", term).strip()
        else:
            yield title, _block_name(line), line.strip()


def _block_name(text: str) -> str:
    found = re.search(r"([a-z]\w*)_\d+\b", text)
    if found is None:
        raise ValueError(text)
    return found[1]


def main() -> None:
    """Write the golden files of every case."""
    for name in GOLDEN_CASES:
        folder = FOLDER / name
        folder.mkdir(exist_ok=True, parents=True)
        for block, text in kept_texts(name).items():
            (folder / f"{block}.lp").write_text(text, encoding="utf-8", newline="\n")


if __name__ == "__main__":
    main()
