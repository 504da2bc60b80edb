"""Articles about envoys, all alike, with nested spans, a relation and two choices: soon learned."""

from __future__ import annotations

from typing import TYPE_CHECKING

import made

from labeling.annotations import Annotation, Relation, Span

if TYPE_CHECKING:
    from labeling.articles import Article

CITIES = ("Oslo", "Rome", "Lima", "Cairo", "Delhi", "Quito", "Hanoi", "Tunis")


def annotated_article(number: int) -> tuple[Article, Annotation]:
    """Envoys met or signed in one city; of the two marked at the end, one is inside a longer span."""
    here, there = CITIES[number % 8], CITIES[(number + 3 + number // 8) % 8]
    did, event = (("met", "CONSULT"), ("signed", "AGREE"))[number % 2]
    text = f"Envoys {did} in {here} on Monday, and not at the {there} summit."
    place, summit = text.index(here), text.index(f"{there} summit")
    spans = (
        Span(id="1", start=place, end=place + len(here), label="LOCATION"),
        Span(id="2", start=summit, end=summit + len(there), label="LOCATION"),
        Span(id="3", start=summit, end=summit + len(there) + 7, label="MEETING"),
    )
    article = made.article(f"a{number:02}", text)
    return article, Annotation(
        article=article.id,
        digest=article.digest,
        annotator="ana",
        spans=spans,
        relations=(Relation(head="3", tail="1", label="HELD_AT"),),
        choices={"event": (event,), "usable": ("yes",)},
    )
