"""UIMA CAS: files as INCEpTION and DKPro write them, by hand, with the places of their spans counted by hand."""

from __future__ import annotations

import json
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from labeling.articles import Reject
from labeling.errors import ArticleError, UsageError
from labeling.exports.export import export
from labeling.imports.cas.read_cas import read_cas
from labeling.imports.import_annotations import ImportResult, import_annotations
from labeling.imports.merge import ImportOptions
from labeling.imports.record import ImportRecord
from labeling.project import Project, load_project

if TYPE_CHECKING:
    from collections.abc import Mapping

    from labeling.annotations import Annotation

_DKPRO = "de.tudarmstadt.ukp.dkpro.core.api."
_ANNOTATION, _BASE, _STRING = "uima.tcas.Annotation", "uima.cas.AnnotationBase", "uima.cas.String"
_NAMED = f"{_DKPRO}ner.type.NamedEntity"
TYPES: dict[str, tuple[str, dict[str, str]]] = {
    f"{_DKPRO}metadata.type.DocumentMetaData": (
        "uima.tcas.DocumentAnnotation",
        {"documentTitle": _STRING, "documentId": _STRING},
    ),
    f"{_DKPRO}segmentation.type.Token": (_ANNOTATION, {}),
    _NAMED: (_ANNOTATION, {"value": _STRING, "identifier": _STRING}),
    f"{_DKPRO}ner.type.Person": (_NAMED, {}),
    "webanno.custom.Role": (_ANNOTATION, {"note": _STRING, "kind": _STRING, "unsure": "uima.cas.Boolean"}),
    "webanno.custom.Post": (_ANNOTATION, {"how": _STRING, "Governor": _ANNOTATION, "Dependent": _ANNOTATION}),
    "webanno.custom.About": (_BASE, {"event": _STRING}),
    "org.example.Drug": (_ANNOTATION, {"dose": _STRING}),
}
# The flag of Norway is two characters, four units of UTF-16: what follows begins at 3 here, at 5 there.
TEXT = "\U0001f1f3\U0001f1f4 Anna Berg, minister, met Chad."
INCEPTION = """
<type:DocumentMetaData xmi:id="7" sofa="1" begin="0" end="36" documentTitle="talks.txt" documentId="talks"/>
<type2:Token xmi:id="8" sofa="1" begin="5" end="9"/>
<type3:NamedEntity xmi:id="9" sofa="1" begin="5" end="14" value="PERSON" identifier="Q7"/>
<type3:NamedEntity xmi:id="10" sofa="1" begin="30" end="34" value="COUNTRY"/>
<custom:Role xmi:id="11" sofa="1" begin="16" end="24" kind="ROLE" note="or office?" unsure="true"/>
<custom:Post xmi:id="12" sofa="1" begin="16" end="24" how="HOLDS_ROLE" Governor="9" Dependent="11"/>
<custom:About xmi:id="13" sofa="1" event="CONSULT"/>"""
SPANS = [(3, 12, "PERSON"), (14, 22, "ROLE"), (28, 32, "COUNTRY")]


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """The shipped project, with an empty workspace."""
    return load_project(workspace=tmp_path / "workspace")


def _type_system() -> str:
    kinds = "".join(
        f"<typeDescription><name>{name}</name><supertypeName>{above}</supertypeName><features>"
        + "".join(
            f"<featureDescription><name>{feature}</name><rangeTypeName>{value}</rangeTypeName></featureDescription>"
            for feature, value in features.items()
        )
        + "</features></typeDescription>"
        for name, (above, features) in TYPES.items()
    )
    root = "typeSystemDescription"
    return f'<{root} xmlns="http://uima.apache.org/resourceSpecifier"><types>{kinds}</types></{root}>'


