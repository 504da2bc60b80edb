"""Files of every format, read into articles and refusals."""
# ruff: noqa: RUF001 - curly quotes, dashes and other scripts are what is tested

from __future__ import annotations

import csv
import hashlib
import io
import json
import logging
import sys
from typing import TYPE_CHECKING

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from labeling.articles import Article, Reject, normalise_newlines
from labeling.sources.files import Arrival, read_articles
from labeling.sources.inputs import find_source_files
from labeling.sources.opened_text import IngestOptions, Remark

if TYPE_CHECKING:
    from pathlib import Path

SIGNS = st.characters(exclude_characters="\0", exclude_categories=["Cs"])
TEXTS = st.text(SIGNS, min_size=1).map(lambda text: f"The talks{text}")


def taken(*paths: Path | str, limit: int = 20_000, encoding: str = "") -> list[Arrival | Reject | Remark]:
    """Everything that reading some paths yields."""
    return list(read_articles(find_source_files(map(str, paths)).inputs, IngestOptions(limit, encoding=encoding)))


def articles(*paths: Path | str, encoding: str = "") -> list[Article]:
    """The articles in some paths, where nothing else is yielded."""
    items = taken(*paths, encoding=encoding)
    arrivals = [item.article for item in items if isinstance(item, Arrival)]
    assert len(arrivals) == len(items), items
    return arrivals


def refusals(*paths: Path | str, encoding: str = "") -> list[tuple[str, str]]:
    """Line and kind of each refusal; the line is "" for a whole file."""
    rejects = [item for item in taken(*paths, encoding=encoding) if isinstance(item, Reject)]
    assert all(reject.reason and reject.todo for reject in rejects)
    return [(reject.where.rpartition(":")[2] if ":" in reject.where else "", reject.kind) for reject in rejects]


@given(TEXTS)
def test_text_files_give_any_text_exactly(tmp_path_factory: pytest.TempPathFactory, text: str) -> None:
    """Any text comes out character for character, line ends as LF."""
    path = tmp_path_factory.getbasetemp() / "any.txt"
    path.write_bytes(text.encode())

    assert [article.text for article in articles(path)] == [normalise_newlines(text)]


@given(texts=st.lists(TEXTS, unique_by=normalise_newlines), escaped=st.booleans())
def test_json_lines_give_any_text_exactly(
    tmp_path_factory: pytest.TempPathFactory, texts: list[str], *, escaped: bool
) -> None:
    """Any text comes out, with characters written as they are or as escapes."""
    path = tmp_path_factory.getbasetemp() / "any.jsonl"
    rows = [json.dumps({"id": number, "text": text}, ensure_ascii=escaped) for number, text in enumerate(texts)]
    path.write_bytes("\n".join(rows).encode())

    assert [article.text for article in articles(path)] == [normalise_newlines(text) for text in texts]


def _looks_like_rows(text: str) -> bool:
    """Whether a line within a text is a row of two cells between tabs: nobody can tell it from one."""
    _, *others = normalise_newlines(text).split("\n")
    return any(line.count("\t") == 1 and not line.startswith("\t") for line in others)


@given(st.lists(TEXTS, min_size=1, unique_by=normalise_newlines), st.sampled_from(",;\t|"))
@example(["The talks\n\t"], "\t")
@example(["The talks\n\tgo on", "The talks"], "\t")
def test_tables_give_any_text_exactly(
    tmp_path_factory: pytest.TempPathFactory, texts: list[str], delimiter: str
) -> None:
    """Quotes, delimiters and line ends in a cell belong to the text."""
    assume(delimiter != "\t" or not any(map(_looks_like_rows, texts)))
    table = io.StringIO(newline="")
    csv.writer(table, delimiter=delimiter).writerows([["id", "text"], *enumerate(texts)])
    path = tmp_path_factory.getbasetemp() / "any.csv"
    path.write_bytes(table.getvalue().encode())

    assert [article.text for article in articles(path)] == [normalise_newlines(text) for text in texts]


@pytest.mark.parametrize("name", ["utf-8", "utf-8-sig", "utf-16", "utf-32", "cp1252"])
@pytest.mark.parametrize("ending", ["txt", "jsonl", "csv"])
def test_every_format_is_read_in_every_encoding(tmp_path: Path, ending: str, name: str) -> None:
    """Encodings are detected for texts, JSON lines and tables alike; guesses, and only guesses, are reported."""
    text = "The ministers’ “talks” in Malé – the second – went well."
    content = {
        "txt": text,
        "jsonl": json.dumps({"id": "1", "text": text}, ensure_ascii=False),
        "csv": f"id,text\r\n1,{text}\r\n",
    }[ending]
    (tmp_path / f"1.{ending}").write_bytes(content.encode(name))

    items = taken(tmp_path)

    assert [(item.article.id, item.article.text) for item in items if isinstance(item, Arrival)] == [("1", text)]
    assert [item.names for item in items if isinstance(item, Remark)] == ([("cp1252",)] if name == "cp1252" else [])


