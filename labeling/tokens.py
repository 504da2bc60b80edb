"""The tokenizer policy: where tokens end, and so where a span may start and end.

Newswire is full of glue: ``Region (IOR).Both sides``, ``India-#Maldives``, ``U.S.-China``, ``MOSCOW(Reuters)``. Rules
added to spaCy's own tokenizer undo what can be stated as a rule. They are put into the pipeline once, before training
starts, by a callback named in the training config; the trained pipeline holds the finished expressions, so that
training and use agree, and the pipeline loads where this package is not installed.

What no rule can know (a person's name glued to a handle) is cut in the reference ``Doc`` alone, at the boundaries of
the spans people drew. All offsets are code points, in half-open intervals.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from itertools import pairwise
from typing import TYPE_CHECKING, TypeAlias

from labeling.errors import ProjectFileError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from spacy.language import Language
    from spacy.tokens import Doc

# The starts of all tokens of a text, and their ends.
TokenEdges: TypeAlias = tuple[list[int], list[int]]

# The name by which `[initialize.before_init]` of a training config asks for our rules.
NEWSWIRE = "labeling.newswire.v1"

# Invisible marks, glued to words by web pages. Joiners are left out on purpose: they shape letters and emoji.
_INVISIBLE = "[\u200b\u200e\u200f\u2060\ufeff]"
_APOSTROPHES = "'\u2018\u2019"
_QUOTES = '"\u201c\u201d\xab\xbb'
_DASHES = "\u2013\u2014"


def make_tokenizer(language: str) -> Language:
    """A blank pipeline of that language, whose tokenizer follows the newswire rules.

    ``tokenizer("en").make_doc("Region (IOR).Both sides")`` has the tokens ``Region ( IOR ) . Both sides``.

    Raises:
        ProjectFileError: spaCy does not know the language, or does not cut it by rules (Chinese, Japanese).
    """
    import spacy

    try:
        nlp = spacy.blank(language)
    except ImportError as error:
        raise ProjectFileError(
            f"spaCy has no tokenizer for the language {language!r}: {error}",
            todo='name a language of spaCy in [project], such as language = "en", or "xx" for any',
            where="project.language",
        ) from None
    apply_newswire_rules(nlp)
    return nlp


def register_tokenizer() -> None:
    """Make the rules known to spaCy's registry, where a training config finds them by name."""
    from spacy.util import registry

    if NEWSWIRE not in registry.callbacks:
        registry.callbacks.register(NEWSWIRE, func=newswire_callback)


def newswire_callback() -> object:
    """What the registry hands out: the function that spaCy calls on a pipeline before it is initialised."""
    return apply_newswire_rules


def apply_newswire_rules(nlp: Language) -> None:
    """Add the newswire rules to a pipeline's rule-based tokenizer; adding them twice changes nothing.

    Raises:
        ProjectFileError: The tokenizer of this language does not work by rules.
    """
    from spacy.tokenizer import Tokenizer  # type: ignore[import-not-found]  # compiled
    from spacy.util import compile_infix_regex, compile_prefix_regex, compile_suffix_regex

    if not isinstance(nlp.tokenizer, Tokenizer):
        raise ProjectFileError(
            f"the language {nlp.lang!r} is not cut into tokens by rules, so ours cannot be added",
            todo="name another language in [project]",
            where="project.language",
        )
    cutter = nlp.tokenizer
    defaults = nlp.Defaults
    # Whenever one of these is set, spaCy works through all its special cases again: take them away meanwhile.
    special, cutter.rules = cutter.rules, {}
    cutter.prefix_search = compile_prefix_regex([*(defaults.prefixes or ()), *_prefixes()]).search
    cutter.suffix_search = compile_suffix_regex([*(defaults.suffixes or ()), *_suffixes()]).search
    cutter.infix_finditer = compile_infix_regex([*_infixes(), *(defaults.infixes or ())]).finditer
    if cutter.url_match and not isinstance(cutter.url_match, _AddressMatch):
        cutter.url_match = _AddressMatch(cutter.url_match.__self__)
    cutter.rules = special


class _AddressMatch:
    """spaCy's match of a word that is an address, in one pass; a pipeline is saved with spaCy's own expression.

    What may stand for a user and a password was tried anew at every colon, which took the square of a long word's
    length. Of the ways to read ``a:b:c@``, which all come to the same, one is left.
    """

    def __init__(self, published: re.Pattern[str]) -> None:
        # spaCy saves the pattern of a matcher's `__self__`: datasets stay what they were, to the byte.
        self.__self__ = published
        self._linear = re.compile(published.pattern.replace(r"(?:\S+(?::\S*)?@)?", r"(?:\S+@)?"))

    def __call__(self, word: str) -> re.Match[str] | None:
        """The match of a word that begins with an address; None of any other."""
        return self._linear.match(word)


def _prefixes() -> list[str]:
    # The sign of a handle is a token of its own, as spaCy's own rules have it for a hashtag's.
    return [_INVISIBLE, "@"]


def _suffixes() -> list[str]:
    from spacy.lang.char_classes import ALPHA

    # "claim- 'legacy": a dash that was printed against the word before it.
    return [_INVISIBLE, f"(?<=[{ALPHA}0-9])-"]


