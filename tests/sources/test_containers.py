"""Containers: arrays, objects around arrays, gzip, tables as spreadsheets write them; what stands there twice."""

from __future__ import annotations

import bz2
import gzip
import io
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labeling.articles import Article, Reject
from labeling.imports.doccano import read_doccano
from labeling.imports.prodigy import read_prodigy
from labeling.imports.record import ImportRecord
from labeling.sources import json_rows, plain_files
from labeling.sources.files import Arrival, read_articles
from labeling.sources.inputs import find_source_files
from labeling.sources.opened_text import IngestOptions

if TYPE_CHECKING:
    from collections.abc import Callable

CASES = Path(__file__).parents[3] / "shared" / "cases"
ROWS = [{"id": "a", "text": "Oslo [1], {2}."}, {"id": "b", "text": 'She said "Bern".\n\n'}, {"id": "c", "text": "Rome"}]


def read_all(*paths: Path | str) -> tuple[list[Article], list[Reject]]:
    """The articles and the refusals in some files."""
    items = list(read_articles(find_source_files(map(str, paths)).inputs, IngestOptions(20_000)))
    return (
        [item.article for item in items if isinstance(item, Arrival)],
        [item for item in items if isinstance(item, Reject)],
    )


def texts(*paths: Path | str) -> dict[str, str]:
    """The texts in some files by id, where nothing is refused."""
    articles, rejects = read_all(*paths)
    assert rejects == []
    return {article.id: article.text for article in articles}


def write(path: Path, content: str | bytes) -> Path:
    """Write a file as it is to stand there."""
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


SHAPES: dict[str, Callable[[list[dict[str, str]]], str]] = {
    "array": json.dumps,
    "pretty array": lambda rows: json.dumps(rows, indent=2),
    "array with line ends before it": lambda rows: "\ufeff\n\n" + json.dumps(rows, indent=1) + "\n\n",
    "articles": lambda rows: json.dumps({"status": "ok", "totalResults": len(rows), "articles": rows}),
    "other name, pretty": lambda rows: json.dumps({"meta": [{"n": 1}], "Beiträge": rows}, indent=4),
    "content": lambda rows: json.dumps({"content": rows, "last": True}, indent=4),
    "two deep": lambda rows: json.dumps({"response": {"docs": rows}}),
    "sections": lambda rows: json.dumps({"home": rows[:1], "world": rows[1:]}, indent=2),
    "pages": lambda rows: json.dumps([{"page": 1, "items": rows[:2]}, {"page": 2, "items": rows[2:]}]),
    "pretty objects, one after the other": lambda rows: "\n".join(json.dumps(row, indent=2) for row in rows),
    "lines": lambda rows: "".join(json.dumps(row) + "\n" for row in rows),
}


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("ending", [".json", ".jsonl", ".ndjson", ".json.gz"])
def test_every_shape_of_json_gives_the_same_articles(tmp_path: Path, shape: str, ending: str) -> None:
    """What the content is counts, whatever the file is called."""
    content = SHAPES[shape](ROWS).encode()
    path = write(tmp_path / f"news{ending}", gzip.compress(content) if ending.endswith("gz") else content)

    assert texts(path) == {row["id"]: row["text"] for row in ROWS}


@given(
    rows=st.lists(st.text(st.characters(exclude_characters="\0\r", exclude_categories=["Cs"])), max_size=9),
    data=st.data(),
)
def test_an_array_gives_what_its_lines_give(
    tmp_path_factory: pytest.TempPathFactory, rows: list[str], data: st.DataObject
) -> None:
    """The articles of an array, printed in any way, are those of JSON lines of the same objects."""
    objects = [{"id": f"a{number}", "text": f"x{text}"} for number, text in enumerate(rows)]
    indent = data.draw(st.sampled_from([None, 0, 2, "\t"]))
    folder = tmp_path_factory.getbasetemp()
    array = write(folder / "array.json", json.dumps(objects, indent=indent, ensure_ascii=data.draw(st.booleans())))
    lines = write(folder / "lines.jsonl", "".join(json.dumps(each) + "\n" for each in objects))

    assert texts(array) == texts(lines)


