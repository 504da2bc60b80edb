"""The formats of agencies and feeds: NITF, NewsML 1.2 and G2, RCV1, RSS and Atom, by their elements.

Names of elements tell what they hold, in any namespace: an item may lie in a message, and its text in another format.
"""

from __future__ import annotations

import re
from dataclasses import replace
from html.entities import html5
from typing import TYPE_CHECKING

from labeling.errors import UnreadableArticle
from labeling.sources.page_blocks import WebPage, list_blocks

if TYPE_CHECKING:
    from lxml.etree import _Element

_ROOT = re.compile(r"<(?:[\w.-]+:)?(nitf|newsml|newsitem|newsmessage|rss|feed|rdf)\b", re.IGNORECASE)
_FEEDS = {"rss", "feed", "rdf"}
_ENTITY = re.compile(r"&(\w+);")
_OF_XML = {"amp", "lt", "gt", "quot", "apos"}
# Where an item has what, the likeliest first; a name after `@` is an attribute.
_TITLES = ("hl1", "HeadLine", "contentMeta/headline", "headline", "itemMeta/title", "head/title", "title")
_DATES = (
    *("date.issue/@norm", "date.release/@norm", "story.date/@norm", "pubdata/@date.publication", "contentCreated"),
    *("firstCreated", "versionCreated", "FirstCreated", "DateId", "pubDate", "published", "date", "updated", "sent"),
)
_IDS = ("doc-id/@id-string", "PublicIdentifier", "NewsItemId", "guid", "id")
_PROVIDERS = (
    *("pubdata/@name", "provider/name", "provider/@literal", "provider/@qcode", "Provider/Party/@FormalName"),
    *("infoSource/name", "infoSource/@literal", "ProviderId", "doc-id/@regsrc", "source"),
)
_OWN = {"guid": "guid", "itemid": "id", "date": "date"}  # attributes of the item itself
_DATELINES = ("dateline", "DateLine")
_BODIES = ("body.content", "inlineXML", "inlineData", "DataContent", "text")
_WHOLE = ("encoded", "content")  # of feeds
_FEW_PARAGRAPHS = 2  # of a description that is the whole text


def is_agency_xml(body: str) -> bool:
    """Whether the first tag of a document is one of these formats."""
    return bool(_ROOT.match(body))


