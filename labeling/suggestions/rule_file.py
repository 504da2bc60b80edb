"""The rules file, and how its rules find spans: names first, then patterns layer by layer.

A rules file is data. Names and terms are lists; patterns are sequences of tokens, which the file names and defines as
spaCy's token patterns::

    [tokens]
    office = { TEXT = { IN = ["Minister", "Secretary"] } }
    name = { IS_TITLE = true, ENT_TYPE = "" }

    [[layers]]
    label = "ROLE"
    patterns = ["'Joint'? office"]

    [[layers]]
    label = "PERSON"
    patterns = ["role [ name name+ ]"]

A word in quotes is that very word; ``? * + !`` repeat as in spaCy. The span is the part in brackets, or all of it. A
layer sees what the names and the layers before it found, as ``ENT_TYPE``; its spans may contain theirs.
"""

from __future__ import annotations

import errno
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from pydantic import JsonValue, ValidationError

from labeling.errors import ProjectFileError
from labeling.schema import Name
from labeling.suggestions.names import NameList, load_names
from labeling.suggestions.patterns import Pattern, PatternTokens, compile_pattern
from labeling.tokens import make_tokenizer
from labeling.values import Frozen, parse_toml

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    from spacy.language import Language
    from spacy.matcher import PhraseMatcher
    from spacy.tokens import Doc
    from spacy.tokens import Span as Stretch

# A name is also looked for in capitals ("NEW DELHI"), but only from this length on: "US" and "Us" are two words.
_LEAST_IN_CAPITALS = 4


class RuleLayer(Frozen):
    """Patterns for one label. Spans of earlier layers with a label in ``hides`` are dropped inside its spans."""

    label: Name
    patterns: tuple[str, ...]
    hides: tuple[Name, ...] = ()


class Rules(Frozen):
    """A rules file.

    ``lists`` gives a label to a library's list of names, ``without`` takes names out of those lists. ``names`` are
    found as printed, ``terms`` in small letters and capitals alike. ``echoes`` are labels of which the last word of a
    span is found again, alone, elsewhere in the article.
    """

    lists: dict[NameList, Name] = {}
    without: tuple[str, ...] = ()
    names: dict[Name, tuple[str, ...]] = {}
    terms: dict[Name, tuple[str, ...]] = {}
    tokens: dict[Name, dict[str, JsonValue]] = {}
    layers: tuple[RuleLayer, ...] = ()
    echoes: tuple[Name, ...] = ()


class FoundSpan(NamedTuple):
    """A span that a rule found, in code points, as a half-open interval."""

    start: int
    end: int
    label: str


def read_rules(path: Path) -> Rules:
    """Read a rules file; its patterns are checked when a `Finder` is made of them.

    Raises:
        ProjectFileError: The file is missing, is not TOML, or has an unknown key or a wrong value.
    """
    try:
        # Through JSON, because only there does pydantic's strict mode take a list for a tuple.
        return Rules.model_validate_json(json.dumps(parse_toml(_read_file(path))))
    except OSError as error:
        reason = error.strerror or "it cannot be read"
    except ValidationError as error:
        faults = error.errors(include_url=False, include_input=False)
        reason = "; ".join(f"{'.'.join(map(str, fault['loc']))}: {fault['msg']}" for fault in faults)
    except ValueError as error:
        reason = f"it is not TOML: {error}"
    raise ProjectFileError(
        f"the rules file {path}: {reason}", todo='mend it, or set rules = "" in [suggest] to have none', where=str(path)
    )


def _read_file(path: Path) -> str:
    # A device has no end, and a pipe may have no beginning.
    if path.exists() and not path.is_file():
        raise OSError(errno.EINVAL, "it is not a file")
    return path.read_text(encoding="utf-8")