def test_one_object_over_many_lines_is_one_article(tmp_path: Path) -> None:
    """The lists inside an article are not articles."""
    entities = [{"text": "Oslo"}, {"text": "Bern"}]
    path = write(tmp_path / "a.json", json.dumps({"entities": entities, "id": "a", "text": "Oslo and Bern"}, indent=2))

    assert texts(path) == {"a": "Oslo and Bern"}


def test_bad_items_of_an_array_are_refused_one_by_one(tmp_path: Path) -> None:
    """An item without a text, one that is not an object; the place is the number of the item, in order."""
    rows = [*({"id": str(number)} for number in range(11)), {"id": "x", "text": "Oslo"}, 7]
    articles, rejects = read_all(write(tmp_path / "a.json", json.dumps(rows)))

    assert [article.id for article in articles] == ["x"]
    assert [reject.where.rpartition(":")[2] for reject in rejects] == [f"[{each}]" for each in (*range(1, 12), 13)]


@pytest.mark.parametrize(
    "content",
    [
        '[{"id": "a", "text": "Oslo"}, {"id": "b", "text": "Be',
        '[{"id": "a", "text": "Oslo"}, {"id": "b" "text": "Bern"}]',
        '[{"id": "a", "text": "Oslo"}]\n[{"id": "b", "text": "Bern"}]',
        '[{"id": "a", "text": "Oslo"}] x',
    ],
)
def test_a_broken_array_is_refused_from_the_break_on(tmp_path: Path, content: str) -> None:
    """What stood before it is taken, the file is refused by one message, and nothing after it is lost in silence."""
    articles, rejects = read_all(write(tmp_path / "a.json", content))

    assert [article.id for article in articles] == ["a"]
    assert [(reject.kind, "one article a line" in reject.todo) for reject in rejects] == [("unreadable", True)]


def test_broken_json_over_many_lines_is_one_refusal(tmp_path: Path) -> None:
    """Not one a line, each of which would tell to mend the line."""
    content = json.dumps({"articles": ROWS}, indent=2)[:-9]
    _, rejects = read_all(write(tmp_path / "a.json", content))

    assert [reject.kind for reject in rejects] == ["unreadable"]
    assert "over many lines" in rejects[0].reason


def test_a_first_line_that_is_broken_costs_that_line(tmp_path: Path) -> None:
    """Lines are still lines when the first one was cut, even where it could go on."""
    for cut in ('{"id": "a",', '{"id": "a", "text": "Os', "[1, 2]"):
        path = write(tmp_path / "a.jsonl", f'{cut}\n{{"id": "b", "text": "Bern"}}\n')
        articles, rejects = read_all(path)
        assert ([article.id for article in articles], len(rejects)) == (["b"], 1)


