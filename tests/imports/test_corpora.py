"""Real corpora in the formats of other tools: every format gives the same annotations, and all are accounted for."""

from __future__ import annotations

import json
import re
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import made
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from seqeval.metrics.sequence_labeling import get_entities

from labeling.articles import SourceRow
from labeling.imports import brat, conll
from labeling.imports.import_annotations import ImportResult, import_annotations
from labeling.imports.merge import AnnotationIntake, ImportOptions
from labeling.imports.record import ImportRecord
from labeling.project import Project, load_project

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence


CORPORA = Path(__file__).parents[3] / "shared" / "corpora"
NAMES = {"re3d": ["re3d/centcom.jsonl", "re3d/uk_government.jsonl"], "gum_news": ["gum_news/news.jsonl"]}
ANA = ImportOptions(annotator="ana")


@dataclass(frozen=True)
class Document:
    """A text with spans (start, end, label), and relations (type, number of the head's span, number of the tail's)."""

    name: str
    text: str
    spans: list[tuple[int, int, str]]
    relations: list[tuple[str, int, int]]

    @property
    def places(self) -> set[tuple[int, int, str]]:
        """Spans as places with labels: several at one place with one label are one."""
        return set(self.spans)

    @property
    def facts(self) -> set[tuple[str, tuple[int, int, str], tuple[int, int, str]]]:
        """Relations between different spans, each once."""
        ends = ((kind, self.spans[head], self.spans[tail]) for kind, head, tail in self.relations)
        return {fact for fact in ends if fact[1] != fact[2]}


def _corpus(name: str) -> list[Document]:
    paths = [CORPORA / each for each in NAMES[name]]
    if not all(path.exists() for path in paths):
        pytest.skip("the shared corpora are not here")
    rows = (json.loads(line) for path in paths for line in path.read_text(encoding="utf-8").splitlines())
    return [_document(row) for row in rows]


def _document(row: dict[str, Any]) -> Document:
    spans = [(span["start"], span["end"], span["label"]) for span in row["spans"]]
    numbers = {(start, end): number for number, (start, end, _) in reversed(list(enumerate(spans)))}
    relations = [
        (each["type"], *(numbers[each[end]["start"], each[end]["end"]] for end in ("head", "tail")))
        for each in row.get("relations", ())
    ]
    return Document(row["id"], row["text"], spans, relations)


@pytest.fixture(scope="module", params=NAMES)
def documents(request: pytest.FixtureRequest) -> list[Document]:
    """The documents of one corpus."""
    return _corpus(request.param)


def _project(folder: Path, documents: Iterable[Document]) -> Project:
    """An empty workspace for a schema with the labels that occur, and any relation between them."""
    documents = list(documents)
    labels = sorted({label for each in documents for _, _, label in each.spans})
    kinds = sorted({kind for each in documents for kind, _, _ in each.relations})
    lines = ['[project]\nname = "corpus"']
    lines += [
        f'[[labels]]\nname = "{name}"\ndefinition = "x"\nexamples = ["x"]\ncolor = "#{number:06x}"\n'
        f'hotkey = "{"abcdefghijklmnopqrst"[number]}"'
        for number, name in enumerate(labels)
    ]
    lines += [
        f'[[relations]]\nname = "{kind}"\ndefinition = "x"\nexample = "x"\nhead = {labels}\ntail = {labels}'
        for kind in kinds
    ]
    (folder / "corpus.toml").write_text("\n".join(lines), encoding="utf-8")
    return load_project(folder / "corpus.toml", folder / "workspace")


def _brat(folder: Path, documents: Sequence[Document], end: str = "\n") -> None:
    """As brat's editor writes them: a span is cut at each line end, which its copy has as a blank."""
    for document in documents:
        (folder / document.name).parent.mkdir(parents=True, exist_ok=True)
        (folder / f"{document.name}.txt").write_bytes(document.text.replace("\n", end).encode())
        lines = [*_brat_spans(document, len(end) - 1)]
        lines += [
            f"R{number}\t{kind} Arg1:T{head} Arg2:T{tail}\t"
            for number, (kind, head, tail) in enumerate(document.relations)
        ]
        (folder / f"{document.name}.ann").write_bytes(end.join(lines).encode())


