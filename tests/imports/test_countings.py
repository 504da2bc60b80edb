"""Offsets of any counting: found by the copies of the words, doubted without them, never a span in another place."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

import made
import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from labeling.annotations import Span
from labeling.articles import SourceRow
from labeling.cli import cli
from labeling.errors import UsageError
from labeling.imports.choose_counting import choose_counting
from labeling.imports.import_annotations import import_annotations
from labeling.imports.label_map import RecordTranslation
from labeling.imports.merge import ImportOptions
from labeling.imports.offsets import (
    COUNTINGS,
    LIKELY_COUNTINGS,
    article_text,
    find_telling_parts,
    make_offset_map,
    simplify_counting,
)
from labeling.imports.record import ImportRecord, SpanMark
from labeling.project import Project, load_project

if TYPE_CHECKING:
    from pathlib import Path

SCHEMA = load_project().schema
ANA = ImportOptions(annotator="ana")
# Emoji, a combining mark, Arabic, CRLF and LF between words that occur once each.
TEXT = (
    "Anna\r\nBerg \U0001f600\U0001f1f3\U0001f1f4 met\r\nZoe\u0301 in "
    "\u0627\u0644\u0645\u0627\u0644\u064a\u0647\n\u2013 and Chad today."
)
WORDS = ("Anna", "Berg", "met", "Zoe\u0301", "\u0627\u0644\u0645\u0627\u0644\u064a\u0647", "Chad")


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """The shipped project, with an empty workspace."""
    return load_project(workspace=tmp_path / "workspace")


def counted(text: str, at: int, counting: str) -> int:
    """The offset of a place in a text, counted as its name says: by the length of what comes before it."""
    before, parts = text[:at], counting.split(",")
    if "lf" in parts:
        before = before.replace("\r\n", "\n")
    if "crlf" in parts:
        before = re.sub("(?<!\r)\n", "\r\n", before)
    if at and "no-bom" in parts:
        before = before.removeprefix("\ufeff")
    if "bom" in parts and not text.startswith("\ufeff"):
        before = "\ufeff" + before
    units = {"utf-16": len(before.encode("utf-16-le")) // 2, "utf-8": len(before.encode())}
    return units.get(parts[0], len(before))


def places_of(text: str, words: tuple[str, ...]) -> list[tuple[int, int]]:
    """Where each of the words stands."""
    return [(text.index(word), text.index(word) + len(word)) for word in words]


def record_of(text: str, counting: str, words: tuple[str, ...] = WORDS, *, copies: bool) -> ImportRecord:
    """The words as marks, counted so, with copies or without."""
    marks = [
        SpanMark(
            str(start),
            ((counted(text, start, counting), counted(text, end, counting)),),
            "PERSON",
            text[start:end] if copies else None,
        )
        for start, end in places_of(text, words)
    ]
    return ImportRecord(row=SourceRow(where="x", id="x", text=text), marks=tuple(marks))


def read_words(record: ImportRecord, counting: str) -> list[str | None]:
    """The words at the places of the marks in the article."""
    place = make_offset_map(record.row.text, counting)
    ends = [(place(start), place(end)) for mark in record.marks for start, end in mark.parts]
    return [None if start is None or end is None else article_text(record.row.text)[start:end] for start, end in ends]


@pytest.mark.parametrize("counting", COUNTINGS)
@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_copies_prove_any_counting(counting: str, mark: str) -> None:
    """Also counted as no tool is known to count; the words come out, and the counting is named by its simplest name."""
    record = record_of(mark + TEXT, counting, copies=True)
    choice = choose_counting([record])

    assert read_words(record, choice.counting) == [*WORDS]
    assert choice.counting == simplify_counting(counting, find_telling_parts(mark + TEXT))
    assert (choice.proven, choice.rivals, choice.doubt) == (True, (), "")


@pytest.mark.parametrize("counting", LIKELY_COUNTINGS)
@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_without_copies_what_is_not_so_is_doubted(counting: str, mark: str) -> None:
    """Spans in other places never come without a warning that names what they count; what is so is not doubted."""
    record = record_of(mark + TEXT, counting, copies=False)
    choice = choose_counting([record])
    simple = simplify_counting(counting, find_telling_parts(mark + TEXT))

    assert choice.counting == "code-points"
    assert bool(choice.doubt) == (simple != "code-points")
    assert f"--offsets {simple}" in choice.doubt or not choice.doubt
    assert choose_counting([record], counting).doubt == ""
    assert read_words(record, choose_counting([record], counting).counting) == [*WORDS]


_WORD = st.text(st.sampled_from("aA\u00e9\u0301\u05d0\u0645\u4e2d\U0001f44d"), min_size=1, max_size=3)
_GAP = st.sampled_from([" ", "\r\n", "\n", " \u2013 ", "\U0001f600 ", "\r\n\r\n"])


@given(
    st.lists(st.tuples(_WORD, _GAP), min_size=1, max_size=6),
    st.sampled_from(["", "\ufeff"]),
    st.sampled_from(LIKELY_COUNTINGS),
    st.sampled_from(["", *LIKELY_COUNTINGS]),
    st.data(),
)
def test_a_copied_span_is_never_in_another_place(
    pairs: list[tuple[str, str]], mark: str, counting: str, named: str, data: st.DataObject
) -> None:
    """Whatever repeats, is counted or is asked for: a span is where it was drawn, or refused."""
    text = mark + "".join(word + gap for word, gap in pairs)
    ends = [len(mark) + len("".join(word + gap for word, gap in pairs[:number])) for number in range(len(pairs))]
    drawn = [(start, start + len(pair[0])) for start, pair in zip(ends, pairs, strict=True)]
    drawn = data.draw(st.lists(st.sampled_from(drawn), min_size=1, unique=True))
    marks = tuple(
        SpanMark(str(at), ((counted(text, at, counting), counted(text, end, counting)),), "PERSON", text[at:end])
        for at, end in drawn
    )
    record = ImportRecord(row=SourceRow(where="x", id="x", text=text), marks=marks)
    choice = choose_counting([record], named)
    translation = RecordTranslation(
        SCHEMA,
        {},
        made.article("x", article_text(text)),
        make_offset_map(text, choice.counting),
        {each: make_offset_map(text, each) for each in choice.rivals},
    )
    true = make_offset_map(text)
    for each, (start, end) in zip(marks, drawn, strict=True):
        span = translation.span(each)
        wrong = isinstance(span, Span) and (span.start, span.end) != (true(start), true(end))
        # Who names a counting that fits as well has decided.
        assert not wrong or named, (span, choice)


def written(path: Path, *rows: object) -> str:
    """A file of JSON lines."""
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return str(path)


def brat(folder: Path, text: str, counting: str, words: tuple[str, ...]) -> str:
    """A text and its annotations in brat's form, with a byte order mark where the text has one."""
    folder.mkdir(exist_ok=True)
    (folder / "a.txt").write_bytes(text.encode())
    lines = [
        f"T{number}\tPERSON {counted(text, start, counting)} {counted(text, end, counting)}\t{text[start:end]}"
        for number, (start, end) in enumerate(places_of(text, words))
    ]
    (folder / "a.ann").write_text("\n".join(lines), encoding="utf-8")
    return str(folder)