def read_agency_items(body: str) -> list[WebPage]:
    """The items of a document, from its first tag on; one without a text is there with an empty one.

    Raises:
        UnreadableArticle: It is not well-formed, uses entities of its own, or is a feed of summaries.
    """
    from lxml import etree

    # Without its document type: what that declares could grow without end, or lie in another file.
    text = _ENTITY.sub(_replace_entity, body)
    try:
        parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, remove_comments=True)
        root = etree.fromstring(text.encode("utf-8", errors="surrogatepass"), parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        raise UnreadableArticle(f"it is not well-formed XML: {error}", todo="mend the file at its source") from None
    is_feed = _name(root) in _FEEDS
    # Of a feed the title is looked for once, not for each of its items.
    feed = (_find(root, ("channel/title",)) or _child_text(root, "title")) if is_feed else None
    pages = [page for item in _list_items(root, is_feed=is_feed) for page in _read_item(item, feed)]
    if is_feed and not any(page.text for page in pages):
        raise UnreadableArticle(
            "this is a feed of many articles, and has summaries only", todo="save each as a page, or as a .jsonl row"
        )
    return pages


def _replace_entity(found: re.Match[str]) -> str:
    if found[1] in _OF_XML:
        return found[0]
    signs = html5.get(f"{found[1]};")
    if signs is None:
        raise UnreadableArticle(
            f"the entity `&{found[1]};` is not of HTML, and what a document declares is not read",
            todo="put the text in its place",
        )
    return signs


def _name(element: _Element) -> str:
    return str(element.tag).rpartition("}")[2].casefold() if isinstance(element.tag, str) else ""


def _list_items(root: _Element, *, is_feed: bool) -> list[_Element]:
    wanted = {"item", "entry"} if is_feed else {"newsitem", "nitf"}
    found = [each for each in root.iter() if _name(each) in wanted]
    # A NITF inside an item of another format is its text, not an item of its own.
    return [each for each in found if not any(_name(above) in wanted for above in each.iterancestors())]


def _read_item(item: _Element, feed: str | None) -> list[WebPage]:
    """The articles of an item; ``feed`` is the title of the feed that it is in, if it is in one."""
    is_feed = feed is not None
    texts = [_feed_text(item)] if is_feed else _list_texts(item)
    own = {_OWN[name]: str(value) for name, value in item.attrib.items() if name in _OWN}
    source = _find(item, ("source",) if is_feed else _PROVIDERS) or feed or _find_named(item, "dc.source")
    identity = own.get("guid") or own.get("id") or _find(item, _IDS)
    url = _find_url(item) if is_feed else ""
    page = WebPage(
        text="",
        title=_find(item, _TITLES),
        site=source,
        published=own.get("date") or _find(item, _DATES) or _find_named(item, "dc.date.published"),
        url=url,
        id=identity or url,
    )
    return [
        replace(page, text=text, id=page.id + (f"#{number}" if number > 1 else ""))
        for number, text in enumerate(texts, start=1)
    ]


def _list_texts(item: _Element) -> list[str]:
    """The texts of an item: of one in several languages or versions there are several."""
    bodies = next((found for name in _BODIES if (found := _outermost(item, name))), [])
    texts = ["\n".join(list_blocks(body)) for body in bodies]
    dateline = _find(item, _DATELINES)
    # It is printed before the first paragraph, and stands beside the body here.
    filled = [f"{dateline}\n{text}" if dateline and not text.startswith(dateline) else text for text in texts if text]
    return filled or [""]


def _outermost(item: _Element, name: str) -> list[_Element]:
    wanted = name.casefold()
    found = [each for each in item.iter() if _name(each) == wanted]
    return [each for each in found if not any(_name(above) == wanted for above in each.iterancestors())]


def _feed_text(item: _Element) -> str:
    """The whole text of an entry, or "": a description is one where it has paragraphs."""
    from lxml import html

    for name in (*_WHOLE, "description", "summary"):
        for each in (child for child in item if _name(child) == name):
            blocks = list_blocks(each)
            if not len(each) and (inner := "".join(each.itertext()).strip()).startswith("<"):
                blocks = list_blocks(html.fromstring(f"<div>{inner}</div>"))
            if blocks and (name in _WHOLE or len(blocks) >= _FEW_PARAGRAPHS):
                return "\n".join(blocks)
    return ""


def _find(item: _Element, paths: tuple[str, ...]) -> str:
    """The first text that one of the paths leads to, below an item."""
    for path in paths:
        *elements, last = path.split("/")
        steps = "".join(
            f"/*[local-name()='{each}']" for each in (elements if last.startswith("@") else [*elements, last])
        )
        query = f"./{steps}" + (f"/@*[local-name()='{last[1:]}']" if last.startswith("@") else "")
        for found in item.xpath(query):
            text = found if isinstance(found, str) else " ".join(list_blocks(found)) or "".join(found.itertext())
            if text := " ".join(text.split()):
                return text
    return ""


def _find_named(item: _Element, name: str) -> str:
    """What RCV1 says of an item: `<dc element="dc.source" value="..."/>`."""
    return str(next(iter(item.xpath(".//*[local-name()='dc'][@element=$name]/@value", name=name)), ""))


def _child_text(element: _Element, name: str) -> str:
    return next((" ".join(each.itertext()).strip() for each in element if _name(each) == name), "")


def _find_url(item: _Element) -> str:
    links = [each for each in item if _name(each) == "link" and each.get("rel", "alternate") == "alternate"]
    return next((found for each in links if (found := (each.get("href") or each.text or "").strip())), "")
