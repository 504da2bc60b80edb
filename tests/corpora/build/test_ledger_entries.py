"""The two accounts: one outcome for each thing, and named errors when one does not add up."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from labeling.annotations import Defect, Gold, LedgerRow, QuarantineRow, Relation, Span
from labeling.corpora.build.ledger_entries import (
    LedgerTally,
    account_for_choices,
    account_for_relations,
    account_for_spans,
    check_first_account,
    find_lost,
    refuse_lost,
)
from labeling.corpora.targets.available import DEFAULT_TARGETS
from labeling.errors import LedgerUnbalanced, QuarantineNotAllowed, SpansLost

if TYPE_CHECKING:
    from pathlib import Path

    from labeling.articles import Article
    from labeling.project import Project
    from tests.corpora.conftest import Making

TYPO = QuarantineRow(
    article="minister", annotator="ana", what="span", id="q1", kind="unknown label", reason="'COUNTRI' is not a label"
)


@pytest.fixture
def project(tmp_path: Path, minister: tuple[Article, Gold], making: Making) -> Project:
    """A workspace with one article and one thing in quarantine."""
    return making.workspace(tmp_path, [(*minister, "train")], quarantine=[TYPO])


def test_second_account_has_one_entry_for_each_thing(minister: tuple[Article, Gold]) -> None:
    """One entry for each span, relation and choice; a span out of the flat layer is `span_only` even if it was cut."""
    _, gold = minister
    cut = "a boundary falls inside a token, which was cut in the reference"
    unseen = "exact in user_data, not in Doc._.rel: s1 is not in the flat layer: inside the PERSON 0..25"
    rows = [
        *account_for_spans(gold, "spacy", {"s1": "inside the PERSON 0..25", "s2": "crosses"}, {"s2", "s5"}),
        *account_for_relations(gold, "spacy", {"s5 PART_OF s1": unseen}),
        *account_for_choices(gold, "spacy", "not_held", "no place"),
    ]

    assert [(row.what, row.id, row.outcome, row.reason) for row in rows] == [
        ("span", "s0", "kept", ""),
        ("span", "s1", "span_only", "inside the PERSON 0..25"),
        ("span", "s2", "span_only", f"crosses; {cut}"),
        ("span", "s3", "kept", ""),
        ("span", "s4", "kept", ""),
        ("span", "s5", "split", cut),
        ("relation", "s5 PART_OF s1", "kept", unseen),
        ("relation", "s1 PART_OF s5", "kept", ""),
        ("choice", "event=CONSULT", "not_held", "no place"),
        ("choice", "usable=yes", "not_held", "no place"),
    ]


def test_sums_contain_outcomes_with_zero(minister: tuple[Article, Gold]) -> None:
    """An outcome that nothing had is in the sums with 0; what went in is the sum of what came out."""
    _, gold = minister
    tally = LedgerTally()
    rows = [*account_for_spans(gold, "spacy", {"s1": "inside"}, {"s5"}), *account_for_relations(gold, "spacy")]
    assert list(tally.counting(rows)) == rows
    table = tally.sums({target.name: target.outcomes for target in DEFAULT_TARGETS})

    assert table["spacy"]["span"] == {"in": 6, "kept": 4, "split": 1, "span_only": 1, "left_out": 0, "lost": 0}
    assert table["spacy"]["relation"] == {"in": 2, "kept": 2, "left_out": 0, "lost": 0}
    assert table["huggingface"]["choice"] == {"in": 0, "kept": 0, "left_out": 0, "lost": 0}
    assert table["gold"]["span"] == {"in": 0, "gold": 0, "merged": 0, "open": 0, "decided_against": 0, "quarantined": 0}


@pytest.mark.parametrize(
    ("places", "fields", "reason"),
    [
        ([(0, 5, "COUNTRI")], {}, "unknown label: 'COUNTRI' is not a label of the schema"),
        ([(0, 6, "COUNTRY")], {}, "offsets out of range: 0..6 in a text of 5 characters"),
        ([(3, 3, "COUNTRY")], {}, "it is empty"),
        ([(0, 5, "COUNTRY"), (0, 5, "COUNTRY")], {}, "duplicate span: a second COUNTRY at 0..5"),
        (
            [(0, 5, "COUNTRY")],
            {"relations": (Relation(head="s0", tail="s9", label="PART_OF"),)},
            "broken relation: the end 's9' is not a sound span",
        ),
        ([], {"choices": {"event": ("FETE",)}}, "unknown choice: 'FETE' is not an option of 'event'"),
    ],
)
def test_what_no_target_can_hold_is_lost(
    making: Making, places: list[tuple[int, int, str]], fields: dict[str, object], reason: str
) -> None:
    """Gold that the text or today's schema does not bear out fails the compile, each thing with its reason."""
    article = making.article("Japan")
    rows = find_lost(article, making.gold(article, *places, **fields), making.schema)

    assert [row.reason for row in rows] == [reason]
    with pytest.raises(SpansLost, match="1 of gold cannot be held by the targets") as refused:
        refuse_lost(rows)
    assert reason in str(refused.value)


def test_balanced_first_account_is_accepted(project: Project) -> None:
    """Every region has its row, gold is gold's, and the project allows the kind of defect: nothing is raised."""
    table = check_first_account(project.workspace, {"unknown label"}).sums({})

    assert table["gold"]["span"] == {"in": 7, "gold": 6, "merged": 0, "open": 0, "decided_against": 0, "quarantined": 1}