def test_a_named_encoding_is_used(tmp_path: Path) -> None:
    """The same bytes are another text in another encoding, or no text at all."""
    (tmp_path / "a.txt").write_bytes("Malé".encode("cp1252"))

    assert articles(tmp_path, encoding="cp1253")[0].text == "Malι"
    assert refusals(tmp_path, encoding="utf-8-sig") == [("", "unreadable")]


def test_columns_are_known_by_several_names(tmp_path: Path) -> None:
    """In any case; empty ones count as left out; unknown ones are ignored and reported."""
    (tmp_path / "rows.jsonl").write_text(
        json.dumps(
            {
                "ID": 7,
                "Body": "Text.",
                "Headline": "Title",
                "OUTLET": "toi",
                "Date": "25 July 2023",
                "published": "",
                "link": "https://x.example/1",
                "author": {"name": "A"},
                "text": None,
            }
        ),
        encoding="utf-8",
    )

    arrival, remark = taken(tmp_path)

    assert isinstance(arrival, Arrival)
    article = arrival.article
    assert (article.id, article.text, article.title, article.source) == ("7", "Text.", "Title", "toi")
    assert (article.published, article.url) == ("2023-07-25", "https://x.example/1")
    assert isinstance(remark, Remark)
    assert remark.names == ("author",)


def test_row_ids_do_not_depend_on_line_numbers(tmp_path: Path) -> None:
    """An id is the row's own, else its url, else made of the file's name and the text."""
    (tmp_path / "toi").mkdir()
    rows = ['{"text": "A.", "id": "own", "url": "u"}', '{"text": "B.", "url": "https://b"}', '{"text": "C."}']
    path = tmp_path / "toi" / "wire.jsonl"
    path.write_text("\n".join(rows), encoding="utf-8")
    before = articles(tmp_path)
    path.write_text("\n".join(reversed(rows)), encoding="utf-8")

    # The first twelve digits that `printf C. | sha256sum` prints.
    assert [article.id for article in before] == ["own", "https://b", "toi/wire#acbbb7083857"]
    assert articles(tmp_path) == before[::-1]
    assert {article.source for article in before} == {"toi"}


def test_bad_lines_are_refused_one_by_one(tmp_path: Path) -> None:
    """Each defect of a JSON line has its kind and its line; a broken byte costs one row, not the file."""
    lines = [
        b'{"id": "a", "text": "Mal\xc3\xa9 and S\xc3\xa3o."}',
        b'{"id": "b", "text": "cut off',
        b'["no", "object"]',
        b'{"id": "c"}',
        b'{"id": "d", "text": 5}',
        b'{"id": "e", "text": ""}',
        b'{"id": "f", "text": "lone \\ud800"}',
        b'{"id": "g", "text": "nul \\u0000"}',
        b'{"id": "h", "text": "broken \xff"}',
        b'{"id": "i", "text": "x", "body": "y"}',
        b'{"id": true, "text": "x"}',
        b'{"id": "j", "text": "x", "date": "01/02/2023"}',
        b'{"id": "k", "text": "x", "date": 1690243200}',
        b"[" * 100_000,
        b'{"id": ' + b"9" * 5000 + b', "text": "x"}',
        b"",
        b'{"id": "z", "text": "fair \\ud83d\\ude00"}',
    ]
    path = tmp_path / "wire.jsonl"
    path.write_bytes(b"\r\n".join(lines))

    assert refusals(path) == [
        ("2", "unreadable"),
        ("3", "unreadable"),
        ("4", "bad field"),
        ("5", "bad field"),
        ("6", "empty"),
        ("7", "forbidden character"),
        ("8", "forbidden character"),
        ("9", "unreadable"),
        ("10", "bad field"),
        ("14", "unreadable"),
        ("15", "unreadable"),
    ]
    assert [(item.article.id, item.article.text) for item in taken(path) if isinstance(item, Arrival)] == [
        ("a", "Malé and São."),
        (f"wire#{hashlib.sha256(b'x').hexdigest()[:12]}", "x"),
        ("j", "x"),
        ("k", "x"),
        ("z", "fair \U0001f600"),
    ]


def test_messages_about_lines_do_not_hold_their_text(tmp_path: Path) -> None:
    """A broken line is identified by its place, not by its content."""
    (tmp_path / "a.jsonl").write_text(
        '{"text": "secret", "text\n["secret"]\n{"body": {"a": "secret"}}\n', encoding="utf-8"
    )

    rejects = [item for item in taken(tmp_path) if isinstance(item, Reject)]

    assert len(rejects) == 3
    assert not [reject for reject in rejects if "secret" in reject.model_dump_json()]


