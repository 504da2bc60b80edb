"""Pages and the formats of agencies: every item is an article, and no paragraph of one is lost in silence."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from labeling.articles import Article, Reject
from labeling.cli import cli
from labeling.sources.files import Arrival, read_articles
from labeling.sources.inputs import find_source_files
from labeling.sources.opened_text import IngestOptions, Remark

CASES = Path(__file__).parents[3] / "shared" / "cases"
LEAD = (
    "The foreign ministers of Norway and Chad met in Oslo on Tuesday to sign an agreement on fisheries, officials said."
)
BODY = [
    "The agreement covers licences, inspections and the training of customs officers in both of the countries.",
    'It will enter into force when both parliaments have approved it, said minister Lena Okafor, "and not before."',
    "Her guest announced that the next round of consultations would be held in the capital of Chad in October.",
]
WHOLE = [LEAD, *BODY]
HEAD = '<?xml version="1.0" encoding="UTF-8"?>\n'
BLOCKS = "".join(f"<p>{each}</p>\n" for each in WHOLE)
OTHER = BLOCKS.replace("Norway", "Peru").replace("Oslo", "Lima")


def read_page(folder: Path, content: str, name: str = "a.xml") -> tuple[list[Article], list[Reject], list[Remark]]:
    """What a file gives: articles, refusals and remarks."""
    path = folder / name
    path.write_text(content, encoding="utf-8")
    items = list(read_articles(find_source_files([str(path)]).inputs, IngestOptions(20_000)))
    return (
        [item.article for item in items if isinstance(item, Arrival)],
        [item for item in items if isinstance(item, Reject)],
        [item for item in items if isinstance(item, Remark)],
    )


def details(article: Article) -> tuple[str, str, str, str]:
    """The id, title, day and source of an article."""
    return article.id, article.title, article.published, article.source


NITF = (
    '<nitf xmlns="http://iptc.org/std/NITF/2006-10-18/"><head><title>Short</title><docdata><doc-id id-string="d-1"/>'
    '<date.issue norm="20230725T080000Z"/></docdata><pubdata name="Example Times"/></head><body><body.head><hedline>'
    "<hl1>Ministers <em>sign</em> accord</hl1></hedline><dateline><location>OSLO</location>, July 25</dateline>"
    "</body.head><body.content>{}</body.content></body></nitf>"
)
NEWSML = (
    "<NewsML><NewsItem><Identification><NewsIdentifier><ProviderId>ex.example</ProviderId><DateId>20230725</DateId>"
    "<NewsItemId>n{}</NewsItemId></NewsIdentifier></Identification><NewsComponent><NewsLines><HeadLine>Accord {}"
    "</HeadLine><DateLine>OSLO, July 25</DateLine></NewsLines><ContentItem><DataContent>{}</DataContent></ContentItem>"
    "</NewsComponent></NewsItem></NewsML>"
)
G2 = (
    '<newsItem xmlns="http://iptc.org/std/nar/2006-10-01/" guid="urn:{}"><itemMeta><provider><name>Example Wire</name>'
    "</provider><versionCreated>2023-07-26T10:00:00Z</versionCreated></itemMeta><contentMeta><contentCreated>2023-07-25"
    "</contentCreated><headline>Accord {}</headline></contentMeta><contentSet><inlineXML>{}</inlineXML></contentSet>"
    "</newsItem>"
)
RCV1 = (
    '<newsitem itemid="2286" date="1996-08-20" xml:lang="en"><title>MEXICO: Accord</title><headline>Ministers sign.'
    "</headline><dateline>OSLO 1996-08-20</dateline><text>{}</text><metadata>"
    '<dc element="dc.source" value="Example"/></metadata></newsitem>'
)
IN_HTML = '<html xmlns="http://www.w3.org/1999/xhtml"><body>{}</body></html>'


@pytest.mark.parametrize(
    ("document", "found", "first"),
    [
        (NITF.format(BLOCKS), ("d-1", "Ministers sign accord", "2023-07-25", "Example Times"), "OSLO, July 25"),
        (NEWSML.format(1, 1, BLOCKS), ("n1", "Accord 1", "2023-07-25", "ex.example"), "OSLO, July 25"),
        (G2.format("a", "A", IN_HTML.format(BLOCKS)), ("urn:a", "Accord A", "2023-07-25", "Example Wire"), None),
        (RCV1.format(BLOCKS), ("2286", "Ministers sign.", "1996-08-20", "Example"), "OSLO 1996-08-20"),
    ],
)
def test_an_agency_document_is_read_by_its_elements(
    tmp_path: Path, document: str, found: tuple[str, ...], first: str | None
) -> None:
    """Headline, date, id, provider and body; the dateline is the first line, because it was printed there."""
    articles, rejects, _ = read_page(tmp_path, HEAD + document)

    assert rejects == []
    assert [details(article) for article in articles] == [found]
    assert articles[0].text.split("\n") == [*([first] if first else []), *WHOLE]


MESSAGE = "<newsMessage><itemSet>{}{}</itemSet></newsMessage>"
RSS = (
    "<rss version='2.0' xmlns:content='http://purl.org/rss/1.0/modules/content/'><channel><title>Wire</title>"
    "<item><guid>1</guid><description>Short.</description><content:encoded><![CDATA[{}]]></content:encoded></item>"
    "<item><guid>2</guid><description><![CDATA[{}]]></description></item></channel></rss>"
)
ATOM = (
    "<feed xmlns='http://www.w3.org/2005/Atom'><title>Wire</title><entry><id>1</id><content type='xhtml'><div>{}</div>"
    "</content></entry><entry><id>2</id><content type='html'>{}</content></entry></feed>"
)


@pytest.mark.parametrize(
    "document",
    [
        MESSAGE.format(G2.format("a", "A", IN_HTML.format(BLOCKS)), G2.format("b", "B", OTHER)),
        f"<NewsML>{NEWSML.format(1, 1, BLOCKS)[8:-9]}{NEWSML.format(2, 2, NITF.format(OTHER))[8:-9]}</NewsML>",
        RSS.format(BLOCKS, OTHER),
        ATOM.format(BLOCKS, OTHER.replace("<", "&lt;")),
    ],
)
def test_many_items_are_many_articles(tmp_path: Path, document: str) -> None:
    """Each with its own text, whole and nothing of the other's."""
    articles, rejects, _ = read_page(tmp_path, HEAD + document)

    assert rejects == []
    texts = [article.text for article in articles]
    assert [text.split("\n")[-4:] for text in texts] == [
        WHOLE,
        [each.replace("Norway", "Peru").replace("Oslo", "Lima") for each in WHOLE],
    ]
    assert len({article.id for article in articles}) == 2


