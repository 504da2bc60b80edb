"""``labeling join``: a stand-off release and the texts it is about, made into the dataset again."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

from labeling.verbs.options import REFUSED, json_option, require_folder, show, with_project
from labeling.workspace.rows.assignment import SPLITS
from labeling.workspace.storage import read_value

if TYPE_CHECKING:
    from collections.abc import Mapping

    from labeling.articles import Article
    from labeling.project import Project

_LISTED_REFUSALS = 10  # refusals told at the terminal; all are in the manifest


@dataclass(frozen=True)
class JoinResult:
    """A dataset that was made of a release: its digest, where it lies, and what it holds.

    ``articles`` counts them by split; ``refused`` has the articles without their text, each with the reason.
    """

    digest: str
    folder: str
    articles: dict[str, int]
    spans: int
    relations: int
    choices: int
    refused: dict[str, str]


def join(project: Project, folder: Path) -> JoinResult:
    """Make the dataset of a release in ``corpora/<digest>/``, from the texts in ``articles.jsonl`` and those in it.

    Labels, policies and splits are the release's, whatever the project file says.

    Args:
        project: Whose workspace has the texts.
        folder: The release's.

    Raises:
        UsageError: The folder holds no release.
        MissingInput: The release has no texts, and nothing was ingested.
        CorpusChanged: The release is damaged.
        NothingToCompile: Not one of its texts is there.
    """
    from labeling.corpora.manifest import NAME_LENGTH, dataset_digest
    from labeling.corpora.release import join
    from labeling.corpora.release.release import RELEASE, Release
    from labeling.corpora.store import open_build_folder, store_folder

    workspace = project.workspace
    bare = not read_value(require_folder(folder, RELEASE, "release", "release") / RELEASE, Release).texts
    if bare and not workspace.articles.exists():
        raise workspace.articles.missing()
    with workspace.lock(), open_build_folder(workspace.corpora) as new:
        articles: Mapping[str, Article] = workspace.articles.by("id") if workspace.articles.exists() else {}
        ids = {article.digest: name for name, article in articles.items()}
        manifest = join.join_release(join.ReleaseJoin(folder, articles, ids), new)
        digest = dataset_digest(new)
        kept = store_folder(new, workspace.corpora, digest[:NAME_LENGTH])
    return JoinResult(
        digest=digest,
        folder=str(kept),
        articles={split: manifest.splits[split].articles for split in SPLITS},
        spans=manifest.proof.spans,
        relations=manifest.proof.relations,
        choices=manifest.proof.choices,
        refused={each.article: each.reason for each in manifest.left_out},
    )


@click.command("join")
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False))
@json_option
@with_project
def join_cli(project: Project, *, folder: Path, as_json: bool) -> int:
    r"""Join a stand-off release to the texts it is about.

    FOLDER is a release. The texts are those that were ingested, and those in a release with texts; each is known by its
    digest, whatever its id here. A text that is another one than the release was made of is refused and listed (status
    3): its offsets would lie.

    \b
    Example:
      labeling ingest our-archive/ && labeling join releases/1f0c9a3be27d4455
      labeling join releases/latest --json | jq .refused
    """
    summary = join(project, folder)
    show(asdict(summary) if as_json else _format_join(summary), as_json=as_json)
    for name, reason in list(summary.refused.items())[:_LISTED_REFUSALS]:
        click.echo(f"Refused: {name}: {reason}", err=True)
    if summary.refused:
        click.echo(f"  -> all are listed under left_out in {summary.folder}/manifest.json", err=True)
    return REFUSED if summary.refused else 0


def _format_join(summary: JoinResult) -> dict[str, object]:
    articles = ", ".join(f"{number} {split}" for split, number in summary.articles.items())
    return {**asdict(summary), "articles": articles, "refused": len(summary.refused)}
