"""Labels, relations and options of any name, from an import to every dataset: none is taken for another."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner

from labeling.cli import cli
from labeling.imports.label_map import split_pair
from labeling.imports.written_labels import write_labels
from labeling.project import Project, load_project

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

NAMES = [
    "Government body",
    "Government_body",
    "GPE/Country",
    "人物",
    "Ämter",
    "2nd",
    "A.B",
    "a=b",
    "B-PER",
    'q"<&>|`x`',
    "O",
]
# One word a label, and a relation of each label to itself, with its own name.
WORDS = [f"Word{sign}" for sign in "abcdefghijk"]


def _toml(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """A project with these names for labels, relations and options, and all four targets."""
    parts = ['[project]\nname = "Odd names"\n[compile]\ntargets = ["spacy", "huggingface", "conll", "prodigy"]\n']
    for number, name in enumerate(NAMES):
        parts.append(
            f'[[labels]]\nname = {_toml(name)}\ndefinition = "d"\nexamples = ["[x]"]\ncolor = "#{number:06x}"\n'
            f'[[relations]]\nname = {_toml(name)}\ndefinition = "d"\nexample = "e"\n'
            f"head = [{_toml(name)}]\ntail = [{_toml(name)}]\n"
        )
    options = "\n".join(f'[[choices.options]]\nname = {_toml(name)}\ndefinition = "d"' for name in NAMES)
    parts.append(f'[[choices]]\nname = "event"\nquestion = "q"\nmultiple = true\n{options}\n')
    path = tmp_path / "odd.toml"
    path.write_text("".join(parts), encoding="utf-8")
    return load_project(path, tmp_path / "workspace")


def _run(project: Project, *arguments: str, status: int = 0) -> str:
    call = ["--workspace", str(project.workspace.root), "--config", str(project.path), *arguments]
    result = CliRunner().invoke(cli, call, standalone_mode=False)
    assert result.exception is None, f"{arguments}: {result.exception!r}"
    assert (result.return_value or 0) == status, result.output
    return result.output


def _export(folder: Path, labels: Sequence[str]) -> str:
    """Two articles in which the n-th word is marked twice, with a relation between the two, and all options chosen."""
    tasks = []
    for name in ("one", "two"):
        text = f"{name}: " + ". ".join(f"{word} met {word}" for word in WORDS) + "."
        result: list[object] = [
            {"type": "choices", "from_name": "event", "to_name": "text", "value": {"choices": [*labels]}}
        ]
        for word, label in zip(WORDS, labels, strict=True):
            first = text.index(f"{word} ")
            second = first + len(f"{word} met ")
            for at in (first, second):
                value = {"start": at, "end": at + len(word), "text": word, "labels": [label]}
                result.append({"id": f"{at}", "type": "labels", "from_name": "l", "to_name": "text", "value": value})
            result.append({"type": "relation", "from_id": f"{first}", "to_id": f"{second}", "labels": [label]})
        tasks.append({"data": {"id": name, "text": text}, "annotations": [{"result": result}]})
    path = folder / "export.json"
    path.write_text(json.dumps(tasks), encoding="utf-8")
    return str(path)


def test_odd_names_reach_every_dataset(project: Project, tmp_path: Path) -> None:
    """Each label has its spans, relations and options in each of four datasets, read by the libraries themselves."""
    import datasets
    import spacy
    from spacy.tokens import DocBin

    _run(project, "import", "label-studio", _export(tmp_path, NAMES), "--annotator", "ana")
    for verb in ("adjudicate", "split", "compile", "verify", "report"):
        _run(project, verb)

    latest = project.workspace.latest
    manifest = json.loads((latest / "manifest.json").read_text(encoding="utf-8"))
    lost = {name: account["span"].get("lost") for name, account in manifest["ledger"].items() if name != "gold"}
    assert lost == {"spacy": 0, "huggingface": 0, "conll": 0, "prodigy": 0}
    rows = [row for split in datasets.load_from_disk(str(latest / "huggingface" / "arrow")).values() for row in split]
    features = datasets.load_from_disk(str(latest / "huggingface" / "arrow"))["train"].features
    tags = features["tags"].feature.names
    assert tags == ["O", *(f"{prefix}-{name}" for name in NAMES for prefix in "BI")]
    for row in rows:
        found = {tags[tag] for tag in row["tags"] if tag > 0}
        assert found == {f"B-{name}" for name in NAMES}
    docs = [
        doc
        for path in sorted((latest / "spacy").rglob("*.spacy"))
        for doc in DocBin().from_disk(path).get_docs(spacy.blank("en").vocab)
    ]
    assert {ent.label_ for doc in docs for ent in doc.ents} == {*NAMES}
    assert {name for doc in docs for name in doc.cats} >= {f"event={name}" for name in NAMES}
    lines = "".join(path.read_text(encoding="utf-8") for path in sorted((latest / "conll").glob("*.conll")))
    written = {line.split()[1] for line in lines.splitlines() if "\tB-" in line}
    assert written == {f"B-{tag}" for tag in write_labels(NAMES)}
    assert all(len(line.split()) == 2 for line in lines.splitlines() if "\t" in line)


def test_blanks_in_tags_never_make_two_labels_one() -> None:
    """Whatever the order of the schema."""
    names = ["a b", "a_b", "a_b_"]
    for ordered in (names, names[::-1]):
        written = write_labels(ordered)
        assert len(set(written)) == len(ordered)
        assert not any(sign.isspace() for tag in written for sign in tag)
        assert dict(zip(ordered, written, strict=True))["a_b"] == "a_b"


@pytest.mark.parametrize(
    ("pair", "names"),
    [
        ("PER=人物", ("PER", "人物")),
        ("x=a=b", ("x", "a=b")),
        ("certainty=low=unsure", ("certainty=low", "unsure")),
        ("a=b=", ("a=b", "")),
        ("x=event.A.B", ("x", "event.A.B")),
        ("x=event.a=b", ("x", "event.a=b")),
        ("x=Government body", ("x", "Government body")),
        ("x=y=z", ("x=y", "z")),
    ],
)
def test_a_map_knows_its_names_by_the_schema(project: Project, pair: str, names: tuple[str, str]) -> None:
    """Either may have an equals sign in it."""
    assert split_pair(pair, project.schema) == names


def test_a_map_leads_to_odd_names(project: Project, tmp_path: Path) -> None:
    """From the command line, for labels and options of another tool."""
    plain = [f"L{number}" for number in range(len(NAMES))]
    maps = [part for old, new in zip(plain, NAMES, strict=True) for part in ("--map", f"{old}={new}")]
    # Labels and options share their names here: the map of a label leads to an option where that is meant.
    options = [part for old, new in zip(plain, NAMES, strict=True) for part in ("--map", f"event.{old}=event.{new}")]

    _run(project, "import", "label-studio", _export(tmp_path, plain), "--annotator", "ana", *maps, *options)

    for row in project.workspace.annotations.rows():
        assert {span.label for span in row.spans} == {*NAMES}
        assert {relation.label for relation in row.relations} == {*NAMES}
        assert row.choices == {"event": tuple(NAMES)}