def test_an_entry_of_a_feed_has_its_details(tmp_path: Path) -> None:
    """Title, day, address and the feed as its source; one with a summary only is refused, the rest is taken."""
    content = (
        "<rss><channel><title>Example Wire</title><item><title>Accord</title><link>https://ex.example/1</link>"
        f"<pubDate>Tue, 25 Jul 2023 08:00:00 GMT</pubDate><description><![CDATA[{BLOCKS}]]></description></item>"
        "<item><title>Other</title><link>https://ex.example/2</link><description>Short.</description></item></channel></rss>"
    )
    articles, rejects, _ = read_page(tmp_path, content)

    assert [details(each) for each in articles] == [("https://ex.example/1", "Accord", "2023-07-25", "Example Wire")]
    assert [(reject.id, reject.where.rpartition(":")[2]) for reject in rejects] == [("https://ex.example/2", "[2]")]


@pytest.mark.parametrize(
    "content",
    [
        '<!DOCTYPE nitf [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;">]>' + NITF.format("<p>&b;</p>"),
        '<!DOCTYPE nitf [<!ENTITY x SYSTEM "file:///etc/hostname">]>' + NITF.format("<p>&x;</p>"),
        NITF.format("<p>not closed"),
        G2.format("a", "A", ""),
    ],
)
def test_bombs_and_broken_documents_are_refused(tmp_path: Path, content: str) -> None:
    """No entity of a document's own is read, from wherever; an item without a text is named."""
    articles, rejects, _ = read_page(tmp_path, HEAD + content)

    assert articles == []
    assert [reject.kind for reject in rejects] == ["unreadable"]


def test_entities_of_html_are_read(tmp_path: Path) -> None:
    """NITF's document type declares them, and is not at hand."""
    articles, _, _ = read_page(tmp_path, NITF.format("<p>Caf&eacute; &amp; bar&nbsp;&lt;x&gt;</p>"))

    assert articles[0].text.split("\n")[-1] == "Caf\u00e9 & bar <x>"