def test_bad_table_rows_are_refused_one_by_one(tmp_path: Path) -> None:
    """Rows of another length, broken quotes and an open quote are refused with the line they start in."""
    path = tmp_path / "desk.csv"
    path.write_bytes(
        b'id,text\n1,"good, ""one"""\n2,too,many\n3\n\n"4","two\nlines"\n5,"bad" quote\n6,fine\n'
        b'7,by\xfete \xc3\xa9\xc3\xa9\n8,"never closed\n9,lost\n'
    )

    items = taken(path)

    assert [item.article.text for item in items if isinstance(item, Arrival)] == ['good, "one"', "two\nlines", "fine"]
    assert refusals(path) == [(line, "unreadable") for line in ("3", "4", "8", "10", "11")]
    assert "lines 11 to 12" in next(item.reason for item in items if isinstance(item, Reject) and ":11" in item.where)


@pytest.mark.parametrize("content", ["", "a,b\n1,2\n", '"te"xt,id\nx,1\n', "just some words\n"])
def test_a_table_without_a_text_column_is_refused(tmp_path: Path, content: str) -> None:
    """The whole table is refused; the way out lists the names of the column."""
    (tmp_path / "a.csv").write_text(content, encoding="utf-8")

    assert refusals(tmp_path) == [("", "unreadable")]


def test_a_long_cell_is_refused_as_over_long(tmp_path: Path) -> None:
    """The limit is the project's, not that of the csv module, 131,072 characters."""
    (tmp_path / "a.csv").write_text(f"id,text\n1,{'x' * 200_000}\n2,fine\n", encoding="utf-8")

    assert refusals(tmp_path) == [("2", "over-long")]


def test_a_huge_file_is_refused_unread(tmp_path: Path) -> None:
    """A text file that cannot be within the limit in any encoding is refused by its size."""
    with (tmp_path / "log.txt").open("wb") as file:
        file.truncate(10**10)

    (reject,) = taken(tmp_path)

    assert isinstance(reject, Reject)
    assert (reject.kind, reject.reason[:33]) == ("over-long", "the text has 10,000,000,000 bytes")


def test_a_text_file_is_one_article(tmp_path: Path) -> None:
    """Id and source come from the path, the title stays empty: a first line is text."""
    (tmp_path / "toi").mkdir()
    (tmp_path / "toi" / "maldives-jwg.txt").write_text("Headline\n\n25 July 2023\n", encoding="utf-8")

    (article,) = articles(tmp_path)

    assert (article.id, article.source, article.title) == ("toi/maldives-jwg", "toi", "")
    assert article.text == "Headline\n\n25 July 2023\n"


PAGE = """<!doctype html><html><head><meta charset="{charset}"><title>India, Maldives sign MoU | Times</title>
<meta property="og:title" content="India, Maldives sign MoU"><meta property="og:site_name" content="The Times">
<meta property="article:published_time" content="2023-07-25T23:59:00+05:30">
<link rel="canonical" href="https://times.example.com/{address}"></head>
<body><nav><a href="/">Home</a> <a href="/world">World</a></nav>
<article><p>India and Maldives met in Malé &amp; signed a <a href="/x">memorandum</a> of understanding.</p>
<p>“Both sides” agreed on visas, the ministry said in a press release on Monday.</p>
<table><tr><td>1</td><td>2</td></tr></table></article>
<div id="comments"><p>First!</p></div><footer>© 2024</footer></body></html>"""


@pytest.mark.parametrize("name", ["utf-8", "cp1252", "utf-16"])
def test_a_page_gives_its_main_text_and_metadata(tmp_path: Path, name: str) -> None:
    """Main text without menus, tables and comments; title, site, day and url as the page states them."""
    path = tmp_path / "page.html"
    path.write_bytes(PAGE.format(charset="iso-8859-1", address="a/1.cms").encode(name))

    (article,) = articles(path)

    assert article.text == (
        "India and Maldives met in Malé & signed a memorandum of understanding.\n"
        "“Both sides” agreed on visas, the ministry said in a press release on Monday."
    )
    assert (article.title, article.source) == ("India, Maldives sign MoU", "The Times")
    assert article.published == "2023-07-25"
    assert article.url == article.id == "https://times.example.com/a/1.cms"


def test_the_address_of_a_front_page_is_not_an_id(tmp_path: Path) -> None:
    """Where a page gives the site's address as its own, the path is the id: else all its pages were one article."""
    (tmp_path / "page.html").write_text(PAGE.format(charset="utf-8", address=""), encoding="utf-8")

    assert [article.id for article in articles(tmp_path)] == ["page"]