class Finder:
    """Rules compiled for one language: call it with a text to get the spans they find."""

    def __init__(self, rules: Rules, language: str) -> None:
        """Build spaCy's matchers.

        Raises:
            ProjectFileError: A pattern has a fault, or spaCy has no tokenizer for the language.
        """
        self._nlp = make_tokenizer(language)
        self._names = _phrase_matcher(self._nlp, _all_names(rules), "ORTH")
        self._terms = _phrase_matcher(self._nlp, rules.terms, "LOWER")
        self._tokens = PatternTokens(self._nlp.vocab)
        self._layers = tuple(_prepare_layer(layer, rules.tokens, self._tokens) for layer in rules.layers)
        self._echoes = rules.echoes

    def __call__(self, text: str) -> list[FoundSpan]:
        """All spans that the rules find, sorted, longer first. Nested spans are kept; of crossing ones, the longer."""
        from spacy.util import filter_spans

        doc = self._nlp.make_doc(text)
        # Words never change; which labels they have does, with every layer.
        words = self._tokens.places(doc)
        # Names and terms first; the layers build on them.
        ents = spans = filter_spans([*self._names(doc, as_spans=True), *self._terms(doc, as_spans=True)])
        doc.ents = ents
        fitting = self._tokens.filter_by_label(words, ents, len(doc))
        for layer in self._layers:
            new = layer.spans(doc, fitting)
            if new:
                spans = [*layer.keep_old(spans, new), *new]
                ents = [*new, *_drop_touching(ents, new)]
                doc.ents = ents
                fitting = self._tokens.filter_by_label(words, ents, len(doc))
        return _drop_crossing([*spans, *_find_echoes(doc, spans, self._echoes)])


@dataclass(frozen=True)
class _PreparedLayer:
    """One layer and its compiled patterns."""

    layer: RuleLayer
    patterns: tuple[Pattern, ...]

    def spans(self, doc: Doc, fitting: Sequence[int]) -> list[Stretch]:
        """The longest spans of this layer; none overlaps another."""
        from spacy.tokens import Span
        from spacy.util import filter_spans

        # Patterns of one layer compete: the longest match wins, whichever pattern it is of.
        found = {place for pattern in self.patterns for place in pattern.spans(doc, fitting)}
        return filter_spans([Span(doc, start, end, label=self.layer.label) for start, end in sorted(found)])

    def keep_old(self, old: Iterable[Stretch], new: Iterable[Stretch]) -> Iterator[Stretch]:
        """The spans found before, without those that are hidden inside one of the new ones."""
        # New spans do not overlap, so a token is in one of them at most.
        outer = {at: span.start for span in new for at in range(span.start, span.end)}
        for span in old:
            around_start, around_end = outer.get(span.start), outer.get(span.end - 1)
            inside = around_start is not None and around_start == around_end
            if not (inside and span.label_ in self.layer.hides):
                yield span


def _all_names(rules: Rules) -> dict[str, list[str]]:
    """The names of the file and of the libraries, by label, each also in capitals."""
    # The lists of the libraries come on top of the names of the file.
    names = {label: set(own) for label, own in rules.names.items()}
    for which, label in rules.lists.items():
        names.setdefault(label, set()).update(load_names(which) - set(rules.without))
    return {
        label: sorted(own | {name.upper() for name in own if len(name) >= _LEAST_IN_CAPITALS})
        for label, own in sorted(names.items())
    }


def _phrase_matcher(nlp: Language, phrases: Mapping[str, Iterable[str]], attribute: str) -> PhraseMatcher:
    from spacy.matcher import PhraseMatcher

    matcher = PhraseMatcher(nlp.vocab, attr=attribute)
    for label, words in phrases.items():
        matcher.add(label, [nlp.make_doc(name) for name in words])
    return matcher


def _prepare_layer(
    layer: RuleLayer, named: Mapping[str, Mapping[str, JsonValue]], tokens: PatternTokens
) -> _PreparedLayer:
    from spacy.errors import MatchPatternError

    patterns = []
    for pattern in layer.patterns:
        parts, marked = _parse_pattern(pattern, named)
        try:
            patterns.append(compile_pattern(parts, marked, tokens))
        except (MatchPatternError, ValueError) as error:
            raise _pattern_error(pattern, str(error)) from None
    return _PreparedLayer(layer, tuple(patterns))


