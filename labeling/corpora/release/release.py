"""Stand-off releases: what a dataset says about its articles, without their texts, for news one may not republish.

A release has a line an article: the digest of its text, offsets into that text, labels. Whoever has the texts joins the
two again, and gets the same dataset: a text with another digest is another text, and is refused.

``release.json`` says what the lines are of, with the whole project file, so that tags and policies are the same.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from labeling.annotations import Gold, GoldSpan, Relation, Span
from labeling.corpora.build.canonical import CanonicalForm, make_canonical_form
from labeling.corpora.build.ledger_entries import HUGGINGFACE
from labeling.corpora.build.subset import Subset
from labeling.corpora.manifest import dataset_digest, list_schema_names, verify_dataset
from labeling.corpora.targets.huggingface.dataset import read_texts
from labeling.errors import CorpusChanged
from labeling.project import ProjectFile
from labeling.values import Frozen
from labeling.workspace.checksums import OutputFile, describe_output
from labeling.workspace.rows.assignment import SPLITS, SplitName
from labeling.workspace.storage import read_rows, read_value, write_json, write_rows, write_text

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from labeling.articles import Article
    from labeling.project import Project

RELEASE, LINES = "release.json", "spans.jsonl"


class ReleaseLine(Frozen):
    """What a dataset says of one article. ``text`` and ``title`` are null in a release without texts.

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


def write_release(project: Project, dataset: Path, folder: Path, *, texts: bool = False) -> Release:
    """Write a release of a dataset into an empty folder, read it again, and compare it with the dataset.

    Args:
        project: The project of the dataset.
        dataset: Its folder.
        folder: Where the release is to lie.
        texts: Put texts and titles in: plain JSON lines, for those who may have them.

    Raises:
        MissingInput: There is no dataset.
        CorpusChanged: The dataset is not what its manifest says, or not of the project file as it is now.
    """
    manifest = verify_dataset(dataset)
    if list_schema_names(manifest.subset.part_of(project.schema)) != manifest.schema_names:
        raise CorpusChanged(
            f"{dataset} was compiled with another schema than {project.path} has now",
            todo="compile it again, or name the project file it was compiled with",
            where=str(dataset),
        )
    write_rows(folder / LINES, _release_lines(dataset, texts=texts))
    _refuse_other_lines(folder, dataset, texts=texts)
    made = Release(
        dataset=dataset_digest(dataset),
        texts=texts,
        articles=manifest.proof.articles,
        spans=manifest.proof.spans,
        relations=manifest.proof.relations,
        choices=manifest.proof.choices,
        subset=manifest.subset,
        project=project.file.model_copy(update={"policies": manifest.policies}),
        lines=describe_output(folder / LINES),
    )
    write_json(folder / RELEASE, made.model_dump(mode="json"))
    write_text(folder / "README.md", _release_readme(made))
    return made


def read_release(folder: Path) -> tuple[Release, Iterator[ReleaseLine]]:
    """A release and its lines.

    Raises:
        MissingInput: There is none.
        DamagedFile: It is not of our form.
        CorpusChanged: The lines are not those it was made with.
    """
    found = read_value(folder / RELEASE, Release)
    if not (folder / LINES).exists() or describe_output(folder / LINES) != found.lines:
        raise CorpusChanged(
            f"{folder / LINES} is not what {RELEASE} says",
            todo="fetch the release again from where it came",
            where=str(folder),
        )
    return found, read_rows(folder / LINES, ReleaseLine)


def gold_of_line(row: ReleaseLine) -> Gold:
    """The gold that a line holds; who said it stayed with those who made the release."""
    return Gold(
        article=row.article,
        digest=row.digest,
        complete=row.complete,
        spans=tuple(
            GoldSpan(
                id=span.id, start=span.start, end=span.end, label=span.label, unsure=span.unsure, rule="released", by=()
            )
            for span in row.spans
        ),
        relations=row.relations,
        choices=row.choices,
        open=row.open,
        open_choices=row.open_choices,
    )


def article_of_line(row: ReleaseLine, article: Article) -> Article:
    """The article of a line: its text and title are found, the rest is the release's."""
    return article.model_copy(
        update={"id": row.article, "source": row.source, "published": row.published, "url": row.url}
    )


def canonical_form_of_line(row: ReleaseLine, article: Article) -> CanonicalForm:
    """What a line says, joined with its text."""
    return make_canonical_form(article_of_line(row, article), gold_of_line(row))


def _release_lines(dataset: Path, *, texts: bool) -> Iterator[ReleaseLine]:
    for split in SPLITS:
        for content, text in read_texts(dataset / HUGGINGFACE, split):
            yield _release_line(content, split, text if texts else None)


def _release_line(content: CanonicalForm, split: SplitName, text: str | None) -> ReleaseLine:
    source, title, published, url = content.provenance
    options = [each.split("=", 1) for each in content.choices]
    return ReleaseLine(
        article=content.article,
        digest=content.digest,
        split=split,
        source=source,
        published=published,
        url=url,
        complete=content.complete,
        spans=tuple(
            Span(id=name, start=start, end=end, label=label, unsure=unsure)
            for name, start, end, label, unsure in content.spans
        ),
        relations=tuple(Relation(head=head, label=label, tail=tail) for head, label, tail in content.relations),
        choices={name: tuple(option for of, option in options if of == name) for name, _ in options},
        open=content.open,
        open_choices=content.open_choices,
        text=text,
        title=None if text is None else title,
    )


def _refuse_other_lines(folder: Path, dataset: Path, *, texts: bool) -> None:
    for written, meant in zip(
        read_rows(folder / LINES, ReleaseLine), _release_lines(dataset, texts=texts), strict=True
    ):
        if written != meant:
            raise CorpusChanged(
                f"the release of {meant.article!r}, read back from disk, is not what the dataset says",
                todo="this is a fault of the program: keep the dataset and report it",
                where=str(folder / LINES),
            )


def _release_readme(made: Release) -> str:
    """What a reader of the release has to know."""
    texts = "Texts and headlines are in it." if made.texts else "The texts of the articles are not in it."
    return f"""\
# {made.project.project.name}: stand-off release

{made.articles} articles with {made.spans} spans, {made.relations} relations and {made.choices} choices. {texts}
Each line of `{LINES}` is one article: `digest` is the SHA-256 of its text in UTF-8, offsets are Unicode code points
into that text, half open. Made from the dataset {made.dataset}.

With the texts at hand, `labeling` makes the dataset anew, and refuses a text that is another one:

```sh
labeling ingest TEXTS
labeling join FOLDER-OF-THIS-FILE
```
"""
