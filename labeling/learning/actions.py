"""What a reader did to what was offered: each span, relation and option kept, mended, removed or added. Pure.

An example. Offered were PERSON 0..4, COUNTRY 9..13 and COUNTRY 20..24. The reader kept the first, drew the second two
code points longer, threw the third away, and drew a DATE. That is 1 kept, 1 mended, 1 removed and 1 added, and weighs
0 + 2 + 2 + 2 = 6.

The editor notes of each span whether it was drawn by hand, came from a suggestion, or came from one and was changed.
That is believed where it is known. What stands for an offered span has its id, which names its sources: by that it is
known again, wherever it is. Where ids were lost, as in what other programs sent, spans are compared with what was
offered: the same place and label was kept, what shares a code point was mended.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from labeling.annotations import OFFERED, Span
from labeling.evaluation.matching import pair_spans
from labeling.studio.format.origins import origin_of
from labeling.studio.format.span_sources import sources_of, trace_sources
from labeling.workspace.rows.learning_rows import ActionCounts

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

    from labeling.annotations import Annotation, Relation
    from labeling.schema import Schema
    from labeling.studio.format.origins import Origin
    from labeling.studio.format.span_sources import SpanFate, TracedSpan
    from labeling.workspace.rows.learning_rows import BegunRow
    from labeling.workspace.rows.score import PairingRule


@dataclass(frozen=True)
class WorkTrace:
    """What is left of one reader's work on one article.

    Attributes:
        said: What they submitted.
        offered: What was suggested to them; None where nothing was, or nobody knows what.
        origins: Of the spans, by id, as far as the editor noted them.
        begun: Whether they began from the suggestion; None where that is not known.
        mentions: Where the server offered them a span while they annotated: start, end, label; None where nobody knows.
    """

    said: Annotation
    offered: Annotation | BegunRow | None = None
    origins: Mapping[str, Origin] = field(default_factory=dict)
    begun: bool | None = None
    mentions: Collection[tuple[int, int, str]] | None = ()


def count_actions(trace: WorkTrace, schema: Schema) -> ActionCounts:
    """Count what a reader did; ``schema`` says which relations have no direction, and which choices are of one option.

    A relation whose end was removed went with it, and is not counted. One that was given another label, or turned
    round, is mended. Of a choice of one option, another option is one change.
    """
    sorted_spans = _sort_spans(trace)
    relations, choices = _count_relations(trace, sorted_spans, schema), _count_choices(trace, schema)
    return ActionCounts(
        spans_kept=len(sorted_spans.kept),
        spans_mended=len(sorted_spans.mended),
        spans_removed=len(sorted_spans.removed),
        spans_added=len(sorted_spans.added),
        mentions_kept=len(sorted_spans.mentions),
        mentions_removed=_count_refused(trace),
        **relations,
        **choices,
    )


def add_actions(counted: Iterable[ActionCounts]) -> ActionCounts:
    """The sum of several counts; of what is not known of some, the sum of the others."""
    rows = [each.model_dump() for each in counted]
    total = Counter[str]()
    for row in rows:
        total.update({name: number or 0 for name, number in row.items()})
    known = any(row["mentions_removed"] is not None for row in rows) or not rows
    return ActionCounts(**total).model_copy(update={} if known else {"mentions_removed": None})


@dataclass(frozen=True)
class _SortedSpans:
    """The spans of a reader, with what was offered in their place where that is known; and what was removed."""

    kept: tuple[tuple[Span | None, Span], ...]
    mended: tuple[tuple[Span | None, Span], ...]
    removed: tuple[Span, ...]
    added: tuple[Span, ...]
    mentions: tuple[tuple[Span | None, Span], ...]

    @property
    def successors(self) -> dict[str, str]:
        """The id of the span that stands where an offered one was, by that one's id."""
        return {old.id: new.id for old, new in (*self.kept, *self.mended, *self.mentions) if old}


def _began_from_suggestion(trace: WorkTrace) -> bool:
    # What the server offered later says nothing of the beginning.
    noted = [origin_of(trace.origins, span.id) for span in trace.said.spans if not span.id.startswith(OFFERED)]
    if any(origin.startswith("prediction") for origin in noted):
        return True
    # An editor that noted everything as drawn by hand had an empty page; one that noted nothing tells nothing.
    return trace.begun if trace.begun is not None else "manual" not in noted


