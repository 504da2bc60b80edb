"""Readers have pseudonyms in what is published, dataset, card, release and report, unless the file says otherwise."""

from __future__ import annotations

import dataclasses
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from in_custody import walk_the_road
from marked import marked

from labeling.adjudication.adjudicate import adjudicate
from labeling.annotations import QuarantineRow
from labeling.corpora.compile_dataset import compile_dataset
from labeling.corpora.release.release import release
from labeling.errors import DamagedFile
from labeling.evaluation.agree import agree
from labeling.evaluation.agreement.measure_agreement import measure_agreement
from labeling.evaluation.resampling import Bootstrap
from labeling.exports.export import export
from labeling.exports.export_formats import EXPORT_FORMATS
from labeling.project import PeopleSection, Project, Reader, load_project
from labeling.report.findings import Findings
from labeling.report.hidden_names import hide_readers
from labeling.report.write_report import write_report
from labeling.splits.split import split
from labeling.workspace.custody import keep_custody, sign_change
from labeling.workspace.pseudonyms import SECRET_FILE, Pseudonyms, open_pseudonyms
from labeling.workspace.rows.server_state import ServerUsers

READERS = (Reader(email="ana@desk.example"), Reader(email="ben@desk.example"))
# Whoever is named, as a word of its own; `Anna` stands in the texts.
NAMED = re.compile(rb"\b(?:ana|ben|desk\.example)\b", re.IGNORECASE)
PSEUDONYM = re.compile(rb"\breader-[0-9a-f]{10}\b")


