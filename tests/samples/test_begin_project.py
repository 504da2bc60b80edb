"""A project file written from a few answers: every verb takes it, and nothing that was there is touched."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from labeling.errors import LabelingError, NoRoom, UsageError
from labeling.project import load_project
from labeling.samples.begin_project import (
    LabelDraft,
    ProjectDraft,
    begin_project,
    check_language,
    check_project_name,
    name_after_folder,
    split_label_names,
)

SPORTS = ProjectDraft("Match reports", "de", (LabelDraft("PLAYER", "Wer spielt.", "[Lena] traf"), LabelDraft("TEAM")))


def test_a_new_project_file_is_loaded_as_it_was_answered(tmp_path: Path) -> None:
    """Name, language and labels in their order; what nobody wrote is named, and stands in the file as such."""
    path = tmp_path / "sports.toml"

    made = begin_project(path, SPORTS)

    project = load_project(path)
    assert (made.labels, made.unwritten) == (("PLAYER", "TEAM"), ("TEAM",))
    assert (made.file, made.workspace) == (str(path), "exports/sports")
    assert str(project.workspace.root) == made.workspace
    assert (project.file.project.name, project.file.project.language) == ("Match reports", "de")
    player, team = project.schema.labels
    assert (player.definition, player.examples, player.hotkey) == ("Wer spielt.", ("[Lena] traf",), "p")
    assert "to be written" in team.definition
    # The shipped rules are of another schema.
    assert project.file.suggest.rules == ""


def test_a_new_project_file_explains_itself(tmp_path: Path) -> None:
    """A comment for each section, and what is switched off can be switched on by taking its sign away."""
    begin_project(tmp_path / "a.toml", SPORTS)
    lines = (tmp_path / "a.toml").read_text(encoding="utf-8").splitlines()
    people = lines.index(next(line for line in lines if line.startswith("# [people]")))

    section = slice(people, people + 9)
    lines[section] = [line.removeprefix("# ").removeprefix("#") for line in lines[section]]
    (tmp_path / "b.toml").write_text("\n".join(lines), encoding="utf-8")

    assert load_project(tmp_path / "a.toml").file.people is None
    named = load_project(tmp_path / "b.toml").file.people
    assert named is not None
    assert [*named.shares] == ["ana@desk.example", "ben@desk.example"]


@pytest.mark.parametrize("what", ["file", "folder", "link that leads nowhere", "link to a file"])
def test_nothing_is_overwritten(tmp_path: Path, what: str) -> None:
    """Whatever has the name: it stays what it is, and another name is offered."""
    path, other = tmp_path / "labeling.toml", tmp_path / "theirs"
    if what == "file":
        path.write_text("mine")
    elif what == "folder":
        path.mkdir()
    else:
        path.symlink_to(other)
    if what == "link to a file":
        other.write_text("theirs")
    before = sorted((each.name, each.is_file() and each.read_text()) for each in tmp_path.iterdir())

    with pytest.raises(UsageError, match="never overwritten") as refusal:
        begin_project(path, SPORTS)

    assert "labeling-2.toml" in refusal.value.todo
    assert sorted((each.name, each.is_file() and each.read_text()) for each in tmp_path.iterdir()) == before


def test_a_file_that_comes_in_between_is_not_overwritten(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two people at once: who is second is refused."""
    monkeypatch.setattr("labeling.samples.begin_project.refuse_existing", lambda _path: None)
    path = tmp_path / "labeling.toml"
    path.write_text("mine")

    with pytest.raises(UsageError, match="never overwritten"):
        begin_project(path, SPORTS)

    assert path.read_text() == "mine"


@pytest.mark.parametrize("place", ["/proc/sports.toml", "desk/sports.toml", f"{'x' * 300}.toml"])
def test_a_place_that_cannot_be_written_is_named(tmp_path: Path, place: str) -> None:
    """A folder of the system, a file where a folder belongs, a name that is too long; nothing is left there."""
    (tmp_path / "desk").write_text("")

    with pytest.raises(NoRoom, match="cannot be written"):
        begin_project(tmp_path / place, SPORTS)

    assert [path.name for path in tmp_path.iterdir()] == ["desk"]


