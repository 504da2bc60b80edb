"""What was decided once is not asked again of the same words; a word more or less is another question."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import made
import pytest

from labeling.adjudication.adjudicate import adjudicate
from labeling.adjudication.gold import AdjudicationRules, reconcile_annotations
from labeling.adjudication.versions import decide_conflict
from labeling.adjudication.word_decisions import list_word_decisions
from labeling.annotations import Annotation, Span
from labeling.project import PeopleSection, Project, load_project
from labeling.reprints.annotate_once import ReprintCorpus
from labeling.reprints.carry import carry
from labeling.reprints.inherited_decisions import inherit_decisions, renew_inherited
from labeling.workspace.asking import Asking
from labeling.workspace.rows.conflict import ChoiceItem, RelationItem, SpanItem, make_conflict_id
from labeling.workspace.rows.decision_row import Decision
from labeling.workspace.rows.passage import ClusterRow, Passage, Place

if TYPE_CHECKING:
    from pathlib import Path

    from labeling.workspace.rows.conflict import Item

BODY = "Aminata Traore of Mali met Idris Deby of Chad in Addis Ababa on Monday for talks about the river"
TEXTS = {
    "lead": f"{BODY}. They agreed on a joint commission of both states, to be set up within a year.",
    "reprint": f"BAMAKO: {BODY}.",
    "edited": f"{BODY.replace('Idris Deby', 'President Deby')}. More follows.",
}
ARTICLES = {name: made.article(name, text) for name, text in TEXTS.items()}
CLUSTERS = [ClusterRow(article=name, story="lead", leak_group="lead", lead=name == "lead") for name in sorted(TEXTS)]
PASSAGES = [
    Passage(
        passage=f"p{number}",
        words=18,
        kind="reprint",
        places=(Place(article="lead", start=0, end=96), Place(article=name, start=shift, end=96 + shift)),
    )
    for number, (name, shift) in enumerate((("reprint", 8), ("edited", 0)))
]
PRESS = ReprintCorpus(ARTICLES, CLUSTERS, PASSAGES, 6)
AT = "2026-11-23T10:00:00Z"


def item(name: str, words: str, label: str = "PERSON") -> SpanItem:
    """The first place of some words."""
    start = TEXTS[name].index(words)
    return SpanItem(start=start, end=start + len(words), label=label)


def decision(*judged: Item, accepted: tuple[Item, ...] = (), what: str = "span", article: str = "lead") -> Decision:
    """A decision on the lead article."""
    return Decision.model_validate(
        {
            "conflict": make_conflict_id(article, ARTICLES[article].digest, "span", judged),
            "article": article,
            "digest": ARTICLES[article].digest,
            "what": what,
            "start": 0,
            "end": 1,
            "judged": judged,
            "accepted": accepted,
            "decision": "a",
            "by": "lead",
            "why": "slip",
            "at": AT,
            "task": 7,
            "server_id": 8,
        }
    )


def submitted(article: str, annotator: str, *items: SpanItem) -> Annotation:
    """What somebody submitted, with a task on the server."""
    spans = tuple(Span(id=f"{annotator}{each.start}", **each.model_dump()) for each in items)
    return Annotation(article=article, digest=ARTICLES[article].digest, annotator=annotator, spans=spans, task=1)


def test_a_decision_is_inherited_by_the_same_words() -> None:
    """To the character, in each article that has them; marked, with the reason, and without the numbers of its card."""
    made_on_lead = decision(item("lead", "Chad", "COUNTRY"), accepted=(item("lead", "of Chad", "COUNTRY"),))

    edited, reprint = inherit_decisions([made_on_lead], PRESS)

    assert (edited.article, reprint.article) == ("edited", "reprint")
    chad, of_chad = item("reprint", "Chad", "COUNTRY"), item("reprint", "of Chad", "COUNTRY")
    assert (reprint.judged, reprint.accepted) == ((chad,), (of_chad,))
    assert (reprint.start, reprint.end, reprint.digest) == (of_chad.start, of_chad.end, ARTICLES["reprint"].digest)
    assert (reprint.inherited_from, reprint.by, reprint.why, reprint.at) == ("lead", "lead", "slip", AT)
    assert (reprint.task, reprint.server_id) == (None, None)
    assert reprint.conflict == make_conflict_id("reprint", ARTICLES["reprint"].digest, "span", [chad])


@pytest.mark.parametrize("part", ["judged", "accepted"])
def test_changed_words_are_another_question(part: str) -> None:
    """A decision is inherited as a whole, or not at all: `Idris Deby` is `President Deby` in the edited report."""
    name, chad = item("lead", "Idris Deby"), item("lead", "Chad", "COUNTRY")
    judged, accepted = ((name, chad), (chad,)) if part == "judged" else ((chad,), (name,))

    assert [each.article for each in inherit_decisions([decision(*judged, accepted=accepted)], PRESS)] == ["reprint"]


def test_relations_are_inherited_and_options_are_not() -> None:
    """A relation with both its ends; an option is about a whole article."""
    ends = item("lead", "Aminata Traore"), item("lead", "Mali", "COUNTRY")
    link = RelationItem(head=ends[0], label="REPRESENTS", tail=ends[1])
    edited, reprint = inherit_decisions([decision(link, accepted=(link,), what="relation")], PRESS)

    assert reprint.accepted == (
        RelationItem(
            head=item("reprint", "Aminata Traore"), label="REPRESENTS", tail=item("reprint", "Mali", "COUNTRY")
        ),
    )
    assert edited.accepted == (link,)
    assert inherit_decisions([decision(ChoiceItem(choice="event=AID"), what="choice")], PRESS) == []


def test_what_was_inherited_is_made_anew() -> None:
    """A decision that is gone leaves nothing behind, one on another text is not inherited; twice is as once."""
    chad, mali = (decision(item("lead", name, "COUNTRY")) for name in ("Chad", "Mali"))
    stale = mali.model_copy(update={"digest": "0" * 64})
    once = renew_inherited([chad, stale], PRESS)

    assert len(once) == 4
    assert renew_inherited(once, PRESS) == once
    assert renew_inherited(once[2:], PRESS) == []
    assert len(renew_inherited([chad], PRESS, [chad])) == 3


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """The shipped project with three articles of one story, and an adjudicator."""
    project = load_project(workspace=tmp_path)
    people = PeopleSection(adjudicators=("lead@desk.example",))
    project = replace(project, file=project.file.model_copy(update={"people": people}))
    workspace = project.workspace
    workspace.articles.write(ARTICLES[name] for name in sorted(ARTICLES))
    workspace.clusters.write(CLUSTERS)
    workspace.passages.write(PASSAGES)
    return project


def both_read(article: str) -> list[Annotation]:
    """Ana and Ben differ in what Chad is."""
    return [
        submitted(article, "ana", item(article, "Chad", "COUNTRY")),
        submitted(article, "ben", item(article, "of Chad", "COUNTRY")),
    ]


def test_carry_lets_reprints_inherit(project: Project) -> None:
    """The next `adjudicate` settles the reprints' disputes, and gold says from where; a rerun changes no byte."""
    workspace = project.workspace
    workspace.annotations.write([*both_read("lead"), *both_read("reprint")])
    adjudicate(project)
    conflict = next(each for each in workspace.conflicts.rows() if each.article == "lead")
    workspace.decisions.write([decide_conflict(conflict, conflict.items[1:], "lead", AT)])

    carry(project)
    found = adjudicate(project)

    assert (found.conflicts, found.decided) == (0, 1)
    spans = {gold.article: gold.spans for gold in workspace.gold.rows()}
    (span,) = spans["reprint"]
    assert (span.start, span.rule, span.by, span.inherited_from) == (
        item("reprint", "Chad").start,
        "adjudicated",
        ("lead",),
        "lead",
    )
    before = workspace.decisions.path.read_bytes()
    carry(project)
    assert workspace.decisions.path.read_bytes() == before