@pytest.fixture(scope="module")
def walked(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """A dataset of two readers, who differ in one place; what one of them said of another is in quarantine."""
    project = walk_the_road(tmp_path_factory.mktemp("named"))
    workspace = project.workspace
    rows = list(workspace.annotations.rows())
    changed = rows[1].spans[1].model_copy(update={"label": "GOV_BODY"})
    rows[1] = rows[1].model_copy(update={"spans": (rows[1].spans[0], changed)})
    spoken = QuarantineRow(
        article="a00",
        annotator="ana",
        what="annotation",
        id="q2",
        kind="spoken for another",
        reason="ben changed what is signed by ana, 2024-05-02; ana@desk.example may tell",
        task=0,
        raw={"completed_by": "ana@desk.example"},
    )
    with workspace.opened(), keep_custody(workspace, "pull", writes=(workspace.annotations, workspace.quarantine)):
        workspace.annotations.write(rows)
        workspace.quarantine.write([*workspace.quarantine.rows(), spoken])
        workspace.users.write(ServerUsers(emails={"1": "ana@desk.example", "2": "ben@desk.example"}))
    with workspace.opened():
        workspace.annotations.write([rows[0].model_copy(update={"seconds": 9.0}), *rows[1:]])
        sign_change(workspace, "annotations.jsonl", "Ben asked for it (ben@desk.example)")
    return project


def publish(project: Project, people: PeopleSection | None) -> dict[str, bytes]:
    """All that is published of a project, by name of the file."""
    policies = project.file.policies.model_copy(update={"quarantine_allowed": ("unknown label", "spoken for another")})
    compiled = project.file.compile.model_copy(update={"targets": ("spacy", "huggingface", "conll", "prodigy")})
    file = project.file.model_copy(update={"people": people, "policies": policies, "compile": compiled})
    project = dataclasses.replace(project, file=file)
    adjudicate(project)
    split(project)
    agree(project)
    folders = [compile_dataset(project).folder, release(project).folder, release(project, texts=True).folder]
    root = project.workspace.root
    folders += [export(project, kind, who).folder for kind in EXPORT_FORMATS for who in ("", "ana", "ben")]
    facts = write_report(project).facts.model_dump_json().encode()
    files = [path for folder in folders for path in (root.parent / folder).rglob("*") if path.is_file()]
    published = {str(path): path.read_bytes() for path in (*files, project.workspace.report)}
    return published | {str(root / "report.json"): facts}


def test_nobody_is_named_in_what_is_published(walked: Project) -> None:
    """Neither by name nor by address; two pseudonyms stand everywhere, the same in each file and each time."""
    published = publish(walked, PeopleSection(reader=READERS))
    root = walked.workspace.root
    written = {
        name: str(Path(name).relative_to(root)).encode() + b"\n" + content for name, content in published.items()
    }
    named = {name: found[0] for name, content in written.items() if (found := NAMED.search(content))}
    assert named == {}

    pseudonyms = {name: {*PSEUDONYM.findall(content)} for name, content in published.items()}
    everybody = set.union(*pseudonyms.values())
    assert len(everybody) == 2
    assert pseudonyms[str(walked.workspace.report)] == pseudonyms[str(root / "report.json")] == everybody
    ledger = next(name for name in published if name.endswith("ledger.jsonl"))
    assert pseudonyms[ledger] == everybody
    exported = {Path(name).relative_to(root / "exports").parts[0] for name in published if "/exports/" in name}
    assert exported == {
        f"{kind}-{who}" for kind in EXPORT_FORMATS for who in ("gold", *(p.decode() for p in everybody))
    }
    records = [name for name in published if name.endswith("export.json") and "-gold/" not in name]
    assert {len(pseudonyms[name]) for name in records} == {1}
    card = next(name for name in published if name.endswith("README.md") and b"Changed by hand" in published[name])
    assert len(pseudonyms[card]) == 1
    secret = (walked.workspace.root / SECRET_FILE).read_bytes().strip()
    assert not any(secret in content for content in published.values())
    assert publish(walked, PeopleSection(reader=READERS)) == published


@pytest.mark.parametrize("people", [None, PeopleSection(reader=READERS, publish_names=True)])
def test_names_stand_where_nothing_or_names_are_asked_for(walked: Project, people: PeopleSection | None) -> None:
    """Without a plan all is as before, and so it is where the project file says `publish_names = true`."""
    published = publish(walked, people)
    ledger = next(content for name, content in published.items() if name.endswith("ledger.jsonl"))

    assert {b"ana", b"ben"} <= {*NAMED.findall(ledger)}
    assert PSEUDONYM.search(ledger) is None
    assert b"ana" in published[str(walked.workspace.report)]
    tasks = published[str(walked.workspace.root / "exports" / "label-studio-ana" / "annotations.json")]
    assert b'"completed_by": {"email": "ana@desk.example"}' in tasks


def test_a_pseudonym_is_of_the_secret_and_the_person() -> None:
    """Another project has other ones; case, and an address in place of the name, are the same person."""
    names = Pseudonyms(b"secret", ["ana"], {"Ana@x.org": "ana"})

    assert names.name("ana") == names.name("ANA") == names.name("ana@X.org")
    assert names.name("ana") != names.name("ben")
    assert names.name("ana") != Pseudonyms(b"other").name("ana")
    assert [names.name(each) for each in ("model:rules", "projected:a", "")] == ["model:rules", "projected:a", ""]


def test_nobody_is_named_in_agreement() -> None:
    """Neither among readers, models and adjudicators nor in confusions and disagreements; gold is nobody's name."""
    corpus = [marked(name, 40, {"ana": [(0, 4, "PERSON")], "ben": [(0, 4, "ROLE")]}) for name in ("a", "b")]
    found = measure_agreement(corpus, load_project().schema, "sha", Bootstrap(resamples=5))
    groups = dict.fromkeys(("settled", "models", "adjudicators", "reprints"), found.by_pair)
    group = found.by_pair[0].model_copy(update={"annotators": ("gold", "ana")})
    everywhere = found.model_copy(update={**groups, "gold_questions": (group,), "suggestions": {"with": group}})
    hidden = hide_readers(Findings(agreement=everywhere), Pseudonyms(b"secret")).agreement

    assert hidden is not None
    told = hidden.model_dump_json().encode()
    assert NAMED.findall(everywhere.model_dump_json().encode())
    assert not NAMED.findall(told)
    assert len({*PSEUDONYM.findall(told)}) == 2
    assert hidden.gold_questions[0].annotators[0] == "gold"


def test_names_are_found_as_whole_words() -> None:
    """Neither in longer words nor in parts of other addresses; the longest name wins."""
    names = Pseudonyms(b"s", ["ana", "ana lee", "ben@x.org", "c++"], {})
    ana, lee, ben, plus = map(names.name, ("ana", "ana lee", "ben@x.org", "c++"))

    assert names.hide("same as ana's s1") == f"same as {ana}'s s1"
    assert names.hide("Ana Lee, ana; ANA.") == f"{lee}, {ana}; {ana}."
    assert names.hide("banana anas ana_1") == "banana anas ana_1"
    assert names.hide("ben@x.org wrote c++ (c++)") == f"{ben} wrote {plus} ({plus})"


@given(st.lists(st.text(min_size=1, max_size=8)), st.text(max_size=40))
def test_hiding_names_never_fails(known: list[str], text: str) -> None:
    """Whatever people are called; a text without any name is as it was."""
    assert Pseudonyms(b"s", []).hide(text) == text
    Pseudonyms(b"s", known).hide(text)


def test_a_damaged_secret_is_refused_by_name(walked: Project) -> None:
    """Other pseudonyms than before are not given in silence; nobody else may read the secret."""
    workspace = walked.workspace
    open_pseudonyms(workspace)
    place = workspace.root / SECRET_FILE
    assert place.stat().st_mode & 0o077 == 0
    before = place.read_bytes()
    place.write_bytes(b"short\n")
    with pytest.raises(DamagedFile, match=r"pseudonyms\.key"):
        open_pseudonyms(workspace)
    place.write_bytes(before)
