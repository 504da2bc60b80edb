"""What a compiled article says, whichever format holds it: the common ground on which targets are compared.

Gold is turned into a ``Content``; so is every row read back from a target on disk. Two are equal when they say the same
of the same text: order counts for nothing, everything else does.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, TypeAlias

from labeling.annotations import choice_id
from labeling.values import digest_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from labeling.annotations import Gold
    from labeling.articles import Article

# id, start, end, label, unsure
SpanFact: TypeAlias = tuple[str, int, int, str, bool]
# head, label, tail
RelationFact: TypeAlias = tuple[str, str, str]
# Where an article comes from: the fields of an article that say so.
PROVENANCE: Final = ("source", "title", "published", "url")


@dataclass(frozen=True, slots=True)
class CanonicalForm:
    """Everything a dataset says about one article. ``digest`` is of the text as the target holds it.

    ``provenance`` is source, title, published and url; ``choices`` and ``open_choices`` are ``name=option``.
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

    @property
    def fingerprint(self) -> str:
        """The SHA-256 of all of it, so that a corpus can be compared without being held in memory."""
        return digest_of(json.dumps([getattr(self, name) for name in self.__slots__]))


def make_canonical_form(article: Article, gold: Gold) -> CanonicalForm:
    """What gold says about the article."""
    return CanonicalForm(
        article=article.id,
        digest=digest_of(article.text),
        provenance=(article.source, article.title, article.published, article.url),
        complete=gold.complete,
        spans=sort_spans((span.id, span.start, span.end, span.label, span.unsure) for span in gold.spans),
        relations=tuple(sorted((each.head, each.label, each.tail) for each in gold.relations)),
        choices=tuple(sorted(choice_id(name, option) for name, chosen in gold.choices.items() for option in chosen)),
        open=tuple(sorted(gold.open)),
        open_choices=tuple(sorted(gold.open_choices)),
    )


def describe_digest(text: str, said: str) -> str:
    """The digest of a text that was read back, with what the target says it is where that is something else."""
    digest = digest_of(text)
    return digest if digest == said else f"{digest}, said to be {said}"


def sort_spans(spans: Iterable[SpanFact]) -> tuple[SpanFact, ...]:
    """Spans in the order of the text, the longer first where they start together."""
    return tuple(sorted(spans, key=lambda span: (span[1], -span[2], span[3], span[0], span[4])))


def list_missing(wanted: CanonicalForm, found: CanonicalForm) -> list[str]:
    """The spans, relations and choices of ``wanted`` that ``found`` does not have, in words."""
    return [
        *(f"span {each}" for each in wanted.spans if each not in found.spans),
        *(f"relation {each}" for each in wanted.relations if each not in found.relations),
        *(f"choice {each}" for each in wanted.choices if each not in found.choices),
    ]


def describe_differences(wanted: CanonicalForm, found: CanonicalForm) -> list[str]:
    """The fields in which two contents differ, each with what stands on one side only."""
    return [
        f"{name}: {_describe_one_sided(getattr(wanted, name), getattr(found, name))}"
        for name in CanonicalForm.__slots__
        if getattr(wanted, name) != getattr(found, name)
    ]


def _describe_one_sided(wanted: object, found: object) -> str:
    if isinstance(wanted, tuple) and isinstance(found, tuple):
        wanted, found = sorted(set(wanted) - set(found)), sorted(set(found) - set(wanted))
    return f"gold has {wanted!r}, the target {found!r}"
