"""``labeling release``: what a dataset says, without the texts of its articles."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

from labeling.verbs.options import find_dataset, json_option, show, with_project

if TYPE_CHECKING:
    from labeling.project import Project


@dataclass(frozen=True)
class ReleaseResult:
    """A release that was written, of the dataset with that digest, and what it holds."""

    folder: str
    dataset: str
    articles: int
    spans: int
    relations: int
    choices: int
    texts: bool


def release(project: Project, dataset: Path | None = None, *, texts: bool = False) -> ReleaseResult:
    """Write ``releases/<digest of the dataset>/`` and move ``releases/latest`` there, last.

    Whoever hands ``releases/latest`` on hands on no text: a release with texts lies in ``releases/<digest>-texts``, and
    what moves there is ``releases/latest-texts``.

    Args:
        project: The project of the dataset.
        dataset: The dataset's folder; the latest when None.
        texts: Put texts and titles in.

    Raises:
        UsageError: The folder that is named holds no dataset.
        MissingInput: Nothing was compiled.
        CorpusChanged: The dataset is not what its manifest says, or not of the project file as it is now.
    """
    from labeling.corpora.manifest import NAME_LENGTH
    from labeling.corpora.release import release as room
    from labeling.corpora.store import LATEST, open_build_folder, store_folder

    workspace, kind = project.workspace, "-texts" if texts else ""
    dataset = find_dataset(dataset, workspace)
    with workspace.opened(), open_build_folder(workspace.releases) as folder:
        made = room.write_release(project, dataset, folder, texts=texts)
        kept = store_folder(folder, workspace.releases, made.dataset[:NAME_LENGTH] + kind, LATEST + kind)
    return ReleaseResult(
        folder=str(kept),
        dataset=made.dataset,
        articles=made.articles,
        spans=made.spans,
        relations=made.relations,
        choices=made.choices,
        texts=made.texts,
    )


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
    made = release(project, folder, texts=with_texts)
    texts = "in it: not for everyone" if made.texts else "not in it"
    show(asdict(made) if as_json else {**asdict(made), "texts": texts}, as_json=as_json)
    return 0