def words_of(project: Project) -> list[str]:
    """The words of all spans, in the order of articles and spans."""
    texts = {row.id: row.text for row in project.workspace.articles.rows()}
    return [
        texts[row.article][span.start : span.end] for row in project.workspace.annotations.rows() for span in row.spans
    ]


def test_brat_counts_crlf_as_one_as_its_copies_prove(project: Project, tmp_path: Path) -> None:
    """F22: all three spans, the counting said in the result, nothing quarantined."""
    text, words = "Anna Berg\r\nmet Chad.\r\nOslo agreed.\r\n", ("Anna Berg", "Chad", "Oslo")
    summary = import_annotations(project, "brat", [brat(tmp_path / "dos", text, "lf", words)], ANA)

    assert words_of(project) == [*words]
    assert (summary.offsets, summary.doubts, summary.quarantined) == ({"lf": 1}, (), {})


@pytest.mark.parametrize("counting", ["no-bom", "utf-16,no-bom", "utf-8,lf", "bom", "crlf"])
def test_brat_counts_as_its_copies_prove(project: Project, tmp_path: Path, counting: str) -> None:
    """Without the byte order mark that the file has, or with line ends that it had; spans over a line end, too."""
    text = "\ufeff" * ("no-bom" in counting) + "\U0001f600 Zo\u00e9\r\nBerg met\nChad in Male.\n"
    summary = import_annotations(project, "brat", [brat(tmp_path / "a", text, counting, ("Zo\u00e9", "Chad"))], ANA)

    assert words_of(project) == ["Zo\u00e9", "Chad"]
    assert ([*summary.offsets.values()], summary.doubts, summary.quarantined) == ([1], (), {})


