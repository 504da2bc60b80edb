"""Carrying gold between articles of one story: what is carried, what waits for it, and what the page shows then."""

from __future__ import annotations

import made

from labeling.annotations import Annotation, Gold, GoldSpan, Relation, Span
from labeling.reprints.annotate_once import (
    ReprintCorpus,
    SourceSaving,
    carry_gold,
    compute_savings,
    find_waiting_reprints,
    put_leads_first,
)
from labeling.reprints.overlap import count_shared
from labeling.studio.sync.combined_suggestions import combine_for_article, combined_signature, find_shown_model
from labeling.workspace.rows.passage import ClusterRow, Passage, Place
from labeling.workspace.rows.reprint import ProjectedRow

BODY = "Aminata Traore of Mali met Idris Deby of Chad in Addis Ababa on Monday for talks about the river"
TEXTS = {
    "lead": f"{BODY}. They agreed on a joint commission of both states, to be set up within a year.",
    "reprint": f"BAMAKO: {BODY}.",
    "short": f"{BODY[:61]}.",
    "other": "Nothing of this kind stands here.",
}
ARTICLES = {name: made.article(name, text) for name, text in TEXTS.items()}
CLUSTERS = [
    ClusterRow(article="lead", story="lead", leak_group="lead", lead=True),
    ClusterRow(article="other", story="other", leak_group="other", lead=True),
    ClusterRow(article="reprint", story="lead", leak_group="lead", lead=False),
    ClusterRow(article="short", story="short", leak_group="lead", lead=True),
]
PASSAGES = [
    Passage(
        passage="p1",
        words=18,
        kind="reprint",
        places=(Place(article="lead", start=0, end=96), Place(article="reprint", start=8, end=104)),
    ),
    Passage(
        passage="p2",
        words=12,
        kind="reprint",
        places=(Place(article="lead", start=0, end=60), Place(article="short", start=0, end=60)),
    ),
]
PRESS = ReprintCorpus(ARTICLES, CLUSTERS, PASSAGES, 6)


def at(name: str, words: str, label: str) -> GoldSpan:
    """A span of gold on the first place of ``words``; its id is the words."""
    start = TEXTS[name].index(words)
    return GoldSpan(id=words, start=start, end=start + len(words), label=label, rule="one", by=("ana",))


def gold(name: str, *spans: GoldSpan, usable: bool = True) -> Gold:
    """Gold of an article."""
    return Gold(article=name, digest=ARTICLES[name].digest, complete=True, usable=usable, spans=spans)


def done(*names: str, state: str = "submitted") -> list[Annotation]:
    """Somebody is done with these."""
    rows = [{"article": name, "digest": ARTICLES[name].digest, "annotator": "ana", "state": state} for name in names]
    return [Annotation.model_validate(row) for row in rows]


LEAD = gold(
    "lead", at("lead", "Aminata Traore", "PERSON"), at("lead", "Chad", "COUNTRY"), at("lead", "joint", "ISSUE")
).model_copy(update={"relations": (Relation(head="Aminata Traore", tail="Chad", label="ABOUT"),)})


def words(row: ProjectedRow) -> list[str]:
    """The words that were carried, as printed in the article they were carried to."""
    return [TEXTS[row.article][span.start : span.end] for span in row.spans]


def test_gold_is_carried_to_every_article_that_shares_the_text() -> None:
    """To the reprint, and to an article of another story with the same passage; relations with both ends."""
    rows = carry_gold(PRESS, [LEAD], done("lead"))

    assert [(row.article, row.source, row.said, words(row)) for row in rows] == [
        ("reprint", "lead", 3, ["Aminata Traore", "Chad"]),
        ("short", "lead", 3, ["Aminata Traore", "Chad"]),
    ]
    assert all(row.relations == LEAD.relations for row in rows)
    assert rows[0].annotator == "projected:lead"
    assert rows[0].stretches == ((8, 104),)


def test_rows_of_annotated_articles_stay_as_they_were() -> None:
    """The reprint is annotated, then gold of the lead changes: only the article that is still open gets the change."""
    before = carry_gold(PRESS, [LEAD], done("lead"))
    changed = gold("lead", at("lead", "Idris Deby", "PERSON"))

    rows = carry_gold(PRESS, [changed], done("lead", "reprint"), before)

    assert [(row.article, words(row)) for row in rows] == [
        ("reprint", ["Aminata Traore", "Chad"]),
        ("short", ["Idris Deby"]),
    ]


def test_second_source_adds_spans_only_in_words_of_its_own() -> None:
    """The story's own lead goes first; another source adds only what is in words that the lead does not have."""
    end = " Observers of the African Union welcomed the outcome of the talks in a statement"
    texts = {"a": BODY + ".", "b": f"{BODY}.{end}.", "c": f"Elsewhere.{end}."}
    articles = {name: made.article(name, text) for name, text in texts.items()}
    where = [("b", BODY), ("a", BODY), ("b", end[1:]), ("c", end[1:])]
    place = [Place(article=n, start=texts[n].index(w), end=texts[n].index(w) + len(w)) for n, w in where]
    press = ReprintCorpus(
        articles,
        [ClusterRow(article=name, story=name, leak_group="a", lead=True) for name in texts],
        [
            Passage(passage="p", words=18, kind="reprint", places=(place[0], place[1])),
            Passage(passage="q", words=13, kind="reprint", places=(place[2], place[3])),
        ],
        6,
    )
    start = texts["c"].index("African Union")
    union = GoldSpan(id="u", start=start, end=start + 13, label="INTL_ORG", rule="one", by=("ana",))
    agreed = [
        Gold(article="a", digest=articles["a"].digest, complete=True, spans=(at("lead", "Chad", "COUNTRY"),)),
        Gold(article="c", digest=articles["c"].digest, complete=True, spans=(union,)),
    ]
    people = [Annotation(article=name, digest=articles[name].digest, annotator="ana") for name in ("a", "c")]

    rows = carry_gold(press, agreed, people)

    assert [(row.source, [texts["b"][span.start : span.end] for span in row.spans]) for row in rows] == [
        ("a", ["Chad"]),
        ("c", ["African Union"]),
    ]


