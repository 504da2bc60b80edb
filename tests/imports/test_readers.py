"""The readers of brat, Prodigy, doccano and CoNLL files, tested with files written by hand, and against seqeval."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from seqeval.metrics.sequence_labeling import get_entities

from labeling.articles import Reject, SourceRow
from labeling.errors import UsageError
from labeling.imports import brat, conll, doccano, prodigy
from labeling.imports.formats import IMPORT_FORMATS, find_import_files
from labeling.imports.offsets import article_text, make_offset_map
from labeling.imports.record import Attribute, ImportRecord, RelationMark, SpanMark
from labeling.imports.tags import TagStyle

TEXT = "Anna Berg\nmet the Maldives\u2019 minister."
ROW = SourceRow(where="x.ann", id="x", text=TEXT)
ANN = """\
T1\tPerson 0 4;5 9\tAnna Berg
T2\tCountry 18 26\tMaldives
T3\tMeet 10 13\tmet
T4\tPerson 26 27;28 36\t\u2019 minister
T5\tPerson 0 4;28 36\tAnna minister
R1\tRepresents Arg1:T1 Arg2:T2
E1\tMeet:T3 Who:T1 With:T4 In:E2
E2\tMeet:T3
E3\tMeet:T99
E4\tTalk:T3
A1\tSpeculation T2
A2\tCertainty E1 Low
A3\tNegation R1
#1\tAnnotatorNotes T2\tor the ministry?
#2\tAnnotatorNotes T2\tsee page 3
#3\tAnnotatorNotes R1\tsure
N1\tReference T2 Wikipedia:19115\tMaldives
*\tSame T1 T4 T2
T9 Person 0 4
"""


def test_brat_lines_become_marks_relations_and_misfits() -> None:
    """Spans, notes, attributes, relations, events by their triggers, equivalences; the rest are misfits."""
    record = brat.parse_brat(ROW, ANN)

    assert record.marks == (
        SpanMark("T1", ((0, 4), (5, 9)), "Person", "Anna Berg"),
        SpanMark(
            "T2",
            ((18, 26),),
            "Country",
            "Maldives",
            "or the ministry?; see page 3",
            (Attribute("A1", "Speculation"),),
        ),
        SpanMark("T3", ((10, 13),), "Meet", "met", attributes=(Attribute("A2", "Certainty=Low"),)),
        SpanMark("T4", ((26, 27), (28, 36)), "Person", "\u2019 minister"),
        SpanMark("T5", ((0, 4), (28, 36)), "Person", "Anna minister"),
    )
    assert record.links == (
        RelationMark("T1", "T2", "Represents"),
        RelationMark("T3", "T1", "Who"),
        RelationMark("T3", "T4", "With"),
        RelationMark("T3", "T3", "In"),
        RelationMark("T1", "T4", "Same"),
        RelationMark("T4", "T2", "Same"),
    )
    assert [(each.what, each.id, each.kind) for each in record.misfits] == [
        ("annotation", "#3", "unsupported"),
        ("annotation", "A3", "unsupported"),
        ("annotation", "E2", "unsupported"),
        ("annotation", "E3", "unreadable"),
        ("annotation", "E4", "unsupported"),
        ("annotation", "N1", "unsupported"),
        ("span", "T9 Person 0 4", "unreadable"),
    ]
    assert [each.reason for each in record.misfits if each.id in {"E2", "E3"}] == [
        "nothing here has a place for a second event on the trigger of E1: the arguments of both would be of one span",
        "its trigger T99 is not there",
    ]


def test_brat_lines_may_come_in_any_order(tmp_path: Path) -> None:
    """A note may come before its span; a byte order mark at the head of a file is not part of it."""
    (tmp_path / "a.txt").write_bytes(b"one two")
    lines = ("#1\tReviewer T1\tsure?", "A1\tDoubt E1", "E1\tCount:T1", "T1\tCount 4 7\ttwo")
    (tmp_path / "a.ann").write_bytes(b"\xef\xbb\xbf" + "\r\n".join(lines).encode())
    (record,) = brat.read_brat(tmp_path / "a.ann", "a")

    assert isinstance(record, ImportRecord)
    assert record.marks == (SpanMark("T1", ((4, 7),), "Count", "two", "Reviewer: sure?", (Attribute("A1", "Doubt"),)),)
    assert record.misfits == ()


def test_brat_reads_a_text_file_with_its_annotations(tmp_path: Path) -> None:
    """Line ends are kept as on the disk; without its text, or not in UTF-8, a file is refused."""
    (tmp_path / "a.txt").write_bytes(b"one\r\ntwo")
    (tmp_path / "a.ann").write_bytes(b"T1\tPerson 5 8\ttwo\r\n")
    (tmp_path / "b.ann").write_bytes(b"")
    (tmp_path / "c.txt").write_bytes(b"caf\xe9")
    (tmp_path / "c.ann").write_bytes(b"")
    (record,), (orphan,), (latin,) = (
        list(brat.read_brat(tmp_path / name, name[0])) for name in ("a.ann", "b.ann", "c.ann")
    )

    assert isinstance(record, ImportRecord)
    assert (record.row.text, record.marks) == ("one\r\ntwo", (SpanMark("T1", ((5, 8),), "Person", "two"),))
    assert isinstance(orphan, Reject)
    assert orphan.reason == "b.txt does not lie beside it"
    assert isinstance(latin, Reject)
    assert "not UTF-8" in latin.reason


def _line(**fields: object) -> bytes:
    return json.dumps(fields).encode() + b"\n"


def test_prodigy_lines_become_records(tmp_path: Path) -> None:
    """Spans, relations by their spans, options by name or number, the answer, who and when, and fields not read."""
    anna, maldives = {"start": 0, "end": 9, "label": "Person"}, {"start": 18, "end": 26, "label": "Country"}
    path = tmp_path / "news.jsonl"
    path.write_bytes(
        _line(
            text=TEXT,
            meta={"id": "a17", "source": "wire", "score": 0.5},
            spans=[{**anna, "token_start": 0, "kb_id": "Q1"}, maldives, {"start": 1}],
            relations=[
                {"head": 1, "child": 4, "head_span": anna, "child_span": maldives, "label": "Represents"},
                {"head": 1, "child": 2, "label": "In"},
            ],
            answer="accept",
            _annotator_id="news-ana",
            _timestamp=1700000000,
            colour="red",
        )
        + _line(text=TEXT, accept=[2, "good"], options=[{"id": 1, "text": "bad"}, {"id": 2, "text": "war"}])
        + _line(text=TEXT, label="peace", answer="reject")
        + b"\n"
        + _line(text=TEXT, answer="ignore", accept=[7.5])
    )
    full, chosen, rejected, ignored = prodigy.read_prodigy(path, "news")

    assert isinstance(full, ImportRecord)
    assert (full.row.id, full.row.source, full.named) == ("a17", "wire", True)
    assert full.marks == (
        SpanMark("Person:0-9", ((0, 9),), "Person"),
        SpanMark("Country:18-26", ((18, 26),), "Country"),
    )
    assert full.links == (RelationMark("Person:0-9", "Country:18-26", "Represents"),)
    assert [(each.what, each.kind) for each in full.misfits] == [("span", "unreadable"), ("relation", "unreadable")]
    assert (full.annotator, full.updated) == ("news-ana", "2023-11-14T22:13:20+00:00")
    assert full.ignored == {"colour", "spans.kb_id", "meta.score"}
    assert isinstance(chosen, ImportRecord)
    assert (chosen.options, chosen.state, chosen.named) == (("war", "good"), "submitted", False)
    assert isinstance(rejected, ImportRecord)
    assert (rejected.options, rejected.state) == (("peace",), "skipped")
    assert rejected.row.id == chosen.row.id
    assert isinstance(ignored, ImportRecord)
    assert [(each.what, each.raw) for each in ignored.misfits] == [("choice", 7.5)]


def test_doccano_lines_become_records(tmp_path: Path) -> None:
    """Triples, labels of the text, entities with relations; comments have no place; other things are misfits."""
    path = tmp_path / "all.jsonl"
    path.write_bytes(
        _line(id=1, text=TEXT, label=[[0, 9, "Person"], [18, 26]], Comments=["hm"], username="ana")
        + _line(id=2, data=TEXT, label=["war", "peace"], tier=2)
        + _line(
            id=3,
            text=TEXT,
            entities=[
                {"id": 10, "start_offset": 0, "end_offset": 9, "label": "Person", "user": 3},
                {"id": 11, "start_offset": 18, "end_offset": 26, "label": "Country"},
                {"id": 12},
            ],
            relations=[{"id": 1, "from_id": 10, "to_id": 11, "type": "Represents"}, {"id": 2}],
        )
    )
    triples, words, entities = doccano.read_doccano(path, "all")

    assert isinstance(triples, ImportRecord)
    assert triples.marks == (SpanMark("Person:0-9", ((0, 9),), "Person"),)
    assert [(each.what, each.kind) for each in triples.misfits] == [
        ("span", "unreadable"),
        ("annotation", "unsupported"),
    ]
    assert (triples.row.id, triples.annotator) == ("1", "ana")
    assert isinstance(words, ImportRecord)
    assert (words.options, words.ignored) == (("war", "peace"), frozenset({"tier"}))
    assert isinstance(entities, ImportRecord)
    assert [(mark.id, mark.parts) for mark in entities.marks] == [("10", ((0, 9),)), ("11", ((18, 26),))]
    assert entities.links == (RelationMark("10", "11", "Represents"),)
    assert [each.what for each in entities.misfits] == ["span", "relation"]
    assert entities.ignored == {"entities.user"}


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (b"{broken\n", "the line is not JSON"),
        (b'["text"]\n', "not a JSON object"),
        (b'{"title":"x"}\n', "the row has no text"),
        (b'{"text":5}\n', "the text is not a string"),
        (b'{"text":"caf\xe9"}\n', "the line is not JSON"),
    ],
)
def test_lines_without_a_text_are_refused(tmp_path: Path, line: bytes, reason: str) -> None:
    """Each is refused with its line number; the lines around it are read."""
    path = tmp_path / "x.jsonl"
    path.write_bytes(_line(text="a") + line + _line(text="b"))
    first, bad, last = prodigy.read_prodigy(path, "x")

    assert isinstance(first, ImportRecord)
    assert isinstance(last, ImportRecord)
    assert isinstance(bad, Reject)
    assert bad.where == f"{path}:2"
    assert reason in bad.reason


CONLL = """\
-DOCSTART- -X- O O

