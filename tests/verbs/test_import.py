"""`labeling import`: other tools' annotations in our files, nothing lost in silence, nothing twice."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner

from labeling.adjudication.adjudicate import adjudicate
from labeling.annotations import Annotation, QuarantineRow, Relation, Span
from labeling.cli import cli
from labeling.corpora.compile_dataset import compile_dataset as compiled_from
from labeling.errors import UsageError
from labeling.imports.import_annotations import ImportResult, import_annotations
from labeling.imports.merge import ImportOptions
from labeling.project import Project, load_project
from labeling.sources.ingest import ingest
from labeling.splits.split import split
from labeling.studio.sync.pull import pull
from labeling.studio.sync.push import push
from labeling.values import digest_of

if TYPE_CHECKING:
    from pathlib import Path

    from labeling.studio.server.credentials import Credentials

TEXT = "Anna Berg met the Maldives\u2019 minister in Male."
NAMES = {
    "Person": "PERSON",
    "Country": "COUNTRY",
    "Represents": "REPRESENTS",
    "war": "event.ASSAULT",
    "Doubt": "unsure",
    "Negation": "",
}
ANA = ImportOptions(annotator="ana", names=NAMES)


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """The shipped project, with an empty workspace."""
    return load_project(workspace=tmp_path / "workspace")


def _annotations(project: Project) -> list[Annotation]:
    return list(project.workspace.annotations.rows())


def _quarantine(project: Project) -> list[tuple[str, str, str]]:
    rows = project.workspace.quarantine.rows()
    return [(row.what, row.id, row.kind) for row in rows]


def _jsonl(path: Path, *rows: object) -> str:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return str(path)


def _brat(folder: Path) -> str:
    folder.mkdir()
    (folder / "a.txt").write_bytes(TEXT.replace(" met", "\r\nmet").encode())
    (folder / "a.ann").write_text(
        "T1\tPerson 0 9\tAnna Berg\n"
        "T2\tCountry 19 27\tMaldives\n"
        "T3\tShip 41 45\tMale\n"
        "T4\tPerson 0 4;29 37\tAnna minister\n"
        "T5\tCountry 0 8\tMaldives\n"
        "T6\tCountry 41 99\tMale\n"
        "R1\tRepresents Arg1:T1 Arg2:T2\n"
        "R2\tRepresents Arg1:T1 Arg2:T3\n"
        "A1\tDoubt T2\n"
        "A2\tMood T2\n"
        "A3\tNegation T1\n"
        "#1\tAnnotatorNotes T1\tsince May\n",
        encoding="utf-8",
    )
    return str(folder)


def test_brat_becomes_articles_and_annotations(project: Project, tmp_path: Path) -> None:
    """Offsets in the text with LF, mapped names, notes and doubts with their spans; all else in quarantine by kind."""
    summary = import_annotations(project, "brat", [_brat(tmp_path / "old")], ANA)
    article = next(project.workspace.articles.rows())
    (annotation,) = _annotations(project)

    assert (article.id, article.text) == ("a", TEXT.replace(" met", "\nmet"))
    assert annotation == Annotation(
        article="a",
        digest=digest_of(article.text),
        annotator="ana",
        spans=(
            Span(id="T1", start=0, end=9, label="PERSON", note="since May"),
            Span(id="T2", start=18, end=26, label="COUNTRY", unsure=True),
        ),
        relations=(Relation(head="T1", tail="T2", label="REPRESENTS"),),
    )
    assert _quarantine(project) == [
        ("annotation", "A2", "unsupported"),
        ("annotation", "A3", "migrated"),
        ("relation", "T1 REPRESENTS T3", "broken relation"),
        ("span", "T3", "unknown label"),
        ("span", "T4", "unsupported"),
        ("span", "T5", "stale text"),
        ("span", "T6", "offsets out of range"),
    ]
    assert (summary.new, summary.spans, summary.relations, sum(summary.quarantined.values())) == (1, 2, 1, 7)


def _bytes(project: Project) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in project.workspace.root.glob("*.jsonl")}


def test_import_is_idempotent(project: Project, tmp_path: Path) -> None:
    """Whether a second import replaces the first or is merged with it."""
    folder = _brat(tmp_path / "old")
    import_annotations(project, "brat", [folder], ANA)
    before = _bytes(project)

    again = import_annotations(project, "brat", [folder], ANA)
    assert (_bytes(project), again.new, again.replaced) == (before, 0, 1)
    merged = import_annotations(project, "brat", [folder], ANA, add=True)
    assert (_bytes(project), merged.said_twice) == (before, 3)


def test_notes_and_doubts_of_two_files_are_merged(project: Project, tmp_path: Path) -> None:
    """Notes and doubts of both become the span's; the same note is kept once."""
    files = {
        "a": "T1\tPerson 0 9\tAnna Berg\n#1\tAnnotatorNotes T1\tsince May\n",
        "b": "T7\tPerson 0 9\tAnna Berg\nA1\tDoubt T7\n#1\tAnnotatorNotes T7\tno, June\n",
    }
    for name, lines in files.items():
        (tmp_path / f"{name}.txt").write_text(TEXT, encoding="utf-8")
        (tmp_path / f"{name}.ann").write_text(lines, encoding="utf-8")
        for _ in range(2):
            import_annotations(project, "brat", [str(tmp_path / f"{name}.ann")], ANA, add=True)

    assert [(row.article, row.spans) for row in _annotations(project)] == [
        ("a", (Span(id="T1", start=0, end=9, label="PERSON", unsure=True, note="since May; no, June"),))
    ]