@pytest.mark.parametrize(
    "frame",
    [
        "<nitf><head><title>T</title></head><body><body.content><block>{}</block></body.content></body></nitf>",
        '<!DOCTYPE nitf SYSTEM "nitf.dtd" [<!ENTITY a "b">]><nitf><body><body.content>{}</body.content></body></nitf>',
        "<!-- made by a desk --><TEI xmlns='http://www.tei-c.org/ns/1.0'><text><body>{}</body></text></TEI>",
        "<newsItem><contentSet><inlineXML><html><body>{}</body></html></inlineXML></contentSet></newsItem>",
        "<article>{}</article>",
    ],
)
def test_xml_gives_its_main_text(tmp_path: Path, frame: str) -> None:
    """The body of an agency's XML is read in its declared encoding."""
    sentence = "The ministers of both countries met in Malé on Monday and agreed to hold further talks."
    (tmp_path / "a.xml").write_bytes(
        b"<?xml version='1.0' encoding='iso-8859-1'?>\n"
        + frame.format(f"<p>{sentence}</p><p>{sentence}!</p>").encode("cp1252")
    )

    assert [article.text for article in articles(tmp_path)] == [f"{sentence}\n{sentence}!"]


@pytest.mark.parametrize(
    "page",
    [
        "",
        "<html><body></body></html>",
        "<html><body><script>var x = 1</script></body></html>",
        "<html><body><nav><a href='/'>Home</a><a href='/w'>World</a></nav><footer>Imprint</footer></body></html>",
        "<?xml version='1.0'?><rss><channel><title>News</title><item>One</item><item>Two</item></channel></rss>",
        "<feed xmlns='http://www.w3.org/2005/Atom'><entry><title>One of many</title></entry></feed>",
        "<div>" * 50_000,
    ],
)
def test_a_page_without_main_text_is_refused(tmp_path: Path, page: str) -> None:
    """Empty pages, scripts, menus and nonsense are refused by name, never a crash."""
    (tmp_path / "page.html").write_text(page, encoding="utf-8")

    assert refusals(tmp_path) == [("", "unreadable")]


def test_unreadable_files_are_refused(tmp_path: Path) -> None:
    """An unknown ending, a broken encoding, half a UTF-16 character, a deleted file; the rest goes on."""
    (tmp_path / "a.pdf").write_bytes(b"%PDF")
    (tmp_path / "b.txt").write_bytes("Malé, São, Tromsø".encode()[:-1])
    (tmp_path / "c.jsonl").write_bytes('{"id": "c", "text": "x"}\n'.encode("utf-16") + b"\0")
    (tmp_path / "d.txt").write_text("x", encoding="utf-8")
    (tmp_path / "e.txt").write_text("good", encoding="utf-8")
    found = find_source_files(str(tmp_path / name) for name in ("a.pdf", "b.txt", "c.jsonl", "d.txt", "e.txt"))
    (tmp_path / "d.txt").unlink()

    items = list(read_articles(found.inputs, IngestOptions(100)))

    assert [item.id for item in items if isinstance(item, Reject)] == ["a", "b", "c", "d"]
    assert {item.kind for item in items if isinstance(item, Reject)} == {"unreadable"}
    assert [item.article.id for item in items if isinstance(item, Arrival)] == ["c", "e"]


@pytest.mark.parametrize(
    ("data", "ids"),
    [
        (b'\n{"id": "a", "text": "x"}\n{"id": "b", "text": "y"}\n', ["a", "b"]),
        # The first twelve digits that `printf 'One text.' | sha256sum` prints.
        (b"One text.", ["stdin#3638f28994bd"]),
        (PAGE.format(charset="utf-8", address="a/1.cms").encode(), ["https://times.example.com/a/1.cms"]),
    ],
)
def test_standard_input_has_its_format_detected(monkeypatch: pytest.MonkeyPatch, data: bytes, ids: list[str]) -> None:
    """A pipe holds JSON lines, a page or one text, which its beginning tells."""
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(data)))

    assert [article.id for article in articles("-")] == ids


def test_reading_leaves_other_peoples_settings_alone(tmp_path: Path) -> None:
    """A cell longer than csv allows and a page are read; csv's limit and trafilatura's log level are as they were."""
    (tmp_path / "long.csv").write_text("text\n" + "a" * 200_000 + "\n", encoding="utf-8")
    (tmp_path / "page.html").write_text("<html><body><p>" + "The talks went on. " * 40 + "</p></body></html>")
    before = csv.field_size_limit(), logging.getLogger("trafilatura").level

    assert refusals(tmp_path / "long.csv") == [("2", "over-long")]
    assert len(articles(tmp_path / "page.html")) == 1
    assert (csv.field_size_limit(), logging.getLogger("trafilatura").level) == before
