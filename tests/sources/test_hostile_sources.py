"""Files made to break or to stall a reader: refused by name or read at once, and the others go on.

Sizes are such that the code of before would take hours or much memory; nothing here looks at a clock.
"""

from __future__ import annotations

import json
import os
from contextlib import nullcontext
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labeling.articles import Reject, SourceRow, make_article
from labeling.dates import iso_date, leading_date
from labeling.errors import BadField, OverlongArticle, UsageError
from labeling.sources.encodings import detect_encoding
from labeling.sources.files import Arrival, read_articles
from labeling.sources.inputs import find_source_files
from labeling.sources.opened_text import IngestOptions
from labeling.sources.plain_files import LONGEST_LINE
from labeling.sources.web_pages import extract_pages

LONG = 2_000_000
PROSE = "Ministers of both countries met on Monday in the capital to talk about fisheries and borders. "


def read(*paths: Path) -> tuple[list[str], list[str]]:
    """The ids of the articles in these files, and the reasons of what was refused."""
    items = list(read_articles(find_source_files(map(str, paths)).inputs, IngestOptions(20_000)))
    ids = [item.article.id for item in items if isinstance(item, Arrival)]
    return ids, [f"{item.kind}: {item.reason}" for item in items if isinstance(item, Reject)]


@pytest.mark.parametrize(
    "head", ["date", "", "date:", "July", "25 July", "GENEVA,", "GENEVA, Monday,", "July 25, 2023"]
)
def test_blanks_after_a_date_are_passed_once(head: str) -> None:
    """Two million of them; the expression of before tried all ways to share them out."""
    assert leading_date(head + " " * LONG + "x") in {"", "2023-07-25"}
    assert leading_date(f"date{' ' * LONG}:{' ' * LONG}2023-07-25") == "2023-07-25"