def test_a_duplicate_id_stays_in_quarantine(project: Project, tmp_path: Path) -> None:
    """Two spans of one id in a file: the second is in quarantine, whether or not another file is about the text."""
    lines = "T1\tPerson 0 9\tAnna Berg\nT1\tCountry 18 26\tMaldives\n"
    for name, file in (("a", lines), ("b", "T1\tPerson 0 9\tAnna Berg\nT2\tCountry 40 44\tMale\n")):
        (tmp_path / f"{name}.txt").write_text(TEXT, encoding="utf-8")
        (tmp_path / f"{name}.ann").write_text(file, encoding="utf-8")
    import_annotations(project, "brat", [str(tmp_path / "a.ann")], ANA)
    import_annotations(project, "brat", [str(tmp_path / "a.ann"), str(tmp_path / "b.ann")], ANA)
    (annotation,) = _annotations(project)

    assert [(span.id, span.start) for span in annotation.spans] == [("T1", 0), ("T2", 40)]
    assert _quarantine(project) == [("span", "T1", "duplicate id")]


def test_quarantine_keeps_note_and_doubt_of_a_span(project: Project, tmp_path: Path) -> None:
    """The note and the doubt of a discontinuous span are in quarantine with it."""
    (tmp_path / "a.txt").write_text(TEXT, encoding="utf-8")
    lines = "T1\tPerson 0 4;28 36\tAnna minister\nA1\tDoubt T1\n#1\tAnnotatorNotes T1\ttwo parts\n"
    (tmp_path / "a.ann").write_text(lines, encoding="utf-8")
    import_annotations(project, "brat", [str(tmp_path / "a.ann")], ANA)
    (bad,) = project.workspace.quarantine.rows()

    assert bad.raw == {
        "label": "Person",
        "parts": [[0, 4], [28, 36]],
        "covers": "Anna minister",
        "note": "two parts",
        "attributes": ["Doubt"],
    }


def test_import_replaces_imports_only(project: Project, tmp_path: Path) -> None:
    """And only of the same annotator on the same article; what was pulled stays."""
    _brat(tmp_path / "old")
    pulled = Annotation(article="a", digest="x", annotator="ana", task=17, server_id=3)
    other = Annotation(article="a", digest="x", annotator="ben")
    bad = QuarantineRow(article="a", annotator="ana", what="span", id="q", kind="unknown label", reason="x", task=17)
    project.workspace.annotations.write([pulled, other])
    project.workspace.quarantine.write([bad])

    import_annotations(project, "brat", [str(tmp_path / "old")], ANA)

    assert [row.annotator for row in _annotations(project)] == ["ana", "ana", "ben"]
    assert pulled in _annotations(project)
    assert other in _annotations(project)
    assert bad in list(project.workspace.quarantine.rows())


def test_lines_about_one_text_are_one_annotation(project: Project, tmp_path: Path) -> None:
    """Prodigy asks one by one; a span given twice is one; an ignored answer is a skipped annotation of its own."""
    anna, male = {"start": 0, "end": 9, "label": "Person"}, {"start": 40, "end": 44, "label": "Country"}
    path = _jsonl(
        tmp_path / "p.jsonl",
        {"text": TEXT, "spans": [anna]},
        {"text": TEXT, "spans": [anna, male], "answer": "accept"},
        {"text": TEXT, "accept": ["war", "weather"]},
        {"text": TEXT, "accept": ["war"]},
        {"text": TEXT, "spans": [{"start": 18, "end": 26, "label": "Country"}], "answer": "ignore"},
    )
    summary = import_annotations(project, "prodigy", [path], ANA)
    skipped, annotation = _annotations(project)

    assert [(span.start, span.end) for span in annotation.spans] == [(0, 9), (40, 44)]
    assert annotation.choices == {"event": ("ASSAULT",)}
    assert (skipped.state, len(skipped.spans)) == ("skipped", 1)
    assert (summary.new, summary.said_twice) == (1, 2)
    assert _quarantine(project) == [("choice", "weather", "unknown choice")]


