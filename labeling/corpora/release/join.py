"""Joining: a stand-off release and the texts it is about, made into the dataset again."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from labeling.articles import Article
from labeling.corpora.build.card import CardFacts
from labeling.corpora.build.convert import PlacedArticle, convert_piece, cut_into_pieces
from labeling.corpora.build.finish import finish_dataset
from labeling.corpora.build.ledger_entries import LedgerTally
from labeling.corpora.build.selection import LeftOutArticle
from labeling.corpora.build.serial_executor import SerialExecutor
from labeling.corpora.build.verify_targets import prove_equality
from labeling.corpora.build.write import DatasetWriter
from labeling.corpora.manifest import NAME_LENGTH, dataset_digest
from labeling.corpora.release.release import LINES, RELEASE, Release, article_of_line, gold_of_line, read_release
from labeling.corpora.store import open_build_folder, require_folder, store_folder
from labeling.corpora.targets.available import find_targets
from labeling.corpora.targets.target import Recipe
from labeling.errors import NothingToCompile
from labeling.project import schema_of
from labeling.tokens import NEWSWIRE_1
from labeling.values import digest_of
from labeling.workspace.checksums import describe_input
from labeling.workspace.custody import keep_custody
from labeling.workspace.custody_rules import LATEST_MANIFEST
from labeling.workspace.rows.assignment import SPLITS
from labeling.workspace.storage import read_value, replace_file

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from labeling.corpora.manifest import Manifest
    from labeling.corpora.release.release import ReleaseLine
    from labeling.project import Project


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

    Labels, policies, splits and targets are the release's, whatever the project file has.

    Args:
        project: Whose workspace has the texts.
        folder: The release's.

    Raises:
        UsageError: The folder holds no release.
        MissingInput: The release has no texts, and nothing was ingested.
        CorpusChanged: The release is damaged.
        NothingToCompile: Not one of its texts is there.
    """
    workspace = project.workspace
    # Without texts of its own a release needs ours.
    bare = not read_value(require_folder(folder, RELEASE, "release", "release") / RELEASE, Release).texts
    if bare and not workspace.articles.exists():
        raise workspace.articles.missing()
    with (
        workspace.lock(),
        keep_custody(workspace, "join", reads=(workspace.articles,), writes=(LATEST_MANIFEST,)),
        open_build_folder(workspace.corpora) as new,
    ):
        articles: Mapping[str, Article] = workspace.articles.by("id") if workspace.articles.exists() else {}
        # Ids and digests are in memory, texts are not.
        ids = {article.digest: name for name, article in articles.items()}
        manifest = join_release(ReleaseJoin(folder, articles, ids), new)
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


@dataclass(frozen=True)
class ReleaseJoin:
    """A release and the texts one has: by the id of the article, and by the digest of the text."""

    folder: Path
    articles: Mapping[str, Article]
    ids: Mapping[str, str]

    def find_article(self, row: ReleaseLine) -> Article | LeftOutArticle:
        """The article with the text of a line, whatever its id here, or the reason why it was not found."""
        # First under the release's own id, then under any other, last in the release itself.
        same = self.articles.get(row.article)
        if same and same.digest == row.digest:
            return article_of_line(row, same)
        if name := self.ids.get(row.digest):
            return article_of_line(row, self.articles[name])
        if row.text is not None and digest_of(row.text) == row.digest:
            return article_of_line(
                row, Article(id=row.article, text=row.text, digest=row.digest, title=row.title or "")
            )
        return LeftOutArticle(
            article=row.article,
            reason="the text at hand is another one: its digest differs" if same else "no text at hand",
            spans=len(row.spans),
            relations=len(row.relations),
            choices=sum(map(len, row.choices.values())),
        )

    def placed_articles(self, left_out: list[LeftOutArticle]) -> Iterator[PlacedArticle]:
        """The articles whose text is there, to be written; the others are put on the list."""
        for row in read_release(self.folder)[1]:
            if isinstance(found := self.find_article(row), LeftOutArticle):
                left_out.append(found)
            else:
                yield PlacedArticle(found, gold_of_line(row), {}, row.split)


def join_release(joining: ReleaseJoin, folder: Path) -> Manifest:
    """Make the dataset of a release in an empty folder.

    Raises:
        MissingInput: The folder holds no release.
        CorpusChanged: The release is damaged.
        ProjectFileError: It is of a target that there is not.
        NothingToCompile: Not one of its texts is there.
        SpansLost: A target cannot hold everything.
        TargetsDiffer: What was read back from disk is not what the release contains.
    """
    found, _ = read_release(joining.folder)
    file = found.project
    # Everything that shapes the dataset is the release's; this workspace gives the texts and nothing else.
    schema = found.subset.restrict_schema(schema_of(file))
    targets = find_targets(file.compile.targets, str(joining.folder / RELEASE))
    unasked = any(row.unasked and _has_text(joining, row) for row in read_release(joining.folder)[1])
    tokenizer = file.compile.tokenizer or NEWSWIRE_1
    recipe = Recipe(file.project.language, schema, file.policies, targets, unasked, tokenizer)
    left_out: list[LeftOutArticle] = []
    writer = DatasetWriter(folder, recipe)
    tally = _write_joined(folder / "ledger.jsonl", recipe, writer, joining.placed_articles(left_out))
    splits = writer.close()
    # A dataset without some of its articles is made, with the list of them; one without any is not.
    if not writer.prints:
        raise NothingToCompile(
            f"not one of the {found.articles} texts of {joining.folder} is at hand",
            todo="take them in with `labeling ingest`, as they were printed; a text that was changed is another one",
            where=str(joining.folder),
        )
    proof = prove_equality(folder, recipe, writer, splits, lambda: joining.placed_articles([]), SerialExecutor())
    ledger = tally.sums({target.name: target.outcomes for target in targets})
    facts = CardFacts(schema, targets, found.subset, splits, ledger, proof, left_out)
    return finish_dataset(
        folder, file, facts, tokenizer, {name: describe_input(joining.folder / name) for name in (RELEASE, LINES)}
    )


def _has_text(joining: ReleaseJoin, row: ReleaseLine) -> bool:
    return not isinstance(joining.find_article(row), LeftOutArticle)


def _write_joined(path: Path, recipe: Recipe, writer: DatasetWriter, placed: Iterator[PlacedArticle]) -> LedgerTally:
    """Write all articles, and the ledger, which has the second account alone: the first stayed with the gold."""
    # In this process: whoever joins has one release, and not a corpus that grows every day.
    tally = LedgerTally()
    with replace_file(path) as temporary, temporary.open("w", encoding="utf-8", newline="\n") as ledger:
        for piece in cut_into_pieces(placed):
            converted = convert_piece(recipe, piece)
            writer.add(converted)
            ledger.write(converted.lines)
            tally.add(converted.tally)
    return tally
