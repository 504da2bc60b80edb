"""What the command lines of all verbs share: the project, and how a summary is shown."""

from __future__ import annotations

import functools
import json
from typing import TYPE_CHECKING, Any

import click

from labeling.project import Project, load_project

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

REFUSED = 3  # done, but some items were refused and are listed


def with_project(command: Callable[..., Any]) -> Callable[..., Any]:
    """Hand the command the project that ``--config`` and ``--workspace`` name."""

    @click.pass_context
    @functools.wraps(command)
    def wrapped(ctx: click.Context, /, *args: Any, **kwargs: Any) -> Any:  # noqa: ANN401 - click's own looseness
        config, workspace = ctx.obj
        return ctx.invoke(command, load_project(config, workspace), *args, **kwargs)

    return wrapped


json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON in place of a table.")

wait_option = click.option(
    "--wait",
    type=click.FloatRange(min=0),
    default=0.0,
    metavar="SECONDS",
    help="Wait so long for another command that is writing to this workspace, in place of saying so.",
)


def show(summary: Mapping[str, object], *, as_json: bool) -> None:
    """Print a summary on stdout: a table for people, or JSON for programs."""
    if as_json:
        click.echo(json.dumps(summary, ensure_ascii=False, indent=2))
        return
    width = max(map(len, summary), default=0)
    for name, value in summary.items():
        click.echo(f"{name.replace('_', ' '):<{width}}  {value}")


__all__ = ["REFUSED", "Project", "json_option", "show", "wait_option", "with_project"]