def test_a_text_that_was_ingested_is_that_article(project: Project, tmp_path: Path) -> None:
    """By its text, whatever the other tool called it; two equal texts in one file are two articles."""
    (tmp_path / "wire.txt").write_text(TEXT, encoding="utf-8")
    ingest(project, [str(tmp_path / "wire.txt")])
    same = [{"id": number, "text": "Talks were held.", "label": [[0, 5, "PERSON"]]} for number in (8, 9)]
    path = _jsonl(tmp_path / "d.jsonl", {"id": 7, "text": TEXT, "label": [[0, 9, "PERSON"]]}, *same)
    for _ in range(2):
        summary = import_annotations(project, "doccano", [path], ImportOptions(annotator="ana", prefix="desk/"))

    assert [article.id for article in project.workspace.articles.rows()] == ["desk/8", "desk/9", "wire"]
    assert [row.article for row in _annotations(project)] == ["desk/8", "desk/9", "wire"]
    assert (summary.new, summary.matched, summary.replaced) == (0, 1, 3)


def test_a_changed_text_is_refused_with_its_annotations(project: Project, tmp_path: Path) -> None:
    """An article never changes: the line is listed, with how much is refused with it; the others go on."""
    first = _jsonl(tmp_path / "a.jsonl", {"id": 1, "text": TEXT})
    second = _jsonl(
        tmp_path / "b.jsonl",
        {"id": 1, "text": "Other.", "label": [[0, 5, "PERSON"]]},
        {"id": 2, "text": " "},
        {"id": 3, "text": "Third."},
    )
    import_annotations(project, "doccano", [first], ANA)
    summary = import_annotations(project, "doccano", [second], ANA)
    reject = next(project.workspace.rejects.rows())

    assert summary.rejected == {"empty": 1, "same id, other text": 1}
    assert reject.where == f"{second}:1"
    assert reject.reason.endswith("1 spans, 0 relations and 0 choices are refused with it")
    assert [row.article for row in _annotations(project)] == ["1", "3"]


def test_annotations_without_an_annotator_are_refused(project: Project, tmp_path: Path) -> None:
    """Every label has an annotator; nothing is written."""
    with pytest.raises(UsageError, match="does not name its annotator"):
        import_annotations(project, "brat", [_brat(tmp_path / "old")], ImportOptions())
    assert list(project.workspace.articles.rows_if_written()) == []


def test_conll_uses_the_ingested_text(project: Project, tmp_path: Path) -> None:
    """The article of that name has the same words: offsets are its own."""
    (tmp_path / "wire.txt").write_text("Male(Reuters)", encoding="utf-8")
    ingest(project, [str(tmp_path / "wire.txt")])
    (tmp_path / "wire.conll").write_text("Male B-LOCATION\n( O\nReuters B-INTL_ORG\n) O\n", encoding="utf-8")
    import_annotations(project, "conll", [str(tmp_path / "wire.conll")], ANA)
    (annotation,) = _annotations(project)

    assert [(one.start, one.end, one.label) for one in annotation.spans] == [
        (0, 4, "LOCATION"),
        (5, 12, "INTL_ORG"),
    ]


def test_utf16_offsets_are_converted(project: Project, tmp_path: Path) -> None:
    """After an emoji a browser counts one more; read as code points, another stretch is meant."""
    row = {"id": 1, "text": "\U0001f44d Male", "label": [[3, 7, "LOCATION"]]}
    path = _jsonl(tmp_path / "d.jsonl", row)
    import_annotations(project, "doccano", [path], ImportOptions(annotator="ana", unit="utf-16"))

    assert [(span.start, span.end) for span in _annotations(project)[0].spans] == [(2, 6)]
    import_annotations(project, "doccano", [path], ANA)
    assert _quarantine(project) == [("span", "LOCATION:3-7", "offsets out of range")]


def _run(project: Project, *words: str) -> tuple[int, str, str]:
    result = CliRunner().invoke(cli, ["--workspace", str(project.workspace.root), *words], standalone_mode=False)
    if result.exception:
        raise result.exception
    return result.return_value, result.stdout, result.stderr


def test_the_command_has_the_options_of_the_function(project: Project, tmp_path: Path) -> None:
    """Status 3 means that something is in quarantine or was refused, and the output tells where."""
    folder = _brat(tmp_path / "old")
    pairs = [word for old, new in NAMES.items() for word in ("--map", f"{old}={new}")]
    status, out, err = _run(project, "import", "brat", folder, "--annotator", "ana", *pairs, "--json")

    assert status == 3
    assert ImportResult(**json.loads(out)).spans == 2
    assert str(project.workspace.quarantine.path) in err
    clean = _jsonl(tmp_path / "c.jsonl", {"id": 1, "text": TEXT, "label": [[40, 44, "LOCATION"]]})
    status, out, _ = _run(project, "import", "doccano", clean, "--annotator", "ana")
    assert status == 0
    assert "quarantined  nothing" in out
    with pytest.raises(UsageError, match="--map PER is not of the form OLD=NEW"):
        _run(project, "import", "doccano", clean, "--map", "PER")


