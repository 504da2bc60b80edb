"""Examples that a tagger made of texts nobody annotated, for another one to learn from (self-training).

Where the teacher is not sure nothing is known, which is neither a label nor that there is none: what it does not know
it does not teach, and of what it gets wrong it is often unsure.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from labeling.training.fitting.examples import Example

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from labeling.training.tagger.reading import Tagger

# The least probability of a tag that is taught.
_SURE: Final = 0.9


def teach_examples(teacher: Tagger, texts: Iterable[str], least: float = _SURE) -> Iterator[Example]:
    """An example of each text: the spans of which the teacher is sure, and the stretches of which it is not.

    Relations are not known, and neither are choices.

    Args:
        teacher: A tagger that has learned from people.
        texts: Texts of the same kind, which nobody annotated.
        least: How probable a token's tag must be to be taught.
    """
    waiting = list[str]()

    def passed() -> Iterator[str]:
        for text in texts:
            waiting.append(text)
            yield text

    for read, unsure in teacher.read_surely(passed(), least):
        spans = tuple(
            (span.start, span.end, span.label)
            for span in read.spans
            if not any(start < span.end and span.start < end for start, end in unsure)
        )
        yield Example(waiting.pop(0), spans, open=tuple(unsure), complete=False)