# sent_id = 1
Anna NNP B-PER
Berg NNP I-PER
met VBD O
# SYM O

Maldives NNP I-LOC
Japan NNP B-LOC
now RB B_TIME

# newdoc id = wire/2
Male NNP S-LOC
(x) NNP B-X
(y) NNP E-X
(z) NNP U-X
end . O
"""


def test_conll_documents_become_records(tmp_path: Path) -> None:
    """The text is rebuilt, documents are split at their marks, any scheme of tags; a comment has an equals sign."""
    path = tmp_path / "all.conll"
    path.write_text(CONLL, encoding="utf-8")
    one, two = conll.read_conll(path, "all")

    assert isinstance(one, ImportRecord)
    assert (one.row.id, one.row.text) == ("all#1", "Anna Berg met #\nMaldives Japan now")
    assert [(mark.label, *mark.parts) for mark in one.marks] == [
        ("PER", (0, 9)),
        ("LOC", (16, 24)),
        ("LOC", (25, 30)),
    ]
    assert [(each.id, each.raw) for each in one.misfits] == [("line 11", "now\tB_TIME")]
    assert one.ignored == {"column 2 (NNP, VBD, SYM, ...)", "# sent_id"}
    assert isinstance(two, ImportRecord)
    assert (two.row.id, two.row.text) == ("wire/2", "Male (x) (y) (z) end")
    assert [(mark.label, *mark.parts) for mark in two.marks] == [("LOC", (0, 4)), ("X", (5, 12)), ("X", (13, 16))]


def test_conll_offsets_count_in_the_ingested_article(tmp_path: Path) -> None:
    """Where the article has the same tokens, offsets are its own; where its words differ, the text is rebuilt."""
    path = tmp_path / "a.conll"
    path.write_text("Male\tB-LOC\n(\tO\nIOR\tB-ORG\n)\tO\n", encoding="utf-8")
    texts = {"a": " Male(IOR)\n"}
    (there,) = conll.read_conll(path, "a", texts.get)
    (other,) = conll.read_conll(path, "b", {"b": "Male (IOR) again"}.get)

    assert isinstance(there, ImportRecord)
    assert (there.row.text, [mark.parts for mark in there.marks]) == (" Male(IOR)\n", [((1, 5),), ((6, 9),)])
    assert isinstance(other, ImportRecord)
    assert (other.row.text, [mark.parts for mark in other.marks]) == ("Male ( IOR )", [((0, 4),), ((7, 10),)])


def test_a_line_without_a_tag_keeps_its_word(tmp_path: Path) -> None:
    """The word stays in the text, the others are read, and the line is listed by its number."""
    path = tmp_path / "a.conll"
    path.write_text("Anna\tB-PER\nBerg\n", encoding="utf-8")
    (record,) = conll.read_conll(path, "a")

    assert isinstance(record, ImportRecord)
    assert (record.row.text, [mark.parts for mark in record.marks]) == ("Anna Berg", [((0, 4),)])
    assert [(each.id, each.raw) for each in record.misfits] == [("line 2", "Berg")]


TAGS = st.lists(st.sampled_from([*(f"{prefix}-{label}" for prefix in "BIES" for label in ("X", "Y")), "O"]), min_size=1)


@given(st.lists(TAGS, min_size=1, max_size=3))
def test_seqeval_finds_the_same_spans(sentences: list[list[str]]) -> None:
    """In any sequence of tags, sound or not; no span continues in the next sentence."""
    runs = [TagStyle("letter first", "-").read(tags).runs for tags in sentences]

    assert [[(run.label, run.first, run.last) for run in each] for each in runs] == [
        get_entities(tags) for tags in sentences
    ]


def test_published_counts_of_wnut17_are_reproduced() -> None:
    """WNUT-17's has 1,079 entities in 23,394 tokens."""
    path = Path(__file__).parents[3] / "shared" / "corpora" / "wnut17" / "emerging.test.annotated"
    if not path.exists():
        pytest.skip("the shared corpora are not here")
    (record,) = conll.read_conll(path, "wnut17")

    assert isinstance(record, ImportRecord)
    assert (len(record.marks), len(record.row.text.split()), record.misfits) == (1079, 23394, ())


