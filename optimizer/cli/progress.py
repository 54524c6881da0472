"""Progress of a run: one living line in a terminal, plain lines elsewhere."""

from __future__ import annotations

import math
import sys
import time
from types import TracebackType
from typing import Final, Self

from rich.console import Console
from rich.status import Status

from optimizer.labels import Language, Text
from optimizer.solve.options import Progress

PHASES: Final = {
    "read": Text("reading", "读取"),
    "build": Text("building the model", "建立模型"),
    "solve": Text("solving", "求解"),
    "relaxation": Text("relaxation", "线性松弛"),
    "coarse": Text("search, large decisions", "搜索（主要决策）"),
    "fine": Text("search, remaining decisions", "搜索（其余决策）"),
    "search": Text("search", "搜索"),
    "serving most": Text("serving as much as possible", "尽量满足需求"),
    "least left undone": Text("proving how much is left undone", "证明最少未安排量"),
    "polish": Text("exact point", "精确化"),
    "verify": Text("verifying", "核验"),
    "compare": Text("comparing with rules of thumb", "与经验规则比较"),
    "write": Text("writing tables, maps and summary", "写出表格、地图与摘要"),
}
PLAIN_INTERVAL_SECONDS: Final = 5.0


class Teller:
    """Tells progress on standard error and keeps every line for the log.

    Parameters
    ----------
    language
        Language of the lines.
    """

    def __init__(self, language: Language) -> None:
        self.lines: list[str] = []
        self._language = language
        self._console = Console(stderr=True)
        self._status: Status | None = None
        self._began = time.perf_counter()
        self._last_phase = ""
        self._last_time = -math.inf

    def __enter__(self) -> Self:
        """Start the living line, if there is a terminal."""
        if sys.stderr.isatty():
            self._status = self._console.status("")
            self._status.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Remove the living line."""
        if self._status is not None:
            self._status.stop()

    def phase(self, name: str) -> None:
        """Tell that a step has begun."""
        self(Progress(name, 0.0, math.inf, -math.inf))

    def __call__(self, progress: Progress) -> None:
        """Tell one line of progress."""
        now = time.perf_counter() - self._began
        line = f"{now:7.1f} s  {PHASES[progress.phase].render(self._language)}"
        if math.isfinite(progress.incumbent):
            line += "  " + Text("best {best:,.1f}", "当前最好 {best:,.1f}").render(
                self._language, best=progress.incumbent
            )
        if math.isfinite(progress.bound):
            line += "  " + Text("bound {bound:,.1f}", "下界 {bound:,.1f}").render(
                self._language, bound=progress.bound
            )
        if math.isfinite(progress.incumbent) and math.isfinite(progress.bound):
            line += "  " + Text("gap {gap:,.1f} {unit}", "间隙 {gap:,.1f} {unit}").render(
                self._language,
                gap=progress.incumbent - progress.bound,
                unit=progress.unit,
            )
        self._tell(line, progress.phase, now)

    def note(self, message: Text) -> None:
        """Tell something that stays on the screen."""
        now = time.perf_counter() - self._began
        line = f"{now:7.1f} s  {message.render(self._language)}"
        self.lines.append(line)
        self._console.print(line, highlight=False, markup=False, soft_wrap=True)

    def count(self, done: int, total: int, failed: int, seconds_left: float | None) -> None:
        """Tell how many of many runs are finished, and about when all will be."""
        now = time.perf_counter() - self._began
        parts = [
            Text("{done} of {total} points", "已完成 {done}/{total} 个点").filled(
                done=done, total=total
            )
        ]
        if failed:
            parts.append(Text("{failed} failed", "{failed} 个失败").filled(failed=failed))
        if seconds_left is not None and done < total:
            parts.append(
                Text("about {minutes:.1f} min left", "约剩 {minutes:.1f} 分钟").filled(
                    minutes=seconds_left / 60.0
                )
            )
        line = f"{now:7.1f} s  " + "  ".join(part.render(self._language) for part in parts)
        self._tell(line, "count", now, last=done == total)

    def _tell(self, line: str, phase: str, now: float, *, last: bool = False) -> None:
        """Show a line: in a terminal at once, elsewhere when it is new or some time has passed."""
        self.lines.append(line)
        if self._status is not None:
            self._status.update(line)
            return
        due = now - self._last_time >= PLAIN_INTERVAL_SECONDS
        if phase != self._last_phase or due or last:
            self._last_phase, self._last_time = phase, now
            self._console.print(line, highlight=False, markup=False, soft_wrap=True)
