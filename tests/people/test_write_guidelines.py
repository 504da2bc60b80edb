"""`labeling guidelines`: its pages, its list of versions, and what it puts on `ask-again.jsonl`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import made
import pytest
from click.testing import CliRunner

from labeling.annotations import Annotation, Span
from labeling.cli import cli
from labeling.errors import Altered, MissingInput, UnknownGuidelines
from labeling.guidelines import render_guidelines
from labeling.people.write_guidelines import compare_guidelines, list_guideline_versions, write_guidelines
from labeling.project import Project, load_project
from labeling.values import digest_of
from labeling.workspace.asking import update_asked
from labeling.workspace.custody import keep_custody
from labeling.workspace.guideline_versions import keep_periods
from labeling.workspace.rows.agreements import Agreement, Confusions
from labeling.workspace.rows.conflict import SpanItem
from labeling.workspace.rows.decision_row import Decision
from labeling.workspace.rows.guideline_version import GuidelineVersion

if TYPE_CHECKING:
    from labeling.workspace.rows.asked_item import AskedItem

CONFIG = Path(__file__).parents[2] / "configs" / "diplomatic.toml"
TEXT = "Anna Bo of Norway met Carl Dee of Chad in Oslo."
MONDAY, TUESDAY, FRIDAY, SUNDAY = (f"2026-11-{day}T10:00:00Z" for day in (23, 24, 27, 29))
DEFINITION = "The name of one human being, without title, form of address or office."
COUNTRY = "A state or territory with a government"


def project_of(folder: Path, *changes: tuple[str, str]) -> Project:
    """The shipped project, with other words in it."""
    words = CONFIG.read_text(encoding="utf-8")
    for before, after in changes:
        assert before in words
        words = words.replace(before, after)
    path = folder / "desk.toml"
    path.write_text(words, encoding="utf-8")
    return load_project(path, folder / "workspace")


def take_in(project: Project) -> None:
    """One article."""
    project.workspace.root.mkdir(exist_ok=True)
    with project.workspace.lock(), keep_custody(project.workspace, "ingest", writes=(project.workspace.articles,)):
        project.workspace.articles.write([made.article("a", TEXT)])


def push(project: Project, now: str, *, keep: bool = True) -> str:
    """Leave what a push leaves of the guidelines, and return their digest."""
    workspace = project.workspace
    text = render_guidelines(project.schema, project.file.project.name)
    digest = digest_of(text)
    before: list[AskedItem] = list(workspace.asked.rows_if_written())
    asked = update_asked(before, project.schema, {}, now, digest)
    kept = {version.digest: version for version in workspace.guideline_versions.rows_if_written()}
    if keep:
        kept[digest] = GuidelineVersion(digest=digest, text=text, rules=project.schema)
    files = (workspace.asked, workspace.guideline_versions)
    with workspace.lock(), keep_custody(workspace, "push", reads=files, writes=files):
        workspace.asked.write(keep_periods(before, asked, now, project.schema.digest, digest))
        workspace.guideline_versions.write(kept.values())
    return digest


def pull(project: Project, **sent: str) -> None:
    """Leave what a pull leaves: each reader's one annotation, with a PERSON and a COUNTRY."""
    spans = (Span(id="p", start=0, end=7, label="PERSON"), Span(id="c", start=11, end=17, label="COUNTRY"))
    workspace = project.workspace
    files = (workspace.annotations,)
    with workspace.lock(), keep_custody(workspace, "pull", reads=files, writes=files):
        workspace.annotations.write(
            Annotation(
                article="a",
                digest=digest_of(TEXT),
                annotator=reader,
                spans=spans,
                task=1,
                server_id=number,
                updated=instant,
            )
            for number, (reader, instant) in enumerate(sent.items())
        )


@pytest.fixture
def desk(tmp_path: Path) -> Project:
    """Guidelines of Monday, under which Ana sent on Tuesday; others of Friday; Ben sent on Sunday."""
    project = project_of(tmp_path)
    take_in(project)
    push(project, MONDAY)
    project = project_of(tmp_path, (DEFINITION, "One human being by name."))
    push(project, FRIDAY)
    pull(project, ana=TUESDAY, ben=SUNDAY)
    return project


def asked_again(project: Project) -> list[tuple[str, str, str]]:
    """Who is asked what, and why."""
    return [(row.reader, row.what, row.why) for row in project.workspace.ask_again.rows_if_written()]


def test_the_pages_are_those_of_the_project(desk: Project, tmp_path: Path) -> None:
    """Both are whole; a second run writes the same."""
    result = write_guidelines(desk, tmp_path / "out")
    markdown, page = ((tmp_path / "out" / name).read_text("utf-8") for name in ("guidelines.md", "guidelines.html"))

    assert markdown == render_guidelines(desk.schema, "Diplomatic news")
    assert (result.digest, result.since) == (digest_of(markdown), FRIDAY)
    for label in desk.schema.labels:
        assert label.name in page
        # In HTML quotes are written out.
        assert label.definition.replace('"', "&#34;").replace("'", "&#39;") in page
    assert not [word for word in ("http://", "https://", "<script", "@import", "url(") if word in page]
    assert "prefers-color-scheme: dark" in page
    assert write_guidelines(desk).since == FRIDAY
    assert (desk.workspace.root / "guidelines.html").read_text("utf-8") == page


