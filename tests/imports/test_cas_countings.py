"""What the offsets of a CAS count: UTF-16 by definition, another by its words; doubted where words fit another."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from labeling.imports.cas.word_copies import find_word_copies
from labeling.imports.import_annotations import ImportResult, import_annotations
from labeling.imports.merge import ImportOptions
from labeling.project import Project, load_project

if TYPE_CHECKING:
    from pathlib import Path

_ANNOTATION, _STRING = "uima.tcas.Annotation", "uima.cas.String"
_NAMED = "de.tudarmstadt.ukp.dkpro.core.api.ner.type.NamedEntity"
_CUSTOM = "webanno.custom.Entity"
_TYPES = {_NAMED: ("value", "identifier", "coveredText"), _CUSTOM: ("covers", "kind"), "org.example.Drug": ()}
# An emoji is one code point, two units of UTF-16, four bytes; an umlaut two bytes.
TEXT = "\U0001f600 Jürg Berg met Chad and Mali."
SPANS = [(2, 11, "PERSON"), (16, 20, "COUNTRY"), (25, 29, "COUNTRY")]
PLACES = {
    "utf-16": [(3, 12), (17, 21), (26, 30)],
    "code-points": [(2, 11), (16, 20), (25, 29)],
    "utf-8": [(5, 15), (20, 24), (29, 33)],
}


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """The shipped project, with an empty workspace."""
    return load_project(workspace=tmp_path / "workspace")


def _cas(things: list[dict[str, Any]], members: list[int] | None = None, text: str = TEXT) -> str:
    types = {
        name: {"%NAME": name, "%SUPER_TYPE": _ANNOTATION}
        | {feature: {"%NAME": feature, "%RANGE": _STRING} for feature in features}
        for name, features in _TYPES.items()
    }
    sofa = {"%ID": 1, "%TYPE": "uima.cas.Sofa", "sofaNum": 1, "sofaID": "_InitialView", "sofaString": text}
    ids = [each["%ID"] for each in things] if members is None else members
    views = {"_InitialView": {"%SOFA": 1, "%MEMBERS": ids}}
    return json.dumps({"%TYPES": types, "%FEATURE_STRUCTURES": [sofa, *things], "%VIEWS": views})


def _things(counting: str, kind: str = _NAMED, label: str = "value", copy: str = "") -> list[dict[str, Any]]:
    return [
        {"%ID": number, "%TYPE": kind, "@sofa": 1, "begin": begin, "end": end, label: name}
        | ({copy: TEXT[start:stop]} if copy else {})
        for number, ((begin, end), (start, stop, name)) in enumerate(zip(PLACES[counting], SPANS, strict=True), start=2)
    ]


def _import(project: Project, path: Path, content: str, unit: str = "") -> ImportResult:
    path.write_text(content, encoding="utf-8")
    return import_annotations(project, "cas", [str(path)], ImportOptions(annotator="ana", unit=unit))


def _spans(project: Project) -> list[tuple[int, int, str]]:
    return sorted(
        (span.start, span.end, span.label) for row in project.workspace.annotations.rows() for span in row.spans
    )


def _quarantine(project: Project) -> list[tuple[str, str, object]]:
    return [(row.id, row.kind, row.raw) for row in project.workspace.quarantine.rows()]


def test_utf_16_is_believed_where_the_spans_fit_it(project: Project, tmp_path: Path) -> None:
    """Without a warning: it is what a CAS counts."""
    result = _import(project, tmp_path / "n1.json", _cas(_things("utf-16")))

    assert _spans(project) == SPANS
    assert result.doubts == ()


@pytest.mark.parametrize("counting", ["code-points", "utf-8"])
def test_another_counting_is_doubted_by_name_and_read_when_named(tmp_path: Path, counting: str) -> None:
    """Spans that begin and end inside words are no proof, but a reason to ask."""
    content = _cas(_things(counting))
    doubted = _import(load_project(workspace=tmp_path / "a"), tmp_path / "n1.json", content)
    named = load_project(workspace=tmp_path / "b")
    result = _import(named, tmp_path / "n1.json", content, counting)

    (doubt,) = doubted.doubts
    assert f"--offsets {counting}" in doubt
    assert _spans(named) == SPANS
    assert result.doubts == ()


@pytest.mark.parametrize("counting", PLACES)
@pytest.mark.parametrize(
    ("kind", "label", "copy"),
    [(_NAMED, "value", "coveredText"), (_NAMED, "value", "identifier"), (_CUSTOM, "kind", "covers")],
)
def test_the_words_of_the_spans_decide(tmp_path: Path, counting: str, kind: str, label: str, copy: str) -> None:
    """Whatever their feature is called, and though it is the first one of its layer."""
    project = load_project(workspace=tmp_path / "workspace")
    result = _import(project, tmp_path / "n1.json", _cas(_things(counting, kind, label, copy)))

    assert _spans(project) == SPANS
    assert (result.doubts, _quarantine(project)) == ((), [])
    assert result.offsets == {counting: 1}


def test_a_span_whose_words_stand_elsewhere_is_listed(project: Project, tmp_path: Path) -> None:
    """The others show that the feature has the words."""
    things = _things("utf-16", copy="coveredText")
    things[1]["coveredText"] = "Oslo"
    _import(project, tmp_path / "n1.json", _cas(things))

    assert _spans(project) == [SPANS[0], SPANS[2]]
    assert [row[:2] for row in _quarantine(project)] == [("NamedEntity-3", "stale text")]


@pytest.mark.parametrize("odd", [7, [1], {"a": 1}, ""])
def test_words_of_another_type_are_none(project: Project, tmp_path: Path, odd: object) -> None:
    """The span is where the words of the others prove the counting."""
    things = _things("code-points", copy="coveredText")
    things[1]["coveredText"] = odd
    _import(project, tmp_path / "n1.json", _cas(things))

    assert _spans(project) == SPANS


def test_a_feature_of_other_words_is_an_attribute(project: Project, tmp_path: Path) -> None:
    """An identifier that happens to stand in the text, elsewhere, is not what a span covers."""
    things = [each | {"identifier": "met"} for each in _things("utf-16")]
    _import(project, tmp_path / "n1.json", _cas(things))

    assert _spans(project) == SPANS
    assert [kind for _, kind, _ in _quarantine(project)] == ["unsupported"] * 3


def test_a_place_beside_half_a_character_is_a_place(project: Project, tmp_path: Path) -> None:
    """Of two spans one begins at 1, inside the emoji; another one at 1 in code points, which is 2 in UTF-16."""
    things = _things("utf-16")
    things.append({"%ID": 9, "%TYPE": _NAMED, "@sofa": 1, "begin": 1, "end": 12, "value": "PERSON"})
    things.append({"%ID": 10, "%TYPE": _NAMED, "@sofa": 1, "begin": 2, "end": 12, "value": "PERSON"})
    _import(project, tmp_path / "n1.json", _cas(things))

    assert (1, 11, "PERSON") in _spans(project)
    assert [row[:2] for row in _quarantine(project)] == [("NamedEntity-9", "offsets out of range")]


@pytest.mark.parametrize("counting", PLACES)
def test_what_is_in_no_index_is_counted(tmp_path: Path, counting: str) -> None:
    """UIMA does not show it: it is not taken, and not passed over. Words around the text are nobody's annotations."""
    project = load_project(workspace=tmp_path / "workspace")
    _import(project, tmp_path / "n1.json", _cas(_things(counting, copy="coveredText"), [2]))

    assert _spans(project) == SPANS[:1]
    assert [(kind, raw) for _, kind, raw in _quarantine(project)] == [("unsupported", 2)]


