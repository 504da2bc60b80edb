"""Examples that a tagger makes for another: what it is sure of, and where it is not."""

from __future__ import annotations

from typing import TYPE_CHECKING

from labeling.training.fitting.examples import Example
from labeling.training.fitting.taught_examples import teach_examples
from labeling.training.tagger.tagged_text import ReadSpan, TaggedText

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator


class Teacher:
    """Finds a CITY in each ``Oslo`` and ``Rome``; of ``Rome`` it is sure only if asked for little."""

    def read_surely(self, texts: Iterable[str], least: float) -> Iterator[tuple[TaggedText, list[tuple[int, int]]]]:
        """Two texts at a time, as a tagger reads many."""
        for text in list(texts):
            cities = [(text.index(city), city) for city in ("Oslo", "Rome") if city in text]
            spans = tuple(ReadSpan(at, at + len(city), "CITY", 0.9) for at, city in cities)
            yield TaggedText(spans), [(at, at + 4) for at, city in cities if city == "Rome" and least > 0.5]


def test_what_the_teacher_is_not_sure_of_is_open() -> None:
    """Its span is not taught, and that there is none is not either; each text has its own reading."""
    texts = ["Oslo and Rome", "", "Rome"]

    found = list(teach_examples(Teacher(), texts, least=0.9))  # type: ignore[arg-type]  # reads as one does

    assert found == [
        Example("Oslo and Rome", ((0, 4, "CITY"),), open=((9, 13),), complete=False),
        Example("", complete=False),
        Example("Rome", open=((0, 4),), complete=False),
    ]


def test_a_sure_teacher_leaves_nothing_open() -> None:
    """All of its spans are taught."""
    [example] = teach_examples(Teacher(), ["Oslo and Rome"], least=0.5)  # type: ignore[arg-type]  # the same

    assert example.spans == ((0, 4, "CITY"), (9, 13, "CITY"))
    assert example.open == ()