def test_parts_at_a_line_end_are_one_span_by_the_counting_found(project: Project, tmp_path: Path) -> None:
    """Brat cuts a span at each line end; whether blanks alone keep the parts apart depends on what is counted."""
    (tmp_path / "a.txt").write_bytes(b"On Monday\r\nin Male Anna\r\nBerg met Chad.\r\n")
    (tmp_path / "a.ann").write_text("T1\tPERSON 18 22;23 27\tAnna Berg\nT2\tPERSON 32 36\tChad\n", encoding="utf-8")
    import_annotations(project, "brat", [str(tmp_path / "a.ann")], ANA)

    assert words_of(project) == ["Anna\nBerg", "Chad"]


def prodigy_span(start: int, end: int, words: str) -> dict[str, object]:
    """A span with its words."""
    return {"start": start, "end": end, "label": "PERSON", "text": words}


def spans_and_tokens(counting: str) -> dict[str, object]:
    """A line of Prodigy: spans without their words, and the tokens."""
    tokens = [
        {"text": each[0], "start": counted(TEXT, each.start(), counting), "end": counted(TEXT, each.end(), counting)}
        for each in re.finditer(r"[^\s.]+|\.", TEXT)
    ]
    spans = [
        {"start": counted(TEXT, start, counting), "end": counted(TEXT, end, counting), "label": "PERSON"}
        for start, end in places_of(TEXT, WORDS)
    ]
    return {"text": TEXT, "tokens": tokens, "spans": spans}


@pytest.mark.parametrize("counting", ["utf-16", "utf-8", "utf-8,lf", "utf-16,lf"])
def test_prodigy_counts_as_its_tokens_prove(project: Project, tmp_path: Path, counting: str) -> None:
    """Spans without their own words are where the tokens are; the other lines of the file go by it."""
    line = {"text": "Zo\u00e9 met Anna.", "spans": []}
    path = written(tmp_path / "a.jsonl", line, spans_and_tokens(counting))
    summary = import_annotations(project, "prodigy", [path], ANA)

    assert words_of(project) == list(WORDS)
    assert (summary.offsets, summary.doubts) == ({counting: 1}, ())


def test_prodigy_counts_as_its_spans_prove(project: Project, tmp_path: Path) -> None:
    """The words of spans decide for the whole file, of whatever article; those that stand nowhere are quarantined."""
    path = written(
        tmp_path / "a.jsonl",
        {"text": "\U0001f600 Anna met Chad.", "spans": [prodigy_span(3, 7, "Anna"), prodigy_span(12, 16, "Male")]},
        {
            "text": "\U0001f600 Berg left.",
            "spans": [prodigy_span(3, 7, "Berg"), {"start": 8, "end": 12, "label": "PERSON"}],
        },
        {"text": "Oslo agreed.", "spans": [prodigy_span(0, 4, "Oslo")]},
    )
    summary = import_annotations(project, "prodigy", [path], ANA)

    assert sorted(words_of(project)) == ["Anna", "Berg", "Oslo", "left"]
    assert (summary.offsets, summary.quarantined) == ({"utf-16": 1}, {"stale text": 1})


