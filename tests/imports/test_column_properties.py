"""Files of columns of any make: no word is lost or invented, and spans are those of other programs and of corpora."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from seqeval.metrics.sequence_labeling import get_entities

from labeling.corpora.targets.conll.iob2_document import TaggedDocument, format_document
from labeling.imports.column_layout import parse_column_choice
from labeling.imports.conll import ColumnTerms, read_conll
from labeling.imports.record import ImportItem, ImportRecord

if TYPE_CHECKING:
    from collections.abc import Sequence

SHARED = Path(__file__).parents[3] / "shared"
KNOWN = frozenset({"PERSON", "COUNTRY", "GOV_BODY"})
CASES = {
    "F06/germeval_nohead.tsv": [("Anna visited Chad", [("PERSON", 0, 4), ("COUNTRY", 13, 17)])],
    "F08/conllu.conll": [("Anna Berg left Chad.", [("PERSON", 0, 9), ("COUNTRY", 15, 19)])],
    "F09/conll2012.conll": [("Anna Berg left", [("PERSON", 0, 9)])],
    "F11/tagfirst_mit.bio": [("Anna Berg visited Chad", [("PERSON", 0, 9), ("COUNTRY", 18, 22)])],
    "F12/nestedcols.conll": [("Anna Customs of Chad", [("PERSON", 0, 4), ("GOV_BODY", 16, 20), ("COUNTRY", 16, 20)])],
    "F13/multiconer_tab.conll": [("Anna Berg\nOslo", [("PERSON", 0, 9), ("LOCATION", 10, 14)])],
    "F14/io_fewnerd.conll": [("Anna Berg visited Chad", [("PERSON", 0, 9), ("COUNTRY", 18, 22)])],
    "F18/docid.conll": [("Anna", [("PERSON", 0, 4)]), ("Chad", [("COUNTRY", 0, 4)])],
    "F20/missing_tag.conll": [("Anna Berg - visited", [("PERSON", 0, 9)])],
    "F63/plain.txt": [],
}


def _read(path: Path, known: frozenset[str] = KNOWN) -> list[ImportItem]:
    return list(read_conll(path, path.stem, lambda _: None, ColumnTerms(known=known)))


def _spans(record: ImportRecord) -> list[tuple[str, int, int]]:
    return [(mark.label, *mark.parts[0]) for mark in record.marks]


@pytest.mark.parametrize("case", CASES)
def test_files_of_public_reports_are_read(case: str) -> None:
    """Each was read as another text, or without its spans."""
    path = SHARED / "cases" / case
    if not path.exists():
        pytest.skip("the shared cases are not here")
    records = [item for item in _read(path) if isinstance(item, ImportRecord)]

    assert [(record.row.text, _spans(record)) for record in records] == CASES[case]


WORDS = st.sampled_from(
    ["Anna", "Chad", "#", "#met", "-", "O", "12", "3.5", "B-52", "U-boat", ",", ";", '"', "|", "and/or", "乍得"]
)
TAGS = st.sampled_from(["O", "O", "B-PERSON", "I-PERSON", "B-COUNTRY"])
ROW = st.tuples(WORDS, TAGS)
SENTENCES = st.lists(st.lists(ROW, min_size=1, max_size=6), min_size=1, max_size=4)
LAYOUTS = [
    "{word} {tag}",
    "{word}\t{tag}",
    "{word}\tNN\t{tag}",
    "{number}\t{word}\t{tag}\tO",
    "{tag}\t{word}",
    "{word} NN B-NP {tag}",
    "{number}\t{word}\tx\tNOUN\tNN\t_\t0\troot\t_\tNER={tag}",
]


def _lines(layout: str, sentences: Sequence[Sequence[tuple[str, str]]]) -> list[str]:
    return [
        line
        for rows in sentences
        for line in (
            *(layout.format(number=number, word=word, tag=tag) for number, (word, tag) in enumerate(rows, start=1)),
            "",
        )
    ]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=400)
@given(SENTENCES, st.sampled_from(LAYOUTS), st.data())
def test_no_word_is_lost_or_invented(
    tmp_path: Path, sentences: list[list[tuple[str, str]]], layout: str, data: st.DataObject
) -> None:
    """Whatever the columns, with lines of which cells are missing: all words of the file in order, or no article."""
    lines = _lines(layout, sentences)
    # Cut down to its sign, a line before a sentence is a comment.
    rows = [number for number, line in enumerate(lines) if line and "#" not in line]
    bad = data.draw(st.lists(st.sampled_from(rows), max_size=2)) if rows else []
    # Of what is left of fewer whole rows nobody can tell words from numbers.
    assume(len(bad) < len([line for line in lines if line]) / 2)
    for number in bad:
        cells = lines[number].split("\t" if "\t" in layout else " ")
        lines[number] = ("\t" if "\t" in layout else " ").join(cells[: data.draw(st.integers(1, len(cells)))])
    path = tmp_path / "a.conll"
    path.write_text("\n".join(lines), encoding="utf-8")

    (item,) = _read(path)
    if isinstance(item, ImportRecord):
        words = "".join(word for rows in sentences for word, _ in rows)
        assert _bare(item.row.text) == words
        assert all(mark.parts[0][1] <= len(item.row.text) for mark in item.marks)
    else:
        assert item.reason


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(SENTENCES, st.sampled_from(LAYOUTS))
def test_seqeval_finds_the_same_spans_in_any_columns(
    tmp_path: Path, sentences: list[list[tuple[str, str]]], layout: str
) -> None:
    """Where there is a tag of a name to tell the columns by, the spans are those that seqeval finds in the tags."""
    fixed = [[("Anna", "B-PERSON"), ("left", "O"), ("Oslo", "O"), (".", "O")], *sentences]
    path = tmp_path / "a.conll"
    path.write_text("\n".join(_lines(layout, fixed)), encoding="utf-8")
    (record,) = _read(path)
    # Words such as U-boat and O may all be like tags: then nothing is guessed.
    assume(isinstance(record, ImportRecord) or "it cannot be told which columns" not in record.reason)

    assert isinstance(record, ImportRecord), record
    words = [[record.row.text[start:end] for _, start, end in _spans(record)]]
    wanted = [
        "".join(word for word, _ in rows[first : last + 1])
        for rows in fixed
        for _, first, last in get_entities([tag for _, tag in rows])
    ]
    assert [word.replace(" ", "") for word in words[0]] == wanted


@pytest.mark.parametrize(
    "rows",
    [
        ["1\tAnna\tO\tO", "2", "3\tAnna\tO\tO", "4\tAnna\tO\tO"],
        ["1\tAnna\tO", "2\tAnna\tO", "3\tAnna\tO", "4\tAnna\tO"],
        ["7\tAnna\tB-PERSON", "3\tAnna\tB-PERSON", "9\tAnna\tB-PERSON"],
    ],
    ids=["a number is missing", "they count on", "any numbers"],
)
def test_numbers_beside_one_word_all_along_are_not_taken_for_the_text(tmp_path: Path, rows: list[str]) -> None:
    """An index, with or without a gap, was the text."""
    path = tmp_path / "a.conll"
    path.write_text("\n".join([*rows, ""]), encoding="utf-8")

    (item,) = _read(path)

    if isinstance(item, ImportRecord):
        assert _bare(item.row.text) == "Anna" * len(rows)
    else:
        assert "columns" in item.reason


def _bare(text: str) -> str:
    return "".join(text.split())


_TOKENS = st.lists(st.tuples(WORDS, st.sampled_from(["O", "B-PERSON", "B-COUNTRY"])), min_size=1, max_size=5)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(st.integers(0, 9), st.lists(_TOKENS, min_size=1, max_size=3)), min_size=1, max_size=3))
def test_our_own_conll_comes_back(tmp_path: Path, articles: list[tuple[int, list[list[tuple[str, str]]]]]) -> None:
    """What the target writes is read with its ids, its words and its spans."""
    written = [TaggedDocument(f"toi/ (x) {place} {name}", rows) for place, (name, rows) in enumerate(articles)]
    path = tmp_path / "train.conll"
    path.write_text("".join(map(format_document, written)), encoding="utf-8")
    records = [item for item in _read(path) if isinstance(item, ImportRecord)]

    assert [record.row.id for record in records] == [document.article for document in written]
    for record, document in zip(records, written, strict=True):
        # Chinese has no blanks between its words.
        assert _bare(record.row.text) == _bare(document.text)
        found = [(label, _bare(record.row.text[start:end])) for label, start, end in _spans(record)]
        assert found == [(label, _bare(document.text[start:end])) for start, end, label in document.spans()]


@pytest.mark.parametrize("split", ["train", "dev"])
@pytest.mark.parametrize("layout", ["{word}\t{tag}", "{number} {word} NN {tag}", "{tag}\t{word}"])
def test_crossner_comes_through_in_any_columns(tmp_path: Path, split: str, layout: str) -> None:
    """All sentences and spans, as the corpus has them with offsets in its own file."""
    source = SHARED / "corpora" / "crossner_politics" / f"{split}.jsonl"
    if not source.exists():
        pytest.skip("the shared corpora are not here")
    rows = [json.loads(line) for line in source.read_text(encoding="utf-8").splitlines()]
    sentences = [list(zip(row["tokens"], row["tags"], strict=True)) for row in rows]
    path = tmp_path / "all.conll"
    path.write_text("\n".join(_lines(layout, sentences)), encoding="utf-8")
    (record,) = _read(path, frozenset())

    assert isinstance(record, ImportRecord)
    assert record.row.text == "\n".join(row["text"] for row in rows)
    starts = [sum(len(row["text"]) + 1 for row in rows[:number]) for number in range(len(rows))]
    assert set(_spans(record)) == {
        (span["label"], start + span["start"], start + span["end"])
        for start, row in zip(starts, rows, strict=True)
        for span in row["spans"]
    }


def test_a_line_of_ten_thousand_cells_is_not_a_table(tmp_path: Path) -> None:
    """Each cell was looked at as a column of its own: a second of work for one line."""
    path = tmp_path / "a.conll"
    path.write_text(" \u2009" * 10_000, encoding="utf-8")
    (item,) = _read(path)
    assert not isinstance(item, ImportRecord)
    assert len(item.reason) < 300, "it would tell of each column"

    path.write_text("\n".join(["\t".join(["Anna", *["x", "y"] * 150, "B-PERSON"])] * 5), encoding="utf-8")
    (item,) = _read(path)
    assert not isinstance(item, ImportRecord)
    named = ColumnTerms(known=KNOWN, choice=parse_column_choice("token=1,tag=302"))
    (item,) = read_conll(path, path.stem, lambda _: None, named)
    assert isinstance(item, ImportRecord), "named, they are read"