def _brat_spans(document: Document, more: int) -> Iterator[str]:
    for number, (start, end, label) in enumerate(document.spans):
        covers, parts = document.text[start:end], list[str]()
        for found in re.finditer(r"[^\n]+", covers):
            first, last = start + found.start(), start + found.end()
            parts.append(" ".join(str(at + more * document.text[:at].count("\n")) for at in (first, last)))
        yield f"T{number}\t{label} {';'.join(parts)}\t{covers.replace(chr(10), ' ')}"


def _doccano(folder: Path, documents: Sequence[Document]) -> None:
    """With an emoji before each text and offsets of a browser: UTF-16 units."""
    folder.mkdir()
    with (folder / "all.jsonl").open("w", encoding="utf-8") as file:
        for each in documents:
            entities = [
                {"id": number, "start_offset": start + 2, "end_offset": end + 2, "label": label}
                for number, (start, end, label) in enumerate(each.spans)
            ]
            relations = [
                {"id": number, "from_id": head, "to_id": tail, "type": kind}
                for number, (kind, head, tail) in enumerate(each.relations)
            ]
            row = {"id": each.name, "text": f"\U0001f4f0{each.text}", "entities": entities, "relations": relations}
            file.write(json.dumps(row) + "\n")


def _prodigy(folder: Path, documents: Sequence[Document]) -> None:
    """As `rel.manual` writes them, with the tokens it shows."""
    folder.mkdir()
    with (folder / "all.jsonl").open("w", encoding="utf-8") as file:
        for each in documents:
            spans = [{"start": start, "end": end, "label": label} for start, end, label in each.spans]
            relations = [
                {"head": 0, "child": 0, "head_span": spans[head], "child_span": spans[tail], "label": kind}
                for kind, head, tail in each.relations
            ]
            words = re.finditer(r"\S+", each.text)
            tokens = [
                {"text": word[0], "start": word.start(), "end": word.end(), "id": n} for n, word in enumerate(words)
            ]
            row = {"text": each.text, "meta": {"id": each.name}, "tokens": tokens, "answer": "accept"}
            file.write(json.dumps({**row, "spans": spans, "relations": relations}) + "\n")


def _imported(project: Project, behind: int = 0) -> dict[str, tuple[set[Any], set[Any]]]:
    """Spans and relations of each article, by places; offsets less what was put before the text."""
    found = {}
    for row in project.workspace.annotations.rows():
        places = {span.id: (span.start - behind, span.end - behind, span.label) for span in row.spans}
        facts = {(each.label, places[each.head], places[each.tail]) for each in row.relations}
        found[row.article] = set(places.values()), facts
    return found


def _expected(documents: Iterable[Document]) -> dict[str, tuple[set[Any], set[Any]]]:
    return {each.name: (each.places, each.facts) for each in documents}


def _check_balance(project: Project, documents: Sequence[Document], summary: ImportResult) -> None:
    """Every span and relation of the corpus came out or is in quarantine."""
    bad = Counter(row.what for row in project.workspace.quarantine.rows())
    assert sum(len(each.spans) for each in documents) == summary.spans + bad["span"]
    assert sum(len(each.relations) for each in documents) == summary.relations + bad["relation"]
    assert sum(summary.quarantined.values()) == sum(bad.values())
    assert (summary.rejected, summary.ignored, summary.said_twice) == ({}, (), 0)


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_brat_files_of_a_corpus_import_completely(documents: list[Document], tmp_path: Path, end: str) -> None:
    """Nested and crossing spans, some over line ends, with either line end; self-relations go to quarantine."""
    project = _project(tmp_path, documents)
    _brat(tmp_path / "brat", documents, end)
    summary = import_annotations(project, "brat", [str(tmp_path / "brat")], ANA)

    assert _imported(project) == _expected(documents)
    _check_balance(project, documents, summary)


def test_doccano_files_of_a_corpus_import_completely(documents: list[Document], tmp_path: Path) -> None:
    """Offsets in UTF-16 units after an emoji, overlapping spans, relations."""
    project = _project(tmp_path, documents)
    _doccano(tmp_path / "doccano", documents)
    summary = import_annotations(
        project, "doccano", [str(tmp_path / "doccano")], ImportOptions(annotator="ana", unit="utf-16")
    )

    assert _imported(project, behind=1) == _expected(documents)
    _check_balance(project, documents, summary)


