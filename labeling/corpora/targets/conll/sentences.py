"""Where a sentence ends, for formats that are read by the sentence: at a full stop or a line end, but in no span."""

from __future__ import annotations

from typing import TYPE_CHECKING

from labeling.tokens import tokens_touching

if TYPE_CHECKING:
    from labeling.corpora.targets.shared_article import SharedArticle


class SentenceCutter:
    """Cuts articles into sentences by the rules of spaCy's sentencizer, and at line ends."""

    def __init__(self) -> None:
        """Make the sentencizer, which is never added to a pipeline: the tokens of an article stay as they are."""
        from spacy.pipeline import Sentencizer

        self._sentencizer = Sentencizer()

    def cut(self, shared: SharedArticle) -> list[list[int]]:
        """The numbers of the tokens of each sentence, without tokens that are blanks.

        No sentence ends inside a span of the flat layer: ``Japan asked. India`` with a span over all of it is one.
        """
        (begins,) = self._sentencizer.predict([shared.tokens])
        words = shared.words
        # The tokens before which no sentence may end: those of a span, but for its first.
        inner = {
            token for span in shared.flat.spans for token in tokens_touching(*shared.edges, span.start, span.end)[1:]
        }
        sentences: list[list[int]] = [[]]
        for token, word in enumerate(words):
            after_line_end = token > 0 and words[token - 1].isspace() and "\n" in words[token - 1]
            if (begins[token] or after_line_end) and token not in inner:
                sentences.append([])
            if not word.isspace():
                sentences[-1].append(token)
        return [sentence for sentence in sentences if sentence]