def test_pages_go_nowhere_by_a_mistyped_workspace(tmp_path: Path) -> None:
    """A folder named is made; a workspace is not."""
    project = project_of(tmp_path)

    with pytest.raises(MissingInput):
        write_guidelines(project)

    assert not project.workspace.root.exists()
    assert write_guidelines(project, tmp_path / "new" / "out").since == ""


def test_versions_are_listed_with_what_was_made_under_each(desk: Project) -> None:
    """Cyd sent before the first."""
    pull(desk, ana=TUESDAY, ben=SUNDAY, cyd="2026-11-22T10:00:00Z", dan="2026-11-28T10:00:00Z")

    assert [(each.since, each.annotations, each.kept) for each in list_guideline_versions(desk)] == [
        ("", 1, False),
        (MONDAY, 1, True),
        (FRIDAY, 2, True),
    ]


def test_nothing_pushed_has_no_versions(tmp_path: Path) -> None:
    """By the error that names the verb."""
    project = project_of(tmp_path)
    take_in(project)

    with pytest.raises(MissingInput, match=r"asked\.jsonl"):
        list_guideline_versions(project)


def test_a_changed_label_is_asked_again_of_who_sent_before(desk: Project) -> None:
    """PERSON changed: Ana sent before that, Ben since; a second run adds nothing."""
    found = compare_guidelines(desk, TUESDAY)

    assert [(each.name, each.what) for each in found.changes] == [("PERSON", "definition")]
    assert (found.added, found.open, found.since) == (1, 1, FRIDAY)
    assert asked_again(desk) == [("ana", "span 0..7 PERSON", "label PERSON: other definition since 2026-11-27")]
    assert "0..7 PERSON" in desk.workspace.ask_again_page.read_text("utf-8")
    assert (compare_guidelines(desk, TUESDAY).added, compare_guidelines(desk, TUESDAY).open) == (0, 1)


def test_a_neighbour_is_asked_again_with_the_label_it_is_taken_for(desk: Project, tmp_path: Path) -> None:
    """A near miss of COUNTRY names LOCATION, whose definition changes on Sunday."""
    location = next(label for label in desk.schema.labels if label.name == "LOCATION")
    other = project_of(tmp_path, (location.definition, "A place."), (DEFINITION, "One human being by name."))
    push(other, SUNDAY)

    compare_guidelines(other, FRIDAY)

    why = "label COUNTRY is taken for LOCATION, which has other definition since 2026-11-29"
    assert asked_again(other) == [("ana", "span 11..17 COUNTRY", why), ("ben", "span 11..17 COUNTRY", why)]


def test_who_has_sent_since_is_asked_no_more(desk: Project) -> None:
    """The next run ends the row, as the next pull does."""
    compare_guidelines(desk, MONDAY)
    pull(desk, ana=SUNDAY, ben=SUNDAY)

    found = compare_guidelines(desk, MONDAY)

    assert (found.added, found.open, asked_again(desk)) == (0, 0, [])
    assert not desk.workspace.ask_again_page.exists()


@pytest.mark.usefixtures("desk")
def test_nobody_is_asked_before_the_guidelines_are_in_force(tmp_path: Path) -> None:
    """What changed is told; readers have not seen it yet."""
    other = project_of(tmp_path, (COUNTRY, "A land with a government"))

    found = compare_guidelines(other, FRIDAY)

    assert {each.name for each in found.changes} == {"PERSON", "COUNTRY"}
    assert (found.since, found.added, asked_again(other)) == ("", 0, [])


@pytest.mark.parametrize("how", ["digest", "prefix", "day", "instant", "project file", "page"])
def test_the_old_guidelines_have_many_names(desk: Project, tmp_path: Path, how: str) -> None:
    """All of them name those of Monday."""
    (tmp_path / "old").mkdir()
    old = project_of(tmp_path / "old")
    page = render_guidelines(old.schema, old.file.project.name)
    (tmp_path / "old.md").write_text(page, encoding="utf-8")
    names = {
        "digest": digest_of(page),
        "prefix": digest_of(page)[:8],
        "day": "2026-11-24",
        "instant": "2026-11-24T12:00:00+02:00",
        "project file": str(old.path),
        "page": str(tmp_path / "old.md"),
    }

    found = compare_guidelines(desk, names[how])

    assert found.old == digest_of(page)
    assert [(each.name, each.what) for each in found.changes] == [("PERSON", "definition")]


@pytest.mark.parametrize(
    ("old", "why"),
    [
        ("abcd1234", "is not a digest"),
        ("yesterday", "is not a digest"),
        ("", "is not known"),
        ("2026-11-01", "recorded since 2026-11-23"),
        (str(CONFIG.parents[1] / "README.md"), "is not a page of guidelines"),
    ],
)
def test_what_names_no_guidelines_is_refused(desk: Project, old: str, why: str) -> None:
    """With what would name them; nothing is written."""
    with pytest.raises(UnknownGuidelines, match=why) as refused:
        compare_guidelines(desk, old)

    assert refused.value.todo
    assert not desk.workspace.ask_again.exists()


