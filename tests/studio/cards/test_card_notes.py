"""What stands under a card: the nearest decisions of conflicts like it, as the workspace has them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import made

from labeling.adjudication.gold import AdjudicationRules, reconcile_annotations
from labeling.adjudication.versions import decide_conflict
from labeling.annotations import Annotation, Span
from labeling.project import load_project
from labeling.studio.cards.card_notes import CardNotes
from labeling.studio.cards.card_question import CardQuestion
from labeling.workspace.asking import Asking

if TYPE_CHECKING:
    from pathlib import Path

ARTICLES = {name: made.article(name, f"{name} British troops left.") for name in ("one", "two")}


def test_a_card_tells_what_was_decided_of_the_same_words(tmp_path: Path) -> None:
    """Nothing before anything was decided; then what stood, what did not, and why."""
    project = load_project(workspace=tmp_path)
    project.workspace.articles.write(ARTICLES.values())
    annotations = [
        Annotation(
            article=name,
            digest=article.digest,
            annotator=annotator,
            spans=(Span(id="x", start=4, end=11, label=label),),
        )
        for name, article in ARTICLES.items()
        for annotator, label in (("ana", "COUNTRY"), ("ben", "LOCATION"))
    ]
    rules = AdjudicationRules(project.schema, [], Asking(project.schema))
    one, two = reconcile_annotations(annotations, (), ARTICLES, rules).conflicts
    question = CardQuestion(two, ARTICLES["two"], project.schema)

    before = CardNotes(project, {}).write(question)
    decision = decide_conflict(one, one.items[1:], "lead", "2026-11-23T10:00:00Z")
    project.workspace.decisions.write([decision.model_copy(update={"why": "ambiguous"})])
    after = CardNotes(project, {}).write(question)

    assert "Decided before" not in before
    assert "“British”: LOCATION, not COUNTRY (ambiguous): lead, 2026-11-23, one" in after