def test_no_item_and_no_object_fills_the_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An item that is never closed, and an object that is too large, are refused with a way out."""
    monkeypatch.setattr(json_rows, "LONGEST_LINE", 1000)
    monkeypatch.setattr(json_rows, "_LARGEST_OBJECT", 1000)
    _, open_item = read_all(write(tmp_path / "a.json", '[{"text": "' + "x" * 5_000_000))
    _, large = read_all(write(tmp_path / "b.json", json.dumps({"articles": ROWS * 100}, indent=1)))

    assert [reject.kind for reject in (*open_item, *large)] == ["unreadable", "unreadable"]
    assert all("one article a line" in reject.todo for reject in (*open_item, *large))


@pytest.mark.parametrize(
    ("ending", "content"),
    [
        (".txt", "Ministers met in Oslo."),
        (".jsonl", '{"id": "a", "text": "Ministers met in Oslo."}'),
        (".csv", "id,text\na,Ministers met in Oslo.\n"),
        (".tsv", "id\ttext\na\tMinisters met in Oslo.\n"),
        (".html", "<html><body><article><p>Ministers met in Oslo on Tuesday, officials said, to talk.</p>" * 9),
        (".xml", "<?xml version='1.0'?><x><p>Ministers met in Oslo on Tuesday, officials said, to talk.</p></x>" * 9),
    ],
)
def test_every_format_is_read_from_gzip(tmp_path: Path, ending: str, content: str) -> None:
    """By the bytes: a packed file without `.gz` is unpacked, one that only says so is read as it is."""
    plain = texts(write(tmp_path / f"a{ending}", content))
    packed = texts(write(tmp_path / f"a{ending}.gz", gzip.compress(content.encode())))
    unnamed = texts(write(tmp_path / f"a{ending}", gzip.compress(content.encode())))
    misnamed = texts(write(tmp_path / f"a{ending}.gz", content))

    assert list(plain) == ["a"]
    assert plain == packed == unnamed == misnamed


def test_packed_standard_input_is_unpacked(monkeypatch: pytest.MonkeyPatch) -> None:
    """A pipe may bring gzip, and an array."""
    data = gzip.compress(json.dumps(ROWS).encode())
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(data)))

    assert list(texts("-")) == ["a", "b", "c"]


def test_what_is_packed_otherwise_or_badly_is_refused_by_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Half a file, a changed byte, gzip in gzip, other packers, and a bomb."""
    packed = gzip.compress(b'{"id": "a", "text": "Oslo"}\n' * 1000)
    monkeypatch.setattr(plain_files, "_LARGEST_UNPACKED", 1_000_000)
    broken = {
        "half": packed[:-20],
        "changed": packed[:-5] + bytes([packed[-5] ^ 1]) + packed[-4:],
        "twice": gzip.compress(packed),
        "bzip2": bz2.compress(b"x"),
        "zip": b"PK\x03\x04\x14\0\0\0",
        "bomb": gzip.compress(bytes(5_000_000)),
    }
    for name, content in broken.items():
        articles, rejects = read_all(write(tmp_path / f"{name}.jsonl.gz", content))
        assert (articles, [reject.kind for reject in rejects]) == ([], ["unreadable"]), name
        assert "pack" in rejects[0].reason + rejects[0].todo or "gzip" in rejects[0].reason


@pytest.mark.parametrize("sign", [";", ",", "\t", "|", "~"])
@pytest.mark.parametrize("line", ["sep={}\r\n", '"sep={}"\n', "SEP={}\n"])
def test_a_line_may_name_the_delimiter(tmp_path: Path, sign: str, line: str) -> None:
    """As spreadsheets write it; the lines of refusals count it."""
    rows = f"id{sign}text\r\n1{sign}Minister in Oslo\r\n2\r\n3{sign}Minister in Bern\r\n"
    articles, rejects = read_all(write(tmp_path / "a.csv", "\ufeff" + line.format(sign) + rows))

    assert [article.text for article in articles] == ["Minister in Oslo", "Minister in Bern"]
    assert [reject.where.rpartition(":")[2] for reject in rejects] == ["4"]


def test_a_quote_in_a_tab_separated_file_is_a_sign(tmp_path: Path) -> None:
    """A quote that begins a cell closes nothing, and takes in no line that follows."""
    rows = {"a": '"Oslo" is what she said', "b": '"We agree', "c": 'an end"', "d": '""', "e": "Rome"}
    path = write(tmp_path / "a.tsv", "id\ttext\n" + "".join(f"{key}\t{text}\n" for key, text in rows.items()))

    assert texts(path) == rows


def test_a_tab_separated_file_with_quoted_cells_is_read_as_before(tmp_path: Path) -> None:
    """Where quotes close every cell that they open, they stand around it, over several lines and with tabs, too."""
    path = write(tmp_path / "a.tsv", 'id\ttext\na\t"Oslo\nand ""Bern"""\nb\t"Rome\tand more\n\nlines"\nc\t"x"\n')

    assert texts(path) == {"a": 'Oslo\nand "Bern"', "b": "Rome\tand more\n\nlines", "c": "x"}