def test_a_version_of_which_only_the_digest_is_known_is_refused(tmp_path: Path) -> None:
    """As those of before texts were kept: the project file of then does."""
    project = project_of(tmp_path)
    take_in(project)
    digest = push(project, MONDAY, keep=False)
    other = project_of(tmp_path, (DEFINITION, "Somebody."))
    push(other, FRIDAY)

    with pytest.raises(UnknownGuidelines, match="nothing but the digest") as refused:
        compare_guidelines(other, digest[:12])

    assert "project file" in refused.value.todo


def test_an_altered_version_is_refused(desk: Project) -> None:
    """It would tell of changes that were none."""
    path = desk.workspace.guideline_versions.path
    path.write_bytes(path.read_bytes().replace(b"human being", b"robot"))

    with pytest.raises(Altered, match="guideline-versions"):
        compare_guidelines(desk, MONDAY)


def run(project: Project, *words: str) -> tuple[int, str, str]:
    """The command line."""
    done = CliRunner().invoke(
        cli,
        ["--config", str(project.path), "--workspace", str(project.workspace.root), "guidelines", *words],
        standalone_mode=False,
    )
    return done.return_value, done.stdout, done.stderr


def test_the_command_says_what_it_did(desk: Project) -> None:
    """For people and for programs."""
    assert "guidelines.html" in run(desk)[1]
    assert "2026-11-27T10:00:00Z" in run(desk, "--versions")[1]
    status, out, err = run(desk, "--diff", MONDAY)
    assert status == 0
    assert "label PERSON: definition\n  - The name of one human being" in out
    assert "To be judged anew: 1 spans and answers, 1 of them" in err
    assert json.loads(run(desk, "--diff", MONDAY, "--json")[1])["open"] == 1
    assert [each["annotations"] for each in json.loads(run(desk, "--versions", "--json")[1])["versions"]] == [1, 1]


def test_two_things_at_once_are_refused(desk: Project, tmp_path: Path) -> None:
    """Each writes something else."""
    done = CliRunner().invoke(
        cli, ["--config", str(desk.path), "guidelines", "--versions", "--output", str(tmp_path)], standalone_mode=False
    )

    assert "three different things" in str(done.exception)


def test_labels_that_annotators_confused_come_before_near_misses(desk: Project) -> None:
    """By the agreement of two: PERSON and COUNTRY, once. Nothing in the schema says so."""
    confused = Confusions(annotators=("ana", "ben"), counts={"PERSON": {"PERSON": 9, "COUNTRY": 1, "": 3}})
    about: dict[str, Any] = {"annotations": "", "articles": 1, "annotators": ("ana", "ben"), "pairs": (), "choices": {}}
    agreement = Agreement(**about, confusions=(confused,))
    with desk.workspace.lock(), keep_custody(desk.workspace, "agree", writes=(desk.workspace.agreement,)):
        desk.workspace.agreement.write(agreement)

    compare_guidelines(desk, MONDAY)

    assert [what for _, what, _ in asked_again(desk)] == ["span 0..7 PERSON", "span 11..17 COUNTRY"]


def test_what_was_decided_where_guidelines_are_silent_is_a_page_of_its_own(desk: Project) -> None:
    """The latest word of each conflict, not what a reprint inherited; the annotators' page has none of it."""
    anna, anna_bo = (SpanItem(start=0, end=end, label="PERSON") for end in (4, 7))
    place: dict[str, Any] = {"article": "a", "digest": digest_of(TEXT), "what": "span", "start": 0, "end": 7}
    said: dict[str, Any] = {"judged": (anna, anna_bo), "accepted": (anna_bo,), "decision": "b", "by": "lead"}
    silent = Decision(conflict="c1", why="guideline silent", at=MONDAY, **place, **said)
    rows = [
        silent,
        silent.model_copy(update={"conflict": "c2", "inherited_from": "b"}),
        silent.model_copy(update={"conflict": "c3", "why": "slip"}),
        silent.model_copy(update={"conflict": "c4", "accepted": ()}),
        silent.model_copy(update={"conflict": "c4", "why": "ambiguous", "at": FRIDAY}),
    ]
    with desk.workspace.lock(), keep_custody(desk.workspace, "pull", writes=(desk.workspace.decisions,)):
        desk.workspace.decisions.write(rows)

    result = write_guidelines(desk)
    page = (desk.workspace.root / "guideline-gaps.md").read_text("utf-8")

    assert [Path(name).name for name in result.files] == ["guidelines.md", "guidelines.html", "guideline-gaps.md"]
    assert page.count("## a, 2026-11-23") == 1
    assert page.count("in question: PERSON on") == 2
    assert "* stands: PERSON on 'Anna Bo'" in page
    assert "Anna Bo of" not in (desk.workspace.root / "guidelines.md").read_text("utf-8")
