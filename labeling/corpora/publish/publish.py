"""Front door of ``labeling publish``: a dataset as others get it, in a folder of its own or a repository of the Hub."""

from __future__ import annotations

import os
import shutil
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from labeling.corpora.manifest import dataset_digest
from labeling.corpora.publish.citation import cite
from labeling.corpora.publish.croissant import describe_croissant
from labeling.corpora.publish.hub import HubRepository
from labeling.corpora.publish.measured_facts import MeasuredFacts
from labeling.corpora.publish.publication import (
    CARD,
    CITATION,
    CROISSANT,
    Publication,
    describe_publication,
    is_licence_stated,
)
from labeling.corpora.publish.published_card import PublishedCard
from labeling.corpora.publish.published_tables import write_tables
from labeling.corpora.publish.readers_hidden import LEDGER, ReaderHider
from labeling.corpora.release.release import LINES, RELEASE, ReleaseLine, verify_of_project, write_release
from labeling.corpora.store import find_dataset
from labeling.errors import UsageError
from labeling.project import SuggestSection
from labeling.workspace.checksums import describe_output
from labeling.workspace.custody import keep_custody
from labeling.workspace.custody_rules import LATEST_MANIFEST
from labeling.workspace.storage import (
    close_to_everybody,
    name_disk_errors,
    read_rows,
    write_json,
    write_rows,
    write_text,
)

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from labeling.project import Project, ProjectFile

# Where a publication is made, beside its place. In a workspace what a killed one left is swept by the next command.
_BESIDE = ".{}.halfdone"
NO_LICENCE = "the project file states no licence for the articles"


@dataclass(frozen=True)
class PublishTerms:
    """How a dataset is published: with the articles' words where that is allowed, and on which day (``2026-11-30``)."""

    day: str
    texts: bool = True


@dataclass(frozen=True)
class PublishResult:
    """A publication: where it is, of the dataset with that digest, and what it holds.

    ``why`` says why the articles' words are not in it; empty where they are.
    """

    place: str
    dataset: str
    articles: int
    files: int
    texts: bool
    why: str


def publish(project: Project, folder: Path, terms: PublishTerms, dataset: Path | None = None) -> PublishResult:
    """Write a publication of a dataset into a folder that is not there yet, all of it or nothing.

    Args:
        project: The project of the dataset.
        folder: Where it is to lie; not within the workspace.
        terms: How.
        dataset: The dataset's folder; the latest when None.

    Raises:
        UsageError: There is something in that place, or it lies within the workspace; or no dataset is there.
        MissingInput: Nothing was compiled, or not for Hugging Face.
        CorpusChanged: The dataset is not what its manifest describes, or not of the project file as it is now.
        NoRoom: The folder cannot be made.
    """
    place = folder.resolve() if not folder.is_symlink() else folder.absolute()
    _refuse_place(place, project.workspace.root)
    with _held_dataset(project, dataset) as found, _made_beside(place) as building:
        made = write_publication(project, found, building, terms, place="PATH/TO/THIS/FOLDER")
        with name_disk_errors(folder):
            # One rename: whoever looks finds all of it or nothing.
            building.rename(place)
    return _result(terms, made, str(folder))


def publish_to_hub(
    project: Project,
    name: str,
    terms: PublishTerms,
    dataset: Path | None = None,
    *,
    public: bool = False,
) -> PublishResult:
    """Bring a publication of a dataset to a repository of the Hub, in one commit.

    Args:
        project: The project of the dataset.
        name: The repository, as ``desk/news``; a new one is made, and is private.
        terms: How.
        dataset: The dataset's folder; the latest when None.
        public: Let a new repository be open to everybody.

    Raises:
        UsageError: It is not the name of a repository, there is no token, or the repository holds something else.
        HubRefused: The Hub did not take it, or did not answer.
        MissingInput, CorpusChanged, NoRoom: As `publish` does.
    """
    repository = HubRepository(name)
    scratch = project.workspace.root / "publication"
    with _held_dataset(project, dataset) as found, _made_beside(scratch) as building:
        made = write_publication(project, found, building, terms, place=name, url=repository.url)
        repository.bring(building, f"Publish the dataset {made.dataset[:16]}", public=public)
    return _result(terms, made, repository.url)