DOCCANO = (
    {"id": "lf", "text": "Anna\r\nBerg met\r\nChad today.", "label": [[0, 4, "PERSON"], [5, 9, "PERSON"]]},
    {"id": "u16", "text": "Hi \U0001f600\U0001f1f3\U0001f1f4 Anna met Chad today.", "label": [[10, 14, "PERSON"]]},
    {"id": "u8", "text": "Zo\u00e9 \u2013 M\u00e5l\u00e9 \u2013 Berg met Chad.", "label": [[20, 24, "PERSON"]]},
)


@pytest.mark.parametrize(("row", "counting"), [(0, "lf"), (1, "utf-16"), (2, "utf-8")])
def test_doccano_is_doubted_where_spans_cut_words(tmp_path: Path, row: int, counting: str) -> None:
    """F21: a warning on stderr names the option; with the option the words come out, and no warning."""
    path = written(tmp_path / "a.jsonl", DOCCANO[row])
    words = ["import", "doccano", path, "--annotator", "ana"]
    first = CliRunner().invoke(cli, ["--workspace", str(tmp_path / "one"), *words])
    again = CliRunner().invoke(cli, ["--workspace", str(tmp_path / "two"), *words, "--offsets", counting])

    assert f"inside a word or on a blank; counted as {counting}, none would" in first.stderr
    assert f"--offsets {counting}" in first.stderr
    assert (again.exit_code, "Warning" in again.stderr) == (0, False)
    assert words_of(load_project(workspace=tmp_path / "two"))[-1] in {"Anna", "Berg"}


def test_spans_that_fit_either_way_are_doubted_only_where_nothing_is_said(project: Project, tmp_path: Path) -> None:
    """Two countings that both end at words: the file cannot tell, and whoever names one has told."""
    path = written(tmp_path / "a.jsonl", {"text": "\U0001f600 x y z", "label": [[2, 3, "PERSON"], [4, 5, "PERSON"]]})
    silent = import_annotations(project, "doccano", [path], ANA)
    told = import_annotations(project, "doccano", [path], ImportOptions(annotator="ana", unit="code-points"))

    assert told.doubts == ()
    assert silent.doubts == () or "--offsets" in silent.doubts[0]


def test_spans_inside_words_are_doubted_even_where_no_counting_helps(project: Project, tmp_path: Path) -> None:
    """Plain ASCII, all spans two too far: a warning; a single one among many is left alone."""
    text = "Anna Berg met Chad and Zoe and Eva and Max."
    moved = [[at + 2, at + 6, "PERSON"] for at in (0, 5, 14)]
    fine = [[0, 4, "PERSON"], [5, 9, "PERSON"], [14, 18, "PERSON"], [23, 26, "PERSON"], [31, 33, "PERSON"]]
    bad = import_annotations(project, "doccano", [written(tmp_path / "a.jsonl", {"text": text, "label": moved})], ANA)
    good = import_annotations(project, "doccano", [written(tmp_path / "b.jsonl", {"text": text, "label": fine})], ANA)

    assert "3 of its 3 spans begin or end inside a word or on a blank" in bad.doubts[0]
    assert "--offsets" in bad.doubts[0]
    assert good.doubts == ()


def test_copies_go_before_the_option(project: Project, tmp_path: Path) -> None:
    """What was named and does not fit is not used, and the warning names both."""
    text, words = "\U0001f600 Anna Berg\r\nmet Chad.", ("Anna Berg", "Chad")
    path = brat(tmp_path / "a", text, "code-points", words)
    summary = import_annotations(project, "brat", [path], ImportOptions(annotator="ana", unit="utf-8,lf"))

    assert words_of(project) == [*words]
    assert summary.doubts[0].endswith("fit code-points, and not utf-8,lf as --offsets has it: code-points was taken")