@pytest.mark.parametrize(
    "page",
    [
        f"<div class='lead'><p>{LEAD}</p></div><div class='text'>{''.join(f'<p>{each}</p>' for each in BODY)}</div>",
        f"<header><h1>T</h1><p>{LEAD}</p></header><main>{''.join(f'<p>{each}</p>' for each in BODY)}</main>",
        f"<article><p>{LEAD}</p><div><div>{BODY[0]}</div></div><p>{BODY[1]}</p><p>{BODY[2]}</p></article>",
        f"<table><tr><td><a href='/'>Home</a><br><a href='/x'>News</a></td><td>{BLOCKS}</td></tr></table>",
        "<table><tr><td>" + "<br><br>".join(WHOLE) + "</td></tr></table>",
        f"<section><p>{LEAD}</p></section><section><p>{BODY[0]}</p></section><section><p>{BODY[1]}</p><p>{BODY[2]}</p></section>",
    ],
)
def test_no_paragraph_of_a_page_is_lost(tmp_path: Path, page: str) -> None:
    """Leads in a container of their own, blocks between paragraphs, layouts by tables, sections: all, once."""
    articles, rejects, _ = read_page(
        tmp_path, f"<html><head><title>T</title></head><body>{page}</body></html>", "a.html"
    )

    assert rejects == []
    text = articles[0].text
    places = [text.find(each) for each in WHOLE]
    assert -1 not in places
    assert places == sorted(places)
    assert [text.count(each) for each in WHOLE] == [1] * 4
    assert "Home" not in text


def test_articles_of_one_page_are_many(tmp_path: Path) -> None:
    """Two with paragraphs each are two; a teaser beside one is not one."""
    two = f"<article><h1>First</h1>{BLOCKS}</article><article><h1>Second</h1>{OTHER}</article>"
    articles, _, _ = read_page(tmp_path, f"<html><body>{two}</body></html>", "a.html")
    assert [(each.id, each.title, LEAD in each.text) for each in articles] == [
        ("a#1", "First", True),
        ("a#2", "Second", False),
    ]

    teaser = f"<article><h1>First</h1>{BLOCKS}</article><article><h2>Second</h2><p>Read more.</p></article>"
    articles, _, _ = read_page(tmp_path, f"<html><body>{teaser}</body></html>", "b.html")
    assert [each.id for each in articles] == ["b"]


def test_what_is_left_out_of_a_page_is_told(tmp_path: Path) -> None:
    """Paragraphs of parts for something else are not taken, and counted, in the terminal and as JSON."""
    aside = "Subscribe to our letter about the ministers of the world, which comes on every second Sunday at noon."
    page = f"<html><body><article>{BLOCKS}</article><div class='newsletter'><p>{aside}</p></div></body></html>"
    articles, _, remarks = read_page(tmp_path, page, "a.html")

    assert articles[0].text.split("\n") == WHOLE
    assert [remark.kind for remark in remarks] == ["left out"]
    assert remarks[0].names[0].endswith("a.html: 1 of 5 paragraphs (80 % taken)")
    arguments = ["--workspace", str(tmp_path / "w"), "ingest", str(tmp_path / "a.html")]
    assert "1 of 5 paragraphs" in CliRunner().invoke(cli, arguments).output
    told = json.loads(CliRunner().invoke(cli, [*arguments, "--json"]).output)
    assert [each.rpartition(": ")[2] for each in told["left_out"]] == ["1 of 5 paragraphs (80 % taken)"]


@pytest.mark.parametrize(
    ("case", "count"),
    [
        ("F37/two_newsitems.xml", 2),
        ("F38/cdata_item.xml", 1),
        ("F40/lead_out.html", 1),
        ("F41/tablelayout.html", 1),
        ("F43/twoarts.html", 2),
        ("F44/nitf.xml", 1),
    ],
)
def test_the_cases_of_pages(case: str, count: int) -> None:
    """As many articles as there are, each with its four paragraphs."""
    if not CASES.is_dir():
        pytest.skip("the shared cases are not here")
    items = list(read_articles(find_source_files([str(CASES / case)]).inputs, IngestOptions(20_000)))
    articles = [item.article for item in items if isinstance(item, Arrival)]

    assert [isinstance(item, Arrival) for item in items] == [True] * count
    for article in articles:
        paragraphs = [line for line in article.text.split("\n") if len(line) > 60]
        assert len(paragraphs) == 4
        assert "]]>" not in article.text
    if case.startswith("F44"):
        assert details(articles[0])[1:] == ("Ministers sign fisheries accord", "2023-07-25", "Example Times")


@pytest.mark.parametrize(
    "content",
    [
        "<x>" + "<![CDATA[" * 200_000,
        "<newsItem>" + "<inlineXML>x</inlineXML>" * 5000 + "</newsItem>",
        "<rss>" + f"<item><description>&lt;p>{LEAD}&lt;/p>&lt;p>b&lt;/p></description></item>" * 1000 + "</rss>",
        "<html><body>" + "<div class='x'>" * 250 + f"<p>{LEAD}</p>" * 5000,
        "<nitf>" + "<block>" * 50_000,
    ],
)
def test_no_page_takes_its_square(tmp_path: Path, content: str) -> None:
    """Sections that are never closed, thousands of items, deep and wide ones: each is read or refused soon."""
    # Each of them took minutes where something was looked for again for each of its parts.
    articles, rejects, _ = read_page(tmp_path, content)

    assert articles or rejects
