"""The project file: `[people]` is checked as a whole, and a project without it is what it was."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from labeling.errors import ProjectFileError
from labeling.project import PeopleSection, ProjectFile, load_project

CONFIG = Path(__file__).parents[1] / "configs" / "diplomatic.toml"
TWO = """
[[people.reader]]
email = "ana@desk.example"
[[people.reader]]
email = "ben@desk.example"
"""


def people_in(folder: Path, section: str) -> PeopleSection | None:
    """The people of the shipped project file with a section added."""
    path = folder / "desk.toml"
    path.write_text(CONFIG.read_text(encoding="utf-8") + section, encoding="utf-8")
    return load_project(path, folder / "workspace").file.people


def test_without_people_a_project_file_is_written_as_before(tmp_path: Path) -> None:
    """The key is absent from what a release records, not null."""
    file = load_project(CONFIG, tmp_path).file

    assert file.people is None
    assert "people" not in file.model_dump(mode="json")
    assert ProjectFile.model_validate_json(file.model_dump_json()) == file


def test_the_commented_example_is_a_section_that_holds(tmp_path: Path) -> None:
    """What the shipped file shows in comments can be used as it is."""
    lines = CONFIG.read_text(encoding="utf-8").splitlines()
    start = next(number for number, line in enumerate(lines) if line.startswith("# [people]"))
    example = [line.removeprefix("# ").removeprefix("#") for line in lines[start : lines.index("[splits]") - 1]]
    assert set(tomllib.loads("\n".join(example))["people"]) == set(PeopleSection.model_fields)

    people = people_in(tmp_path, "\n" + "\n".join(example))

    assert people is not None
    assert people.shares == {"ana@desk.example": 1.0, "ben@desk.example": 1.0}


def test_addresses_are_compared_without_case_and_blanks(tmp_path: Path) -> None:
    """An address has one form in all that follows."""
    people = people_in(tmp_path, '\n[[people.reader]]\nemail = " Ana@Desk.Example "\n')

    assert people is not None
    assert list(people.shares) == ["ana@desk.example"]


def test_everybody_may_have_left(tmp_path: Path) -> None:
    """A section without readers is read: what nobody has submitted is nobody's."""
    people = people_in(tmp_path, "\n[people]\ntwice = 0.5\n")

    assert people is not None
    assert people.shares == {}


@pytest.mark.parametrize(
    ("section", "message"),
    [
        (TWO + '[[people.reader]]\nemail = "ANA@desk.example "\n', "people: ana@desk.example is named twice"),
        ('\n[people]\nadjudicators = ["l@d.example", "L@d.example"]\n', "people: l@d.example is named twice"),
        ('\n[people]\nadjudicators = ["BEN@desk.example"]\n' + TWO, "ben@desk.example is a reader and an adjudicator"),
        (TWO + "share = 0\n", "people.reader.ben@desk.example.share: .* greater than 0"),
        (TWO + "share = -1.5\n", "people.reader.ben@desk.example.share: .* greater than 0"),
        (TWO + "share = nan\n", "people.reader.ben@desk.example.share"),
        (TWO + "share = inf\n", "people.reader.ben@desk.example.share"),
        (TWO + 'share = "1"\n', "people.reader.ben@desk.example.share"),
        (TWO + "part = 1\n", "people.reader.ben@desk.example.part: unknown key"),
        ("\n[people]\ntwice = 1.5\n" + TWO, "people.twice"),
        ("\n[people]\ngold_questions = -1\n" + TWO, "people.gold_questions"),
        ('\n[people]\ntwice = 0.1\n[[people.reader]]\nemail = "a@d.example"\n', "twice asks for a second reader"),
        # Of 130 readings of 100 stories nobody can do more than 100, and 5 of 6 are 108.
        ("\n[people]\ntwice = 0.3\n" + TWO + "share = 5\n", "the share of ben@desk.example cannot be met"),
        ('\n[[people.reader]]\nemail = "ana"\n', "'ana' is not an e-mail address"),
        ('\n[[people.reader]]\nemail = "@desk.example"\n', "is not an e-mail address"),
        ('\n[[people.reader]]\nemail = "ana@"\n', "is not an e-mail address"),
        ('\n[[people.reader]]\nemail = "ana b@desk.example"\n', "is not an e-mail address"),
        ('\n[[people.reader]]\nemail = "ana\\u0007@desk.example"\n', "is not an e-mail address"),
    ],
)
def test_people_that_contradict_themselves_are_refused_by_name(tmp_path: Path, section: str, message: str) -> None:
    """Who is meant is named, and so is the key."""
    with pytest.raises(ProjectFileError, match=message):
        people_in(tmp_path, section)


@pytest.mark.parametrize(("share", "twice"), [(1.0, 1.0), (3.0, 0.33), (9.0, 0.11)])
def test_a_share_that_can_just_be_met_is_taken(tmp_path: Path, share: float, twice: float) -> None:
    """Beside a reader of share 1: nobody is refused for a figure behind the point."""
    section = f"\n[people]\ntwice = {twice}\n{TWO}share = {share}\n"

    assert people_in(tmp_path, section) is not None
