"""Joining: a stand-off release and the texts it is about, made into the dataset again."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from labeling.articles import Article
from labeling.corpora.build.card import CardFacts, render_card
from labeling.corpora.build.convert import PlacedArticle, Recipe, convert_piece, cut_into_pieces
from labeling.corpora.build.ledger_entries import LedgerTally
from labeling.corpora.build.selection import LeftOutArticle
from labeling.corpora.build.verify_targets import prove_equality
from labeling.corpora.build.workers import SerialExecutor
from labeling.corpora.build.write import DatasetWriter
from labeling.corpora.manifest import MANIFEST, Manifest, describe_outputs, list_schema_names, list_versions
from labeling.corpora.release.release import (
    LINES,
    RELEASE,
    article_of_line,
    canonical_form_of_line,
    gold_of_line,
    read_release,
)
from labeling.corpora.targets.huggingface.dataset import make_features
from labeling.errors import NothingToCompile
from labeling.project import schema_of
from labeling.tokens import NEWSWIRE
from labeling.values import digest_of
from labeling.workspace.checksums import describe_input
from labeling.workspace.storage import replace_file, write_json, write_text

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from labeling.corpora.build.canonical import CanonicalForm
    from labeling.corpora.release.release import ReleaseLine
    from labeling.workspace.rows.assignment import SplitName


@dataclass(frozen=True)
class ReleaseJoin:
    """A release and the texts one has: by the id of the article, and by the digest of the text."""

    folder: Path
    articles: Mapping[str, Article]
    ids: Mapping[str, str]

    def find(self, row: ReleaseLine) -> Article | LeftOutArticle:
        """The article with the text of a line, whatever its id, or why there is none; the release may have the text."""
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

    def wanted(self) -> Iterator[tuple[SplitName, CanonicalForm]]:
        """What the release says of each article whose text is there."""
        for row in read_release(self.folder)[1]:
            if not isinstance(found := self.find(row), LeftOutArticle):
                yield row.split, canonical_form_of_line(row, found)

    def placed(self, left_out: list[LeftOutArticle]) -> Iterator[PlacedArticle]:
        """The articles whose text is there, to be written; the others are put on the list."""
        for row in read_release(self.folder)[1]:
            if isinstance(found := self.find(row), LeftOutArticle):
                left_out.append(found)
            else:
                yield PlacedArticle(found, gold_of_line(row), {}, row.split)


def join_release(joining: ReleaseJoin, folder: Path) -> Manifest:
    """Make the dataset of a release in an empty folder.

    Raises:
        MissingInput: There is no release.
        CorpusChanged: The release is damaged.
        NothingToCompile: Not one of its texts is there.
        SpansLost: A target cannot hold everything.
        TargetsDiffer: What was read back from disk is not what the release says.
    """
    found, _ = read_release(joining.folder)
    language, schema = found.project.project.language, found.subset.part_of(schema_of(found.project))
    recipe = Recipe(language, schema, found.project.policies, make_features(schema.label_names).arrow_schema)
    writer, left_out, tally = DatasetWriter(folder, recipe), list[LeftOutArticle](), LedgerTally()
    with (
        replace_file(folder / "ledger.jsonl") as temporary,
        temporary.open("w", encoding="utf-8", newline="\n") as ledger,
    ):
        for piece in cut_into_pieces(joining.placed(left_out)):
            made = convert_piece(recipe, piece)
            writer.add(made)
            ledger.write(made.lines)
            tally.add(made.tally)
    splits = writer.close()
    if not writer.prints:
        raise NothingToCompile(
            f"not one of the {found.articles} texts of {joining.folder} is at hand",
            todo="take them in with `labeling ingest`, as they were printed; a text that was changed is another one",
            where=str(joining.folder),
        )
    proof, ledger_sums = prove_equality(folder, writer.prints, joining.wanted, SerialExecutor()), tally.sums()
    facts = CardFacts(schema, found.subset, splits, ledger_sums, proof, left_out)
    write_text(folder / "README.md", render_card(found.project, facts))
    manifest = Manifest(
        project=found.project.project.name,
        language=language,
        inputs={name: describe_input(joining.folder / name) for name in (RELEASE, LINES)},
        schema_names=list_schema_names(schema),
        subset=found.subset,
        policies=found.project.policies,
        tokenizer=NEWSWIRE,
        seeds={"splits": found.project.splits.seed},
        versions=list_versions(),
        splits=splits,
        not_annotated=0,
        left_out=tuple(left_out),
        ledger=ledger_sums,
        proof=proof,
        outputs=describe_outputs(folder),
    )
    write_json(folder / MANIFEST, manifest.model_dump(mode="json"))
    return manifest