@pytest.mark.parametrize("new", ["NOPE", "event.NOPE", "nope.CONSULT", "person"])
def test_a_map_to_an_unknown_name_writes_nothing(project: Project, tmp_path: Path, new: str) -> None:
    """A slip in --map is misuse: it must not put sound annotations in quarantine."""
    folder = _brat(tmp_path / "old")
    import_annotations(project, "brat", [folder], ANA)
    before = _bytes(project)

    with pytest.raises(UsageError, match=f"no label, relation or option '{new}'") as refusal:
        _run(project, "import", "brat", folder, "--annotator", "ana", "--map", f"Person={new}")

    assert refusal.value.exit_status == 2
    assert "PERSON" in refusal.value.todo
    assert _bytes(project) == before


@pytest.mark.parametrize("new", ["PERSON", "HOLDS_ROLE", "unsure", "event.CONSULT", "CONSULT", ""])
def test_a_map_may_lead_to_any_name_of_the_schema(project: Project, tmp_path: Path, new: str) -> None:
    """A label, a relation, the mark of doubt, an option with its set or alone, and nothing, to remove."""
    clean = _jsonl(tmp_path / "c.jsonl", {"id": 1, "text": TEXT, "label": [[40, 44, "LOCATION"]]})

    assert _run(project, "import", "doccano", clean, "--annotator", "ana", "--map", f"x={new}")[0] == 0


@pytest.mark.studio
def test_a_pull_leaves_imports_alone(project: Project, tmp_path: Path, studio: Credentials) -> None:
    """A pull never removes what no server has, neither a whole pull nor one of changes."""
    import_annotations(project, "brat", [_brat(tmp_path / "old")], ANA)
    before = _bytes(project)
    push(project, server=studio)
    for changes in (False, True):
        pull(project, server=studio, changes=changes)

        assert {name: before[name] for name in ("annotations.jsonl", "quarantine.jsonl")}.items() <= _bytes(
            project
        ).items()


def test_imported_annotations_compile(project: Project, tmp_path: Path) -> None:
    """From another tool's file to a dataset: every span is in both targets."""
    words = [{"id": n, "text": f"{TEXT} {n}", "label": [[0, 9, "PERSON"], [40, 44, "LOCATION"]]} for n in range(5)]
    import_annotations(project, "doccano", [_jsonl(tmp_path / "d.jsonl", *words)], ANA)
    adjudicate(project)
    split(project)
    compiled = compiled_from(project)

    assert compiled.spans == compiled.ledger["spacy"]["span"]["kept"] == 10


def test_a_line_without_a_tag_leaves_its_sentence_open(project: Project, tmp_path: Path) -> None:
    """What is marked there is gold, the rest of the sentence is not known; other sentences are complete."""
    (tmp_path / "a.conll").write_text(
        "Anna B-PERSON\nBerg I-PERSON\n-\nmet O\n\nChad B-COUNTRY\nleft O\n", encoding="utf-8"
    )
    summary = import_annotations(project, "conll", [str(tmp_path / "a.conll")], ANA)
    adjudicate(project)
    (annotation,), (gold,) = _annotations(project), project.workspace.gold.rows()

    assert (annotation.open, summary.quarantined) == (((9, 15),), {"unreadable": 1})
    assert [(span.start, span.end) for span in gold.spans] == [(0, 9), (16, 20)]
    assert (gold.open, gold.complete) == (((9, 15),), False)


def test_import_says_how_columns_were_read(tmp_path: Path) -> None:
    """On the command line: what was taken, what was not; the options that decide, and for which files they are."""
    (tmp_path / "a.conll").write_text("1\tAnna\tB-PERSON\n2\tleft\tO\n\n1\tChad\tB-COUNTRY\n", encoding="utf-8")
    base = ["--workspace", str(tmp_path / "w"), "import"]

    def run(*words: str) -> str:
        result = CliRunner().invoke(cli, [*base, *words, "--annotator", "ana"])
        return f"{result.output}{result.exception or ''}"

    said = run("conll", str(tmp_path / "a.conll"), "--sentences-per-article", "1")
    assert "tokens in column 2, BIO tags in column 3; tabs between them" in said
    assert "column 1 (1, 2)" in said
    assert re.search(r"new\s+2", said)
    assert "must name one column" in run("conll", str(tmp_path / "a.conll"), "--columns", "token=2")
    assert "tokens in column 2" in run("conll", str(tmp_path / "a.conll"), "--columns", "token=2,tag=3")
    assert "have no columns" in run("prodigy", str(tmp_path / "a.conll"), "--columns", "token=2,tag=3")
