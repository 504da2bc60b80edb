"""Whose suggestion a span was: its id names all who made it, before our suggestions and after a pull. Pure.

An example. ``model:tagger-1a2b+model:rules/p4`` is what that tagger calls ``p4``, and the rules found the same. Whoever
keeps it in the page, or mends it, keeps its id; whoever removes it leaves it in what was offered.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias

from labeling.annotations import MODEL, PROJECTED

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Sequence

    from labeling.annotations import Relation, Span

# Signs that mean something in such an id, and how they are written in a name; the first one first.
_SIGNS = (("%", "%25"), ("/", "%2F"), ("+", "%2B"), ("#", "%23"))

SpanFate: TypeAlias = Literal["kept", "mended", "removed"]


@dataclass(frozen=True)
class TracedSpan:
    """A span that was offered, who had suggested it, and what became of it: the span that stands, if one does."""

    span: Span
    sources: tuple[str, ...]
    now: Span | None

    @property
    def fate(self) -> SpanFate:
        """Kept where place and label are what they were."""
        if self.now is None:
            return "removed"
        return "kept" if _place_of_span(self.now) == _place_of_span(self.span) else "mended"


def sign_span(sources: Sequence[str], own: str) -> str:
    """The id of a span that these annotators suggest, and that the first of them calls ``own``.

    >>> sign_span(["model:tagger-1a2b", "model:rules"], "p4")
    'model:tagger-1a2b+model:rules/p4'
    """
    return f"{'+'.join(map(_write_name, sources))}/{own.replace('#', '%23')}"


def sources_of(span_id: str) -> tuple[str, ...]:
    """Who suggested the span of that id; nobody where it was drawn, or sent before ids told it.

    >>> sources_of("model:tagger-1a2b+model:rules/p4"), sources_of("k3Jx_")
    (('model:tagger-1a2b', 'model:rules'), ())
    """
    named, separator, _ = span_id.partition("/")
    names = tuple(map(_read_name, named.split("+"))) if separator else ()
    return names if all(name.startswith((MODEL, PROJECTED)) for name in names) else ()


def trace_sources(offered: Iterable[Span], said: Iterable[Span]) -> Iterator[TracedSpan]:
    """What became of each span that was offered, by ids: in the order in which they were offered."""
    found: dict[str, list[Span]] = {}
    for span in said:
        # The second label of a region has its id, and a sign after it.
        found.setdefault(span.id.partition("#")[0], []).append(span)
    for span in offered:
        there = found.get(span.id, [])
        same = (each for each in there if _place_of_span(each) == _place_of_span(span))
        yield TracedSpan(span, sources_of(span.id), next(same, there[0] if there else None))


def without_sources(
    spans: Iterable[Span], relations: Iterable[Relation], gone: Collection[str]
) -> tuple[tuple[Span, ...], tuple[Relation, ...]]:
    """What is left of offered spans and their relations without those that only these sources suggested."""
    kept = {span.id: span for span in spans if not (named := {*sources_of(span.id)}) or named - {*gone}}
    linked = (each for each in relations if each.head in kept and each.tail in kept)
    return tuple(kept.values()), tuple(linked)


def _place_of_span(span: Span) -> tuple[int, int, str]:
    return span.start, span.end, span.label


def _write_name(name: str) -> str:
    for sign, written in _SIGNS:
        name = name.replace(sign, written)
    return name


def _read_name(name: str) -> str:
    for sign, written in reversed(_SIGNS):
        name = name.replace(written, sign)
    return name