def _infixes() -> list[str]:
    """Where a word is cut inside; an expression that matches an empty string cuts without making a token."""
    from spacy.lang.char_classes import ALPHA, ALPHA_LOWER, ALPHA_UPPER

    word, lower, upper = f"{ALPHA}0-9", ALPHA_LOWER, ALPHA_UPPER
    closing = f"){_QUOTES}{_APOSTROPHES}\\]"
    return [
        _INVISIBLE,
        # Brackets: "MOSCOW(Reuters)", "(IOR).Both".
        f"(?<=[{word}.])[(\\[](?=[{word}])",
        f"(?<=[{word}.])[)\\]](?=[{word}.,;:])",
        # The end of a sentence: "(IOR).Both", "2017.The", and after a closing quote or apostrophe, as in "Male'.The".
        f"(?<=[{lower}0-9{closing}])\\.(?=[{closing}]*[{upper}])",
        f"(?<=[{lower}])[{_APOSTROPHES}](?=\\.[{upper}])",
        # A double quote never belongs inside a word; a single one does, but not after the end of a clause.
        f"(?<=\\S)[{_QUOTES}](?=\\S)",
        f"(?<=[.,!?])[{_APOSTROPHES}](?=[{upper}])",
        # "Monday,India", "leaders:India", "(IOR),the", and before a closing quote.
        f"(?<=[{word})])[,;:!?](?=[{_QUOTES}{_APOSTROPHES}]?[{ALPHA}])",
        # "India-#Maldives", "#India#Maldives", "H.E.@ForeignSec".
        "-(?=[#@])",
        f"(?<=[{word}.,;:!?()-])[#@](?=[{word}_])",
        # "U.S.-China", "U.S.-led", "U.S./UK".
        f"(?<=[{upper}]\\.)[-/{_DASHES}](?=[{word}#@])",
        # "mid-2016", but not "F-16"; a longer dash joins two words whatever they are.
        f"(?<=[{lower}])-(?=[0-9])",
        f"(?<=[{word})])[{_DASHES}](?=[{word}(])",
        # "G7+EU".
        f"(?<=[{word}])\\+(?=[{ALPHA}])",
        # "EU27", "Stream2", but not "G20", "F16".
        f"(?<=[{upper}][{upper}])(?=[0-9])",
        f"(?<=[{lower}][{lower}])(?=[0-9])",
    ]


def cut_tokens(doc: Doc, tokens: TokenEdges, spans: Iterable[tuple[int, int]]) -> Doc:
    """Cut tokens wherever a span starts or ends inside one, so that every span consists of whole tokens.

    A blank between two tokens becomes a token of its own where a span starts or ends with it. The text stays the same.
    By rule ``@JanKowal left`` has the tokens ``@ JanKowal left``; with a span over ``Kowal`` it gets the tokens
    ``@ Jan Kowal left``.

    Args:
        doc: A doc with tokens only; annotations on it are not carried over.
        tokens: Its edges, as `token_edges` gives them.
        spans: Start and end of each, within the text.

    Returns:
        ``doc`` itself when every boundary already is a token's, else a new one.
    """
    from spacy.tokens import Doc as NewDoc

    starts, ends = inner_boundaries(tokens, spans)
    if not starts and not ends:
        return doc
    pieces = [piece for token in doc for piece in _token_pieces(token.idx, token.text, token.whitespace_, starts, ends)]
    return NewDoc(doc.vocab, words=[word for word, _ in pieces], spaces=[blank for _, blank in pieces])


def inner_boundaries(tokens: TokenEdges, spans: Iterable[tuple[int, int]]) -> tuple[set[int], set[int]]:
    """The starts of spans at which no token starts, and the ends at which none ends."""
    token_starts, token_ends = tokens
    drawn = list(spans)
    starts = {start for start, _ in drawn}
    ends = {end for _, end in drawn}
    return starts.difference(token_starts), ends.difference(token_ends)


def token_edges(doc: Doc) -> TokenEdges:
    """The starts of all tokens, and their ends: of ``Oslo talks`` ``[0, 5]`` and ``[4, 10]``."""
    import numpy as np

    starts = np.asarray(doc.to_array("IDX"))
    lengths = np.asarray(doc.to_array("LENGTH"))
    return starts.tolist(), (starts + lengths).tolist()


def tokens_touching(starts: list[int], ends: list[int], start: int, end: int) -> range:
    """The numbers of the tokens that have at least one character in ``start..end``."""
    return range(bisect_right(ends, start), bisect_left(starts, end))


def _token_pieces(idx: int, text: str, blank: str, starts: set[int], ends: set[int]) -> Iterator[tuple[str, bool]]:
    """One token's pieces, each with whether a blank follows it."""
    stop = idx + len(text)
    # The blank after the token belongs to a span that starts with it, or ends after it.
    alone = bool(blank) and (stop in starts or stop + 1 in ends)
    cuts = [idx, *(at for at in range(idx + 1, stop) if at in starts or at in ends), stop]
    for start, end in pairwise(cuts):
        yield text[start - idx : end - idx], bool(blank) and not alone and end == stop
    if alone:
        yield blank, False