def _sort_spans(trace: WorkTrace) -> _SortedSpans:
    offered = trace.offered.spans if trace.offered and _began_from_suggestion(trace) else ()
    # What was drawn anew over a suggestion that was thrown away is not that suggestion.
    drawn = [span for span in trace.said.spans if _origin(trace, span) == "manual"]
    others = [span for span in trace.said.spans if _origin(trace, span) != "manual"]
    named = {each.span.id: each for each in trace_sources(offered, others) if each.sources and each.now}
    # Where one has its id, none has lost it: what is not there was removed.
    gone = [span for span in offered if named and sources_of(span.id) and span.id not in named]
    by_place = [span for span in offered if not (named and sources_of(span.id))]
    taken = {each.now.id for each in named.values() if each.now}
    exact = pair_spans(by_place, [span for span in others if span.id not in taken], "exact")
    mended, left, rest = _pair_mended(exact.left, [span for span in exact.right if not _is_mention(trace, span)])
    second = [span for span in rest if "#" in span.id or span.id in named]
    rest = [span for span in rest if span not in second]
    came = [span for span in rest if _origin(trace, span) == "prediction"]
    changed = [span for span in rest if _origin(trace, span) == "prediction-changed"]
    unknown = [span for span in rest if not _origin(trace, span)]
    mentions = [(old, new) for old, new in exact.pairs if _is_mention(trace, new)]
    same = [pair for pair in exact.pairs if not _is_mention(trace, pair[1])]
    return _SortedSpans(
        kept=(*_list_by_id(named.values(), "kept"), *same, *((None, span) for span in came)),
        mended=(*_list_by_id(named.values(), "mended"), *mended, *((None, span) for span in changed)),
        # They began from another suggestion than the one we know: what of it they removed nobody can tell.
        removed=(*gone, *(() if came or changed else left)),
        added=(*drawn, *second, *unknown),
        mentions=(*mentions, *((None, span) for span in exact.right if _is_mention(trace, span))),
    )


def _list_by_id(traced: Iterable[TracedSpan], fate: SpanFate) -> Iterator[tuple[Span, Span]]:
    yield from ((each.span, each.now) for each in traced if each.now and each.fate == fate)


def _count_refused(trace: WorkTrace) -> int | None:
    """How many of the spans that the server offered are gone: one that was moved or named anew stands."""
    if trace.mentions is None:
        return None
    places = {(span.start, span.end, span.label) for span in trace.said.spans}
    moved = [
        span.model_copy(update={"label": ""})
        for span in trace.said.spans
        if span.id.startswith(OFFERED) and (span.start, span.end, span.label) not in trace.mentions
    ]
    gone = [
        Span(id=f"m{number}", start=start, end=end, label="")
        for number, (start, end, _) in enumerate(sorted({*trace.mentions} - places))
    ]
    return len(pair_spans(gone, moved, "overlapping").left)


def _origin(trace: WorkTrace, span: Span) -> str:
    return origin_of(trace.origins, span.id)


def _is_mention(trace: WorkTrace, span: Span) -> bool:
    return span.id.startswith(OFFERED) and _origin(trace, span) != "prediction-changed"


def _pair_mended(
    offered: Sequence[Span], said: Sequence[Span]
) -> tuple[list[tuple[Span | None, Span]], list[Span], list[Span]]:
    """The pairs in which one was made of the other, and what is left of both: at one place first, then overlapping."""
    pairs: list[tuple[Span | None, Span]] = []
    left, right = {span.id: span for span in offered}, {span.id: span for span in said}
    rules: tuple[PairingRule, ...] = ("position", "overlapping")
    for rule in rules:
        # Whatever its label: that may be what was changed.
        bare = [[span.model_copy(update={"label": ""}) for span in side.values()] for side in (left, right)]
        for old, new in pair_spans(bare[0], bare[1], rule).pairs:
            pairs.append((left.pop(old.id), right.pop(new.id)))
    return pairs, [*left.values()], [*right.values()]


def _count_relations(trace: WorkTrace, spans: _SortedSpans, schema: Schema) -> dict[str, int]:
    symmetric = {each.name for each in schema.relations if each.symmetric}
    now = spans.successors
    offered = trace.offered.relations if trace.offered and now else ()
    # One that lost an end went with it.
    before = Counter(
        _key_of_link(each.model_copy(update={"head": now[each.head], "tail": now[each.tail]}), symmetric)
        for each in offered
        if each.head in now and each.tail in now
    )
    said = Counter(_key_of_link(each, symmetric) for each in trace.said.relations)
    gone, new = before - said, said - before
    # Between the same two spans: another label, or turned round.
    mended = (_count_pairs(gone) & _count_pairs(new)).total()
    return {
        "relations_kept": (before & said).total(),
        "relations_mended": mended,
        "relations_removed": gone.total() - mended,
        "relations_added": new.total() - mended,
    }


def _key_of_link(relation: Relation, symmetric: Collection[str]) -> tuple[str, str, str]:
    ends = (relation.head, relation.tail)
    head, tail = sorted(ends) if relation.label in symmetric else ends
    return head, relation.label, tail


def _count_pairs(relations: Counter[tuple[str, str, str]]) -> Counter[tuple[str, ...]]:
    pairs = Counter[tuple[str, ...]]()
    for (head, _, tail), number in relations.items():
        pairs[tuple(sorted((head, tail)))] += number
    return pairs


def _count_choices(trace: WorkTrace, schema: Schema) -> dict[str, int]:
    offered = trace.offered.choices if trace.offered and _began_from_suggestion(trace) else {}
    kept = changed = 0
    for name in offered.keys() | trace.said.choices.keys():
        before, now = {*offered.get(name, ())}, {*trace.said.choices.get(name, ())}
        known = schema.choice_set(name)
        kept += len(before & now)
        # Where one option is chosen, another takes its place at once.
        apart = max if known and not known.multiple else sum
        changed += apart((len(before - now), len(now - before)))
    return {"choices_kept": kept, "choices_changed": changed}
