"""Many claims answered by processes beside each other; the answers do not depend on their number.

Every process keeps the runs it has solved and looks among those the others have kept, so a run that
two claims share is solved twice only if both ask for it at once. With ``w`` processes and claims of
like size the time is about ``1 / w`` of that of one.
"""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool

from optimizer.analysis.claim_answers import AnsweredClaim
from optimizer.errors import SolverError
from optimizer.inputs.claim_file import Claim, ClaimFile
from optimizer.labels import Text
from optimizer.study.claim_runs import KeptRuns, Runner
from optimizer.study.claims import answer, answered

_runners: list[Runner] = []
"""The runner of this process, once it has begun."""


def _begin(file: ClaimFile, kept: KeptRuns) -> None:
    _runners[:] = [Runner(file, kept)]


def _answered(claim: Claim) -> tuple[AnsweredClaim, frozenset[str]]:
    (runner,) = _runners
    return answered(answer(claim, runner)), runner.known


def answer_claims(
    file: ClaimFile,
    claims: Sequence[Claim],
    workers: int,
    told: Callable[[str], None],
    kept: KeptRuns,
) -> tuple[list[AnsweredClaim], frozenset[str]]:
    """Answer claims and tell the runs behind them.

    Parameters
    ----------
    file
        The file they are from.
    claims
        Those to answer.
    workers
        How many processes.
    told
        Called with the name of each claim that is answered.
    kept
        Where finished runs are kept; those there are not repeated.

    Returns
    -------
    list of AnsweredClaim
        In the order of ``claims``.
    frozenset of str
        Hashes of the runs they rest on.

    Raises
    ------
    EastwestError
        As of the first run that has no plan.
    SolverError
        If a process ends before it has answered.
    """
    if workers == 1:
        _begin(file, kept)
        found = []
        for claim in claims:
            found.append(_answered(claim))
            told(claim.name)
        _runners.clear()
    else:
        # A fork would take the solver's threads along half-made.
        pool = ProcessPoolExecutor(
            workers, multiprocessing.get_context("spawn"), initializer=_begin, initargs=(file, kept)
        )
        try:
            futures = {pool.submit(_answered, claim): claim for claim in claims}
            for future in as_completed(futures):
                future.result()
                told(futures[future].name)
            found = [future.result() for future in futures]
        except BrokenProcessPool as error:
            raise SolverError(
                Text(
                    "a process that answers claims was ended from outside or by the solver; give "
                    "the same command again: the {count} runs in {folder} are not repeated",
                    "检验观点的进程被外部或求解器终止；请重复同一命令：{folder} 中的 {count} 次运行"
                    "不再重复",
                ).filled(count=kept.count(), folder=kept.folder)
            ) from error
        finally:
            pool.shutdown(cancel_futures=True)
    return [each for each, _ in found], frozenset().union(*(known for _, known in found))
