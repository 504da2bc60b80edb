"""Which guidelines were in force when, as `asked.jsonl` tells it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import made
import pytest
from hypothesis import given
from hypothesis import strategies as st

from labeling.annotations import Annotation
from labeling.schema import Label, Migrations, Schema
from labeling.workspace.asking import Asking, update_asked
from labeling.workspace.guideline_versions import (
    GuidelinePeriod,
    find_period,
    find_period_at,
    keep_periods,
    list_periods,
)
from labeling.workspace.rows.asked_item import AskAgainRow, AskedItem

MONDAY, TUESDAY, FRIDAY, SUNDAY = (f"2026-11-{day}T10:00:00Z" for day in (23, 24, 27, 29))


def schema(*labels: str, **renamed: str) -> Schema:
    """These labels."""
    made_of = tuple(Label(name=name, definition="d", examples=("[x]",), color="#b4c369") for name in labels)
    return Schema(labels=made_of, migrations=Migrations(labels=renamed))


def push(before: list[AskedItem], now: str, guidelines: str, of: Schema) -> list[AskedItem]:
    """The rows that a push leaves."""
    return keep_periods(before, update_asked(before, of, {}, now, guidelines), now, of.digest, guidelines)


def periods(rows: list[AskedItem]) -> list[tuple[str, str]]:
    """Since when, and which."""
    return [(each.since, each.digest) for each in list_periods(rows)]


def said(updated: str, **more: Any) -> Annotation:
    """A submission on the server."""
    article = made.article("a", "Anna")
    return Annotation(article="a", digest=article.digest, annotator="ana", updated=updated, task=1, **more)


def test_a_first_push_needs_no_row_of_its_own() -> None:
    """The rows of the items tell it: the file is what it was before there were versions."""
    rows = push([], MONDAY, "g1", schema("A", "B"))

    assert [row.item for row in rows] == ["label A", "label B"]
    assert periods(rows) == [(MONDAY, "g1")]
    assert push(rows, FRIDAY, "g1", schema("A", "B")) == rows


def test_other_words_and_a_new_label_are_versions_each() -> None:
    """On Tuesday a definition changed, on Friday B came; on Sunday it is as it was on Monday."""
    rows = push([], MONDAY, "g1", schema("A"))
    rows = push(rows, TUESDAY, "g2", schema("A"))
    rows = push(rows, FRIDAY, "g3", schema("A", "B"))
    rows = push(rows, SUNDAY, "g1", schema("A", "B"))

    assert periods(rows) == [(MONDAY, "g1"), (TUESDAY, "g2"), (FRIDAY, "g3"), (SUNDAY, "g1")]
    assert [row.item for row in rows] == ["guidelines", "guidelines", "label A", "label B"]


def test_what_only_a_label_told_that_is_gone_is_still_known() -> None:
    """B came on Tuesday and went on Friday."""
    rows = push([], MONDAY, "g1", schema("A"))
    rows = push(rows, TUESDAY, "g2", schema("A", "B"))
    rows = push(rows, FRIDAY, "g3", schema("A"))

    assert periods(rows) == [(MONDAY, "g1"), (TUESDAY, "g2"), (FRIDAY, "g3")]


def test_a_renamed_label_was_asked_for_under_the_guidelines_of_then() -> None:
    """Since Monday as OLD; as NEW since Friday, with other guidelines."""
    rows = push(push([], MONDAY, "g1", schema("OLD")), FRIDAY, "g2", schema("NEW", OLD="NEW"))

    assert periods(rows) == [(MONDAY, "g1"), (FRIDAY, "g2")]


PUSHES = st.lists(
    st.tuples(st.sampled_from(["g1", "g2", "g3"]), st.lists(st.sampled_from("ABC"), min_size=1, unique=True)),
    min_size=1,
    max_size=8,
)


@given(PUSHES)
def test_every_version_is_told_with_the_instant_of_its_push(pushes: list[tuple[str, list[str]]]) -> None:
    """Whatever labels come and go. An item that is asked for anew may repeat a version, and adds none."""
    rows, expected = list[AskedItem](), list[tuple[str, str]]()
    for number, (guidelines, labels) in enumerate(pushes, 1):
        # Guidelines with other labels are others.
        digest = guidelines + "".join(sorted(labels))
        now = f"2026-11-{number:02}T10:00:00Z"
        rows = push(rows, now, digest, schema(*labels))
        if not expected or expected[-1][1] != digest:
            expected.append((now, digest))

    assert periods(rows) == expected


@pytest.mark.parametrize(
    ("annotation", "digest"),
    [
        (said(SUNDAY), "g2"),
        (said(FRIDAY), "g1"),
        (said(SUNDAY, sent=TUESDAY), "g1"),
        (said(MONDAY), None),
        (said("2026-11-23T11:30:00+02:00"), None),
        (said(SUNDAY, imported_as="ben"), None),
        (said(SUNDAY).model_copy(update={"task": None}), None),
    ],
)
def test_an_annotation_was_made_under_what_was_in_force_before_it_was_sent(
    annotation: Annotation, digest: str | None
) -> None:
    """At the very instant the page still showed what was before; what was made elsewhere was made under none."""
    found = find_period([GuidelinePeriod(MONDAY, "g1"), GuidelinePeriod(FRIDAY, "g2")], annotation)

    assert (found.digest if found else None) == digest


def test_at_an_instant_the_latest_is_in_force() -> None:
    """From the instant on, and nothing before the first."""
    known = [GuidelinePeriod(MONDAY, "g1"), GuidelinePeriod(FRIDAY, "g2")]

    assert find_period_at(known, datetime(2026, 11, 27, 10, tzinfo=UTC)) == known[1]
    assert find_period_at(known, datetime(2026, 11, 27, 9, 59, tzinfo=UTC)) == known[0]
    assert find_period_at(known, datetime(2026, 11, 23, tzinfo=UTC)) is None


def test_versions_ask_for_nothing() -> None:
    """A row of guidelines makes no label late, and nobody silent."""
    rows = push(push([], MONDAY, "g1", schema("A")), FRIDAY, "g2", schema("A"))
    asking = Asking(schema("A"), rows)

    assert len(rows) == 2
    assert not asking.has_late_items
    assert asking.silent_on(said(TUESDAY)) == frozenset()


def test_what_is_to_be_judged_anew_ends_with_the_next_submission() -> None:
    """A row of a reader who sent before stays, one of who sent since goes, and so does one of nobody."""
    rows = [
        AskAgainRow(article="a", reader=reader, what="span 0..4 A", why="w", since=FRIDAY, guidelines="g")
        for reader in ("ana", "ben", "cyd")
    ]
    annotations = [said(TUESDAY), said(SUNDAY).model_copy(update={"annotator": "ben"})]

    found = Asking(schema("A")).list_again(annotations, [], [*rows, rows[0].model_copy(update={"why": "twice"})])

    assert found == rows[:1]
