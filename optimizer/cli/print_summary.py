"""A summary on the screen."""

from __future__ import annotations

from rich.console import Console
from rich.table import Table

from optimizer.report.summary import Summary, SummaryTable

PLAIN_WIDTH = 160
"""Width where no terminal says how wide it is; a table must not lose cells in a pipe."""


def screen() -> Console:
    """Return a console for standard output."""
    console = Console(highlight=False, markup=False)
    return (
        console
        if console.is_terminal
        else Console(highlight=False, markup=False, width=PLAIN_WIDTH)
    )


def print_table(console: Console, table: SummaryTable) -> None:
    """Print one table: names to the left, numbers to the right."""
    shown = Table(title=table.title, title_justify="left", title_style="bold", box=None)
    for number, column in enumerate(table.columns):
        wordy = any(len(row[number]) > 24 for row in table.rows)
        shown.add_column(
            column, justify="left" if number == 0 or wordy else "right", overflow="fold"
        )
    for row in table.rows:
        shown.add_row(*row)
    console.print(shown)
    if table.note:
        console.print(table.note)
    console.print()


def print_summary(summary: Summary) -> None:
    """Print a whole summary."""
    console = screen()
    for line in summary.lines:
        console.print(line)
    console.print()
    for table in summary.tables:
        print_table(console, table)
