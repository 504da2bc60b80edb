"""The tokenizer policy: where tokens end, and so where a span may start and end.

Newswire is full of glue: ``Region (IOR).Both sides``, ``India-#Maldives``, ``U.S.-China``, ``terrorists.[1]``. Rules
added to spaCy's own tokenizer undo what can be stated as a rule. They are put into the pipeline once, before training
starts, by a callback named in the training config; the trained pipeline holds the finished expressions, so that
training and use agree, and the pipeline loads where this package is not installed.

What no rule can know (a person's name glued to a handle) is cut in the reference ``Doc`` alone, at the boundaries of
the spans people drew. All offsets are code points, in half-open intervals.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from itertools import groupby, pairwise
from typing import TYPE_CHECKING, TypeAlias

from labeling.errors import ProjectFileError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from spacy.language import Language
    from spacy.tokenizer import Tokenizer  # type: ignore[import-not-found]  # compiled
    from spacy.tokens import Doc

# A word that spaCy cuts as a list says, and the attributes of each of its pieces.
_SpecialCases: TypeAlias = "dict[str, list[dict[int, str]]]"
# The starts of all tokens of a text, and their ends.
TokenEdges: TypeAlias = tuple[list[int], list[int]]

# The names by which `[initialize.before_init]` of a training config asks for our rules. A name means the same rules for
# ever: manifests say by which a dataset was cut. The second adds footnote marks, eras and halves of the day.
NEWSWIRE_1, NEWSWIRE = "labeling.newswire.v1", "labeling.newswire.v2"

# Invisible marks, glued to words by web pages. Joiners are left out on purpose: they shape letters and emoji.
_INVISIBLE = "[\u200b\u200e\u200f\u2060\ufeff]"
_APOSTROPHES = "'\u2018\u2019"
_QUOTES = '"\u201c\u201d\xab\xbb'
_DASHES = "\u2013\u2014"
_SUPERSCRIPTS = "\xb9\xb2\xb3\u2070\u2074-\u2079"
_DAGGERS = "\u2020\u2021\xb6"
_CLOSING = f")\\]}}{_QUOTES}{_APOSTROPHES}"
# What ends a clause, in Arabic too, or may stand between it and a mark.
_ENDING = ",;:!?\u2026%*^\u060c\u061b\u061f\u06d4"
# Without their last dot, which may end the sentence as well: people draw spans with it and without it.
_ERAS = ("B.C", "A.D", "B.C.E", "C.E", "J.-C", "a.C", "d.C")
_HALVES_OF_DAY = ("a.m", "p.m", "A.M", "P.M")


def make_tokenizer(language: str, rules: str = NEWSWIRE) -> Language:
    """A blank pipeline of that language, whose tokenizer follows the newswire rules.

    ``make_tokenizer("en").make_doc("Region (IOR).Both sides")`` has the tokens ``Region ( IOR ) . Both sides``.

    Args:
        language: As spaCy calls it.
        rules: The name of the rules, as a manifest has it.

    Raises:
        ProjectFileError: spaCy does not know the language, or does not cut it by rules (Chinese, Japanese); or the
            rules are those of a later version of this package.
    """
    import spacy

    apply_rules = {NEWSWIRE_1: apply_first_newswire_rules, NEWSWIRE: apply_newswire_rules}.get(rules)
    if not apply_rules:
        raise ProjectFileError(
            f"there are no rules for tokens that are called {rules!r}",
            todo="install the version of this package that the dataset was compiled with, or compile it anew",
        )
    try:
        nlp = spacy.blank(language)
    # The second: a module of spaCy's of that name, which is not a language.
    except (ImportError, AttributeError) as error:
        raise ProjectFileError(
            f"spaCy has no tokenizer for the language {language!r}: {error}",
            todo='name a language of spaCy in [project], such as language = "en", or "xx" for any',
            where="project.language",
        ) from None
    apply_rules(nlp)
    return nlp


def register_tokenizer() -> None:
    """Make the rules known to spaCy's registry, where a training config finds them by name."""
    from spacy.util import registry

    for name, callback in ((NEWSWIRE_1, newswire_callback), (NEWSWIRE, newswire_callback_2)):
        if name not in registry.callbacks:
            registry.callbacks.register(name, func=callback)