def test_quarantine_is_refused_unless_the_project_allows_it(project: Project) -> None:
    """The error lists what is in quarantine, and has the line that would allow it."""
    with pytest.raises(QuarantineNotAllowed, match="span 'q1' of 'minister'") as refused:
        check_first_account(project.workspace, ())

    assert 'quarantine_allowed = ["unknown label"]' in refused.value.todo
    assert "by ana, imported: unknown label: 'COUNTRI' is not a label" in str(refused.value)
    assert "labeling import" in refused.value.todo
    assert "Label Studio" not in refused.value.todo


@pytest.mark.parametrize(
    ("kind", "reason"),
    [
        ("relation not allowed", "HOLDS may not join PERSON to PERSON"),
        ("broken relation", "it has no label"),
        ("broken relation", "it joins a span to itself"),
    ],
)
def test_a_slip_in_a_relation_stops_no_dataset(project: Project, kind: Defect, reason: str) -> None:
    """It is quarantined and counted; a span, or a relation of an unknown type, is still asked about."""
    workspace = project.workspace
    slip = QuarantineRow(article="minister", annotator="ana", what="relation", id="r9", kind=kind, reason=reason)
    row = LedgerRow(
        article="minister",
        annotator="ana",
        what="relation",
        id="r9",
        stage="gold",
        outcome="quarantined",
        reason=f"{kind}: {reason}",
    )
    workspace.quarantine.write([*workspace.quarantine.rows(), slip])
    workspace.ledger.write([*workspace.ledger.rows(), row])
    table = check_first_account(workspace, {"unknown label"}).sums({})
    assert table["gold"]["relation"]["quarantined"] == 1

    for changed in ({"what": "span"}, {"kind": "unknown label"}):
        quarantine = [each for each in workspace.quarantine.rows() if each.id != "r9"]
        workspace.quarantine.write([*quarantine, slip.model_copy(update=changed)])
        other = {"what": changed.get("what", "relation"), "reason": f"{changed.get('kind', kind)}: {reason}"}
        rows = [each for each in workspace.ledger.rows() if each.id != "r9"]
        workspace.ledger.write([*rows, row.model_copy(update=other)])
        with pytest.raises(QuarantineNotAllowed, match="'r9'"):
            check_first_account(workspace, ())


def _without(project: Project, name: str) -> None:
    rows = [row for row in project.workspace.ledger.rows() if row.id != name]
    project.workspace.ledger.write(rows)


def test_region_without_an_outcome_is_refused(project: Project) -> None:
    """A line gone from ledger.jsonl is noticed, and named."""
    _without(project, "s3")

    with pytest.raises(LedgerUnbalanced, match="span 's3' of 'ana' on 'minister'"):
        check_first_account(project.workspace, {"unknown label"})


def test_quarantine_error_names_the_origin_of_each_thing(
    tmp_path: Path, minister: tuple[Article, Gold], making: Making
) -> None:
    """A line each, the first ten of them: what was pulled is mended in Label Studio, what was imported in its file."""
    drawn = [TYPO.model_copy(update={"id": f"p{n:02}", "annotator": "ben", "task": 7}) for n in range(11)]
    project = making.workspace(tmp_path, [(*minister, "train")], quarantine=[TYPO, *drawn])

    with pytest.raises(QuarantineNotAllowed, match="12 things in quarantine, 12 unknown label:") as refused:
        check_first_account(project.workspace, ())

    first, *lines, last = str(refused.value).splitlines()
    assert first.endswith("12 unknown label:")
    assert len(lines) == 10
    assert lines[0].strip().startswith("span 'q1' of 'minister' by ana, imported: unknown label")
    assert lines[1].strip().startswith("span 'p00' of 'minister' by ben, pulled: unknown label")
    assert last.strip() == "and 2 more"
    assert "Label Studio" in refused.value.todo
    assert "labeling import" in refused.value.todo


def test_quarantined_thing_without_an_outcome_is_refused(project: Project) -> None:
    """What is in quarantine is part of the account."""
    _without(project, "q1")

    with pytest.raises(LedgerUnbalanced, match="span 'q1' of 'ana' on 'minister'"):
        check_first_account(project.workspace, {"unknown label"})


def test_annotations_newer_than_gold_are_refused(project: Project) -> None:
    """A region that came since then has no outcome: the error says to adjudicate again."""
    (annotation,) = project.workspace.annotations.rows()
    more = Span(id="new", start=0, end=7, label="PERSON")
    project.workspace.annotations.write([annotation.model_copy(update={"spans": (*annotation.spans, more)})])

    with pytest.raises(LedgerUnbalanced, match="span 'new' of 'ana' on 'minister'"):
        check_first_account(project.workspace, {"unknown label"})


def test_gold_missing_from_the_ledger_is_refused(project: Project) -> None:
    """As many things must have become gold as gold has."""
    (gold,) = project.workspace.gold.rows()
    project.workspace.gold.write([gold.model_copy(update={"spans": gold.spans[1:]})])

    with pytest.raises(LedgerUnbalanced, match=r"\+1 spans of 'minister'"):
        check_first_account(project.workspace, {"unknown label"})