def test_reprints_of_a_skipped_lead_do_not_wait() -> None:
    """Nobody waits for what will never be annotated, since it was skipped or ruled out."""
    skipped = carry_gold(PRESS, [], done("lead", state="skipped"))
    ruled_out = carry_gold(PRESS, [gold("lead", usable=False)], done("lead"))

    assert skipped == ruled_out
    assert [(row.article, row.spans, row.stretches) for row in skipped] == [("reprint", (), ())]
    assert find_waiting_reprints(CLUSTERS, []) == {"reprint"}
    assert find_waiting_reprints(CLUSTERS, skipped) == set()


def test_drafts_and_predictions_do_not_finish_an_article() -> None:
    """An article with a draft in it is still open, and nothing is carried from it."""
    model = Annotation(article="reprint", digest=ARTICLES["reprint"].digest, annotator="model:rules")

    rows = carry_gold(PRESS, [LEAD], [*done("lead"), *done("reprint", state="draft"), model])

    assert [row.article for row in rows] == ["reprint", "short"]


def test_leads_come_first_and_order_is_kept_otherwise() -> None:
    """Reprints come last; an article that `cluster` does not know yet counts as a lead."""
    assert put_leads_first(["reprint", "other", "late", "lead"], CLUSTERS) == ["other", "late", "lead", "reprint"]


def test_savings_count_carried_checked_and_accepted_spans() -> None:
    """Three spans by hand bought four more; two of them were checked, and one stayed as it was."""
    rows = carry_gold(PRESS, [LEAD], done("lead"))
    accepted = gold("short", at("short", "Chad", "COUNTRY"), at("short", "Traore", "PERSON"))

    assert compute_savings(rows, [LEAD, accepted]) == [
        SourceSaving(source="lead", articles=2, by_hand=3, spans=4, checked=2, accepted=1)
    ]


def test_page_shows_one_combined_suggestion() -> None:
    """Where people annotated the words, what they marked; elsewhere the model; every model is silent on its own."""
    (row,) = [row for row in carry_gold(PRESS, [LEAD], done("lead")) if row.article == "reprint"]
    spans = [("BAMAKO", 0), ("Traore", 16), ("Addis Ababa", 57), ("Chad", 49)]
    model = Annotation(
        article="reprint",
        digest=row.digest,
        annotator="model:rules",
        spans=tuple(Span(id=words, start=at, end=at + len(words), label="LOCATION") for words, at in spans),
        choices={"event": ("CONSULT",)},
    )
    elsewhere = Annotation(
        article="other", digest=ARTICLES["other"].digest, annotator="model:rules", spans=model.spans[:1]
    )

    shown = find_shown_model([{"model:rules": model}, {"model:rules": elsewhere}])
    reprint = combine_for_article({"model:rules": model}, shown, [row])
    other = combine_for_article({"model:rules": elsewhere}, shown, [])

    word = reprint.pop(combined_signature("model:rules"))
    # `Addis Ababa` is in words that a person has read without marking them.
    assert [(span.id, span.label) for span in word.spans] == [
        ("BAMAKO", "LOCATION"),
        ("Aminata Traore", "PERSON"),
        ("Chad", "COUNTRY"),
    ]
    assert word.relations == LEAD.relations
    assert (word.choices, word.by_person) == ({"event": ("CONSULT",)}, False)
    assert [(each.annotator, each.spans, each.choices) for each in reprint.values()] == [("model:rules", (), {})]
    assert other[combined_signature("model:rules")].spans == elsewhere.spans


def test_combined_suggestion_has_unique_ids() -> None:
    """Two sources may have given one id to two spans: the page knows regions by their ids."""
    rows = [
        ProjectedRow(
            article="other",
            digest=ARTICLES["other"].digest,
            source=source,
            said=2,
            spans=(Span(id="x", start=start, end=start + 2, label="DATE"),),
        )
        for source, start in (("a", 0), ("b", 4))
    ]

    word = combine_for_article({}, "", rows)[combined_signature("")]

    assert [(span.id, span.start) for span in word.spans] == [("x", 0), ("x'", 4)]


def test_shared_code_points_are_read_off_the_passages() -> None:
    """Two articles that share passages with the fullest share what overlaps in it; boilerplate does not count."""
    footer = PASSAGES[0].model_copy(update={"kind": "boilerplate"})

    shared = count_shared(PASSAGES, ["reprint"], ["short", "lead", "other", "reprint"])

    assert shared == {"reprint": {"short": 60, "lead": 96}}
    assert count_shared([footer], ["reprint"], ["lead"]) == {}