def _xmi(things: str, text: str = TEXT, head: str = "") -> str:
    names = {"type": f"{_DKPRO}metadata.type", "type2": f"{_DKPRO}segmentation.type", "type3": f"{_DKPRO}ner.type"}
    names |= {"custom": "webanno.custom", "cas": "uima.cas", "example": "org.example"}
    spaces = " ".join(f'xmlns:{short}="http:///{name.replace(".", "/")}.ecore"' for short, name in names.items())
    members = " ".join(part.partition('"')[0] for part in things.split('xmi:id="')[1:])
    return (
        f'<?xml version="1.0" encoding="UTF-8"?>{head}<xmi:XMI xmlns:xmi="http://www.omg.org/XMI" {spaces} '
        f'xmi:version="2.0"><cas:NULL xmi:id="0"/>{things}<cas:Sofa xmi:id="1" sofaNum="1" sofaID="_InitialView" '
        f'mimeType="text" sofaString="{text}"/><cas:View sofa="1" members="{members}"/></xmi:XMI>'
    )


def _write(path: Path, content: str, system: str = "") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content, encoding="utf-8")
    (path.parent / "TypeSystem.xml").write_text(system or _type_system(), encoding="utf-8")
    return path


def _import(project: Project, path: Path, names: Mapping[str, str] | None = None) -> ImportResult:
    return import_annotations(project, "cas", [str(path)], ImportOptions(annotator="ana", names=names or {}))


def _only(project: Project) -> Annotation:
    (row,) = project.workspace.annotations.rows()
    return row


def _spans(row: Annotation) -> list[tuple[int, int, str]]:
    return sorted((span.start, span.end, span.label) for span in row.spans)


def _reasons(project: Project) -> list[str]:
    return [row.reason for row in project.workspace.rejects.rows()]


def _quarantine(project: Project) -> list[tuple[str, str, str]]:
    return [(row.what, row.id, row.kind) for row in project.workspace.quarantine.rows()]


def test_layers_of_inception_are_spans_relations_and_choices(project: Project, tmp_path: Path) -> None:
    """With offsets after an emoji, a note, a doubt, and the id that the file has."""
    _write(tmp_path / "export" / "talks.txt" / "ana.xmi", _xmi(INCEPTION))
    result = _import(project, tmp_path / "export")

    row = _only(project)
    assert (row.article, _spans(row)) == ("talks", SPANS)
    names = {span.id: span.label for span in row.spans}
    assert [(names[each.head], each.label, names[each.tail]) for each in row.relations] == [
        ("PERSON", "HOLDS_ROLE", "ROLE")
    ]
    assert row.choices == {"event": ("CONSULT",)}
    assert [(span.note, span.unsure) for span in row.spans if span.label == "ROLE"] == [("or office?", True)]
    # A link to an entry of a database has no place, and is not lost.
    assert _quarantine(project) == [("annotation", "NamedEntity-9.identifier", "unsupported")]
    assert (result.ignored, result.passed_over) == ((f"{_DKPRO}segmentation.type.Token",), ())


def test_a_pipeline_of_dkpro_has_types_below_named_entities(project: Project, tmp_path: Path) -> None:
    """Their name is the label where they have no value; the type system lies above, the article is the file."""
    things = '<type3:Person xmi:id="4" sofa="1" begin="5" end="14"/>'
    path = _write(tmp_path / "out" / "news" / "n1.xmi", _xmi(things))
    (path.parent / "TypeSystem.xml").rename(tmp_path / "out" / "typesystem.xml")
    _import(project, tmp_path / "out", {"Person": "PERSON"})

    assert (_only(project).article, _spans(_only(project))) == ("news/n1", SPANS[:1])


def _json(*things: dict[str, Any]) -> dict[str, Any]:
    return {
        "%TYPES": {
            name: {
                "%NAME": name,
                "%SUPER_TYPE": above,
                **{feature: {"%NAME": feature, "%RANGE": value} for feature, value in features.items()},
            }
            for name, (above, features) in TYPES.items()
        },
        "%FEATURE_STRUCTURES": [
            {"%ID": 1, "%TYPE": "uima.cas.Sofa", "sofaNum": 1, "sofaID": "_InitialView", "sofaString": TEXT},
            *things,
        ],
        "%VIEWS": {"_InitialView": {"%SOFA": 1, "%MEMBERS": [each["%ID"] for each in things]}},
    }


