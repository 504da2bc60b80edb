"""Stand-off releases: what a dataset holds of its articles, without their texts, for news one may not republish.

A release has a line for each article: the digest of its text, offsets into that text, labels. Whoever has the texts
joins the two again, and gets the same dataset: a text with another digest is another text, and is refused.

``release.json`` records what the lines are of, with the whole project file, so that tags and policies are the same.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from pydantic import Field

from labeling.annotations import Gold, GoldSpan, Relation, Span
from labeling.corpora.build.canonical import PROVENANCE, RELATION_FIELDS, SPAN_FIELDS
from labeling.corpora.build.subset import Subset
from labeling.corpora.manifest import NAME_LENGTH, dataset_digest, list_schema_names, verify_dataset
from labeling.corpora.store import LATEST, find_dataset, open_build_folder, store_folder
from labeling.corpora.targets.available import DEFAULT_TARGETS, find_targets
from labeling.corpora.template_environment import escape_markdown
from labeling.errors import CorpusChanged, UsageError
from labeling.project import CompileSection, ProjectFile, PublishSection, TrainSection
from labeling.tokens import NEWSWIRE_1
from labeling.values import Frozen
from labeling.workspace.checksums import OutputFile, describe_output
from labeling.workspace.custody import keep_custody
from labeling.workspace.custody_rules import LATEST_MANIFEST
from labeling.workspace.rows.assignment import SPLITS, SplitName
from labeling.workspace.storage import read_rows, read_value, write_json, write_rows, write_text

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from labeling.articles import Article
    from labeling.corpora.build.canonical import CanonicalForm
    from labeling.corpora.manifest import Manifest
    from labeling.project import Project

RELEASE, LINES = "release.json", "spans.jsonl"


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


def verify_of_project(project: Project, dataset: Path) -> Manifest:
    """The manifest of a dataset that is what it describes, and of the project file as it is now.

    Raises:
        MissingInput: The folder holds no dataset.
        CorpusChanged: It is another, or was compiled with another schema.
    """
    manifest = verify_dataset(dataset)
    if list_schema_names(manifest.subset.restrict_schema(project.schema)) != manifest.schema_names:
        raise CorpusChanged(
            f"{dataset} was compiled with another schema than {project.path} has now",
            todo="compile it again, or name the project file it was compiled with",
            where=str(dataset),
        )
    return manifest


def _is_all_asked(unasked: tuple[str, ...]) -> bool:
    return not unasked


class ReleaseLine(Frozen):
    """What a dataset holds of one article. ``text`` and ``title`` are null in a release without texts.

    A headline is text, too. ``digest`` is the SHA-256 of the text; offsets are code points into it, half open.
    """

    article: str
    digest: str
    split: SplitName
    source: str
    published: str
    url: str
    complete: bool
    spans: tuple[Span, ...]
    relations: tuple[Relation, ...]
    choices: dict[str, tuple[str, ...]]
    open: tuple[tuple[int, int], ...]
    open_choices: tuple[str, ...]
    # Left out where it is empty: such a line is the same that it was before there was this key.
    unasked: tuple[str, ...] = Field(default=(), exclude_if=_is_all_asked)
    text: str | None = None
    title: str | None = None


class Release(Frozen):
    """What a release is of: the digest of the dataset, the project file and the subset it was compiled with.

    ``lines`` describes the file with a line an article, ``texts`` whether it has their texts.
    """

    format: Literal[1] = 1
    dataset: str
    texts: bool
    articles: int
    spans: int
    relations: int
    choices: int
    subset: Subset
    project: ProjectFile
    lines: OutputFile


def release(project: Project, dataset: Path | None = None, *, texts: bool = False) -> ReleaseResult:
    """Write ``releases/<digest of the dataset>/`` and move ``releases/latest`` there, last.

    Whoever hands ``releases/latest`` on hands on no text: a release with texts lies in ``releases/<digest>-texts``, and
    what moves there is ``releases/latest-texts``.

    Args:
        project: The project of the dataset.
        dataset: The dataset's folder; the latest when None.
        texts: Put texts and titles in.

    Raises:
        UsageError: The folder that is named holds no dataset, or none of its targets holds everything.
        MissingInput: Nothing was compiled.
        CorpusChanged: The dataset is not what its manifest describes, or not of the project file as it is now.
    """
    workspace = project.workspace
    # Two kinds of release lie apart, each with a link to its latest.
    kind = "-texts" if texts else ""
    named, dataset = dataset is not None, find_dataset(dataset, workspace)
    with (
        workspace.opened(),
        keep_custody(workspace, "release", reads=() if named else (LATEST_MANIFEST,), always_hash=True) as notes,
        open_build_folder(workspace.releases) as folder,
    ):
        written = write_release(project, dataset, folder, texts=texts)
        kept = store_folder(folder, workspace.releases, written.dataset[:NAME_LENGTH] + kind, LATEST + kind)
        notes.options["dataset"] = written.dataset
        notes.written.append(f"{workspace.releases.name}/{LATEST}{kind}/{RELEASE}")
    return ReleaseResult(
        folder=str(kept),
        dataset=written.dataset,
        articles=written.articles,
        spans=written.spans,
        relations=written.relations,
        choices=written.choices,
        texts=written.texts,
    )


def write_release(project: Project, dataset: Path, folder: Path, *, texts: bool = False) -> Release:
    """Write a release of a dataset into an empty folder, read it again, and compare it with the dataset.

    Args:
        project: The project of the dataset.
        dataset: Its folder.
        folder: Where the release is to lie.
        texts: Put texts and titles in: plain JSON lines, for those who may have them.

    Raises:
        MissingInput: The folder holds no dataset.
        UsageError: None of the dataset's targets holds everything.
        CorpusChanged: The dataset is not what its manifest describes, or not of the project file as it is now.
    """
    manifest = verify_of_project(project, dataset)
    # Written from the dataset and not from the workspace, which may have moved on since.
    reader = _ArticleReader(dataset, manifest)
    write_rows(folder / LINES, reader.lines(texts=texts))
    _refuse_other_lines(folder, reader, texts=texts)
    made = Release(
        dataset=dataset_digest(dataset),
        texts=texts,
        articles=manifest.proof.articles,
        spans=manifest.proof.spans,
        relations=manifest.proof.relations,
        choices=manifest.proof.choices,
        subset=manifest.subset,
        project=_project_file(project, manifest),
        lines=describe_output(folder / LINES),
    )
    write_json(folder / RELEASE, made.model_dump(mode="json"))
    write_text(folder / "README.md", _release_readme(made))
    return made


def _project_file(project: Project, manifest: Manifest) -> ProjectFile:
    """The project file with the policies and targets of the dataset, which may have changed since; without people."""
    # A dataset has an account for each of its targets.
    targets = find_targets([stage for stage in manifest.ledger if stage != "gold"])
    # The default ones are not named: such a release is the same file whether or not there are other targets.
    names = () if targets == DEFAULT_TARGETS else tuple(target.name for target in targets)
    # A release that names no rules for tokens means the first ones: there were no others when it was made.
    rules = "" if manifest.tokenizer == NEWSWIRE_1 else manifest.tokenizer
    compiled = CompileSection.model_validate({"targets": names, "tokenizer": rules})
    changed = {"policies": manifest.policies, "compile": compiled}
    # Who read what, and in which folder vectors lie, is nobody's business elsewhere, and shapes no line of a dataset.
    return project.file.model_copy(
        update=changed | {"people": None, "train": TrainSection(), "publish": PublishSection()}
    )


def read_release(folder: Path) -> tuple[Release, Iterator[ReleaseLine]]:
    """A release and its lines.

    Raises:
        MissingInput: The folder holds no release.
        DamagedFile: It is not of our form.
        CorpusChanged: The lines are not those it was made with.
    """
    found = read_value(folder / RELEASE, Release)
    # Before a line is read: a release may have come by mail.
    if not (folder / LINES).exists() or describe_output(folder / LINES) != found.lines:
        raise CorpusChanged(
            f"{folder / LINES} is not what {RELEASE} describes",
            todo="fetch the release again from where it came",
            where=str(folder),
        )
    return found, read_rows(folder / LINES, ReleaseLine)


def read_dataset_lines(dataset: Path) -> Iterator[ReleaseLine]:
    """What a dataset holds, line by line as a release without texts has it.

    Raises:
        MissingInput: The folder holds no dataset.
        CorpusChanged: The dataset is not what its manifest describes.
        UsageError: None of its targets holds everything.
    """
    return _ArticleReader(dataset, verify_dataset(dataset)).lines(texts=False)


def gold_of_line(row: ReleaseLine) -> Gold:
    """The gold that a line holds; who annotated it stayed with those who made the release."""
    return Gold(
        article=row.article,
        digest=row.digest,
        complete=row.complete,
        spans=tuple(
            GoldSpan(**{name: getattr(span, name) for name in SPAN_FIELDS}, rule="released", by=())
            for span in row.spans
        ),
        relations=row.relations,
        choices=row.choices,
        open=row.open,
        open_choices=row.open_choices,
        unasked=row.unasked,
    )


def article_of_line(row: ReleaseLine, article: Article) -> Article:
    """The article of a line: its text and title are found, the rest is the release's."""
    return article.model_copy(
        update={"id": row.article, "source": row.source, "published": row.published, "url": row.url}
    )


