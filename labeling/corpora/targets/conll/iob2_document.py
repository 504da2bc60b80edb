r"""Documents of tokens and IOB2 tags as a CoNLL file has them: written, read, and turned back into spans.

A document begins with ``-DOCSTART- (ID)`` and a blank line; then follows a line for each token, the word and its tag
with a tab between, and a blank line after each sentence::

    -DOCSTART- (toi/maldives-jwg)

    Japan\tB-COUNTRY
    asked\tO

The words hold no blanks, so that the text is not in the file. Offsets are of the text that is made of the words: one
blank between two words, a line end between two sentences. Both sides of the proof count by that rule.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

_HEAD, _HEAD_END = "-DOCSTART- (", ")"
OUTSIDE: Final = "O"

# A word and its tag.
TaggedWord: TypeAlias = tuple[str, str]


@dataclass(frozen=True)
class TaggedDocument:
    """One article: its id, and the words and tags of its sentences."""

    article: str
    sentences: Sequence[Sequence[TaggedWord]]

    @property
    def text(self) -> str:
        """The text that is made of the words."""
        return join_words([[word for word, _ in sentence] for sentence in self.sentences])

    def spans(self) -> Iterator[tuple[int, int, str]]:
        """Start, end and label of each span that the tags hold; no span goes on in the next sentence."""
        start = 0
        for sentence in self.sentences:
            yield from _sentence_spans(sentence, start)
            start += sum(len(word) + 1 for word, _ in sentence)


def format_document(document: TaggedDocument) -> str:
    """The lines of a document."""
    lines = [f"{_HEAD}{document.article}{_HEAD_END}", ""]
    for sentence in document.sentences:
        lines += [*(f"{word}\t{tag}" for word, tag in sentence), ""]
    return "".join(f"{line}\n" for line in lines)


def read_documents(path: Path) -> Iterator[TaggedDocument]:
    """The documents of a file that `format_document` wrote."""
    article = ""
    sentences: list[list[TaggedWord]] = []
    # Line ends are LF and nothing else: a word may be a sign that Python, too, takes for the end of a line.
    with path.open(encoding="utf-8", newline="\n") as lines:
        for line in lines:
            word, tab, tag = line.removesuffix("\n").partition("\t")
            # Only the line of a token has a tab; no id has one.
            if tab:
                sentences[-1].append((word, tag))
            elif word.startswith(_HEAD):
                if sentences:
                    yield _without_empty(article, sentences)
                article = word.removeprefix(_HEAD).removesuffix(_HEAD_END)
                sentences = [[]]
            else:
                sentences.append([])
    if sentences:
        yield _without_empty(article, sentences)


def _without_empty(article: str, sentences: Iterable[list[TaggedWord]]) -> TaggedDocument:
    return TaggedDocument(article, [sentence for sentence in sentences if sentence])


def join_words(sentences: Iterable[Sequence[str]]) -> str:
    """The text of words without blanks: ``[["Japan", "asked"], ["."]]`` is ``Japan asked``, a line end, ``.``."""
    return "\n".join(" ".join(words) for words in sentences)


def _sentence_spans(sentence: Sequence[TaggedWord], start: int) -> Iterator[tuple[int, int, str]]:
    """The spans of one sentence that starts at ``start``."""
    begun: tuple[int, int, str] | None = None
    for word, tag in sentence:
        prefix, _, label = tag.partition("-")
        end = start + len(word)
        if begun and prefix == "I" and label == begun[2]:
            begun = begun[0], end, label
        else:
            if begun:
                yield begun
            # An I that continues nothing begins a span, as conlleval has it: the proof then finds one too many.
            begun = None if tag == OUTSIDE else (start, end, label)
        start = end + 1
    if begun:
        yield begun
