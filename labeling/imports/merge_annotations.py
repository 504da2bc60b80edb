"""Annotations of one annotator on one article, made one, each looked at once.

A span that several have is one span, with the notes and doubts of all. Files with a span a line have thousands of them
about one text: nothing that was merged is gone through again for the next.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from labeling.adjudication.open_stretches import shared_stretches

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from labeling.annotations import Annotation, Relation, Span

_BETWEEN = "; "
_Stretches = tuple[tuple[int, int], ...]


def merge_annotations(annotations: Sequence[Annotation]) -> Annotation:
    """All annotations as one, in their order: a span that several have is one span, under the id of the first.

    Of one alone nothing is changed.
    """
    first, *others = annotations
    if not others:
        return first
    merging = _Merging(first)
    for each in others:
        merging.take(each)
    seconds = [each.seconds for each in annotations if each.seconds is not None]
    return first.model_copy(
        update={
            "spans": tuple(each.finish() for each in merging.spans),
            "relations": tuple(merging.relations),
            "choices": {name: tuple(options) for name, options in merging.choices.items()},
            "updated": max(each.updated for each in annotations),
            # What only one of several answers leaves open is answered.
            "open": _share_all([each.open for each in annotations]),
            "ground_truth": any(each.ground_truth for each in annotations),
            "seconds": seconds[-1] if seconds else None,
        }
    )


class _MergedSpan:
    """A span with the doubts and notes of all that are at its place; the same note is one."""

    def __init__(self, span: Span) -> None:
        self.span = span
        self._unsure, self._notes = span.unsure, [span.note] if span.note else []
        self._length = len(span.note)
        self._known = set(span.note.split(_BETWEEN))
        self._is_changed = False

    def take(self, other: Span) -> None:
        """Add what another span says."""
        self._is_changed = True
        self._unsure |= other.unsure
        # All the notes together may be one that another file has, where they were merged before.
        if not other.note or other.note in self._known or other.note == self._whole(len(other.note)):
            return
        self._length += len(other.note) + len(_BETWEEN) * bool(self._notes)
        self._notes.append(other.note)
        self._known.update(other.note.split(_BETWEEN))

    def finish(self) -> Span:
        """All of it as one span."""
        if not self._is_changed:
            return self.span
        return self.span.model_copy(update={"unsure": self._unsure, "note": _BETWEEN.join(self._notes)})

    def _whole(self, length: int) -> str | None:
        """The note as far as it is known, if it has that length."""
        return _BETWEEN.join(self._notes) if length == self._length else None


class _Merging:
    """What several annotations have, as far as they were taken.

    PERSON 0..9 as ``T1``, and PERSON 0..9 as ``T7`` with a note, are one span ``T1`` with the note; ``T7`` is now
    ``T1``. Another span called ``T1`` becomes ``T1~2``.
    """

    def __init__(self, first: Annotation) -> None:
        self.spans = list[_MergedSpan]()
        self.relations = [*first.relations]
        self.choices = dict[str, dict[str, None]]()
        self._linked = set(first.relations)
        self._taken = {span.id for span in first.spans}
        # The last number that was tried for each name; and the first span at each place.
        self._numbers = dict[str, int]()
        self._there = dict[tuple[int, int, str], _MergedSpan]()
        self._add_spans(_MergedSpan(span) for span in first.spans)
        self._add_choices(first.choices)

    def take(self, other: Annotation) -> None:
        """Take the next annotation."""
        names, new = dict[str, str](), list[_MergedSpan]()
        for span in other.spans:
            known = self._there.get(_span_place(span))
            if known is None:
                names[span.id] = self._free_name(span.id)
                new.append(_MergedSpan(span.model_copy(update={"id": names[span.id]})))
            else:
                names[span.id] = known.span.id
                known.take(span)
        # Two spans at one place in one annotation are two: only what came before takes others in.
        self._add_spans(new)
        # Relations name its spans by ids that may be new.
        links = [_rename_ends(each, names) for each in other.relations]
        self.relations += [each for each in links if each not in self._linked]
        self._linked.update(links)
        self._add_choices(other.choices)

    def _add_spans(self, spans: Iterable[_MergedSpan]) -> None:
        for each in spans:
            self.spans.append(each)
            self._there.setdefault(_span_place(each.span), each)

    def _add_choices(self, choices: Mapping[str, tuple[str, ...]]) -> None:
        for name, options in choices.items():
            self.choices.setdefault(name, {}).update(dict.fromkeys(options))

    def _free_name(self, name: str) -> str:
        """``name``, or with a number after it when it is taken: ``T1``, ``T1~2``, ``T1~3``."""
        free = name
        number = self._numbers.get(name, 1)
        while free in self._taken:
            number += 1
            free = f"{name}~{number}"
        self._taken.add(free)
        self._numbers[name] = number
        return free


def _share_all(stretches: Sequence[_Stretches]) -> _Stretches:
    """What all have in common, found by halves: one after the other, each would be held against all before it."""
    if len(stretches) == 1:
        return stretches[0]
    middle = len(stretches) // 2
    return shared_stretches(_share_all(stretches[:middle]), _share_all(stretches[middle:]))


def _span_place(span: Span) -> tuple[int, int, str]:
    return span.start, span.end, span.label


def _rename_ends(relation: Relation, names: Mapping[str, str]) -> Relation:
    head, tail = names.get(relation.head, relation.head), names.get(relation.tail, relation.tail)
    return relation.model_copy(update={"head": head, "tail": tail})