def _parse_pattern(pattern: str, tokens: Mapping[str, Mapping[str, JsonValue]]) -> tuple[list[dict[str, Any]], range]:
    """A pattern in spaCy's form, and which of its places are in brackets.

    ``role [ name name+ ]`` has three places, of which the brackets hold 1..3.
    """
    parts: list[dict[str, Any]] = []
    first = 0
    last: int | None = None
    for word in pattern.split():
        if word == "[":
            first = len(parts)
        elif word == "]":
            last = len(parts)
        else:
            parts.append(_parse_token(pattern, word, tokens))
    # Without brackets the whole match is the span.
    inside = range(first, len(parts) if last is None else last)
    if not inside:
        raise _pattern_error(pattern, "it marks nothing")
    return parts, inside


def _parse_token(pattern: str, word: str, tokens: Mapping[str, Mapping[str, JsonValue]]) -> dict[str, Any]:
    # The sign of repetition comes last; a token may be the sign itself.
    bare = word.rstrip("?*+!") or word
    repeat = {"OP": word[len(bare) :]} if word[len(bare) :] else {}
    if bare.startswith("'") and bare.endswith("'") and bare[1:-1]:
        return {"TEXT": bare[1:-1], **repeat}
    if bare not in tokens:
        raise _pattern_error(pattern, f"{bare!r} is neither in quotes nor in [tokens]")
    return {**tokens[bare], **repeat}


def _pattern_error(pattern: str, reason: str) -> ProjectFileError:
    return ProjectFileError(
        f"the rules file has a faulty pattern, {pattern!r}: {reason}",
        todo="mend the pattern; the head of labeling/suggestions/rule_file.py shows how patterns are written",
        where=pattern,
    )


def _drop_touching(old: Iterable[Stretch], new: Iterable[Stretch]) -> Iterator[Stretch]:
    """The old spans that share no token with a new one."""
    taken = {at for span in new for at in range(span.start, span.end)}
    return (span for span in old if taken.isdisjoint(range(span.start, span.end)))


def _find_echoes(doc: Doc, spans: Iterable[Stretch], labels: Iterable[str]) -> Iterator[Stretch]:
    """The last words of what was found, wherever they occur again and nothing else was found."""
    from spacy.matcher import PhraseMatcher
    from spacy.tokens import Doc as NewDoc

    last = {(span.label_, tuple(token.text for token in _last_word(span))) for span in spans if span.label_ in labels}
    if not last:
        return
    # Words as tokens, so that `Kim` is not found inside `Kimberley`.
    matcher = PhraseMatcher(doc.vocab)
    for label, words in sorted(last):
        matcher.add(label, [NewDoc(doc.vocab, words=list(words))])
    yield from (span for span in matcher(doc, as_spans=True) if not any(token.ent_type for token in span))


def _last_word(span: Stretch) -> Stretch:
    """The part of a span after its last blank, which may be several tokens: ``Rivera-Kim``."""
    # Tokens without a blank between them are one word to a reader.
    starts = [at for at in range(1, len(span)) if span[at - 1].whitespace_]
    return span[max(starts, default=0) :]


def _drop_crossing(spans: Iterable[Stretch]) -> list[FoundSpan]:
    """The spans as offsets, sorted, without those that cross a longer one.

    Of 0..9, 4..12 and 5..9 the first and the last are kept: 4..12 is shorter than 0..9 and crosses it.
    """
    found = {FoundSpan(span.start_char, span.end_char, span.label_) for span in spans}
    return sorted(_without_crossing(found), key=lambda each: (each.start, -each.end, each.label))


def _without_crossing(found: Iterable[FoundSpan]) -> Iterator[FoundSpan]:
    longest_first = sorted(found, key=lambda each: (each.start - each.end, each))
    edges = bytearray(max((each.end for each in longest_first), default=0) + 1)
    for one in longest_first:
        # Whatever was kept is at least as long: it crosses this one if it starts or ends inside.
        if edges.find(1, one.start + 1, one.end) < 0:
            edges[one.start] = edges[one.end] = 1
            yield one