@pytest.mark.parametrize(
    ("name", "content", "ids"),
    [
        ("a.csv", "id,text,text\n1,Oslo,Bern\n2,Oslo,\n3,,Bern\n4,Oslo,Oslo\n", ["2", "3", "4"]),
        ("a.csv", "id,id,text\n1,2,Oslo\n3,3,Bern\n", ["3"]),
        (
            "a.jsonl",
            '{"id": "1", "text": "Oslo", "text": "Bern"}\n{"id": "2", "text": "Oslo", "text": "Oslo"}\n',
            ["2"],
        ),
        ("a.json", '[{"id": "1", "text": "Oslo", "te\\u0078t": "Bern"}, {"id": "2", "text": "Oslo"}]', ["2"]),
    ],
)
def test_what_stands_there_twice_is_refused_by_name(tmp_path: Path, name: str, content: str, ids: list[str]) -> None:
    """Two values for one field cost the row, never one of them in silence; the same value twice is one."""
    articles, rejects = read_all(write(tmp_path / name, content))

    assert [article.id for article in articles] == ids
    assert [("two columns hold the" in reject.reason, reject.kind) for reject in rejects] == [(True, "bad field")]


def test_imports_are_read_from_arrays_and_gzip(tmp_path: Path) -> None:
    """The same lines in any shape are the same records, and a doubled key costs the line."""
    rows = [{"text": "Anna Berg met Chad.", "label": [[0, 9, "PERSON"]]}, {"text": "Oslo", "label": [[0, 4, "PLACE"]]}]
    shapes = [json.dumps(rows, indent=1), json.dumps({"examples": rows}), "\n".join(map(json.dumps, rows))]
    files = [write(tmp_path / f"{number}.gz", gzip.compress(each.encode())) for number, each in enumerate(shapes)]
    read = [[item.row.text for item in read_doccano(path, "d") if isinstance(item, ImportRecord)] for path in files]

    assert read == [[row["text"] for row in rows]] * 3
    doubled = write(
        tmp_path / "d.jsonl", '{"text": "Oslo", "spans": [], "spans": [{"start": 0, "end": 4, "label": "X"}]}'
    )
    assert [item.reason for item in read_prodigy(doubled, "p") if isinstance(item, Reject)] == [
        "`spans` stands there twice"
    ]


@pytest.mark.parametrize(
    ("case", "found", "refused"),
    [
        ("F46/dup2.csv", [], ["two columns hold the text"]),
        ("F48/sep.csv", ["Minister in Oslo"], []),
        ("F50/arr.json", ["Array Oslo."], []),
        ("F51/a.jsonl.gz", None, []),
    ],
)
def test_the_cases_of_containers(case: str, found: list[str] | None, refused: list[str]) -> None:
    """Each does what its case says."""
    if not CASES.is_dir():
        pytest.skip("the shared cases are not here")
    articles, rejects = read_all(CASES / case)
    expected = found
    if expected is None:
        lines = gzip.decompress((CASES / case).read_bytes()).splitlines()
        expected = [json.loads(line)["text"] for line in lines]

    assert [article.text for article in articles] == expected
    assert [reject.reason for reject in rejects] == refused


@pytest.mark.parametrize(
    ("first", "lines"), [("[" * 100_000, True), ("[1, 2", True), ("[", False), ('[{"a": 1},', False)]
)
def test_a_broken_line_that_begins_like_an_array_is_one_of_many_lines(first: str, *, lines: bool) -> None:
    """The rows after it are read; an array over many lines has begun only, or its line ends in a comma."""
    text = io.StringIO(f'{first}\n{{"text": "Anna met Ben."}}\n')

    assert (json_rows.find_json_rows(text, lambda _: True) is None) == lines