def test_words_that_repeat_are_asked_for(project: Project, tmp_path: Path) -> None:
    """Where two countings have the words at two places, the span is refused unless the option says which."""
    far = {
        "text": "\U0001f600\U0001f600\U0001f600 ha ha ha",
        "spans": [{"start": 7, "end": 9, "label": "PERSON", "text": "ha"}],
    }
    path = written(tmp_path / "a.jsonl", far)
    silent = import_annotations(project, "prodigy", [path], ANA)
    told = import_annotations(project, "prodigy", [path], ImportOptions(annotator="ana", unit="utf-16"))
    (span,) = (span for row in project.workspace.annotations.rows() for span in row.spans)

    assert (silent.spans, silent.quarantined) == (0, {"unreadable": 1})
    assert "by code-points and by utf-16" in silent.doubts[0]
    assert (told.spans, told.doubts, span.start) == (1, (), 4)


def test_a_file_of_two_countings_has_no_span_in_another_place(project: Project, tmp_path: Path) -> None:
    """Lines of two tools in one file: what fits the likelier one is taken, the rest quarantined, and it is said."""
    rows = [
        {
            "text": f"\U0001f600 Anna met Berg, {name}.",
            "spans": [prodigy_span(at, at + 4, "Anna")],
        }
        for name, at in (("a", 2), ("b", 2), ("c", 3))
    ]
    summary = import_annotations(project, "prodigy", [written(tmp_path / "a.jsonl", *rows)], ANA)

    assert words_of(project) == ["Anna", "Anna"]
    assert summary.quarantined == {"stale text": 1}
    assert "2 of 3 fit code-points" in summary.doubts[0]


def test_each_brat_file_is_counted_for_itself(project: Project, tmp_path: Path) -> None:
    """A folder may be of several tools; how many files count what is said at the terminal."""
    for number, counting in enumerate(("lf", "code-points", "lf")):
        brat(tmp_path / f"{number}", f"{number} Anna\r\nBerg met\r\nChad.", counting, ("Berg", "Chad"))
    summary = import_annotations(project, "brat", [str(tmp_path)], ANA)

    assert summary.offsets == {"code-points": 1, "lf": 2}
    assert (summary.spans, summary.quarantined) == (6, {})


def test_the_counting_found_is_told_at_the_terminal(tmp_path: Path) -> None:
    """In a line of its own where it is not code points; an unknown name, or a format without offsets, is wrong."""
    path = brat(tmp_path / "a", "Anna\r\nBerg met\r\nChad.", "lf", ("Berg", "Chad"))
    (tmp_path / "a.conll").write_text("Anna\tB-PERSON\n", encoding="utf-8")
    words = ["--workspace", str(tmp_path / "w"), "import"]
    done = CliRunner().invoke(cli, [*words, "brat", path, "--annotator", "ana"])
    conll = CliRunner().invoke(
        cli, [*words, "conll", str(tmp_path / "a.conll"), "--annotator", "ana", "--offsets", "lf"]
    )

    assert "offsets      1 lf" in done.stdout
    assert isinstance(conll.exception, UsageError)
    assert "conll files have no offsets" in str(conll.exception)
    with pytest.raises(UsageError, match="is not a way to count"):
        import_annotations(load_project(workspace=tmp_path / "w"), "brat", [path], ImportOptions("ana", unit="inches"))


def test_chosen_countings_are_equal_where_they_count_the_same() -> None:
    """A quiet result for the corpora's usual text: nothing but ASCII and LF leaves one counting."""
    record = record_of("Anna met Chad.\nThen Berg left.", "utf-8,lf", ("Anna", "Chad", "Berg"), copies=True)

    assert not choose_counting([record]).proven
    assert choose_counting([record], "utf-16,lf").doubt == ""


