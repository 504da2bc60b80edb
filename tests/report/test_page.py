"""The report: what is on its page, and where the numbers come from."""

from __future__ import annotations

from dataclasses import replace
from html.parser import HTMLParser

import made

from labeling.adjudication.precedents import Contradiction
from labeling.annotations import Annotation, Gold, GoldSpan, Relation, Span
from labeling.evaluation.relations_and_choices import measure_choices, measure_relations
from labeling.evaluation.scores import ScoredArticle, score_spans
from labeling.project import load_project
from labeling.report.facts.gold_facts import show_conflict
from labeling.report.findings import Findings
from labeling.report.page import percent_or_dash, render_report
from labeling.report.page_numbers import list_headline_numbers
from labeling.report.tables.promise_tables import tabulate_conflicts
from labeling.workspace.rows.agreements import Agreement, AnnotatorPair
from labeling.workspace.rows.assignment import Leakage, Overlap, SharedText, SplitAssignment, SplitComparison
from labeling.workspace.rows.conflict import Conflict, Reading
from labeling.workspace.rows.decision_row import Decision
from labeling.workspace.rows.passage import ClusterRow, Passage, Place
from labeling.workspace.rows.reprint import Audit, Consistency, Difference, ProjectedRow, Side

TEXT = "Oslo & Rome <met>."
ARTICLE = made.article("a", TEXT, title="A <talk>")
SPAN = Span(id="1", start=0, end=4, label="LOCATION", unsure=True)
GOLD = Gold(
    article="a",
    digest=ARTICLE.digest,
    complete=False,
    spans=(GoldSpan(id="1", start=0, end=4, label="LOCATION", rule="unanimous", by=("ana", "ben")),),
    open=((7, 11),),
)
FOUND = Annotation(article="a", digest=ARTICLE.digest, annotator="model:x", spans=(SPAN,))
CONFLICT = Conflict(
    article="a",
    kind="missed",
    start=7,
    end=11,
    readings=(Reading(annotator="ana", id="2", start=7, end=11, label="LOCATION"),),
    missed_by=("ben",),
)
FINDINGS = Findings(
    articles={"a": ARTICLE},
    annotations=[
        Annotation(article="a", digest=ARTICLE.digest, annotator="ana", spans=(SPAN,)),
        Annotation(article="a", digest=ARTICLE.digest, annotator="ben", state="skipped", spans=(SPAN,)),
    ],
    gold=[GOLD],
    conflicts=[CONFLICT],
    assignments=[SplitAssignment(article="a", leak_group="a", split="test")],
    ledger={"gold": {"span": {"in": 2, "gold": 1, "open": 1}}},
    scores=[
        score_spans("model:x", [ScoredArticle(ARTICLE, "a", GOLD, FOUND)], ["LOCATION", "DATE"], corpus="c0ffee"),
    ],
    corpus="c0ffee",
)
SCHEMA = load_project().schema
ONE = "one leak group, and a resample needs two"
OTHER = made.article("b", f"Again: {TEXT}")


def overlap(passages: int, seen: int) -> Overlap:
    """What one test article shares with one of train."""
    return Overlap(
        one="train",
        other="test",
        articles=1,
        exact=0,
        near=passages,
        passage=passages,
        passages=passages,
        shorter_runs=0,
        boilerplate=0,
        surfaces=2,
        surfaces_seen=seen,
    )


def side(article: str, start: int, label: str) -> Side:
    """One side of a difference: `Oslo` in an article, with a label or none."""
    return Side(article=article, start=start, end=start + 4, label=label, text="Oslo", before="", after="", by=("ana",))


REPRINTED = replace(
    FINDINGS,
    articles={"a": ARTICLE, "b": OTHER},
    clusters=[
        ClusterRow(article="a", story="b", leak_group="a", lead=False),
        ClusterRow(article="b", story="b", leak_group="a", lead=True),
    ],
    passages=[
        Passage(
            passage="p",
            words=3,
            kind="reprint",
            places=(Place(article="b", start=7, end=24), Place(article="a", start=0, end=17)),
        )
    ],
    words=3,
    projected=[ProjectedRow(article="b", digest=OTHER.digest, source="a", said=1, spans=(SPAN,))],
    audit=Audit(
        pairs=1,
        alike=3,
        share=0.75,
        labels={"LOCATION": Consistency(alike=3, different=1), "COUNTRY": Consistency(alike=0, different=1)},
        differences=(Difference(kind="label", left=side("a", 0, "LOCATION"), right=side("b", 7, "COUNTRY")),),
    ),
    leakage=Leakage(
        words=3,
        shared_passages_across_splits=0,
        boilerplate_across_splits=5,
        shorter_runs_across_splits=0,
        splits=SplitComparison(overlaps=(overlap(0, 0),), worst=()),
        random_split=SplitComparison(
            overlaps=(overlap(1, 1),),
            worst=(
                SharedText(words=3, one="a", one_split="train", other="b", other_split="test", text="Oslo & Rome <met"),
                SharedText(words=2, one="b", one_split="train", other="b", other_split="test", text="too short"),
            ),
        ),
    ),
)


