"""The canonical form of a compiled article, whichever format holds it: the ground on which targets are compared.

Gold is turned into one; so is every row that is read back from a target on disk. Two are equal when they contain the
same about the same text: order does not count, everything else does.

``SPAN_FIELDS`` is the one list of what a dataset has of a span. Formats derive their columns from it, so that a new
attribute of spans is a line here, and one in `labeling.annotations`.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from operator import attrgetter
from typing import TYPE_CHECKING, Final, TypeAlias

from labeling.annotations import choice_id
from labeling.values import digest_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from labeling.annotations import Gold
    from labeling.articles import Article

# What a dataset has of each span, with its type, in this order; and the same as a type.
SPAN_FIELDS: Final[Mapping[str, type]] = {"id": str, "start": int, "end": int, "label": str, "unsure": bool}
SpanFact: TypeAlias = tuple[str, int, int, str, bool]
# The fields that are marks on a span: those of which a format keeps a list of the spans that bear them.
SPAN_MARKS: Final = tuple(name for name, kind in SPAN_FIELDS.items() if kind is bool)
# head, label, tail
RELATION_FIELDS: Final = ("head", "label", "tail")
RelationFact: TypeAlias = tuple[str, str, str]
# Where an article comes from: the fields of an article that record it.
PROVENANCE: Final = ("source", "title", "published", "url")

_span_fact = attrgetter(*SPAN_FIELDS)
_relation_fact = attrgetter(*RELATION_FIELDS)


@dataclass(frozen=True, slots=True)
class CanonicalForm:
    """Everything that a dataset holds of one article. ``digest`` is of the text as the target holds it.

    ``provenance`` is source, title, published and url; ``choices`` and ``open_choices`` are ``name=option``;
    ``unasked`` are items as gold has them: ``label WHEN``.
    """

    article: str
    digest: str
    provenance: tuple[str, str, str, str]
    complete: bool
    spans: tuple[SpanFact, ...]
    relations: tuple[RelationFact, ...]
    choices: tuple[str, ...]
    open: tuple[tuple[int, int], ...]
    open_choices: tuple[str, ...]
    unasked: tuple[str, ...] = ()

    @property
    def fingerprint(self) -> str:
        """The SHA-256 of all of it, so that a corpus can be compared without being held in memory."""
        facts = [getattr(self, name) for name in self.__slots__ if name != "unasked"]
        # Most articles were asked for everything, and have the fingerprint that they had before there was this field.
        return digest_of(json.dumps([*facts, self.unasked] if self.unasked else facts))


def make_canonical_form(article: Article, gold: Gold) -> CanonicalForm:
    """The canonical form of an article's gold."""
    return CanonicalForm(
        article=article.id,
        digest=digest_of(article.text),
        provenance=(article.source, article.title, article.published, article.url),
        complete=gold.complete,
        spans=sort_spans(_span_fact(span) for span in gold.spans),
        relations=tuple(sorted(_relation_fact(each) for each in gold.relations)),
        choices=tuple(sorted(choice_id(name, option) for name, chosen in gold.choices.items() for option in chosen)),
        open=tuple(sorted(gold.open)),
        open_choices=tuple(sorted(gold.open_choices)),
        unasked=tuple(sorted(gold.unasked)),
    )


def make_bare_span(start: int, end: int, label: str) -> SpanFact:
    """A span in a format that keeps nothing else of it: ``("", 0, 5, "COUNTRY", False)``."""
    known = {"start": start, "end": end, "label": label}
    name, *rest = (known.get(field, kind()) for field, kind in SPAN_FIELDS.items())
    return (name, *rest)  # type: ignore[return-value]  # as long as the fields are


def list_marked_spans(gold: Gold) -> dict[str, tuple[str, ...]]:
    """The ids of the spans that bear each mark, sorted: ``{"unsure": ("s5",)}``."""
    return {mark: tuple(sorted(span.id for span in gold.spans if getattr(span, mark))) for mark in SPAN_MARKS}


def describe_digest(text: str, recorded: str) -> str:
    """The digest of a text that was read back, with the one that the target records where that is another."""
    digest = digest_of(text)
    return digest if digest == recorded else f"{digest}, recorded as {recorded}"


def sort_spans(spans: Iterable[SpanFact]) -> tuple[SpanFact, ...]:
    """Spans in the order of the text, the longer first where they start together."""
    return tuple(sorted(spans, key=lambda span: (span[1], -span[2], span[3], span[0], *span[4:])))


def list_missing(wanted: CanonicalForm, found: CanonicalForm) -> list[str]:
    """The spans, relations and choices of ``wanted`` that ``found`` does not have, in words."""
    return [
        *(f"span {each}" for each in wanted.spans if each not in found.spans),
        *(f"relation {each}" for each in wanted.relations if each not in found.relations),
        *(f"choice {each}" for each in wanted.choices if each not in found.choices),
    ]


def describe_differences(wanted: CanonicalForm, found: CanonicalForm) -> list[str]:
    """The fields in which two forms differ, each with what only one of them has."""
    return [
        f"{name}: {_describe_one_sided(getattr(wanted, name), getattr(found, name))}"
        for name in CanonicalForm.__slots__
        if getattr(wanted, name) != getattr(found, name)
    ]


def _describe_one_sided(wanted: object, found: object) -> str:
    if isinstance(wanted, tuple) and isinstance(found, tuple):
        wanted, found = sorted(set(wanted) - set(found)), sorted(set(found) - set(wanted))
    return f"gold has {wanted!r}, the target {found!r}"
