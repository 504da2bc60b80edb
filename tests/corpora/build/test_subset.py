"""Subsets of gold: what is asked for is in the dataset, the rest is listed and accounted for."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from datasets import load_from_disk
from hypothesis import given
from hypothesis import strategies as st

from labeling.annotations import Gold, LedgerRow
from labeling.corpora.build.build import build_dataset
from labeling.corpora.build.subset import Subset, check_subset
from labeling.corpora.manifest import verify_dataset
from labeling.errors import MissingInput, NothingToCompile, UsageError
from labeling.schema import RelationType
from labeling.workspace.rows.assignment import SplitAssignment
from labeling.workspace.storage import read_rows

if TYPE_CHECKING:
    from pathlib import Path

    from labeling.articles import Article
    from labeling.corpora.manifest import Manifest
    from labeling.project import Project
    from tests.corpora.conftest import Making


@pytest.fixture
def project(tmp_path: Path, minister: tuple[Article, Gold], making: Making) -> Project:
    """An article with everything from `wire`, two dated ones from `desk` and `wire`, one without a date, one bad."""
    may, june, undated, bad = (
        making.article("Japan asked.", name, source).model_copy(update={"published": day})
        for name, source, day in (
            ("may", "desk", "2023-05-31"),
            ("june", "wire", "2023-06-01"),
            ("undated", "desk", ""),
            ("bad", "desk", "2023-06-01"),
        )
    )
    article, gold = minister
    return making.workspace(
        tmp_path / "workspace",
        [
            (article.model_copy(update={"published": "2023-06-02"}), gold, "train"),
            *((each, making.gold(each, (0, 5, "COUNTRY")), "train") for each in (may, june, undated)),
            (bad, making.gold(bad, (0, 5, "COUNTRY"), usable=False, choices={"usable": ("no",)}), None),
        ],
    )


def _build(project: Project, folder: Path, subset: Subset) -> Manifest:
    folder.mkdir()
    return build_dataset(project, folder, subset)


@pytest.mark.parametrize(
    ("subset", "kept", "reasons"),
    [
        (
            Subset(since="2023-06-01"),
            ["june", "minister"],
            {"may": "not in the subset: published 2023-05-31", "undated": "not in the subset: no date"},
        ),
        (
            Subset(until="2023-06-01", sources=("wire",)),
            ["june"],
            {
                "may": "not in the subset: from 'desk'",
                "minister": "not in the subset: published 2023-06-02",
                "undated": "not in the subset: from 'desk'",
            },
        ),
        (Subset(), ["june", "may", "minister", "undated"], {}),
    ],
)
def test_subset_selects_articles_by_date_and_source(
    project: Project, tmp_path: Path, subset: Subset, kept: list[str], reasons: dict[str, str]
) -> None:
    """By date, both ends included, and by source; each article left out has its reason and its number of spans."""
    manifest = _build(project, tmp_path / "dataset", subset)

    assert load_from_disk(str(tmp_path / "dataset" / "huggingface" / "arrow"))["train"]["id"][:] == kept
    assert {each.article: each.reason for each in manifest.left_out} == {
        "bad": "an annotator ruled it out: usable is no",
        **reasons,
    }
    assert manifest.subset == subset
    assert manifest.ledger["spacy"]["span"]["in"] + sum(each.spans for each in manifest.left_out) == 6 + 4
    assert manifest.ledger["spacy"]["choice"]["in"] + sum(each.choices for each in manifest.left_out) == 2 + 1


def test_subset_of_labels_narrows_schema_and_gold(project: Project, tmp_path: Path) -> None:
    """Other spans, and relations that touch them, are in the ledger as left out; the tags know no other label."""
    manifest = _build(project, tmp_path / "dataset", Subset(labels=("COUNTRY",)))
    rows = load_from_disk(str(tmp_path / "dataset" / "huggingface" / "arrow"))["train"]
    ledger = [row for row in read_rows(tmp_path / "dataset" / "ledger.jsonl", LedgerRow) if row.outcome == "left_out"]

    assert rows.features["tags"].feature.names == ["O", "B-COUNTRY", "I-COUNTRY"]
    assert [span["id"] for span in rows[2]["spans"]] == ["s1", "s3"]
    assert rows[2]["relations"] == []
    assert manifest.schema_names.labels == ("COUNTRY",)
    assert manifest.ledger["spacy"]["span"] == {
        "in": 9,
        "kept": 5,
        "split": 0,
        "span_only": 0,
        "left_out": 4,
        "lost": 0,
    }
    assert manifest.ledger["huggingface"]["relation"] == {"in": 2, "kept": 0, "left_out": 2, "lost": 0}
    assert {(row.id, row.reason) for row in ledger if row.stage == "spacy"} == {
        ("s0", "not in the subset: PERSON"),
        ("s2", "not in the subset: GOV_BODY"),
        ("s4", "not in the subset: GOV_BODY"),
        ("s5", "not in the subset: PERSON"),
        ("s5 PART_OF s1", "not in the subset: it touches another label"),
        ("s1 PART_OF s5", "not in the subset: it touches another label"),
    }
    assert "the labels COUNTRY" in (tmp_path / "dataset" / "README.md").read_text(encoding="utf-8")
    assert verify_dataset(tmp_path / "dataset") == manifest


def test_unusable_articles_are_included_on_demand(project: Project, tmp_path: Path) -> None:
    """With a split of its own, an article that was ruled out goes in when it is asked for; without one it cannot."""
    assert len(_build(project, tmp_path / "none", Subset(with_unusable=True)).left_out) == 1
    rows = [*project.workspace.splits.rows(), SplitAssignment(article="bad", leak_group="bad", split="dev")]
    project.workspace.splits.write(rows)

    manifest = _build(project, tmp_path / "dataset", Subset(with_unusable=True))

    assert manifest.left_out == ()
    assert load_from_disk(str(tmp_path / "dataset" / "huggingface" / "arrow"))["dev"]["id"][:] == ["bad"]


def test_subset_without_articles_is_refused(project: Project, tmp_path: Path) -> None:
    """A source of which there are no articles: there is nothing to compile."""
    with pytest.raises(NothingToCompile):
        _build(project, tmp_path / "dataset", Subset(sources=("nobody",)))


def test_gold_without_a_split_is_refused_in_a_subset_too(project: Project, tmp_path: Path) -> None:
    """Whether it is in the subset or not: `split` must have seen it."""
    project.workspace.splits.write(list(project.workspace.splits.rows())[1:])

    with pytest.raises(MissingInput, match="has gold and no line in splits"):
        _build(project, tmp_path / "dataset", Subset(sources=("wire",)))


@pytest.mark.parametrize(
    ("subset", "fault"),
    [
        (Subset(since="20230601"), "--since 20230601 is not a date"),
        (Subset(until="1 June"), "--until 1 June is not a date"),
        (Subset(since="2023-06-02", until="2023-06-01"), "2023-06-01 is before 2023-06-02"),
        (Subset(labels=("SHIP", "COUNTRY")), "the schema has no label SHIP"),
    ],
)
def test_contradictory_subset_is_refused(making: Making, subset: Subset, fault: str) -> None:
    """A word that is not a date, an end before the start, a label that the schema does not have."""
    with pytest.raises(UsageError) as refused:
        check_subset(subset, making.schema)
    assert str(refused.value) == fault


def test_restricted_schema_keeps_relations_with_both_ends(making: Making) -> None:
    """A type keeps the ends that are left, goes when it has none at one end, and stays when it never named any."""
    same = RelationType(name="SAME_AS", definition="x", example="x")
    one_way = RelationType(name="ONE_WAY", definition="x", example="x", head=("PERSON",), tail=("COUNTRY",))
    schema = making.schema.model_copy(update={"relations": (*making.schema.relations, same, one_way)})
    part = Subset(labels=("COUNTRY",)).restrict_schema(schema)

    assert part.label_names == ("COUNTRY",)
    assert [(kind.name, kind.head, kind.tail) for kind in part.relations] == [
        ("PART_OF", ("COUNTRY",), ("COUNTRY",)),
        ("SAME_AS", (), ()),
    ]


@given(st.sets(st.sampled_from(["PERSON", "GOV_BODY", "COUNTRY"])))
def test_narrowing_partitions_gold(minister: tuple[Article, Gold], labels: set[str]) -> None:
    """Whatever labels are asked for, each span and relation is on one side; relations kept have both ends."""
    _, gold = minister
    kept, aside = Subset(labels=tuple(sorted(labels))).narrow(gold)

    assert len(kept.spans) + len(kept.relations) + len(aside) == len(gold.spans) + len(gold.relations)
    assert not {("span", span.id) for span in kept.spans} & set(aside)
    ids = {span.id for span in kept.spans}
    assert all(each.head in ids and each.tail in ids for each in kept.relations)