class _Page(HTMLParser):
    """The words of a page, and whether every tag that was opened was closed."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.words: list[str] = []
        self.open: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.attributes = attrs
        if tag not in {"meta", "br"}:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.words.append(data)


def test_the_page_is_well_formed_and_escapes_texts() -> None:
    """Every tag is closed, and an article's text that looks like a tag is shown as text."""
    page = _Page(render_report("Talks", SCHEMA, FINDINGS))

    assert page.open == []
    words = " ".join("".join(page.words).split())
    assert "A <talk>" in words
    assert "& Rome <met>." in words
    assert "match:exact|layer:spans|boot:1000|seed:1|resample:leak group|labeling:0.1.0|corpus:c0ffee" in words
    assert ">balances<" in render_report("Talks", SCHEMA, FINDINGS)


def test_an_unbalanced_account_is_shown() -> None:
    """Two went in and one came out: the page shows that it does not balance."""
    findings = Findings(ledger={"gold": {"span": {"in": 2, "gold": 1}}})

    assert "does not balance" in render_report("Talks", SCHEMA, findings)


def test_an_empty_page_names_the_verbs_to_run() -> None:
    """Without any file the page names the verb that brings each part."""
    html = render_report("Talks", SCHEMA, Findings())

    for verb in ("agree", "adjudicate", "compile", "pull", "train", "evaluate", "cluster", "carry", "audit"):
        assert f"<code>labeling {verb}</code>" in html


def test_the_page_needs_nothing_from_elsewhere() -> None:
    """No address of a script, a font or a picture: the page can be mailed and kept."""
    html = render_report("Talks", SCHEMA, FINDINGS)

    for elsewhere in ("http", "src=", "<link", "@import", "url("):
        assert elsewhere not in html


def test_the_page_has_a_section_on_reprints() -> None:
    """The map, what splits share beside a random split, two texts, what was carried, and differing labels."""
    html = render_report("Talks", SCHEMA, REPRINTED)
    page = _Page(html)
    words = " ".join(" ".join(page.words).split())

    assert page.open == []
    assert "2 articles in 1 leak groups, 1 of them with more than one article" in words
    # Ours, and in brackets at random: the same, near, holding a passage, passages, and names seen before in per cent.
    assert "test 1 train 0 (0) 0 (1) 0 (1) 0 (1) 0.0 (50.0)" in words
    assert "a | b 3 words in common · test and none, at random train and test" in words
    assert html.count("<mark>Oslo &amp; Rome &lt;met</mark>") == 2
    assert "annotated article" in words
    assert "left as they were all 1 1 1 1 1.00 0 0 a 1 1 1 1.00 0 0" in words
    assert "LOCATION 3 1 75.0" in words
    assert "label LOCATION a · Oslo COUNTRY b · Oslo" in words
    assert "leak groups 1 0 0 1 0" in words
    assert [(tile.name, tile.number, tile.note) for tile in list_headline_numbers(REPRINTED)][1] == (
        "leak groups",
        1,
        "1 stories: what articles are worth",
    )


def test_relations_and_choices_have_scores() -> None:
    """By annotator and by label, by both rules; an annotator of choices alone has no row of spans."""
    spans = (SPAN, Span(id="2", start=7, end=11, label="MEETING"))
    relation = Relation(head="2", tail="1", label="HELD_AT")
    gold = GOLD.model_copy(
        update={
            "spans": tuple(GoldSpan(**each.model_dump(exclude={"note"}), rule="single", by=("ana",)) for each in spans),
            "relations": (relation,),
            "choices": {"event": ("AGREE",)},
            "open": (),
        }
    )
    short = spans[1].model_copy(update={"end": 10})
    predicted = Annotation(
        article="a", digest=ARTICLE.digest, annotator="m", spans=(SPAN, short), relations=(relation,)
    )
    chosen = predicted.model_copy(update={"spans": (), "relations": (), "choices": {"event": ("AGREE", "AID")}})
    scores = []
    for name, each in (("related", predicted), ("chose", chosen)):
        scored = [ScoredArticle(ARTICLE, "a", gold, each)]
        score = score_spans(name, scored, SCHEMA.label_names, corpus="c0ffee")
        found = {
            "relations": measure_relations(scored, SCHEMA, "c0ffee"),
            "relations_overlapping": measure_relations(scored, SCHEMA, "c0ffee", rule="overlapping"),
            "choices": measure_choices(scored, SCHEMA, "c0ffee"),
            "out_of_reach": ("a 2",),
        }
        scores.append(score.model_copy(update=found))

    page = _Page(render_report("Talks", SCHEMA, replace(FINDINGS, scores=scores)))

    words = " ".join(" ".join(page.words).split())
    assert page.open == []
    assert f"related spans 50.0 50.0 50.0 {ONE} 100.0" in words
    assert f"related relations 0.0 0.0 0.0 {ONE} 100.0" in words
    assert f"HELD_AT 1 1 0.0 0.0 0.0 {ONE} 100.0" in words
    assert f"chose choices 50.0 100.0 66.7 {ONE}" in words
    assert "event=AGREE 1 1 100.0 100.0 100.0" in words
    assert "chose spans" not in words
    assert "1 of gold's 2 spans: a 2." in words
    assert "|layer:relations|" in words
    assert "|layer:choices|" in words


