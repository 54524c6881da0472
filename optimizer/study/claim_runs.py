"""The runs behind claims: each solved and verified once, and kept in a folder if one is named.

::

    <folder>/<hash>.json      one finished run, by the hash of inputs, overrides, code and libraries

All runs are linear relaxations, so the same cut of modules decides nothing: their objectives are
lower bounds, and differences are those of the relaxed programs. A file is written under another
name and renamed, so that processes may share a folder and what was stopped is begun again.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
import os
from collections.abc import Sequence
from pathlib import Path

from optimizer.analysis.claim_figures import FIGURES
from optimizer.analysis.metrics import work_values
from optimizer.errors import OutputError, SolverError
from optimizer.inputs.assemble import AssembledTables, assemble, case_folder
from optimizer.inputs.case import checked_case
from optimizer.inputs.claim_file import ClaimFile
from optimizer.inputs.scenario import Override, Scenario, ScenarioFile, apply_scenarios
from optimizer.labels import Text
from optimizer.model.build import build_model
from optimizer.plan.plan import make_plan
from optimizer.plan.store import inputs_sha256
from optimizer.plan.verify import require_verified, verify_plan
from optimizer.solve.options import SolveOptions
from optimizer.solve.run import solve_model
from optimizer.study.runner import code_and_libraries


@dataclasses.dataclass(frozen=True, slots=True)
class ClaimedRun:
    """One verified run.

    Parameters
    ----------
    figures
        Every figure of :data:`optimizer.analysis.claim_figures.FIGURES` that it has.
    gap_million_yuan
        Between its cost and its proved bound.
    checks
        Comparisons that the verifier made, none of which failed.
    undone_million_yuan
        Value of the work it leaves undone.
    inputs_sha256
        Hash of what it was run on.
    """

    figures: dict[str, float]
    gap_million_yuan: float
    checks: int
    undone_million_yuan: float
    inputs_sha256: str


class KeptRuns:
    """A folder of finished runs.

    Parameters
    ----------
    folder
        The folder; made with the first run.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def read(self, digest: str) -> ClaimedRun | None:
        """Return a run that was finished, or ``None``."""
        try:
            return ClaimedRun(**json.loads(self._place(digest).read_text(encoding="utf-8")))
        except (OSError, ValueError, TypeError):
            return None

    def write(self, digest: str, run: ClaimedRun) -> None:
        """Keep a run.

        Raises
        ------
        OutputError
            If the disk refuses.
        """
        place = self._place(digest)
        partial = place.with_name(f".{place.name}.partial-{os.getpid()}")
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            partial.write_text(json.dumps(dataclasses.asdict(run)), encoding="utf-8")
            partial.replace(place)
        except OSError as error:
            raise OutputError(
                Text(
                    "cannot keep a run of a claim in {folder} ({reason}); free space or choose "
                    "another place with --out",
                    "无法在 {folder} 中保存观点的运行（{reason}）；请释放空间或用 --out "
                    "指定其他位置",
                ).filled(folder=self.folder, reason=error.strerror or str(error))
            ) from error

    def count(self) -> int:
        """Return how many runs are kept."""
        return len(list(self.folder.glob("*.json")))

    def remove(self, digests: frozenset[str]) -> None:
        """Remove some runs, and the folder if nothing else is in it."""
        for digest in digests:
            self._place(digest).unlink(missing_ok=True)
        if self.folder.is_dir() and not any(self.folder.iterdir()):
            self.folder.rmdir()

    def _place(self, digest: str) -> Path:
        return self.folder / f"{digest}.json"


class Runner:
    """Solves and verifies runs, each once.

    Parameters
    ----------
    file
        The claims.
    kept
        Where finished runs are kept and looked for.
    """

    def __init__(self, file: ClaimFile, kept: KeptRuns | None = None) -> None:
        tables = assemble(case_folder(file.base))
        self._base = _changed(tables, file.overrides) if file.overrides else tables
        self._kept = kept
        self._known: dict[str, ClaimedRun] = {}
        self._basis = json.dumps([sorted(self._base.file_hashes.items()), code_and_libraries()])

    @property
    def known(self) -> frozenset[str]:
        """Hashes of the runs that were asked for."""
        return frozenset(self._known)

    def run(self, overrides: Sequence[Override]) -> ClaimedRun:
        """Return the verified run with some overrides.

        Raises
        ------
        InputError
            If the checks refuse the changed case.
        SolverError
            If it has no plan.
        """
        digest = hashlib.sha256((self._basis + _content(overrides)).encode()).hexdigest()
        if digest not in self._known:
            found = self._kept.read(digest) if self._kept is not None else None
            if found is None:
                found = self._solved(overrides)
                if self._kept is not None:
                    self._kept.write(digest, found)
            self._known[digest] = found
        return self._known[digest]

    def _solved(self, overrides: Sequence[Override]) -> ClaimedRun:
        tables = _changed(self._base, overrides) if overrides else self._base
        case = checked_case(tables)
        solution = solve_model(build_model(case)[0], SolveOptions(relaxed=True)).solution
        if not solution.status.has_plan:
            raise SolverError(
                Text(
                    "a run of a claim has no plan ({status})", "观点所需的运行没有方案（{status}）"
                ).filled(status=solution.status.value)
            )
        plan = make_plan(case, solution)
        verification = verify_plan(case, plan)
        require_verified(verification)
        return ClaimedRun(
            {name: float(figure.value(case, plan)) for name, figure in FIGURES.items()},
            max(0.0, plan.objective_million_yuan - plan.bound_million_yuan),
            verification.checks,
            work_values(case, plan)[0],
            inputs_sha256(case),
        )


def _content(overrides: Sequence[Override]) -> str:
    return repr([override.model_dump() for override in overrides])


def _changed(tables: AssembledTables, overrides: Sequence[Override]) -> AssembledTables:
    """Return the tables with overrides, recorded as a scenario of their content."""
    digest = hashlib.sha256(_content(overrides).encode()).hexdigest()
    scenario = ScenarioFile(
        name=f"claim-{digest[:12]}",
        title_en="one run of a claim",
        title_zh="观点检验的一次运行",
        overrides=list(overrides),
    )
    return apply_scenarios(tables, [Scenario(scenario, f"claim {digest[:12]}", digest)])