def test_prodigy_files_of_a_corpus_import_completely(documents: list[Document], tmp_path: Path) -> None:
    """With its tokens, and relations whose ends are given by their places."""
    project = _project(tmp_path, documents)
    _prodigy(tmp_path / "prodigy", documents)
    summary = import_annotations(project, "prodigy", [str(tmp_path / "prodigy")], ANA)

    assert _imported(project) == _expected(documents)
    _check_balance(project, documents, summary)


def _flat(document: Document) -> list[tuple[int, int, str]]:
    """The longest spans that do not overlap, without the blanks at their ends, because no token has them."""
    kept = list[tuple[int, int, str]]()
    words = {(start, start + len(document.text[start:end].rstrip()), label) for start, end, label in document.places}
    for start, end, label in sorted(words, key=lambda span: (span[0] - span[1], span)):
        if all(end <= first or last <= start for first, last, _ in kept):
            kept.append((start, end, label))
    return sorted(kept)


def _tagged(document: Document, scheme: str) -> Iterator[str]:
    """A token and its tag a line; tokens are cut at the boundaries of spans, and letters name the tags.

    ``scheme`` has the letters for first, inside, last and single: IOBES is ``BIES``.
    """
    flat = _flat(document)
    cuts = {0, len(document.text)} | {at for start, end, _ in flat for at in (start, end)}
    cuts |= {at for found in re.finditer(r"\w+|[^\w\s]", document.text) for at in found.span()}
    pieces = [(start, end) for start, end in zip(sorted(cuts), sorted(cuts)[1:], strict=False)]
    words = [(start, end) for start, end in pieces if document.text[start:end].strip()]
    spans = iter([*flat, (len(document.text), len(document.text), "")])
    first, last, label = next(spans)
    for start, end in words:
        while start >= last:
            first, last, label = next(spans)
        letter = scheme[(start != first) + 2 * (end == last)] if start >= first else ""
        yield f"{document.text[start:end]}\t{f'{letter}-{label}' if letter else 'O'}"


# First, inside, single, last: the place of a letter is 1 for not the first word plus 2 for the last one.
@pytest.mark.parametrize(("scheme", "end"), [("BIBI", "\n"), ("BISE", "\r\n"), ("BIUL", "\n")])
def test_conll_files_of_a_corpus_import_completely(
    documents: list[Document], tmp_path: Path, scheme: str, end: str
) -> None:
    """BIO, IOBES and BILOU, with and without CR and a last line end; offsets count in the article's text."""
    project = _project(tmp_path, documents)
    by_name = sorted(documents, key=lambda document: document.name)
    articles = [made.article(each.name, each.text) for each in by_name]
    project.workspace.articles.write(articles)
    lines = [line for each in documents for line in (f"# newdoc id = {each.name}", *_tagged(each, scheme), "")]
    (tmp_path / "all.conll").write_bytes(b"\xef\xbb\xbf" + end.join(lines).rstrip().encode())
    summary = import_annotations(project, "conll", [str(tmp_path / "all.conll")], ANA)

    assert _imported(project) == {each.name: (set(_flat(each)), set()) for each in documents}
    assert (summary.spans, summary.quarantined) == (sum(len(_flat(each)) for each in documents), {})
    assert (summary.new, summary.rejected) == (0, {})


@pytest.mark.parametrize(
    "name", ["arcada", "drexel_cci", "flytxt", "mic-cis.txt", "sjtu_adapt.txt", "spinningbytes.txt", "uh_ritual"]
)
def test_seqeval_finds_the_same_spans_in_real_submissions(name: str) -> None:
    """Files with CRLF, blanks or tabs, and tags out of order, as seven systems submitted them."""
    path = CORPORA / "wnut17" / "submissions" / name
    if not path.exists():
        pytest.skip("the shared corpora are not here")
    (record,) = conll.read_conll(path, "a")
    content = path.read_bytes().decode("utf-8").replace("\r\n", "\n")
    blocks = [[line.split()[-1] for line in block.split("\n") if line.strip()] for block in content.split("\n\n")]

    assert isinstance(record, ImportRecord)
    assert record.misfits == ()
    wanted = [label for tags in blocks for label, _, _ in get_entities(tags)]
    assert [mark.label for mark in record.marks] == wanted