def test_reprints_inherit_from_a_whole_article(project: Project) -> None:
    """What the adjudicator submitted on the lead decides the same dispute in its reprint, and asks nothing else."""
    workspace = project.workspace
    lead = submitted("lead", "lead", item("lead", "Chad", "COUNTRY"), item("lead", "Mali", "COUNTRY"))
    workspace.annotations.write([*both_read("lead"), lead, *both_read("reprint")])

    carry(project)

    rows = [row for row in workspace.decisions.rows() if row.article == "reprint"]
    assert [(row.accepted, row.inherited_from) for row in rows] == [((item("reprint", "Chad", "COUNTRY"),), "lead")]
    assert adjudicate(project).conflicts == 0


def test_an_annotation_of_a_whole_article_decides_its_conflicts() -> None:
    """One decision a conflict, with what the adjudicator has there; none where they say nothing of the matter."""
    lead = submitted("lead", "lead", item("lead", "Chad", "COUNTRY"), item("lead", "Mali", "COUNTRY"))
    schema = load_project().schema
    rules = AdjudicationRules(schema, [], Asking(schema), is_adjudicator=lambda one: one.annotator == "lead")
    readers = both_read("lead")

    (found,) = list_word_decisions(lambda: [*readers, lead], ARTICLES, rules)

    (conflict,) = reconcile_annotations(readers, (), ARTICLES, rules).conflicts
    assert (found.conflict, found.accepted, found.by) == (conflict.id, (item("lead", "Chad", "COUNTRY"),), "lead")
    assert list_word_decisions(lambda: readers, ARTICLES, rules) == []
