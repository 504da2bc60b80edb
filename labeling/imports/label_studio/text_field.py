"""Which field of another project's data is the text that its regions are drawn on: the config that says it is absent.

A region names the control it is drawn on (``to_name``), not the field that the control shows. Old files have the field
in each row (``source: "$body"``). Else the words that regions carry along tell: the field is the one that has them at
their offsets. Where regions carry none, it is the field of the control's own name, then ``text``, then the only one
that is a string. Nothing is guessed between two.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from labeling.imports.label_studio.foreign_result import is_drawn_on_text
from labeling.imports.offsets import (
    LIKELY_COUNTINGS,
    article_text,
    find_telling_parts,
    make_offset_map,
    simplify_counting,
)
from labeling.imports.stretches import same_words

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from labeling.imports.label_studio.foreign_result import ResultRow

# What an article has besides its text: no text, while there is another field that could be.
_ABOUT = frozenset(
    {"id", "article", "digest", "title", "headline", "source", "outlet", "published", "date", "url", "link"}
)


@dataclass(frozen=True)
class TextField:
    """The field that holds the articles' texts, and the control that shows it ("" where no region is drawn on one).

    ``candidates`` are the fields between which nothing could be decided; then ``key`` is "".
    """

    key: str
    control: str
    candidates: tuple[str, ...] = ()


@dataclass
class TextFieldSearch:
    """Looks at all tasks of a file; then tells which field has the text."""

    # Regions by control; by control and field, those that name it and those whose words it has.
    drawn: Counter[str] = field(default_factory=Counter)
    named: Counter[tuple[str, str]] = field(default_factory=Counter)
    fits: Counter[tuple[str, str]] = field(default_factory=Counter)
    controls: Counter[str] = field(default_factory=Counter)
    strings: Counter[str] = field(default_factory=Counter)

    def look(self, data: Mapping[str, Any], rows: Iterable[ResultRow]) -> None:
        """Take the data of a task, and all rows of all results on it."""
        texts = {name: value for name, value in data.items() if isinstance(value, str) and value}
        self.strings.update(texts.keys())
        for row in rows:
            control = row.get("to_name")
            if not isinstance(control, str):
                continue
            self.controls[control] += 1
            source = row.get("source")
            if isinstance(source, str) and source.startswith("$"):
                self.named[control, source[1:]] += 1
            if is_drawn_on_text(row):
                self.drawn[control] += 1
                self.fits.update((control, name) for name, text in texts.items() if _has_words(text, row["value"]))

    def decide(self) -> TextField:
        """The field with the text, as far as the file tells."""
        # A project may show several texts: an article is the one with the most regions.
        control = max(sorted(self.drawn), key=self.drawn.__getitem__, default="")
        shown = control or max(sorted(self.controls), key=self.controls.__getitem__, default="")
        for evidence in (self.named, self.fits):
            found = {name: count for (of, name), count in evidence.items() if of == shown and name in self.strings}
            best = [name for name in sorted(found) if found[name] == max(found.values())]
            if best:
                return self._choose(best, shown, control)
        return self._choose(sorted(self.strings), shown, control)

    def _choose(self, names: list[str], shown: str, control: str) -> TextField:
        """The one of several fields that has the right name, or is the only one that may be a text."""
        for name in (shown, "text"):
            if name in names:
                return TextField(name, control)
        # A title beside the text is not a second text.
        fit = [name for name in names if name.casefold() not in _ABOUT] or names
        return TextField(fit[0], control) if len(fit) == 1 else TextField("", control, tuple(fit))


def _has_words(text: str, value: ResultRow) -> bool:
    """Whether a text has a region's words at its offsets, counted in any way that tools count."""
    start, end, words = value["start"], value["end"], value.get("text")
    if not isinstance(words, str) or not words.strip() or not 0 <= start < end:
        return False
    written = words.replace("\\r", "\r").replace("\\n", "\n")
    telling, plain = find_telling_parts(text), article_text(text)
    for counting in dict.fromkeys(simplify_counting(each, telling) for each in LIKELY_COUNTINGS):
        place = make_offset_map(text, counting)
        first, last = place(start), place(end)
        if first is None or last is None:
            continue
        if same_words(words, plain[first:last]) or same_words(written, plain[first:last]):
            return True
    return False