_PERSON = {"%ID": 2, "%TYPE": _NAMED, "@sofa": 1, "begin": 5, "end": 14, "value": "PERSON"}


def test_json_has_its_types_inside(project: Project, tmp_path: Path) -> None:
    """And offsets in UTF-16, as XMI."""
    (tmp_path / "n1.json").write_text(json.dumps(_json(_PERSON)), encoding="utf-8")
    _import(project, tmp_path / "n1.json")

    assert _spans(_only(project)) == SPANS[:1]


@pytest.mark.parametrize("odd", [7, 1.5, True, None, [], {}, {"a": 1}, "", "5"])
@pytest.mark.parametrize("name", ["value", "identifier", "begin", "end", "%TYPE", "@sofa"])
def test_an_odd_value_costs_no_more_than_its_file(project: Project, tmp_path: Path, name: str, odd: object) -> None:
    """It is listed or refused, and the file beside it comes in."""
    other = {**_PERSON, "%ID": 3, "begin": 30, "end": 34, "value": "COUNTRY", name: odd}
    folder = tmp_path / "in"
    folder.mkdir()
    (folder / "a.json").write_text(json.dumps(_json(_PERSON, other)), encoding="utf-8")
    (folder / "b.json").write_text(json.dumps(_json(_PERSON)).replace("Chad", "Mali"), encoding="utf-8")
    _import(project, folder)

    rows = {row.article: _spans(row) for row in project.workspace.annotations.rows()}
    assert rows["b"] == SPANS[:1]
    assert rows.get("a", SPANS[:1])[0] == SPANS[0]
    assert "a" in rows or len(_reasons(project)) == 1


@pytest.mark.parametrize("end", [{"Dependent": 7}, {"@Dependent": None}, {"Dependent": "2"}, {}])
def test_a_relation_with_an_odd_end_is_listed(project: Project, tmp_path: Path, end: dict[str, Any]) -> None:
    """And costs nothing else."""
    link = {"%ID": 3, "%TYPE": "webanno.custom.Post", "@sofa": 1, "begin": 5, "end": 14, "@Governor": 2, **end}
    (tmp_path / "n1.json").write_text(json.dumps(_json(_PERSON, link)), encoding="utf-8")
    _import(project, tmp_path / "n1.json")

    assert _spans(_only(project)) == SPANS[:1]
    assert _quarantine(project) == [("relation", "Post-3", "broken relation")]


def test_types_that_nobody_knows_are_listed_with_their_number(project: Project, tmp_path: Path) -> None:
    """A file with none but such is not an empty answer."""
    things = "".join(f'<example:Drug xmi:id="{number}" sofa="1" begin="5" end="9"/>' for number in (4, 5))
    result = _import(project, _write(tmp_path / "n1.xmi", _xmi(things)))

    assert _only(project).state == "draft"
    assert result.is_empty
    (row,) = project.workspace.quarantine.rows()
    assert (row.id, row.raw) == ("org.example.Drug", 2)


@pytest.mark.parametrize(("begin", "end"), [(1, 14), (5, 99), (-4, 9), (9, 5), (9, 9)])
def test_a_span_without_a_place_is_not_moved(project: Project, tmp_path: Path, begin: int, end: int) -> None:
    """Inside of a character, behind the end, before the start: the others come in."""
    things = f'{INCEPTION}<type3:NamedEntity xmi:id="20" sofa="1" begin="{begin}" end="{end}" value="PERSON"/>'
    _import(project, _write(tmp_path / "n1.xmi", _xmi(things)))

    assert _spans(_only(project)) == SPANS
    assert ("span", "NamedEntity-20", "offsets out of range") in _quarantine(project)