def newswire_callback() -> object:
    """What the registry hands out as the first rules: the function spaCy calls on a pipeline to be initialised."""
    return apply_first_newswire_rules


def newswire_callback_2() -> object:
    """The same of the second rules."""
    return apply_newswire_rules


def apply_first_newswire_rules(nlp: Language) -> None:
    """Add the first newswire rules to a pipeline's tokenizer, as datasets and models of before have them.

    Raises:
        ProjectFileError: The tokenizer of this language does not work by rules.
    """
    _apply_rules(nlp, _prefixes(), _suffixes(), _infixes(), _special_cases(nlp))


def apply_newswire_rules(nlp: Language) -> None:
    """Add the newswire rules to a pipeline's rule-based tokenizer; adding them twice changes nothing.

    Raises:
        ProjectFileError: The tokenizer of this language does not work by rules.
    """
    special = {word: _without_last_dot(pieces) for word, pieces in _special_cases(nlp).items()}
    prefixes, suffixes = [*_prefixes(), *_mark_prefixes()], [*_suffixes(), *_mark_suffixes()]
    _apply_rules(nlp, prefixes, suffixes, [*_infixes(), *_mark_infixes(special)], special)


def _special_cases(nlp: Language) -> _SpecialCases:
    """The words that the tokenizer cuts as a list says.

    Raises:
        ProjectFileError: It does not work by rules.
    """
    from spacy.tokenizer import Tokenizer

    if isinstance(nlp.tokenizer, Tokenizer):
        return dict(nlp.tokenizer.rules)
    raise ProjectFileError(
        f"the language {nlp.lang!r} is not cut into tokens by rules, so ours cannot be added",
        todo="name another language in [project]",
        where="project.language",
    )


def _apply_rules(
    nlp: Language, prefixes: list[str], suffixes: list[str], infixes: list[str], special: _SpecialCases
) -> None:
    from spacy.util import compile_infix_regex, compile_prefix_regex, compile_suffix_regex

    cutter: Tokenizer = nlp.tokenizer
    defaults = nlp.Defaults
    # Whenever one of these is set, spaCy works through all its special cases again: take them away meanwhile.
    cutter.rules = {}
    cutter.prefix_search = compile_prefix_regex([*(defaults.prefixes or ()), *prefixes]).search
    cutter.suffix_search = compile_suffix_regex([*(defaults.suffixes or ()), *suffixes]).search
    cutter.infix_finditer = compile_infix_regex([*infixes, *(defaults.infixes or ())]).finditer
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


def _mark_prefixes() -> list[str]:
    from spacy.lang.char_classes import ALPHA_LOWER, ALPHA_UPPER

    # A mark before the note itself.
    return [f"[{_DAGGERS}]", f"[{_SUPERSCRIPTS}]+(?=[{ALPHA_UPPER}][{ALPHA_LOWER}])"]


def _mark_suffixes() -> list[str]:
    return [f"[{_DAGGERS}]", f"\\.(?<=[{_SUPERSCRIPTS}{_DAGGERS}\xa7].)", _last_dot()]