def test_a_span_of_prodigys_that_is_not_at_its_tokens_is_refused(project: Project, tmp_path: Path) -> None:
    """By the tokens that it names, the last in it or just behind; where they are elsewhere, or are not there at all."""
    tokens = [{"text": "Anna", "start": 0, "end": 4}, {"text": "met", "start": 5, "end": 8}]
    spans = [
        {"start": start, "end": end, "label": "PERSON", "token_start": first, "token_end": last}
        for start, end, first, last in ((0, 4, 0, 0), (5, 8, 1, 2), (1, 4, 0, 0), (0, 8, 1, 1), (0, 4, 7, 7))
    ]
    path = written(tmp_path / "a.jsonl", {"text": "Anna met Berg.", "tokens": tokens, "spans": spans})
    summary = import_annotations(project, "prodigy", [path], ANA)

    assert words_of(project) == ["Anna", "met"]
    assert summary.quarantined == {"unreadable": 3}


def test_tokens_that_two_countings_share_decide_nothing(project: Project, tmp_path: Path) -> None:
    """The only token that tells is at one place by both, and the span is not: it is refused, and asked for."""
    text = "Anna\r\nBerg \U0001f600 Chad"
    chad = {"text": "Chad", "start": text.index("Chad"), "end": text.index("Chad") + 4}
    span = {"start": 5, "end": 9, "label": "PERSON"}
    summary = import_annotations(
        project, "prodigy", [written(tmp_path / "a.jsonl", {"text": text, "tokens": [chad], "spans": [span]})], ANA
    )

    assert (summary.spans, summary.quarantined) == (0, {"unreadable": 1})
    assert "by code-points and by utf-16,lf" in summary.doubts[0]


@pytest.mark.parametrize("answer", [{"a": 1}, ["accept"], 7])
def test_an_answer_of_any_type_is_not_one_of_prodigys(project: Project, tmp_path: Path, answer: object) -> None:
    """It is listed, and ends nothing."""
    row = {"text": "Anna met Berg.", "spans": [{"start": 0, "end": 4, "label": "PERSON"}], "answer": answer}
    summary = import_annotations(project, "prodigy", [written(tmp_path / "a.jsonl", row)], ANA)

    assert sum(summary.quarantined.values()) + sum(summary.rejected.values()) > 0


def test_annotations_of_label_studio_in_an_unknown_field_are_refused(project: Project, tmp_path: Path) -> None:
    """A task whose `annotations` are called otherwise is not a task that nobody annotated."""
    value = {"start": 0, "end": 4, "text": "Anna", "labels": ["PERSON"]}
    result = [{"from_name": "label", "to_name": "text", "type": "labels", "value": value}]
    task = {"id": 1, "data": {"text": "Anna met Berg."}, "my_annotations": [{"id": 1, "result": result}]}
    (tmp_path / "a.json").write_text(json.dumps([task]), encoding="utf-8")
    summary = import_annotations(project, "label-studio", [str(tmp_path / "a.json")], ANA)

    assert (summary.spans, sum(summary.rejected.values())) == (0, 1)


@pytest.mark.parametrize("counting", ["utf-8", "lf", "utf-16,lf"])
def test_the_text_of_label_studio_is_found_whatever_is_counted(project: Project, tmp_path: Path, counting: str) -> None:
    """Of two fields that could be the text, the one with the words of the regions at their places, counted so."""
    results = [
        {
            "from_name": "label",
            "to_name": "shown",
            "type": "labels",
            "value": {
                "start": counted(TEXT, start, counting),
                "end": counted(TEXT, end, counting),
                "text": TEXT[start:end],
                "labels": ["PERSON"],
            },
        }
        for start, end in places_of(TEXT, WORDS[2:])
    ]
    data = {
        "body": TEXT,
        "summary": "Berg has met somebody else, in a place that nobody names, for the third time now.",
    }
    (tmp_path / "a.json").write_text(json.dumps([{"data": data, "annotations": [{"result": results}]}]), "utf-8")
    summary = import_annotations(project, "label-studio", [str(tmp_path / "a.json")], ANA)

    assert words_of(project) == [*WORDS[2:]]
    assert summary.offsets == {counting: 1}
