"""What an annotation speaks of, what is asked since when, and who is asked again."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from labeling.adjudication.gold import AdjudicationRules, reconcile_annotations
from labeling.annotations import Annotation, QuarantineRow, Relation, Span
from labeling.articles import Article
from labeling.errors import DamagedFile, SchemaError
from labeling.schema import ChoiceSet, Label, Migrations, Option, RelationType, Schema, check_schema
from labeling.values import digest_of
from labeling.workspace.asking import Asking, list_items, update_asked
from labeling.workspace.rows.asked_item import AskedItem, ImportedScope
from labeling.workspace.table import Workspace

if TYPE_CHECKING:
    from pathlib import Path

TEXT = "Anna met Bob in Rome."
ARTICLE = Article(id="a", text=TEXT, digest=digest_of(TEXT))
EARLY, NOON, LATE = "2026-11-22T11:00:00Z", "2026-11-22T12:00:00Z", "2026-11-22T13:00:00Z"
ANNA, ROME = (0, 4), (16, 20)


def schema(*labels: str, multiple: bool = True, **migrations: Any) -> Schema:
    """These labels; TO from any of them to itself; `event` with AID and BAN; `usable`."""
    option_sets = {"event": ("AID", "BAN"), "usable": ("yes", "no")}
    return Schema(
        labels=tuple(
            Label(name=name, definition=".", examples=("x",), color=f"#{n:06x}", hotkey="bcdef"[n])
            for n, name in enumerate(labels)
        ),
        relations=(RelationType(name="TO", definition=".", example="x"),),
        choices=tuple(
            ChoiceSet(
                name=name,
                question="?",
                multiple=multiple and name == "event",
                options=tuple(Option(name=each, definition=".") for each in options),
            )
            for name, options in option_sets.items()
        ),
        migrations=Migrations(**migrations),
    )


TWO = schema("PERSON", "PLACE")


def asked(of: Schema, **late: str) -> list[AskedItem]:
    """Rows for all items: since EARLY minus a day, but for some."""
    start = "2026-11-21T00:00:00Z"
    since = {item: late.get(item.rpartition(" ")[2].replace("=", "_"), start) for item in list_items(of)}
    return [AskedItem(item=item, since=each, schema_digest="s", guidelines="g") for item, each in since.items()]


def said(by: str, updated: str, *spans: tuple[tuple[int, int], str], **more: Any) -> Annotation:
    """A submission on the server."""
    drawn = tuple(Span(id=f"{by}{n}", start=start, end=end, label=name) for n, ((start, end), name) in enumerate(spans))
    fields = {"spans": drawn, "updated": updated, "task": 1, **more}
    return Annotation(article="a", digest=ARTICLE.digest, annotator=by, **fields)


def settle(of: Schema, rows: list[AskedItem], *annotations: Annotation) -> Any:
    """Gold of the one article, and the conflicts."""
    found = reconcile_annotations(annotations, [], {"a": ARTICLE}, AdjudicationRules(of, [], Asking(of, rows)))
    (gold,) = found.gold
    return gold, found.conflicts


@pytest.mark.parametrize(
    ("updated", "sent", "silent"),
    [(EARLY, "", True), (NOON, "", True), (LATE, "", False), (LATE, EARLY, True), ("", "", True)],
)
def test_who_sent_before_an_item_says_nothing_of_it(updated: str, sent: str, silent: bool) -> None:  # noqa: FBT001 - parametrized
    """Compared with when the words were sent: at that very instant the item was not there yet."""
    asking = Asking(TWO, asked(TWO, PLACE=NOON))

    found = asking.silent_on(said("ana", updated, sent=sent))

    assert ("label PLACE" in found) == silent


def test_an_instant_that_cannot_be_read_damages_the_file(tmp_path: Path) -> None:
    """By name, not with a traceback."""
    workspace = Workspace(tmp_path)
    workspace.asked.path.write_text('{"guidelines":"","item":"label PERSON","schema":"","since":"noon"}\n', "utf-8")

    with pytest.raises(DamagedFile, match="line 1: since"):
        Asking(TWO, workspace.asked.rows())


def test_without_records_everything_was_asked() -> None:
    """A workspace that was pushed before there was `asked.jsonl`."""
    assert Asking(TWO).silent_on(said("ana", EARLY)) == frozenset()


def test_what_is_not_on_the_page_yet_was_asked_of_nobody() -> None:
    """The project file has a label that was not pushed."""
    three = schema("PERSON", "PLACE", "WHEN")

    assert Asking(three, asked(TWO)).silent_on(said("ana", LATE)) == {"label WHEN"}


def test_an_import_speaks_only_of_what_its_source_had() -> None:
    """With a scope, of that; an import of before there were scopes, of what was asked from the start."""
    imported = said("ana", "", task=None)
    scope = ImportedScope(article="a", annotator="ana", items=("label PERSON",))
    rest = {"label PLACE", "relation TO", "choice event=AID", "choice event=BAN"}

    assert Asking(TWO, [], [scope]).silent_on(imported) == rest
    assert Asking(TWO, asked(TWO, PLACE=NOON)).silent_on(imported) == {"label PLACE"}
    assert Asking(TWO).silent_on(imported) == frozenset()


def test_an_item_keeps_its_instant_and_a_new_name_inherits_it() -> None:
    """PLACE was SITE and BODY before: it is asked since the later of the two. What comes back is asked anew."""
    before = asked(schema("PERSON", "SITE", "BODY"), BODY=EARLY, PERSON=NOON)
    today = schema("PERSON", "PLACE", "WHEN", labels={"SITE": "PLACE", "BODY": "PLACE"})

    since = {row.item: row.since for row in update_asked(before, today, {}, LATE, "g")}

    assert since["label PERSON"] == NOON
    assert since["label PLACE"] == EARLY
    assert since["label WHEN"] == LATE
    assert "label SITE" not in since
    (person, *_) = update_asked(update_asked(before, schema("PLACE"), {}, NOON, "g"), TWO, {}, LATE, "g")
    assert (person.item, person.since) == ("label PERSON", LATE)


def test_silence_on_a_late_label_is_no_conflict() -> None:
    """Ana was done before PLACE; Ben marks one: it is gold, by him alone. PERSON is by both."""
    rows = asked(TWO, PLACE=NOON)
    gold, conflicts = settle(
        TWO, rows, said("ana", EARLY, (ANNA, "PERSON")), said("ben", LATE, (ANNA, "PERSON"), (ROME, "PLACE"))
    )

    assert conflicts == ()
    assert {span.label: (span.by, span.rule) for span in gold.spans} == {
        "PERSON": (("ana", "ben"), "unanimous"),
        "PLACE": (("ben",), "only annotator"),
    }
    assert (gold.complete, gold.unasked) == (True, ())


def test_who_was_asked_can_miss_a_label_and_who_was_not_cannot() -> None:
    """Ben marks a PLACE that Cyd leaves out: Cyd missed it, Ana did not."""
    rows = asked(TWO, PLACE=NOON)
    gold, (conflict,) = settle(TWO, rows, said("ana", EARLY), said("ben", LATE, (ROME, "PLACE")), said("cyd", LATE))

    assert (conflict.kind, conflict.missed_by) == ("missed", ("cyd",))
    assert (gold.complete, gold.open) == (False, (ROME,))


def test_a_late_label_that_was_marked_all_the_same_is_gold() -> None:
    """A mark is an answer, whenever it was made: by another name, say. What was not marked stays unknown."""
    gold, conflicts = settle(TWO, asked(TWO, PLACE=NOON), said("ana", EARLY, (ROME, "PLACE")))

    assert conflicts == ()
    assert [span.label for span in gold.spans] == ["PLACE"]
    assert (gold.complete, gold.unasked) == (False, ("label PLACE",))


def test_a_relation_counts_among_those_who_were_asked_for_it_and_its_ends() -> None:
    """Ana was done before PLACE and so cannot have joined two of them; Cyd could, and did not."""
    met = Relation(head="ben0", tail="ben1", label="TO")
    places = ((ANNA, "PLACE"), (ROME, "PLACE"))
    ana, ben = said("ana", EARLY), said("ben", LATE, *places, relations=(met,))
    rows = asked(TWO, PLACE=NOON)

    gold, conflicts = settle(TWO, rows, ana, ben)
    assert (len(gold.relations), conflicts) == (1, ())
    gold, (conflict,) = settle(TWO, rows, ana, ben, said("cyd", LATE, *places))
    assert (gold.relations, conflict.kind, conflict.missed_by) == ((), "relation", ("cyd",))
    gold, conflicts = settle(TWO, asked(TWO, TO=NOON), said("ana", EARLY, *places), ben)
    assert (len(gold.relations), conflicts) == (1, ())


def test_an_option_that_came_later_is_not_known() -> None:
    """Neither yes nor no where nobody was asked; gold by who was; of one answer only, another one is in dispute."""
    rows = asked(TWO, event_BAN=NOON)
    ana, ben = said("ana", EARLY, choices={"event": ("AID",)}), said("ben", LATE, choices={"event": ("AID", "BAN")})

    gold, conflicts = settle(TWO, rows, ana)
    assert (gold.choices, gold.open_choices, gold.unasked) == (
        {"event": ("AID",)},
        ("event=BAN",),
        ("choice event=BAN",),
    )
    assert (gold.complete, conflicts) == (True, ())
    gold, conflicts = settle(TWO, rows, ana, ben)
    assert (gold.choices, gold.open_choices, conflicts) == ({"event": ("AID", "BAN")}, (), ())
    single = schema("PERSON", "PLACE", multiple=False)
    gold, conflicts = settle(single, rows, ana, said("ben", LATE, choices={"event": ("BAN",)}))
    assert (gold.choices, gold.open_choices, len(conflicts)) == ({}, ("event=AID", "event=BAN"), 1)


SPLIT = schema("PERSON", "MINISTRY", "HOUSE", splits={"BODY": ("MINISTRY", "HOUSE")})


def test_a_split_label_makes_a_list_of_its_spans() -> None:
    """From the annotation as it was pulled, or the quarantine where the next pull puts it; until it is answered."""
    asking = Asking(SPLIT, asked(SPLIT, MINISTRY=NOON, HOUSE=NOON))
    raw: Any = {"type": "labels", "value": {"start": 16, "end": 20, "labels": ["BODY"]}}
    moved = QuarantineRow(
        article="a", annotator="ana", what="span", id="x", kind="migrated", reason="r", task=1, raw=raw
    )

    by_span = asking.list_again([said("ana", EARLY, (ROME, "BODY"))], [])
    assert [row.what for row in by_span] == ["label HOUSE", "label MINISTRY", "span 16..20 BODY"]
    assert by_span[-1].why == "BODY is MINISTRY or HOUSE since 2026-11-22"
    assert asking.list_again([said("ana", EARLY)], [moved]) == by_span
    assert asking.list_again([said("ana", LATE)], [moved]) == []


def test_only_who_has_submitted_on_the_server_is_asked_again() -> None:
    """Not an import, a draft, a skip, a model, or who ruled the article out; nor for what is not on the page yet."""
    asking = Asking(schema("PERSON", "PLACE", "WHEN"), asked(TWO, PLACE=NOON))
    others = [
        said("ana", EARLY, task=None),
        said("ben", EARLY, state="draft"),
        said("cyd", EARLY, state="skipped"),
        said("model:m", EARLY),
        said("dora", EARLY, choices={"usable": ("no",)}),
    ]

    rows = asking.list_again([*others, said("emil", EARLY)], [])

    assert [(row.reader, row.what, row.why) for row in rows] == [("emil", "label PLACE", "asked since 2026-11-22")]


@pytest.mark.parametrize(
    ("migrations", "fault"),
    [
        ({"splits": {"PERSON": ("PLACE", "WHEN")}}, "'PERSON' is still in the schema"),
        ({"splits": {"BODY": ("PLACE", "HOUSE")}}, "'HOUSE' is not in the schema"),
        ({"splits": {"BODY": ("PLACE",)}}, "'BODY' is not split into two labels or more"),
        ({"splits": {"BODY": ("PLACE", "WHEN")}, "labels": {"BODY": "WHEN"}}, "'BODY' is in migrations.labels, too"),
    ],
)
def test_a_split_that_leads_nowhere_is_refused(migrations: dict[str, Any], fault: str) -> None:
    """A split has a former name and two present ones."""
    with pytest.raises(SchemaError, match=fault):
        check_schema(
            schema("PERSON", "PLACE", "WHEN", **migrations)
            if "labels" not in migrations
            else schema("PERSON", "PLACE", "WHEN").model_copy(update={"migrations": Migrations(**migrations)}),
            "x.toml",
        )
