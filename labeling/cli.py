"""The command line: ``labeling VERB``. It parses and explains; the verbs do the work.

Exit status: 0 done; 1 the data or the server is wrong; 2 the command was used wrongly; 3 done, but some items were
refused and are listed.
"""

from __future__ import annotations

import importlib
import keyword
import os
import stat
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from labeling import __version__
from labeling.errors import LabelingError, escape_controls

if TYPE_CHECKING:
    from collections.abc import Callable

# In the order of the journey. Each verb is a module of `labeling.verbs` with a command `<verb>_cli`.
VERBS = (
    "demo",
    "init",
    "ingest",
    "import",
    "cluster",
    "suggest",
    "serve",
    "assist",
    "guidelines",
    "people",
    "assign",
    "push",
    "pull",
    "carry",
    "status",
    "doctor",
    "restore",
    "forget",
    "agree",
    "adjudicate",
    "cards",
    "audit",
    "doubts",
    "split",
    "compile",
    "verify",
    "release",
    "join",
    "publish",
    "export",
    "train",
    "predict",
    "evaluate",
    "curve",
    "learn",
    "report",
)


def _with_examples(command: click.Command) -> click.Command:
    """Turn the backslash and b of a raw docstring into the one character by which click leaves an example's lines."""
    command.help = (command.help or "").replace(r"\b", "\b")
    return command


class Verbs(click.Group):
    """The verbs, in the order of the journey, each loaded when it is named."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        """Return the verbs in order."""
        return list(VERBS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002 - the same
        """Load one verb."""
        if cmd_name not in VERBS:
            return None
        # `import` is a word of Python's; its module is `import_`.
        name = f"{cmd_name}_" if keyword.iskeyword(cmd_name) else cmd_name
        module = importlib.import_module(f"labeling.verbs.{name}")
        command: click.Command = getattr(module, f"{cmd_name}_cli")
        return _with_examples(command)


@click.group(
    cls=Verbs,
    invoke_without_command=True,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.option(
    "--config",
    type=click.Path(path_type=Path),
    help="The project file.  [default: labeling.toml, where there is one; else configs/diplomatic.toml]",
)
@click.option(
    "--workspace",
    type=click.Path(path_type=Path, file_okay=False),
    help="The folder to work in, in place of exports/<project>.",
)
@click.version_option(__version__, prog_name="labeling")
@click.pass_context
def cli(ctx: click.Context, config: Path | None, workspace: Path | None) -> None:
    r"""Turn newswire into trustworthy training data.

    Without a command it says where you are, and which one comes next.

    \b
    Example:
      labeling demo
      labeling init
      labeling ingest articles/ && labeling suggest && labeling push
    """
    ctx.obj = (config, workspace)
    if ctx.invoked_subcommand is None:
        # Loaded here: no verb needs it.
        from labeling.verbs.endings import list_beginning
        from labeling.verbs.options import tell

        tell("\n".join(list_beginning(config, workspace)))


_with_examples(cli)


def main() -> None:
    """Run the command line; say an error's sentence, then what to do, and exit by its status."""
    # Libraries that report to their makers when they are imported are asked not to; somebody's own word goes first.
    os.environ.setdefault("DO_NOT_TRACK", "1")
    # Nothing that we or a library write is writable for everybody, whoever set the umask.
    os.umask(os.umask(stat.S_IWOTH) | stat.S_IWOTH)
    sys.exit(_run_and_explain(lambda: cli(standalone_mode=False)))


def _run_and_explain(run: Callable[[], object]) -> int:
    try:
        status = run()
    except LabelingError as error:
        click.echo(f"Error: {error}\n  -> {error.todo}", err=True)
        return error.exit_status
    except click.exceptions.Exit as error:
        return error.exit_code
    except click.ClickException as error:
        # It quotes what was typed, which may be the name of a file.
        vars(error).update(message=escape_controls(error.message))
        error.show()
        return error.exit_code
    except UnicodeEncodeError as error:
        todo = "set PYTHONIOENCODING=utf-8 and run it again"
        click.echo(f"Error: what is to be printed has signs that {error.encoding} does not\n  -> {todo}", err=True)
        return 1
    except (click.Abort, KeyboardInterrupt):
        click.echo("Stopped.", err=True)
        return 130
    return status if isinstance(status, int) else 0