def test_agreement_is_on_the_page() -> None:
    """F1 of each two people in per cent with its interval, or why it has none; alpha of each choice that has one."""
    score = score_spans("ben", [ScoredArticle(ARTICLE, "a", GOLD, FOUND)], ["LOCATION"], corpus="")
    agreement = Agreement(
        annotations="",
        articles=1,
        annotators=("ana", "ben"),
        pairs=(AnnotatorPair(one="ana", other="ben", score=score),),
        choices={"event=AGREE": 2 / 3, "event=AID": None},
    )
    page = _Page(render_report("Talks", SCHEMA, replace(FINDINGS, agreement=agreement)))

    words = " ".join(" ".join(page.words).split())
    assert page.open == []
    assert f"ana and ben 1 100.0 {ONE} 100.0 100.0" in words
    assert "event=AGREE 0.667" in words
    assert "Of 1 more choices it is undefined" in words


def test_a_dispute_has_its_context_and_readings() -> None:
    """The disputed stretch, the text around it, and each annotator's reading, silence included."""
    (conflict,) = FINDINGS.conflicts
    shown = show_conflict(FINDINGS, conflict)
    _, _, words, readings = tabulate_conflicts([shown]).rows[0]

    assert (shown.before, shown.text, shown.after) == ("Oslo & ", "Rome", " <met>.")
    assert (words.before, words.marked, words.after) == ("Oslo & ", "Rome", " <met>.")
    assert list(readings.lines) == ["ana: LOCATION", "ben: nothing"]


def test_the_page_explains_how_disputes_are_settled() -> None:
    """Under the open conflicts, with a link to the task where the article was pushed; the account calls them open."""
    linked = render_report("Talks", SCHEMA, replace(FINDINGS, task_pages={"a": "https://ls/projects/1/data?task=7"}))
    words = " ".join("".join(_Page(linked).words).split())

    assert '<a href="https://ls/projects/1/data?task=7">a</a>' in linked
    assert "updates their own annotation in the article's task" in words
    assert "1 gold, 1 open" in words


def test_headline_numbers_count_rows() -> None:
    """The numbers at the head of the page."""
    assert [(tile.name, tile.number) for tile in list_headline_numbers(FINDINGS)] == [
        ("articles", 1),
        ("annotations", 2),
        ("in quarantine", 0),
        ("gold spans", 1),
        ("open conflicts", 1),
    ]


def test_an_undefined_ratio_is_a_dash() -> None:
    """0/0 is not 0 %."""
    assert percent_or_dash(None) == "–"  # noqa: RUF001 - the dash is meant
    assert percent_or_dash(1 / 3) == "33.3"


def test_the_page_lists_decisions_that_contradict_one_another() -> None:
    """Each answer with the articles it was given on, escaped; without any there is no such section."""
    so, otherwise = (((label, "<b>UN</b>"),) for label in ("ORG", "PLACE"))
    decision = Decision(
        conflict="c",
        article="toi/a",
        digest="d",
        what="span",
        start=0,
        end=2,
        decision="a",
        by="lead",
        at="2026-11-23T10:00:00Z",
    )
    contradiction = Contradiction(
        "<b>UN</b>", ((so, (decision,)), (otherwise, (decision.model_copy(update={"article": "toi/b"}),)))
    )

    html = render_report("Talks", SCHEMA, replace(FINDINGS, contradictions=[contradiction]))

    assert "Decisions that contradict one another" in html
    assert "&lt;b&gt;UN&lt;/b&gt;" in html
    assert "ORG: toi/a<br>PLACE: toi/b" in html
    assert "contradict one another" not in render_report("Talks", SCHEMA, FINDINGS)
