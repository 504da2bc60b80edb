"""The main text of a web page, and the title, site, date and address that the page states."""

from __future__ import annotations

import logging
import re
from bisect import bisect_right
from collections import defaultdict
from contextlib import contextmanager
from dataclasses import replace
from html import escape
from itertools import accumulate
from typing import TYPE_CHECKING

from labeling.errors import UnreadableArticle
from labeling.sources.agency_xml import is_agency_xml, read_agency_items
from labeling.sources.page_blocks import WebPage, walk_blocks

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lxml.html import HtmlElement

# Markup that is never main text; on a page with little else, the extractor would take it for that.
_BESIDE_MAIN = ["//nav", "//footer"]
_BLANKS = re.compile(r"\s*+")
_DOCTYPE = re.compile(r"<!DOCTYPE[^>\[]*+", re.IGNORECASE)
_MOST_LOOKED_AT = 1_000_000_000  # characters
_CDATA = "<![CDATA["
_TAG = re.compile(r"</?[A-Za-z][^<>]{0,500}>")


def extract_pages(markup: str) -> list[WebPage]:
    """The articles of a page: one, or as many as an agency's document has items, or a page has `<article>` elements.

    Of HTML and other XML the main text is extracted with trafilatura: paragraphs one a line, no tables of figures, no
    readers' comments. Prose that it leaves out, and that is not in a part of the page for something else, is put where
    it stands; the rest of what was left out is counted.

    Raises:
        UnreadableArticle: The page has no main text, or is a feed of summaries.
    """
    body = markup[_prologue_end(markup) :]
    if is_agency_xml(body):
        return read_agency_items(body)
    framed = _as_html(markup, body)
    root = _parse(framed)
    several = [] if root is None else _list_articles(root)
    if len(several) > 1:
        from lxml import html

        pages = [_extract(f"<html><body>{html.tostring(each, encoding='unicode')}</body></html>") for each in several]
        return [
            replace(page, title=_heading(each) or page.title, url="", id=f"#{number}")
            for number, (page, each) in enumerate(zip(pages, several, strict=True), start=1)
        ]
    return [_extract(framed)]


def _extract(markup: str) -> WebPage:
    from trafilatura import bare_extraction
    from trafilatura.settings import Document

    with _silent("trafilatura"):
        # Precision goes before recall: a menu in the text would be annotated.
        found = bare_extraction(
            markup,
            include_comments=False,
            include_tables=False,
            favor_precision=True,
            with_metadata=True,
            prune_xpath=_BESIDE_MAIN,
            date_extraction_params={
                "extensive_search": False,
                "original_date": True,
            },  # stated, never guessed
        )
    page = WebPage("")
    if isinstance(found, Document):
        page = WebPage(
            text=found.text or "",
            title=found.title or "",
            site=found.sitename or found.hostname or "",
            published=found.date or "",
            url=found.url or "",
        )
    page = _complete(page, markup)
    if not page.text:
        raise UnreadableArticle(
            "the page has no main text that can be found", todo="save the text itself as .txt, or in a .jsonl row"
        )
    return page


def _complete(page: WebPage, markup: str) -> WebPage:
    """The page with the prose that was left out of its text, where it stands; what still is, is counted."""
    root = _parse(markup)
    if root is None:
        return page
    prose = [block for block in walk_blocks(root) if block.is_prose]
    lines = page.text.split("\n") if page.text else []
    taken, at, left_out = _TakenLines(lines, len(prose)), 0, 0
    added = defaultdict[int, list[str]](list)
    for block in prose:
        place = taken.find(block.text)
        if place is not None:
            at = place + 1
        elif block.is_apart or taken.is_too_much:
            left_out += 1
        else:
            added[at].append(block.text)
    whole = [text for number in range(len(lines) + 1) for text in (*added[number], *lines[number : number + 1])]
    title = page.title or " ".join((root.findtext(".//title") or "").split())
    return replace(page, text="\n".join(whole), title=title, paragraphs=len(prose), left_out=left_out)