@given(st.text(st.sampled_from("a\r\n \U0001f44d\ufeff\u0301"), max_size=12), st.data())
def test_offset_map_keeps_the_characters_of_a_stretch(text: str, data: st.DataObject) -> None:
    """In any unit and with any line ends, a stretch covers the same characters, with LF for its line ends."""
    start = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(start, len(text)))
    units = [len(text[:point].encode("utf-16-le")) // 2 for point in (start, end)]
    octets = [len(text[:point].encode()) for point in (start, end)]
    clean = article_text(text)
    inside = text[start - 1 : start + 1] != "\r\n" and text[end - 1 : end + 1] != "\r\n"

    by_points = [make_offset_map(text, "code-points")(offset) for offset in (start, end)]
    assert [make_offset_map(text, "utf-16")(offset) for offset in units] == by_points
    assert [make_offset_map(text, "utf-8")(offset) for offset in octets] == by_points
    assert by_points[0] is not None
    if inside and not (start == 0 and text.startswith("\ufeff")):
        assert clean[by_points[0] : by_points[1]] == article_text("." + text[start:end])[1:]


def test_offset_map_has_no_place_inside_a_character() -> None:
    """Half of a UTF-16 pair, or an offset outside the text, maps to None."""
    place = make_offset_map("a\U0001f44db", "utf-16")

    assert [place(offset) for offset in range(-1, 6)] == [None, 0, 1, None, 2, 3, None]
    assert make_offset_map("ab", "code-points")(3) is None


def test_files_are_found_by_the_endings_of_their_format(tmp_path: Path) -> None:
    """In folders by their ending, in order, the others are listed; a file that is named itself is taken as it is."""
    for name in ("b/2.ann", "b/2.txt", "a.ann", "lone.txt", ".git/x.ann", "x.jsonl"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("", encoding="utf-8")
    found, passed = find_import_files(IMPORT_FORMATS["brat"], [str(tmp_path)])

    assert [name for _, name in found] == ["a", "b/2"]
    assert passed == [str(tmp_path / "lone.txt"), str(tmp_path / "x.jsonl")]
    assert find_import_files(IMPORT_FORMATS["doccano"], [str(tmp_path / "lone.txt")]) == (
        [(tmp_path / "lone.txt", "lone")],
        [],
    )
    for name, fault in ((str(tmp_path / "b"), "holds no doccano file"), ("nowhere", "no file or folder is called")):
        with pytest.raises(UsageError, match=fault):
            find_import_files(IMPORT_FORMATS["doccano"], [name])
