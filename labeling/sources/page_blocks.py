"""The blocks of a page: its paragraphs, headings and lines, and which of them are prose of the page itself."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lxml.etree import _Element

_INLINE = frozenset(
    (
        *(
            "a",
            "abbr",
            "acronym",
            "b",
            "bdi",
            "bdo",
            "big",
            "cite",
            "code",
            "data",
            "del",
            "dfn",
            "em",
            "font",
            "i",
            "ins",
        ),
        *(
            "kbd",
            "label",
            "mark",
            "q",
            "s",
            "samp",
            "small",
            "span",
            "strike",
            "strong",
            "sub",
            "sup",
            "time",
            "tt",
            "u",
        ),
        *("var", "wbr"),
        # NITF's.
        *("chron", "classifier", "copyrite", "event", "function", "location", "money", "num", "object.title", "org"),
        *("person", "postaddr", "virtloc", "keyword", "alt-code", "frac", "sup", "sub"),
    )
)
_UNSEEN = frozenset(
    (
        "script",
        "style",
        "noscript",
        "template",
        "head",
        "title",
        "select",
        "textarea",
        "button",
        "svg",
        "iframe",
        "object",
    )
)
_APART = frozenset(("nav", "footer", "aside", "form", "figure", "figcaption", "menu"))
_BESIDE = re.compile(
    r"comment|related|promo|newsletter|cookie|consent|sidebar|share|social|footer|teaser|advert|subscri|paywall|\bbio\b"
    r"|caption|disclaim|copyright|recommend|popular|menu|\bnav|banner|signup|breadcrumb|modal|popup",
    re.IGNORECASE,
)
_SENTENCE = re.compile("[.!?\u2026\u3002\uff01\uff1f\u061f\u06d4\u0964][\\s\"'\u2019\u201d\u00bb)\\]]*$")
_SHORTEST_PROSE = 60  # characters
_SHORTEST_WIDE = 25  # of scripts in which a sign is a word
_MOST_LINKED = 0.5


@dataclass(frozen=True)
class WebPage:
    """A page: ``url`` and ``site`` as the page states them, ``published`` an ISO date; each may be empty.

    ``id`` is one that the page has for the article. Of ``paragraphs`` of prose on the page, ``left_out`` are not in the
    text.
    """

    text: str
    title: str = ""
    site: str = ""
    published: str = ""
    url: str = ""
    id: str = ""
    paragraphs: int = 0
    left_out: int = 0

    @property
    def address(self) -> str:
        """The url if it identifies the article: absolute, and not that of the site's front page; else ""."""
        parts = urlsplit(self.url)
        return self.url if parts.netloc and (parts.path.strip("/") or parts.query) else ""


@dataclass(frozen=True)
class Block:
    """A run of text without a block inside: the text with single blanks, and how much of it is links.

    ``is_apart`` tells whether it stands in a part of the page that is not of the article, by element, class or id.
    """

    text: str
    linked: int
    is_apart: bool

    @property
    def is_prose(self) -> bool:
        """Whether it reads like a sentence of an article, and not like a menu, a button or a headline."""
        shortest = _SHORTEST_PROSE if self.text.isascii() or " " in self.text else _SHORTEST_WIDE
        return (
            len(self.text) >= shortest
            and bool(_SENTENCE.search(self.text))
            and self.linked <= _MOST_LINKED * len(self.text)
        )


def list_blocks(element: _Element) -> list[str]:
    """The texts of the blocks of an element, in order."""
    return [block.text for block in walk_blocks(element)]


def walk_blocks(root: _Element) -> Iterator[Block]:
    """The blocks of an element in order: what is between the beginnings and ends of elements that are not inline."""
    from lxml.etree import iterwalk

    walk = _BlockWalk(root)
    # Without recursion: a page may nest tens of thousands of elements.
    for event, element in iterwalk(root, events=("start", "end", "comment", "pi")):
        yield from walk.begin(element) if event == "start" else walk.end(element)
    yield from walk.cut()


class _BlockWalk:
    """What has been read since the last beginning or end of a block, and how many open elements hide it or link it."""

    def __init__(self, root: _Element) -> None:
        self._root, self._hidden, self._links, self._linked, self._apart = root, 0, 0, 0, 0
        self._parts = list[str]()

    def begin(self, element: _Element) -> Iterator[Block]:
        name = _local_name(element)
        self._hidden += name in _UNSEEN
        self._links += name == "a"
        if name not in _INLINE:
            yield from self.cut()
            self._apart += _is_apart(element, name)
        self._take(element.text)

    def end(self, element: _Element) -> Iterator[Block]:
        name = _local_name(element)
        if name and name not in _INLINE:
            yield from self.cut()
            self._apart -= _is_apart(element, name)
        self._hidden -= name in _UNSEEN
        self._links -= name == "a"
        if element is not self._root:
            self._take(element.tail)

    def cut(self) -> Iterator[Block]:
        """End the block that is open, if it has any text."""
        text = " ".join("".join(self._parts).split())
        if text:
            yield Block(text, self._linked, is_apart=self._apart > 0)
        self._linked = 0
        self._parts.clear()

    def _take(self, text: str | None) -> None:
        if text and not self._hidden:
            self._parts.append(text)
            self._linked += len(text) if self._links else 0


def _local_name(element: _Element) -> str:
    # Comments and processing instructions have functions for a tag: what follows them is text.
    return element.tag.rpartition("}")[2].casefold() if isinstance(element.tag, str) else ""


def _is_apart(element: _Element, name: str) -> bool:
    if name in {"html", "body", "article", "main"}:
        return False
    return name in _APART or bool(_BESIDE.search(f"{element.get('class', '')} {element.get('id', '')}"))