class _TakenLines:
    """The lines of a text, in which paragraphs are looked for without their blanks: extractors move those."""

    def __init__(self, lines: list[str], wanted: int) -> None:
        squeezed = [_squeeze(line) for line in lines]
        self._exact = {line: number for number, line in reversed(list(enumerate(squeezed)))}
        self._all = "".join(squeezed)
        self._ends = list(accumulate(map(len, squeezed)))
        # Looking through all of the text for each of them would take the square of a page.
        self.is_too_much = wanted * len(self._all) > _MOST_LOOKED_AT

    def find(self, text: str) -> int | None:
        """The number of the line that a paragraph is in; None if it is in none."""
        text = _squeeze(text)
        if (found := self._exact.get(text)) is not None:
            return found
        place = -1 if self.is_too_much else self._all.find(text)
        return None if place < 0 else bisect_right(self._ends, place)


def _squeeze(text: str) -> str:
    # Extractors put blanks where tags were, or take them away.
    return "".join(text.split())


def _parse(markup: str) -> HtmlElement | None:
    from lxml import etree, html

    try:
        return html.document_fromstring(
            markup.encode("utf-8", "surrogatepass"), parser=html.HTMLParser(encoding="utf-8")
        )
    except (etree.ParserError, ValueError):
        return None


def _list_articles(root: HtmlElement) -> list[HtmlElement]:
    """The `<article>` elements that stand beside each other and have several paragraphs of prose each: not teasers."""
    found = [each for each in root.iter("article") if next(each.iterancestors("article"), None) is None]
    return [each for each in found if sum(block.is_prose and not block.is_apart for block in walk_blocks(each)) > 1]


def _heading(article: HtmlElement) -> str:
    return next((" ".join(each.text_content().split()) for each in article.iter("h1", "h2", "h3")), "")


@contextmanager
def _silent(name: str) -> Iterator[None]:
    """Keep a library from logging within the block: our error names what it would log."""
    logger = logging.getLogger(name)
    before = logger.level
    logger.setLevel(logging.CRITICAL)
    try:
        yield
    finally:
        logger.setLevel(before)


def _as_html(markup: str, body: str) -> str:
    """HTML as it is; other XML, or a fragment, in the frame without which the extractor finds nothing."""
    if body[:5].lower() == "<html":
        return markup
    return f"<html><body>{_open_cdata(body)}</body></html>"


def _open_cdata(body: str) -> str:
    """XML with its sections of CDATA as HTML: what they hold is text for XML, and mostly markup for people."""
    parts, at = list[str](), 0
    # No expression does this: a section that is never closed would be looked through again for each that follows.
    while (start := body.find(_CDATA, at)) >= 0 and (end := body.find("]]>", start)) >= 0:
        held = body[start + len(_CDATA) : end]
        parts += body[at:start], held if _TAG.search(held) else escape(held, quote=False)
        at = end + len("]]>")
    return "".join((*parts, body[at:]))


def _prologue_end(markup: str) -> int:
    """Where the declarations, comments and the document type before the first tag end, each looked for once."""
    at = 0
    # No expression does this: tried again at every end it could have, it is quadratic in a run of brackets.
    while True:
        at = _skip_blanks(markup, at)
        end = _declaration_end(markup, at)
        if end == at:
            return at
        at = end


def _declaration_end(markup: str, at: int) -> int:
    """The end of the declaration, comment or document type that begins at ``at``; ``at`` itself without one."""
    for opening, closing in (("<?", "?>"), ("<!--", "-->")):
        if markup.startswith(opening, at):
            end = markup.find(closing, at + len(opening))
            return at if end < 0 else end + len(closing)
    head = _DOCTYPE.match(markup, at)
    if not head:
        return at
    # An internal subset in brackets may contain the sign that ends the whole.
    inner = markup.find("]", head.end()) if markup.startswith("[", head.end()) else -1
    end = markup.find(">", inner) if inner >= 0 else -1
    end = markup.find(">", head.end()) if end < 0 else end
    return at if end < 0 else end + 1


def _skip_blanks(markup: str, at: int) -> int:
    blanks = _BLANKS.match(markup, at)
    return blanks.end() if blanks else at