SCHEMA = load_project().schema
TEXT = "one two\nthree four"
_NUMBER = st.integers(0, 3).map(str)
_OFFSETS = st.tuples(st.integers(0, 9), st.integers(8, 20)).map(lambda pair: f"{pair[0]} {pair[1]}")
_LABEL = st.sampled_from(["PERSON", "COUNTRY", "SHIP"])
# Few things, so that several lines are about one.
_ANY = st.sampled_from(["T0", "T0", "T0", "T1", "R0", "E0", "X0"])
_ARGUMENTS = st.lists(st.tuples(st.sampled_from(["Who", "SAME_AS"]), _ANY).map(":".join), max_size=2)


def _lines() -> st.SearchStrategy[list[str]]:
    """Lines in brat's forms about things that may exist, each id once, and one line of no form."""
    forms: dict[str, Callable[[str], st.SearchStrategy[str]]] = {
        "T": lambda name: st.tuples(_LABEL, st.lists(_OFFSETS, min_size=1, max_size=2).map(";".join)).map(
            lambda parts: f"{name}\t{parts[0]} {parts[1]}"
        ),
        "R": lambda name: st.tuples(_ANY, _ANY).map(lambda ends: f"{name}\tSAME_AS Arg1:{ends[0]} Arg2:{ends[1]}"),
        "E": lambda name: st.tuples(_LABEL, _ANY, _ARGUMENTS).map(
            lambda parts: " ".join([f"{name}\t{parts[0]}:{parts[1]}", *parts[2]])
        ),
        "A": lambda name: st.tuples(st.sampled_from(["Doubt", "Mood"]), _ANY).map(
            lambda parts: f"{name}\t{' '.join(parts)}"
        ),
        "#": lambda name: _ANY.map(lambda target: f"{name}\tAnnotatorNotes {target}\tnote {name}."),
        "N": lambda name: _ANY.map(lambda target: f"{name}\tReference {target} db:1\tx"),
        "?": lambda name: st.just(f"{name} of no form"),
    }
    chosen = st.lists(st.tuples(st.sampled_from(sorted(forms)), _NUMBER), unique=True)
    return chosen.flatmap(lambda names: st.tuples(*(forms[kind](kind + number) for kind, number in names))).map(list)


@settings(max_examples=300)
@given(_lines())
def test_every_line_of_brat_is_accounted_for(lines: list[str]) -> None:
    """Whatever the lines: spans, relations and all that is attached to them are imported or in quarantine."""
    intake = AnnotationIntake(SCHEMA, ImportOptions(annotator="ana", names={"Doubt": "unsure"}))
    intake.take(brat.parse_brat(SourceRow(where="x", id="x", text=TEXT), "\n".join(lines)))
    ((annotation, bad),) = intake.finish({})

    kinds, refused = Counter(line[0] for line in lines), Counter(row.what for row in bad)
    arguments = sum(line.count(":") - 1 for line in lines if line[0] == "E")
    assert kinds["T"] == len(annotation.spans) + refused["span"]
    assert kinds["R"] + arguments == len(annotation.relations) + refused["relation"]
    raw = json.dumps([row.model_dump(mode="json") for row in bad]) + json.dumps([row.note for row in annotation.spans])
    listed, doubtful = {row.id for row in bad}, {span.id for span in annotation.spans if span.unsure}
    refused_raw = {row.id: row.raw for row in bad if isinstance(row.raw, dict)}
    doubtful |= {name for name, each in refused_raw.items() if each.get("unsure") or "Doubt" in str(each)}
    triggers = {line.split("\t")[0]: line.split(":")[1].split(" ")[0] for line in lines if line[0] == "E"}
    kept = {span.id for span in annotation.spans}
    for line in lines:
        name, _, rest = line.partition("\t")
        if name[0] == "#":
            assert f"note {name}." in raw
        elif name[0] == "A":
            target = triggers.get(rest.split(" ")[1], rest.split(" ")[1])
            assert name in listed or (rest.startswith("Doubt") and target in doubtful)
        elif name[0] == "E":
            clean = [each for each, trigger in triggers.items() if trigger == triggers[name] and each not in listed]
            assert name in listed or (clean == [name] and (triggers[name] in kept | listed))
        elif name[0] in "N?":
            assert name in listed or line in raw