@pytest.mark.parametrize("unit", ["day", "a", "1", "(", "-", "date ", "July ", "a, ", "\t", "٣", "25 July "])
def test_a_head_without_a_date_is_read_once(unit: str) -> None:
    """Repeated a million characters long, what a date may begin with."""
    assert leading_date(unit * (LONG // 2 // len(unit))) == ""


@pytest.mark.parametrize("value", ["9" * 1_000, "9" * 5_000, "1/" * 500, "(" * LONG, "2023-07-25" + " x" * 100])
def test_a_date_longer_than_any_is_refused(value: str) -> None:
    """A thousand figures ended the run with an OverflowError."""
    with pytest.raises(ValueError, match="characters more are not a date"):
        iso_date(value)
    with pytest.raises(BadField, match="published:"):
        make_article(SourceRow(where="w", id="a", text="Text.", published=value), 20_000)


@pytest.mark.parametrize("value", ["9" * 60, "99999999999999999999 July 2023", "9999999999", "0000-00-00", "0/0/0"])
def test_figures_that_no_calendar_has_are_not_a_date(value: str) -> None:
    """Whatever the library of dates says to them."""
    with pytest.raises(ValueError, match=r"not a date|must be in|out of range"):
        iso_date(value)


@pytest.mark.parametrize(
    "prologue",
    ["<!DOCTYPE x [" + "]" * LONG, "<!DOCTYPE x [" + "[" * LONG, "<!DOCTYPE" * (LONG // 9), "<!--" * LONG, "<?" * LONG],
    ids=["closed", "opened", "doctypes", "comments", "instructions"],
)
def test_a_prologue_without_an_end_is_looked_through_once(prologue: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A run of brackets took the square of its length. What comes after is the extractor's, which is not asked here."""
    monkeypatch.setattr("trafilatura.bare_extraction", lambda *_, **__: None)
    with pytest.raises(Exception, match="no main text"):
        extract_pages(prologue)


@pytest.mark.parametrize(
    "prologue",
    [
        "",
        '<?xml version="1.0"?>\n',
        "<!-- a > b -->\n<!doctype html>",
        '<!DOCTYPE html [ <!ENTITY a "b"> ]>\n',
        "<!DOCTYPE x [ ] ] >",
    ],
)
def test_what_goes_before_the_first_tag_is_passed_over(prologue: str) -> None:
    """So that the page is seen to be one, and a feed a feed."""
    (page,) = extract_pages(f"{prologue}<html><body><article>{f'<p>{PROSE * 3}</p>' * 4}</article></body></html>")
    assert page.text.startswith(PROSE.strip())
    with pytest.raises(Exception, match="feed"):
        extract_pages(f"{prologue}<rss><channel></channel></rss>")


@pytest.mark.parametrize("name", ["punycode", "unicode_escape", "utf-7", "idna", "rot13", "utf-16", "hz", "none"])
def test_a_page_declares_an_encoding_of_the_web_or_none(name: str, tmp_path: Path) -> None:
    """Python has codecs of many other kinds, and some of them take the square of the page's length."""
    path = tmp_path / "page.html"
    path.write_bytes(f"<meta charset={name}><p>Malé is the capital of the Maldives.".encode("latin-1"))
    with path.open("rb") as file:
        assert detect_encoding(file, declares=True).guessed


def test_a_declared_encoding_of_the_web_is_taken(tmp_path: Path) -> None:
    """Its names are those of the web, in any case."""
    for name in ("windows-1250", "ISO-8859-2", "Shift_JIS", "gbk", "KOI8-R", "iso-8859-9"):
        path = tmp_path / "page.html"
        path.write_bytes(f"<meta charset='{name}'>".encode() + b"Mal\xe9\x41")
        with path.open("rb") as file:
            assert not detect_encoding(file, declares=True).guessed


def test_a_pipe_a_device_and_a_link_are_refused_by_name(tmp_path: Path) -> None:
    """Each named itself; a pipe that nobody writes to would be waited for, a device has no end."""
    os.mkfifo(tmp_path / "pipe.txt")
    (tmp_path / "a.txt").write_text("Text.", encoding="utf-8")
    (tmp_path / "link.txt").symlink_to(tmp_path / "a.txt")
    (tmp_path / "loop.txt").symlink_to(tmp_path / "loop.txt")
    (tmp_path / "gone.txt").symlink_to(tmp_path / "nowhere.txt")
    names = ("pipe.txt", "link.txt", "loop.txt", "gone.txt", "a.txt")

    ids, reasons = read(*(tmp_path / name for name in names), Path("/dev/null"))

    assert ids == ["a"]
    assert [reason.split(" to ")[0] for reason in reasons[:4]] == [
        "unreadable: it is a named pipe",
        *(["unreadable: it is a link"] * 3),
    ]
    assert len(reasons) == 5


def test_links_in_folders_and_globs_are_passed_over_and_listed(tmp_path: Path) -> None:
    """They may lead out of the folder; the file that one leads to is read under its own name."""
    (tmp_path / "wire").mkdir()
    (tmp_path / "wire" / "b.txt").write_text("x", encoding="utf-8")
    (tmp_path / "wire" / "a.txt").symlink_to(tmp_path / "wire" / "b.txt")
    (tmp_path / "wire" / "out.txt").symlink_to("/etc/passwd")
    os.mkfifo(tmp_path / "wire" / "pipe.txt")

    for name in (tmp_path / "wire", tmp_path / "wire" / "*.txt"):
        found = find_source_files([str(name)])
        assert [file.name for file in found.inputs] == ["b"]
        assert [Path(name).name for name in found.skipped] == ["a.txt", "out.txt", "pipe.txt"]


@pytest.mark.parametrize("name", ["x" * 300, "x/" * 3_000, "a\0b"], ids=["long", "deep", "NUL"])
def test_a_path_that_no_system_has_is_a_wrong_use(name: str) -> None:
    """The system's own answer, with our way out."""
    with pytest.raises(UsageError):
        find_source_files([name])


@pytest.mark.parametrize("sign", [*"([{\"'.&$%=<…", "😀", "\u200b", "'s", "a.b-"])
def test_a_heap_of_signs_is_refused_by_name(sign: str) -> None:
    """The tokenizer takes half a minute for as many; a line ruled with five hundred is borne."""
    with pytest.raises(OverlongArticle, match="without a blank begin or end with more than 500 signs"):
        make_article(SourceRow(where="w", id="a", text=f"News. {sign * (19_000 // len(sign))} End."), 20_000)
    make_article(SourceRow(where="w", id="a", text=f"News.\n{'-' * 500}\nMore."), 20_000)


@pytest.mark.parametrize(
    "unit", ["—" * 400 + " ", "-" * 78 + " ", ":" * 100 + "abcDef", "(" * 200 + "Oslo" + ")" * 200 + "\n"]
)
def test_many_heaps_of_signs_are_refused_by_name(unit: str) -> None:
    """Each is borne alone; together they take a second. A table ruled all over is borne."""
    make_article(SourceRow(where="w", id="a", text=f"News. {unit}"), 20_000)
    with pytest.raises(OverlongArticle, match="signs, as do others: too many in all"):
        make_article(SourceRow(where="w", id="a", text=(unit * 20_000)[:20_000]), 20_000)
    rows = f"+{'-' * 78}+\n| Oslo | 3 | 4 |\n" * 200
    assert make_article(SourceRow(where="w", id="a", text=rows[:20_000]), 20_000)


@given(
    st.lists(
        st.tuples(st.sampled_from([1, 50, 51, 75, 76, 200, 333, 499, 500, 501]), st.sampled_from([" ", "\n", " \t"])),
        max_size=30,
    ),
    st.integers(0, 3_000),
)
def test_heaps_of_signs_are_refused_whatever_stands_around(heaps: list[tuple[int, str]], more: int) -> None:
    """Above five hundred signs in a word, a million of work in a text, and 75 for each of its characters."""
    text = "News " * more + "".join("-" * signs + blank for signs, blank in heaps) + "."
    counted = [signs for signs, _ in heaps if signs > 50]
    work = sum(signs * signs for signs in counted)

    refused = any(signs > 500 for signs in counted) or work > max(1_000_000, 75 * len(text))
    with pytest.raises(OverlongArticle) if refused else nullcontext():
        make_article(SourceRow(where="w", id="a", text=text), 100_000)


@pytest.mark.parametrize("sign", ["7", "a", "م", "中", "ข้อ", "é", "Москва", "क्षे"])
def test_letters_and_figures_without_a_blank_are_borne(sign: str) -> None:
    """Some scripts have no blanks."""
    assert make_article(SourceRow(where="w", id="a", text=sign * (20_000 // len(sign))), 20_000)


def test_a_bad_line_or_cell_stops_nothing(tmp_path: Path) -> None:
    """A first cell that is too long for csv, a line of JSON too long for anybody, and nesting; the rest is read."""
    (tmp_path / "a.csv").write_text('"' + "x" * 131_073 + '",text\n1,Text.\n', encoding="utf-8")
    (tmp_path / "b.csv").write_text('id,text\n1,One.\n2,"' + "x" * 200_000 + '"\n3,Three.\n', encoding="utf-8")
    lines = ['{"id": "4", "text": "Four."}', "[" * 100_000, '{"id": 1' + "0" * 5_000 + "}", '{"id": "5", "text": "F."}']
    lines.insert(1, json.dumps({"id": "6", "text": "x" * LONGEST_LINE}))
    (tmp_path / "c.jsonl").write_text("\n".join(lines), encoding="utf-8")

    ids, reasons = read(tmp_path)

    assert ids == ["1", "3", "4", "5"]
    assert [reason.partition(":")[0] for reason in reasons] == [
        "unreadable",
        "over-long",
        "over-long",
        "unreadable",
        "unreadable",
    ]


def test_a_page_larger_than_any_is_refused_before_it_is_read(tmp_path: Path) -> None:
    """The extractor would hold it in memory several times."""
    with (tmp_path / "a.html").open("wb") as file:
        file.truncate(2**34)
    (tmp_path / "b.txt").write_text("x", encoding="utf-8")

    ids, reasons = read(tmp_path)

    assert (ids, reasons) == (
        ["b"],
        ["over-long: the page has 17,179,869,184 bytes, and 10,000,000 are read of a page"],
    )


@pytest.mark.parametrize("error", [RecursionError(), ValueError("x"), MemoryError(), KeyError("text")])
def test_a_library_that_fails_upon_a_page_loses_only_the_page(
    error: Exception, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever error it ends in."""

    def fail(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr("trafilatura.bare_extraction", fail)
    (tmp_path / "a.html").write_text("<html>", encoding="utf-8")
    (tmp_path / "b.txt").write_text("x", encoding="utf-8")

    ids, reasons = read(tmp_path)

    assert (ids, len(reasons)) == (["b"], 1)
    assert type(error).__name__ in reasons[0]