def _mark_infixes(special: _SpecialCases) -> list[str]:
    """Where a word is cut at footnote marks and eras: each looks a few characters around, so that it is one pass.

    The sign comes first and what must stand before it second: what begins with a sign is tried at that sign only.
    """
    from spacy.lang.char_classes import ALPHA, ALPHA_LOWER, ALPHA_UPPER

    word, lower, upper, ending = f"{ALPHA}0-9", ALPHA_LOWER, ALPHA_UPPER, f".{_ENDING}"
    raised = f"{_SUPERSCRIPTS}{_DAGGERS}"
    mark = f"(?=[{ending}{_CLOSING}]{{0,4}}(?:[\\[{{]\\S|\\([{word}{_DAGGERS}*]|[{raised}\xa7*]))"
    before = f"(?:(?<=[{ending}{_CLOSING}{_DAGGERS}].)|(?<=[{ALPHA}]{{3}}.)|(?<=[{upper}]{{2}}.)|(?<=[0-9]{{4}}.))"
    # Of "Inc.[1]" and "U.S.[1]" the dot belongs to the word.
    end = f"(?<!\\.[{ALPHA}]\\.){_no_abbreviation(special)}"
    return [
        # "terrorists.[1]", "al-Assad,[2]", "war.\u201d\xb9", "Assad's.[3]".
        f"\\.(?!\\.){mark}(?<=[{word}{_CLOSING}%{raised}].){end}",
        f"[{_ENDING}{_CLOSING}](?<=\\S.){mark}",
        f"[{_APOSTROPHES}][sS](?<=[{ALPHA}]..){mark}",
        # "[1][2]", "[3]:23", "[4]-[6]", "said,(1)", "note(2)[5]".
        "[\\[{\\]}](?<=\\S.)(?=\\S)",
        f"[,:{_DASHES}-](?<=\\].)(?=[0-9\\[])",
        f"\\((?<=[{ending}{_CLOSING}{raised}].)(?=[{word}{_DAGGERS}*])",
        f"\\)(?<=[{word}.{_DAGGERS}*].)(?=[{_CLOSING}{raised}\\[({{{_DASHES}])",
        # "Iraq\xb2", "2008\xb9", but not "km\xb2", "10\xb3".
        f"[{_SUPERSCRIPTS}]{before}[{_SUPERSCRIPTS}]*",
        f"[{_DAGGERS}]+",
        f"\xa7(?<=[{ending}{_CLOSING}{word}].)",
        # A raised figure that was copied as one in line: "terrorists.1", "Assad,2", but not "U.S.1", "Sept.11".
        f"\\.(?=[0-9]{{1,3}}(?![{word}.,]))(?:(?<=[{lower}]{{3}}.)|(?<=[{upper}]{{3}}.)|(?<=[{_CLOSING}].)){end}",
        f"[,;](?<=[{ALPHA}]{{2}}.)(?=[0-9])",
        # "575B.C.", "575 B.C.[1]", "575 B.C.The", "U.S.The".
        "(?=[BAC]\\.)(?<=[0-9])(?=B\\.C|A\\.D|C\\.E)",
        f"{_last_dot()}(?:{mark}|(?=[,;:/{_DASHES})-]|[{upper}][{lower}]))",
        f"(?=[{upper}])(?<=[{upper}]\\.[{upper}]\\.)(?=.[{lower}]{{2}})",
    ]


def _last_dot() -> str:
    """The last dot of an era or half of the day, which is not the end of a longer abbreviation."""
    from spacy.lang.char_classes import ALPHA

    words = [re.escape(f"{word}.") for word in (*_ERAS, *_HALVES_OF_DAY)]
    return f"\\.(?:{'|'.join(f'(?<={word})(?<![{ALPHA}.]{word})' for word in words)})"


def _no_abbreviation(special: _SpecialCases) -> str:
    """That no word ends here which the language's list has with a dot; by length, as looking behind wants it."""
    from spacy.lang.char_classes import ALPHA

    words = sorted(filter(re.compile(f"[{ALPHA}]{{2,}}\\.").fullmatch, special))
    by_length = groupby(sorted(words, key=len), key=len)
    return "".join(f"(?<!\\b(?:{'|'.join(map(re.escape, same))}))" for _, same in by_length)


def _without_last_dot(pieces: list[dict[int, str]]) -> list[dict[int, str]]:
    """A special case with the last dot of a half of the day apart: of ``8`` and ``a.m.`` ``8``, ``a.m`` and ``.``."""
    from spacy.attrs import ORTH  # type: ignore[import-not-found]  # compiled

    last = pieces[-1][ORTH]
    if last not in {f"{half}." for half in _HALVES_OF_DAY}:
        return pieces
    return [*pieces[:-1], {ORTH: last[:-1]}, {ORTH: "."}]


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
