"""``labeling release``: what a dataset holds, without the texts of its articles."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from labeling.verbs.options import json_option, show, with_project

if TYPE_CHECKING:
    from labeling.project import Project


@click.command("release")
@click.argument("folder", required=False, type=click.Path(path_type=Path, file_okay=False))
@click.option("--with-texts", is_flag=True, help="Put texts and headlines in: plain JSON lines, for those who may.")
@json_option
@with_project
def release_cli(project: Project, *, folder: Path | None, with_texts: bool, as_json: bool) -> int:
    r"""Make a stand-off release: offsets, labels and digests, without a word of the articles.

    FOLDER is a compiled dataset, by default the latest. For news that one may not republish: who has the texts gets
    the dataset back with `labeling join`, and a text that is another one is refused. releases/latest never has texts:
    the newest release with them is releases/latest-texts.

    \b
    Example:
      labeling compile && labeling release
      labeling release --with-texts --json | jq -r .folder
    """
    from labeling.corpora.release.release import release

    made = release(project, folder, texts=with_texts)
    texts = "in it: not for everyone" if made.texts else "not in it"
    show(asdict(made) if as_json else {**asdict(made), "texts": texts}, as_json=as_json)
    return 0