def write_publication(
    project: Project, dataset: Path, folder: Path, terms: PublishTerms, *, place: str, url: str = ""
) -> Publication:
    """Write all files of a publication into an empty folder; the workspace must be held.

    Args:
        project: The project of the dataset.
        dataset: Its folder.
        folder: The publication's.
        terms: How.
        place: Where it will be loaded from, for the card.
        url: Where it will be found.
    """
    manifest = verify_of_project(project, dataset)
    texts = terms.texts and is_licence_stated(project.file.project.licence)
    digest, hider = dataset_digest(dataset), ReaderHider(project, dataset)
    file = _public_file(project.file, hider)
    columns = write_tables(dataset, manifest, folder, hider, texts=texts)
    if texts:
        write_rows(folder / LEDGER, hider.ledger_rows(dataset))
    else:
        _write_stand_off(replace(project, file=file), dataset, folder / "release", hider)
    own = (dataset / CARD).read_text(encoding="utf-8")
    card = PublishedCard(own, file, manifest, digest, columns, place, texts)
    write_text(folder / CARD, card.render(hider))
    description = (
        file.project.description or f"{manifest.proof.articles} news articles with {manifest.proof.spans} spans."
    )
    cited = cite(file, digest, terms.day, description=description, texts=texts)
    write_text(folder / CITATION, cited)
    facts = MeasuredFacts(project.workspace, dataset, manifest, hider).describe(folder)
    licence = file.project.licence.strip() if is_licence_stated(file.project.licence) else "not stated"
    croissant = describe_croissant(
        folder,
        file,
        manifest,
        facts,
        dataset=digest,
        day=terms.day,
        description=description,
        licence=licence,
        url=file.publish.url or url or f"urn:sha256:{digest}",
    )
    write_json(folder / CROISSANT, croissant)
    made = describe_publication(folder, file.project.name, manifest, digest, texts=texts)
    close_to_everybody(folder)
    return made


def _public_file(file: ProjectFile, hider: ReaderHider) -> ProjectFile:
    """The project file without what is nobody's business elsewhere: folders and addresses of our machines, names."""
    # None of these sections shapes a line of a dataset.
    words = {name: hider.hide_in(getattr(file.project, name)) for name in ("name", "description", "licence")}
    project = file.project.model_copy(update=words)
    private = {"suggest": SuggestSection(), "learning": None, "assist": None}
    return file.model_copy(
        update=private | {"project": project, "passages": file.passages.model_copy(update={"ray": ""})}
    )


def _write_stand_off(project: Project, dataset: Path, folder: Path, hider: ReaderHider) -> None:
    """Write a release without texts, with no name in an id, a source or an address."""
    folder.mkdir()
    made = write_release(project, dataset, folder)
    hidden = (
        line.model_copy(
            update={
                "article": hider.hide_in(line.article),
                "source": hider.hide_in(line.source),
                "url": hider.hide_in_address(line.url),
            }
        )
        for line in read_rows(folder / LINES, ReleaseLine)
    )
    write_rows(folder / LINES, hidden)
    made = made.model_copy(update={"lines": describe_output(folder / LINES)})
    write_json(folder / RELEASE, made.model_dump(mode="json"))


def _result(terms: PublishTerms, made: Publication, place: str) -> PublishResult:
    why = "" if made.texts else NO_LICENCE if terms.texts else "they were not asked for"
    return PublishResult(place, made.dataset, made.articles, len(made.files) + 1, made.texts, why)


def _refuse_place(folder: Path, workspace: Path) -> None:
    if folder.is_relative_to(workspace.resolve()):
        raise UsageError(
            f"{folder} lies within the workspace, which is not for others",
            todo="name a folder elsewhere",
            where=str(folder),
        )
    if os.path.lexists(folder) and (folder.is_symlink() or not folder.is_dir() or any(folder.iterdir())):
        raise UsageError(
            f"there is something in {folder} already, and a publication is never mixed with anything else",
            todo="name a folder that is not there yet, or remove that one first",
            where=str(folder),
        )


@contextmanager
def _held_dataset(project: Project, dataset: Path | None) -> Iterator[Path]:
    """The dataset that is named, or the latest, while nobody else writes to the workspace."""
    workspace = project.workspace
    named, found = dataset is not None, find_dataset(dataset, workspace)
    with (
        workspace.opened(),
        keep_custody(workspace, "publish", reads=() if named else (LATEST_MANIFEST,), always_hash=True),
    ):
        yield found


@contextmanager
def _made_beside(folder: Path) -> Iterator[Path]:
    """A new folder beside a place; what is left of it, or of one that was killed, is removed."""
    building = folder.with_name(_BESIDE.format(folder.name))
    with name_disk_errors(folder):
        shutil.rmtree(building, ignore_errors=True)
        building.mkdir(parents=True)
    try:
        yield building
    finally:
        shutil.rmtree(building, ignore_errors=True)
