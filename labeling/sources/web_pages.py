"""The main text of a web page, and the title, site, date and address that the page states."""

from __future__ import annotations

import logging
import re
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from labeling.errors import UnreadableArticle

if TYPE_CHECKING:
    from collections.abc import Iterator

# Markup that is never main text; on a page with little else, the extractor would take it for that.
_BESIDE = ["//nav", "//footer"]
_BLANKS = re.compile(r"\s*+")
_DOCTYPE = re.compile(r"<!DOCTYPE[^>\[]*+", re.IGNORECASE)
_FEED = re.compile(r"<(?:rss|feed|rdf:RDF)\b", re.IGNORECASE)


@dataclass(frozen=True)
class WebPage:
    """A page: ``url`` and ``site`` as the page states them, ``published`` an ISO date; each may be empty."""

    text: str
    title: str = ""
    site: str = ""
    published: str = ""
    url: str = ""

    @property
    def address(self) -> str:
        """The url if it identifies the article: absolute, and not that of the site's front page; else ""."""
        parts = urlsplit(self.url)
        return self.url if parts.netloc and (parts.path.strip("/") or parts.query) else ""


def extract_page(markup: str) -> WebPage:
    """Extract the main text of HTML or XML with trafilatura: paragraphs one a line, no tables, no readers' comments.

    Raises:
        UnreadableArticle: The page has no main text, or is a feed of many articles.
    """
    from trafilatura import bare_extraction
    from trafilatura.settings import Document

    with _silent("trafilatura"):
        # Precision goes before recall: a menu in the text would be annotated.
        found = bare_extraction(
            _as_html(markup),
            include_comments=False,
            include_tables=False,
            favor_precision=True,
            with_metadata=True,
            prune_xpath=_BESIDE,
            date_extraction_params={
                "extensive_search": False,
                "original_date": True,
            },  # stated, never guessed
        )
    if not isinstance(found, Document) or not found.text:
        raise UnreadableArticle(
            "the page has no main text that can be found", todo="save the text itself as .txt, or in a .jsonl row"
        )
    return WebPage(
        text=found.text,
        title=found.title or "",
        site=found.sitename or found.hostname or "",
        published=found.date or "",
        url=found.url or "",
    )


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


def _as_html(markup: str) -> str:
    """HTML as it is; an agency's XML, or a fragment, in the frame without which the extractor finds nothing."""
    # What comes before the first tag tells nothing about the kind of document.
    body = markup[_prologue_end(markup) :]
    if _FEED.match(body):
        raise UnreadableArticle("this is a feed of many articles", todo="save each as a page, or as a .jsonl row")
    return markup if body[:5].lower() == "<html" else f"<html><body>{body}</body></html>"


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
