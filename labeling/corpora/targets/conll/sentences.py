"""Where a sentence ends, for formats that are read by the sentence: at a full stop or a line end, but in no span."""

from __future__ import annotations

from typing import TYPE_CHECKING

from labeling.tokens import token_edges, tokens_touching

if TYPE_CHECKING:
    from collections.abc import Iterable

    from spacy.tokens import Doc


class SentenceCutter:
    """Cuts articles into sentences by the rules of spaCy's sentencizer, and at line ends."""

    def __init__(self) -> None:
        """Make the sentencizer, which is never added to a pipeline: the tokens of an article stay as they are."""
        from spacy.pipeline import Sentencizer

        self._sentencizer = Sentencizer()

    def cut(self, tokens: Doc, spans: Iterable[tuple[int, int]]) -> list[list[int]]:
        """The numbers of the tokens of each sentence, without tokens that are blanks.

        No sentence ends inside one of the spans: ``Japan asked. India`` with a span over all of it is one.

        Args:
            tokens: The tokens of an article.
            spans: Start and end of each, in code points.
        """
        (begins,) = self._sentencizer.predict([tokens])
        words, edges = [token.text for token in tokens], token_edges(tokens)
        # The tokens before which no sentence may end: those of a span, but for its first.
        inner = {token for start, end in spans for token in tokens_touching(*edges, start, end)[1:]}
        sentences: list[list[int]] = [[]]
        for token, word in enumerate(words):
            after_line_end = token > 0 and words[token - 1].isspace() and "\n" in words[token - 1]
            if (begins[token] or after_line_end) and token not in inner:
                sentences.append([])
            if not word.isspace():
                sentences[-1].append(token)
        return [sentence for sentence in sentences if sentence]