class _ArticleReader:
    """Reads the articles of a dataset from a target that holds everything, texts too."""

    def __init__(self, dataset: Path, manifest: Manifest) -> None:
        """Choose the target.

        Raises:
            UsageError: The dataset has none.
        """
        targets = find_targets([stage for stage in manifest.ledger if stage != "gold"])
        # CoNLL, for one, holds neither texts nor nested spans.
        target = next((target for target in targets if target.texts), None)
        if target is None or target.texts is None:
            raise UsageError(
                f"{dataset} has no target from which a release can be made",
                todo="name another one besides under [compile] targets in the project file, and compile it again",
                where=str(dataset),
            )
        self._folder, self._read = dataset / target.name, target.texts

    def lines(self, *, texts: bool) -> Iterator[ReleaseLine]:
        """The lines of a release, split by split."""
        for split in SPLITS:
            for form, text in self._read(self._folder, split):
                yield _release_line(form, split, text if texts else None)


def _release_line(form: CanonicalForm, split: SplitName, text: str | None) -> ReleaseLine:
    # A headline is text, too: it goes with the texts.
    provenance: dict[str, Any] = dict(zip(PROVENANCE, form.provenance, strict=True))
    title = provenance.pop("title")
    options = [each.split("=", 1) for each in form.choices]
    return ReleaseLine(
        article=form.article,
        digest=form.digest,
        split=split,
        **provenance,
        complete=form.complete,
        spans=tuple(Span(**dict[str, Any](zip(SPAN_FIELDS, fact, strict=True))) for fact in form.spans),
        relations=tuple(Relation(**dict[str, Any](zip(RELATION_FIELDS, fact, strict=True))) for fact in form.relations),
        choices={name: tuple(option for of, option in options if of == name) for name, _ in options},
        open=form.open,
        open_choices=form.open_choices,
        unasked=form.unasked,
        text=text,
        title=None if text is None else title,
    )


def _refuse_other_lines(folder: Path, reader: _ArticleReader, *, texts: bool) -> None:
    # The dataset is read a second time: a corpus need not fit into memory.
    for written, meant in zip(read_rows(folder / LINES, ReleaseLine), reader.lines(texts=texts), strict=True):
        if written != meant:
            raise CorpusChanged(
                f"the release of {meant.article!r}, read back from disk, is not what the dataset holds",
                todo="this is a fault of the program: keep the dataset and report it",
                where=str(folder / LINES),
            )


def _release_readme(made: Release) -> str:
    """What a reader of the release has to know."""
    texts = "Texts and headlines are in it." if made.texts else "The texts of the articles are not in it."
    return f"""\
# {escape_markdown(made.project.project.name)}: stand-off release

{made.articles} articles with {made.spans} spans, {made.relations} relations and {made.choices} choices. {texts}
Each line of `{LINES}` is one article: `digest` is the SHA-256 of its text in UTF-8, offsets are Unicode code points
into that text, half open. Made from the dataset {made.dataset}.

With the texts at hand, `labeling` makes the dataset anew, and refuses a text that is another one:

```sh
labeling ingest TEXTS
labeling join FOLDER-OF-THIS-FILE
```
"""
