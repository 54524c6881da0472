"""Errors a user can act on, and the exit code each leads to.

The tree::

    EastwestError                  exit
    ├── InputError                 1   faulty tables, case or scenario files: all faults at once
    ├── UsageError                 2   the command was asked something it cannot do
    ├── InfeasibleError            3   no plan meets the hard rows; says what to change
    ├── StoppedError               4   stopped before any plan was found
    ├── SolverError                5   the solver failed
    ├── VerificationError          5   the independent recomputation contradicts the plan
    └── OutputError                5   the run could not be written: disk full, no permission

Exit code 4 also stands for a run that was stopped early but did write a plan.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from optimizer.labels import Language, Text


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault of an input, with its place and its repair.

    Parameters
    ----------
    problem, repair
        What is wrong and what to do about it.
    file
        Name of the file, or of the sheet of a workbook.
    row
        Row in the file as an editor counts it (the header is row 1), if known.
    column, value
        The column and the offending text, if known.
    """

    problem: Text
    repair: Text
    file: str = ""
    row: int | None = None
    column: str = ""
    value: str = ""

    def render(self, language: Language) -> str:
        """Return the fault as one line: place, problem, repair."""
        place = self.file
        if self.row is not None:
            place += f":{self.row}"
        if self.column:
            place += f" [{self.column}]"
        shown = f" = {self.value!r}" if self.value != "" else ""
        separator = "：" if language == "zh" else ": "
        arrow = " → "
        head = f"{place}{shown}{separator}" if place else ""
        return head + self.problem.render(language) + arrow + self.repair.render(language)


class EastwestError(Exception):
    """Base of all errors that are shown to a user without a traceback."""

    exit_code: ClassVar[int] = 5

    def __init__(self, message: Text) -> None:
        super().__init__(message.en)
        self.message = message

    def __reduce__(self) -> tuple[type[EastwestError], tuple[object, ...]]:
        """Return how the error is made anew where another process raised it."""
        return type(self), (self.message,)

    def render(self, language: Language) -> str:
        """Return the message in one language."""
        return self.message.render(language)


class InputError(EastwestError):
    """Faults in tables, case files or scenario files, all of them."""

    exit_code = 1

    def __init__(self, faults: Sequence[Fault]) -> None:
        self.faults = tuple(faults)
        count = len(self.faults)
        super().__init__(Text("{n} fault(s) in the inputs", "输入有 {n} 处错误").filled(n=count))

    def __reduce__(self) -> tuple[type[EastwestError], tuple[object, ...]]:
        """Return how the error is made anew where another process raised it."""
        return type(self), (self.faults,)

    def __str__(self) -> str:
        """Return the count and every fault in English."""
        return self.render("en")

    def render(self, language: Language) -> str:
        """Return the count and every fault, one a line."""
        lines = [self.message.render(language)]
        lines += [f"  {fault.render(language)}" for fault in self.faults]
        return "\n".join(lines)


class UsageError(EastwestError):
    """The command was asked something it cannot do."""

    exit_code = 2


class InfeasibleError(EastwestError):
    """No plan meets the hard rows; the message says which rows and what to change."""

    exit_code = 3


class StoppedError(EastwestError):
    """The run was stopped before any plan was found."""

    exit_code = 4


class SolverError(EastwestError):
    """The solver failed or is not installed."""

    exit_code = 5


class VerificationError(EastwestError):
    """The independent recomputation contradicts the plan, which is therefore not written."""

    exit_code = 5


class OutputError(EastwestError):
    """The disk refused a file; nothing half-written is left."""

    exit_code = 5
