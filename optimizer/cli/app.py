"""The command ``eastwest``: its verbs, and what becomes of errors.

Exit codes::

    0  proved within the asked gap     3  infeasible
    1  faulty inputs                   4  stopped early (a plan was written) or no plan in time
    2  usage                           5  internal error, or the result could not be written
"""

from __future__ import annotations

import importlib
import sys
from typing import Final

import click

from optimizer import __version__
from optimizer.cli.settings import Settings, settings
from optimizer.errors import EastwestError
from optimizer.labels import Text

VERBS: Final = {
    "plan": "optimizer.cli.plan",
    "frontier": "optimizer.cli.frontier",
    "regret": "optimizer.cli.regret",
    "claims": "optimizer.cli.claims",
    "report": "optimizer.cli.report",
    "map": "optimizer.cli.map",
    "sweep": "optimizer.cli.sweep",
    "init": "optimizer.cli.init",
    "check": "optimizer.cli.check",
    "scenarios": "optimizer.cli.scenarios",
    "compare": "optimizer.cli.compare",
    "data": "optimizer.cli.data",
    "doctor": "optimizer.cli.doctor",
}


class LazyGroup(click.Group):
    """Imports a verb when it is asked for, so that ``--help`` stays fast."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the verbs in the order in which they are used."""
        del ctx
        return list(VERBS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Return one verb."""
        del ctx
        if cmd_name not in VERBS:
            return None
        command: click.Command = importlib.import_module(VERBS[cmd_name]).command
        return command


@click.group(
    cls=LazyGroup,
    context_settings={"help_option_names": ["-h", "--help"]},
    help=(
        "Place AI training and inference across China's computing hubs.\n\n"
        "在东数西算各枢纽之间安排智算训练与推理。"
    ),
)
@click.version_option(__version__, prog_name="eastwest")
def cli() -> None:
    """Collect the verbs."""


def main(arguments: list[str] | None = None) -> None:
    """Run the command and leave with its exit code."""
    sys.exit(run(arguments))


def run(arguments: list[str] | None = None) -> int:
    """Run the command and return its exit code; no traceback without ``--debug``."""
    try:
        result = cli.main(args=arguments, prog_name="eastwest", standalone_mode=False)
    except click.exceptions.Exit as leave:
        return leave.exit_code
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except (click.Abort, KeyboardInterrupt):
        _say(Text("stopped; nothing was written", "已停止；未写出任何内容"))
        return 4
    except EastwestError as error:
        if settings().debug:
            raise
        _say(error.message, error.render(settings().language))
        return error.exit_code
    except Exception as error:
        if settings().debug:
            raise
        _say(
            Text(
                "internal error: {kind}: {reason}; please report it with the output of --debug",
                "内部错误：{kind}：{reason}；请附上 --debug 的输出反馈",
            ).filled(kind=type(error).__name__, reason=str(error))
        )
        return 5
    return result if isinstance(result, int) else 0


def _say(message: Text, rendered: str = "") -> None:
    current: Settings = settings()
    prefix = Text("error: ", "错误：").render(current.language)
    click.echo(prefix + (rendered or message.render(current.language)), err=True)