@pytest.mark.parametrize("name", ["", ".", "/", "a\nb.toml", "a\x1b[2J.toml", "\udcff.toml"])
def test_a_name_that_cannot_be_a_file_of_ones_own_is_refused(name: str) -> None:
    """Folders that are there, and names that nobody could type again."""
    with pytest.raises(UsageError):
        begin_project(Path(name), SPORTS)


@pytest.mark.parametrize(
    "draft",
    [
        ProjectDraft("ab", "en", (LabelDraft("A"),)),
        ProjectDraft("Sports", "klingon", (LabelDraft("A"),)),
        ProjectDraft("Sports", "en", ()),
        ProjectDraft("Sports", "en", (LabelDraft("A"), LabelDraft("A"))),
        ProjectDraft("Sports", "en", (LabelDraft(" A"),)),
        ProjectDraft("Sports", "en", (LabelDraft("A", "\udcff"),)),
    ],
    ids=["name", "language", "no label", "twice", "blank", "not UTF-8"],
)
def test_a_draft_with_a_fault_leaves_no_file(tmp_path: Path, draft: ProjectDraft) -> None:
    """It is checked before it is written."""
    with pytest.raises(LabelingError):
        begin_project(tmp_path / "a.toml", draft)

    assert [*tmp_path.iterdir()] == []


NAMES = st.lists(st.text(min_size=1, max_size=12), min_size=1, max_size=40, unique=True)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(names=NAMES, words=st.text(max_size=30), title=st.text(min_size=3, max_size=50))
def test_whatever_is_accepted_is_read_back(tmp_path: Path, names: list[str], words: str, title: str) -> None:
    """Quotes, dollars, backslashes, line ends, any script: the file has what was typed, or there is no file."""
    path = tmp_path / "a.toml"
    path.unlink(missing_ok=True)
    draft = ProjectDraft(title, "en", tuple(LabelDraft(name, words, words) for name in names))
    try:
        begin_project(path, draft)
    except LabelingError:
        assert not path.exists()
        return

    file = load_project(path).file
    assert [label.name for label in file.labels] == names
    assert file.project.name == title
    assert not words or {label.definition for label in file.labels} == {words}


def test_many_labels_have_colours_of_their_own(tmp_path: Path) -> None:
    """Three hundred of them: no colour is there twice, and no hotkey."""
    begin_project(tmp_path / "a.toml", ProjectDraft("Many", "en", tuple(LabelDraft(f"L{n}") for n in range(300))))

    labels = load_project(tmp_path / "a.toml").schema.labels
    assert len({label.color for label in labels}) == 300
    keys = [label.hotkey for label in labels if label.hotkey]
    assert len(keys) == len(set(keys))


def test_label_names_are_apart_by_commas() -> None:
    """Blanks around them do not count, and neither does a comma too many."""
    assert [label.name for label in split_label_names(" TEAM, GOAL SCORER ,, ")] == ["TEAM", "GOAL SCORER"]
    for faulty in ("", " , ", "A,A", "$A", "A\tB", "x" * 101):
        with pytest.raises(UsageError):
            split_label_names(faulty)


def test_a_project_is_named_after_its_folder() -> None:
    """As far as that is a title."""
    assert name_after_folder(Path("/home/ana/match-reports_2024")) == "Match reports 2024"
    for folder in ("/", "/home/b", f"/home/{'x' * 51}", "/home/a\x1bb\udcff"):
        assert name_after_folder(Path(folder)) == "My project"


@pytest.mark.parametrize("name", ["ab", "x" * 51, "a\x1bbc", ""])
def test_a_project_name_has_3_to_50_signs(name: str) -> None:
    """Label Studio's own limits."""
    with pytest.raises(UsageError, match="3 to 50"):
        check_project_name(name)


@pytest.mark.parametrize("language", ["", "klingon", "zh", "EN", "en.stop_words", "../en"])
def test_a_language_without_tokenizer_is_refused_at_once(language: str) -> None:
    """Not when the first dataset is compiled."""
    with pytest.raises(UsageError):
        check_language(language)
