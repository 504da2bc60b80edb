"""Joining: a stand-off release and the texts it is about, made into the dataset again."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from labeling.articles import Article
from labeling.corpora.build.card import Facts, card
from labeling.corpora.build.convert import Placed, Recipe, make, pieces
from labeling.corpora.build.ledger_entries import Tally
from labeling.corpora.build.selection import LeftOut
from labeling.corpora.build.verify_targets import prove
from labeling.corpora.build.workers import Alone
from labeling.corpora.build.write import Writer
from labeling.corpora.checksums import input_at
from labeling.corpora.manifest import MANIFEST, Manifest, names_of, outputs_in, versions
from labeling.corpora.release.release import LINES, RELEASE, article_of, content_of_line, gold_of, read_release
from labeling.corpora.targets.huggingface.dataset import features
from labeling.errors import NothingToCompile
from labeling.project import schema_of
from labeling.tokens import NEWSWIRE
from labeling.values import digest_of
from labeling.workspace.storage import replacing, write_json, write_text

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from labeling.corpora.build.canonical import Content
    from labeling.corpora.release.release import Released
    from labeling.workspace.rows.assignment import SplitName


@dataclass(frozen=True)
class Joining:
    """A release and the texts one has: by the id of the article, and by the digest of the text."""

    folder: Path
    articles: Mapping[str, Article]
    ids: Mapping[str, str]

    def find(self, row: Released) -> Article | LeftOut:
        """The article with the text of a line, whatever its id, or why there is none; the release may have the text."""
        same = self.articles.get(row.article)
        if same and same.digest == row.digest:
            return article_of(row, same)
        if name := self.ids.get(row.digest):
            return article_of(row, self.articles[name])
        if row.text is not None and digest_of(row.text) == row.digest:
            return article_of(row, Article(id=row.article, text=row.text, digest=row.digest, title=row.title or ""))
        return LeftOut(
            article=row.article,
            reason="the text at hand is another one: its digest differs" if same else "no text at hand",
            spans=len(row.spans),
            relations=len(row.relations),
            choices=sum(map(len, row.choices.values())),
        )

    def wanted(self) -> Iterator[tuple[SplitName, Content]]:
        """What the release says of each article whose text is there."""
        for row in read_release(self.folder)[1]:
            if not isinstance(found := self.find(row), LeftOut):
                yield row.split, content_of_line(row, found)

    def placed(self, left_out: list[LeftOut]) -> Iterator[Placed]:
        """The articles whose text is there, to be written; the others are put on the list."""
        for row in read_release(self.folder)[1]:
            if isinstance(found := self.find(row), LeftOut):
                left_out.append(found)
            else:
                yield Placed(found, gold_of(row), {}, row.split)


def join(joining: Joining, folder: Path) -> Manifest:
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
    recipe = Recipe(language, schema, found.project.policies, features(schema.label_names).arrow_schema)
    writer, left_out, tally = Writer(folder, recipe), list[LeftOut](), Tally()
    with replacing(folder / "ledger.jsonl") as temporary, temporary.open("w", encoding="utf-8", newline="\n") as ledger:
        for piece in pieces(joining.placed(left_out)):
            made = make(recipe, piece)
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
    proof, ledger_sums = prove(folder, writer.prints, joining.wanted, Alone()), tally.sums()
    facts = Facts(schema, found.subset, splits, ledger_sums, proof, left_out)
    write_text(folder / "README.md", card(found.project, facts))
    manifest = Manifest(
        project=found.project.project.name,
        language=language,
        inputs={name: input_at(joining.folder / name) for name in (RELEASE, LINES)},
        schema_names=names_of(schema),
        subset=found.subset,
        policies=found.project.policies,
        tokenizer=NEWSWIRE,
        seeds={"splits": found.project.splits.seed},
        versions=versions(),
        splits=splits,
        not_annotated=0,
        left_out=tuple(left_out),
        ledger=ledger_sums,
        proof=proof,
        outputs=outputs_in(folder),
    )
    write_json(folder / MANIFEST, manifest.model_dump(mode="json"))
    return manifest