def test_a_file_of_which_nothing_is_in_the_index_is_not_an_empty_answer(project: Project, tmp_path: Path) -> None:
    """Nor is one whose things have one id, so that the package keeps one of them."""
    _import(project, tmp_path / "n1.json", _cas(_things("utf-16"), []))
    _import(project, tmp_path / "n2.json", _cas([each | {"%ID": 2} for each in _things("utf-16")], [2], f"{TEXT} "))

    one, other = sorted(project.workspace.annotations.rows(), key=lambda row: row.article)
    assert (one.state, one.spans) == ("draft", ())
    assert len(other.spans) == 1
    assert [raw for _, _, raw in _quarantine(project)] == [3, 2]


def test_types_of_one_file_are_not_those_of_another(project: Project, tmp_path: Path) -> None:
    """Files of one tool share their types, which are kept; one that lacks them is refused all the same."""
    folder = tmp_path / "in"
    folder.mkdir()
    for name, content in (("a", _cas(_things("utf-16"))), ("b", _cas(_things("utf-16"), text=f"{TEXT} Yes."))):
        (folder / f"{name}.json").write_text(content, encoding="utf-8")
    (folder / "c.json").write_text(_cas(_things("utf-16")).replace(f'"{_NAMED}": {{', '"x.Y": {'), encoding="utf-8")
    result = import_annotations(project, "cas", [str(folder)], ImportOptions(annotator="ana"))

    assert (result.spans, result.rejected) == (6, {"unreadable": 1})


def test_no_things_have_no_copies() -> None:
    """Of nothing, nothing is found."""
    assert find_word_copies([], {}, TEXT, frozenset()) == {}