def test_a_relation_to_what_is_not_marked_is_listed(project: Project, tmp_path: Path) -> None:
    """To a word, or to nothing."""
    things = INCEPTION + "".join(
        f'<custom:Post xmi:id="{number}" sofa="1" begin="5" end="9" how="HOLDS_ROLE" Governor="9"{end}/>'
        for number, end in ((30, ' Dependent="8"'), (31, ""))
    )
    _import(project, _write(tmp_path / "n1.xmi", _xmi(things)))

    assert len(_only(project).relations) == 1
    assert [kind for what, _, kind in _quarantine(project) if what == "relation"] == ["broken relation"] * 2


_BOMB = '<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;">]>'
_OUTSIDE = '<!DOCTYPE x SYSTEM "file:///etc/hostname">'


@pytest.mark.parametrize("head", [_BOMB, _OUTSIDE])
def test_what_is_declared_is_refused(project: Project, tmp_path: Path, head: str) -> None:
    """Before any parser follows it."""
    _import(project, _write(tmp_path / "n1.xmi", _xmi(INCEPTION, head=head)))

    assert "it has a document type" in _reasons(project)[0]
    assert not list(project.workspace.articles.rows_if_written())


@pytest.mark.parametrize("head", [_BOMB, _OUTSIDE])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_a_type_system_that_declares_is_refused(project: Project, tmp_path: Path, head: str, encoding: str) -> None:
    """It is read by the same parser; in UTF-16 no search of its bytes would find it."""
    path = _write(tmp_path / "n1.xmi", _xmi(INCEPTION))
    declared = f'<?xml version="1.0" encoding="{encoding}"?>{head}{_type_system()}'
    (tmp_path / "TypeSystem.xml").write_text(declared, encoding=encoding)
    _import(project, path)

    assert "it has a document type" in _reasons(project)[0]


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (_xmi(INCEPTION)[:-40], "it is not whole XML"),
        (_xmi(INCEPTION.replace("custom:Role", "custom:Rule")), "webanno.custom.Rule"),
        (_xmi(INCEPTION.replace('Governor="9"', 'Governor="99"')), "it is not a whole CAS"),
        (_xmi(INCEPTION.replace('begin="5"', 'begin="five"')), "it is not a whole CAS"),
        ('{"%TYPES": {}, "%FEATURE_STRUCTURES": [', "it is not a whole CAS"),
        ('{"%TYPES": {}, "%FEATURE_STRUCTURES": 7, "%VIEWS": {}}', "it has no text"),
        ('{"%TYPES": [], "%VIEWS": 1}', "it is not a whole CAS"),
    ],
)
def test_a_damaged_file_is_refused_by_name(project: Project, tmp_path: Path, content: str, why: str) -> None:
    """And others of the folder come in."""
    _write(tmp_path / "in" / "bad.xmi", content)
    _write(tmp_path / "in" / "good.xmi", _xmi(INCEPTION))
    _import(project, tmp_path / "in")

    (reason,) = _reasons(project)
    assert why in reason
    assert _spans(_only(project)) == SPANS


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_a_corrupted_file_ends_in_a_record_or_a_refusal(data: st.DataObject) -> None:
    """A piece taken out, doubled or replaced, anywhere: no other error, and no span in another text."""
    whole = _xmi(INCEPTION)
    at = data.draw(st.integers(0, len(whole) - 1))
    size = data.draw(st.integers(0, 40))
    piece = data.draw(st.sampled_from(["", "<", '"', "&#0;", "999999999999", "\x00", whole[at : at + size] * 2]))
    with tempfile.TemporaryDirectory() as folder:
        path = _write(Path(folder) / "n1.xmi", whole[:at] + piece + whole[at + size :])
        try:
            items = list(read_cas(path, "n1"))
        except ArticleError:
            return
    for item in items:
        assert isinstance(item, ImportRecord | Reject)
        marks = item.marks if isinstance(item, ImportRecord) else ()
        assert all(type(each) is int for mark in marks for place in mark.parts for each in place)


