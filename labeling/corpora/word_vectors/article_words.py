"""The words of a project's articles, as the tokenizer policy cuts them."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from spacy.language import Language

# How many runs of characters without a blank are remembered as seen: some tens of megabytes.
_REMEMBERED = 300_000


def list_words(texts: Iterable[str], tokenizer: Language) -> Iterator[str]:
    """Every word of some texts, at least once: of ``Oslo (AP)`` ``Oslo``, ``(``, ``AP`` and ``)``.

    No token of a text reaches over a blank, so that each run of characters between blanks is cut only once; spaCy's
    special cases look at neighbours as well, which matters for apostrophes and smileys alone.

    Args:
        texts: Read one at a time, however many there are.
        tokenizer: Cuts them.
    """
    seen = set[str]()
    for text in texts:
        new = sorted(set(text.split()) - seen)
        if len(seen) > _REMEMBERED:
            seen.clear()
        seen.update(new)
        # What the tokenizer remembers of these words is forgotten with them.
        with tokenizer.memory_zone():
            words = [token.text for run in new for token in tokenizer.make_doc(run)]
        yield from words
