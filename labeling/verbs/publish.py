"""``labeling publish``: a dataset for others, in a folder of the Hub's layout or a repository there."""

from __future__ import annotations

import datetime as dt
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from labeling.errors import UsageError
from labeling.verbs.options import json_option, show, tell, with_project

if TYPE_CHECKING:
    from labeling.project import Project


@click.command("publish")
@click.argument("folder", required=False, type=click.Path(path_type=Path))
@click.option("--hub", default="", metavar="OWNER/NAME", help="A repository of the Hub, in place of a folder.")
@click.option("--public", is_flag=True, help="With --hub: a new repository is open to everybody; else it is private.")
@click.option(
    "--dataset", type=click.Path(path_type=Path, file_okay=False), help="A compiled dataset; else the latest."
)
@click.option("--without-texts", is_flag=True, help="Leave the articles' words out, whatever the licence.")
@click.option(
    "--date", "day", type=click.DateTime(["%Y-%m-%d"]), metavar="DAY", help="When it is published; else today."
)
@json_option
@with_project
def publish_cli(  # noqa: PLR0913 - one for each option
    project: Project,
    *,
    folder: Path | None,
    hub: str,
    public: bool,
    dataset: Path | None,
    without_texts: bool,
    day: dt.datetime | None,
    as_json: bool,
) -> int:
    r"""Publish a dataset: Parquet, a card, Croissant metadata, a citation file.

    FOLDER is a new folder, which `load_dataset` takes as it is, or --hub a repository there, in one commit. The token
    is that of HF_TOKEN or of `hf auth login`; HF_ENDPOINT names another Hub. A repository that holds something else is
    left alone. It was tried against a server of our tests, never against the real one.

    The articles' words are in it only where `licence` under [project] in the project file says under which licence
    they may be passed on. Else it has neither texts, headlines nor tokens: offsets and tags, and a stand-off release,
    of which `labeling join` makes the dataset for whoever has the texts. People are called by pseudonyms, unless
    `publish_names` under [people] says otherwise. [publish] has authors, version and address for the citation.

    \b
    Example:
      labeling compile && labeling publish ../diplomatic-news
      labeling publish --hub desk/diplomatic-news
    """
    from labeling.corpora.publish.publish import PublishTerms, publish, publish_to_hub

    if (folder is None) == (not hub):
        raise UsageError("publish takes a folder, or a repository", todo="name one of them: FOLDER or --hub OWNER/NAME")
    if public and not hub:
        raise UsageError("--public is of a repository", todo="name it with --hub OWNER/NAME", where="--public")
    terms = PublishTerms(f"{day or dt.datetime.now(dt.UTC):%Y-%m-%d}", texts=not without_texts)
    if folder is not None:
        made = publish(project, folder, terms, dataset)
    else:
        made = publish_to_hub(project, hub, terms, dataset, public=public)
    shown = {**asdict(made), "texts": "in it" if made.texts else f"not in it: {made.why}"}
    del shown["why"]
    show(asdict(made) if as_json else shown, as_json=as_json)
    if not as_json:
        tell(f"Look at {made.place} before you tell of it.", err=True)
    return 0