def test_xmi_without_its_types_is_refused(project: Project, tmp_path: Path) -> None:
    """With what is to be put beside it."""
    path = _write(tmp_path / "deep" / "er" / "n1.xmi", _xmi(INCEPTION))
    (path.parent / "TypeSystem.xml").unlink()
    _import(project, path)

    assert "no type system lies beside it" in _reasons(project)[0]


def test_a_second_text_is_refused_by_name(project: Project, tmp_path: Path) -> None:
    """The first comes in."""
    second = '<cas:Sofa xmi:id="60" sofaNum="2" sofaID="German" sofaString="Anna Berg"/>'
    view = '<cas:View sofa="60" members="61"/></xmi:XMI>'
    things = '<type3:NamedEntity xmi:id="61" sofa="60" begin="0" end="9" value="PERSON"/>'
    content = _xmi(INCEPTION).replace("<cas:Sofa", f"{things}{second}<cas:Sofa").replace("</xmi:XMI>", view)
    _import(project, _write(tmp_path / "n1.xmi", content))

    assert _spans(_only(project)) == SPANS
    assert _reasons(project) == ["it has a second text, 'German', with 1 annotations"]


def test_a_layer_without_a_label_is_called_by_its_name(project: Project, tmp_path: Path) -> None:
    """A layer of people's own has its label in the first string that is not a note."""
    things = '<custom:Role xmi:id="4" sofa="1" begin="16" end="24" note="or office?"/>'
    _import(project, _write(tmp_path / "n1.xmi", _xmi(things)), {"Role": "ROLE"})

    (span,) = _only(project).spans
    assert (span.label, span.note, span.unsure) == ("ROLE", "or office?", False)


def test_a_cas_names_nobody(project: Project, tmp_path: Path) -> None:
    """Whatever its file is called."""
    path = _write(tmp_path / "ana.xmi", _xmi(INCEPTION))
    with pytest.raises(UsageError, match="does not name its annotator"):
        import_annotations(project, "cas", [str(path)], ImportOptions())


@pytest.mark.parametrize("kind", ["cas-xmi", "cas-json"])
def test_the_extra_is_named_where_it_is_missing(
    project: Project, tmp_path: Path, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In and out; nothing is written."""
    path = _write(tmp_path / "n1.xmi", _xmi(INCEPTION))
    _import(project, path)
    monkeypatch.setitem(sys.modules, "cassis", None)

    for call in (lambda: _import(project, path), lambda: export(project, kind, "ana", tmp_path / "out")):
        with pytest.raises(UsageError) as refused:
            call()
        assert refused.value.todo == "pip install 'labeling[cas]'"
    assert not (tmp_path / "out").exists()


def test_an_export_is_what_the_vendors_package_reads(project: Project, tmp_path: Path) -> None:
    """XMI counts UTF-16, and has DKPro's types; JSON the same."""
    import cassis

    _import(project, _write(tmp_path / "n1.xmi", _xmi(INCEPTION)))
    result = export(project, "cas-xmi", "ana", tmp_path / "xmi")
    export(project, "cas-json", "ana", tmp_path / "json")

    assert result.not_held == {}
    written = (tmp_path / "xmi" / "talks.xmi").read_text(encoding="utf-8")
    assert 'begin="5" end="14" value="PERSON"' in written
    system = cassis.load_typesystem(tmp_path / "xmi" / "TypeSystem.xml")
    for cas in (
        cassis.load_cas_from_xmi(tmp_path / "xmi" / "talks.xmi", typesystem=system),
        cassis.load_cas_from_json((tmp_path / "json" / "talks.json").read_text(encoding="utf-8")),
    ):
        assert [(each.begin, each.end, each.value) for each in cas.select(_NAMED)] == SPANS
        (link,) = cas.select("webanno.custom.Relation")
        assert (link.Governor.value, link.label, link.Dependent.value) == ("PERSON", "HOLDS_ROLE", "ROLE")
