"""Two annotations of one annotator on one article, made one.

A span that both have is one span, with the notes and doubts of both.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from labeling.adjudication.open_stretches import shared_stretches

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from labeling.annotations import Annotation, Relation, Span


def merge_annotations(one: Annotation, other: Annotation) -> Annotation:
    """Both annotations as one; a span that both have is one span, under the id of the first."""
    spans, names = _merge_spans(one.spans, other.spans)
    # Relations of the second name its spans by ids that may be new.
    links, known = [_rename_ends(each, names) for each in other.relations], frozenset(one.relations)
    return one.model_copy(
        update={
            "spans": spans,
            "relations": (*one.relations, *(each for each in links if each not in known)),
            "choices": _merge_choices(one.choices, other.choices),
            "updated": max(one.updated, other.updated),
            # What only one of two answers leaves open is answered.
            "open": shared_stretches(one.open, other.open),
            "ground_truth": one.ground_truth or other.ground_truth,
            "seconds": one.seconds if other.seconds is None else other.seconds,
        }
    )


def _merge_spans(ones: Sequence[Span], others: Sequence[Span]) -> tuple[tuple[Span, ...], dict[str, str]]:
    """The spans of two, one for each place and label; and for each id of the second its id among them.

    PERSON 0..9 as ``T1``, and PERSON 0..9 as ``T7`` with a note, are one span ``T1`` with the note; ``T7`` is now
    ``T1``. Another span called ``T1`` becomes ``T1~2``.
    """
    spans = list(ones)
    taken = {span.id for span in ones}
    names, numbers = dict[str, str](), dict[str, int]()
    # Of several spans of the first at one place, the first one takes the others in.
    there = {_span_place(span): number for number, span in reversed(list(enumerate(ones)))}
    for span in others:
        number = there.get(_span_place(span))
        if number is None:
            names[span.id] = _free_name(span.id, taken, numbers)
            spans.append(span.model_copy(update={"id": names[span.id]}))
        else:
            names[span.id] = spans[number].id
            spans[number] = _merge_span_pair(spans[number], span)
    return tuple(spans), names


def _merge_choices(
    ones: Mapping[str, tuple[str, ...]], others: Mapping[str, tuple[str, ...]]
) -> dict[str, tuple[str, ...]]:
    return {name: tuple(dict.fromkeys((*ones.get(name, ()), *others.get(name, ())))) for name in {**ones, **others}}


def _span_place(span: Span) -> tuple[int, int, str]:
    return span.start, span.end, span.label


def _merge_span_pair(one: Span, other: Span) -> Span:
    """One span with the doubts and notes of two; the same note is one."""
    known = not other.note or other.note in (one.note, *one.note.split("; "))
    note = one.note if known else "; ".join(filter(None, (one.note, other.note)))
    return one.model_copy(update={"unsure": one.unsure or other.unsure, "note": note})


def _free_name(name: str, taken: set[str], numbers: dict[str, int]) -> str:
    """``name``, or with a number after it when it is taken; ``numbers`` has the last one tried for each name."""
    free = name
    number = numbers.get(name, 1)
    # `T1`, `T1~2`, `T1~3`: the first free one.
    while free in taken:
        number += 1
        free = f"{name}~{number}"
    taken.add(free)
    numbers[name] = number
    return free


def _rename_ends(relation: Relation, names: Mapping[str, str]) -> Relation:
    head, tail = names.get(relation.head, relation.head), names.get(relation.tail, relation.tail)
    return relation.model_copy(update={"head": head, "tail": tail})
