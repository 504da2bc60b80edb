"""The ledger: sums that people read, and a balance that compares things."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labeling.annotations import Annotation, LedgerRow, Relation, Span
from labeling.errors import LedgerUnbalanced
from labeling.ledger import LedgerEntry, check_balance, list_entering_things, sum_ledger
from labeling.values import canonical_json

ANNOTATION = Annotation(
    article="a",
    digest="d",
    annotator="ana",
    spans=(Span(id="x1", start=0, end=5, label="A"), Span(id="x2", start=6, end=9, label="A")),
    relations=(Relation(head="x1", tail="x2", label="R"),),
    choices={"event": ("AID", "CONSULT")},
)
ROWS = [
    LedgerRow(article="a", annotator="ana", what="span", id="x1", stage="gold", outcome="gold"),
    LedgerRow(article="a", annotator="ana", what="span", id="x2", stage="gold", outcome="quarantined"),
    LedgerRow(article="a", annotator="ana", what="relation", id="x1 R x2", stage="gold", outcome="quarantined"),
    LedgerRow(article="a", annotator="ana", what="choice", id="event=AID", stage="gold", outcome="gold"),
    LedgerRow(article="a", annotator="ana", what="choice", id="event=CONSULT", stage="gold", outcome="gold"),
]


def test_sums_are_by_stage_and_kind() -> None:
    """Each account has what went in, and what became of it."""
    assert sum_ledger(ROWS) == {
        "gold": {
            "choice": {"gold": 2, "in": 2},
            "relation": {"in": 1, "quarantined": 1},
            "span": {"gold": 1, "in": 2, "quarantined": 1},
        }
    }


def test_a_whole_account_balances() -> None:
    """Every span, relation and choice of an annotation has its row; rows of other stages do not matter."""
    other = ROWS[0].model_copy(update={"stage": "spacy", "outcome": "kept"})

    check_balance("gold", list_entering_things([ANNOTATION], ()), [*ROWS, other])
    with pytest.raises(LedgerUnbalanced):
        check_balance("spacy", list_entering_things([ANNOTATION], ()), [*ROWS, other])


def test_a_missing_row_is_named() -> None:
    """A region without an outcome is named with its annotator and article."""
    with pytest.raises(LedgerUnbalanced, match="1 without an outcome: span 'x1' of 'ana' on 'a'"):
        check_balance("gold", list_entering_things([ANNOTATION], ()), ROWS[1:])


def test_balance_compares_things_not_numbers() -> None:
    """One thing accounted for twice does not make up for one that is not."""
    with pytest.raises(LedgerUnbalanced, match=r"without an outcome: span 'x1'.* too many: span 'x2'"):
        check_balance("gold", list_entering_things([ANNOTATION], ()), [ROWS[1], *ROWS[1:]])


def test_what_entered_twice_needs_two_rows() -> None:
    """Two submissions that use one id are two things."""
    with pytest.raises(LedgerUnbalanced, match="5 without an outcome"):
        check_balance("gold", list_entering_things([ANNOTATION, ANNOTATION], ()), ROWS)

    check_balance("gold", list_entering_things([ANNOTATION, ANNOTATION], ()), [*ROWS, *ROWS])


@given(st.lists(st.text(st.characters(exclude_categories=["Cs"])), min_size=4, max_size=4))
def test_an_entry_has_the_line_of_its_row(words: list[str]) -> None:
    """The line of an entry is the canonical JSON of such a row, whatever the strings."""
    article, name, reason, annotator = words
    entry = LedgerEntry(article, "span", name, "spacy", "span_only", reason, annotator)
    row = LedgerRow(
        article=article,
        annotator=annotator,
        what="span",
        id=name,
        stage="spacy",
        outcome="span_only",
        reason=reason,
    )

    assert entry.line() == canonical_json(row.model_dump(mode="json"))
