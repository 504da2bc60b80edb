"""The project file and its schema: what is read, and every refusal by name."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labeling.errors import ProjectFileError, SchemaError
from labeling.project import load_project, shipped_config
from labeling.schema import ChoiceSet, Label, Migrations, Option, RelationType, Schema, check_schema

SPORTS = Path(__file__).parent / "data" / "sports.toml"

# From the design: each relation with the labels allowed at its ends.
ENDS = {
    "HOLDS_ROLE": ("PERSON", "ROLE"),
    "PART_OF": ("ROLE GOV_BODY", "GOV_BODY COUNTRY"),
    "REPRESENTS": ("PERSON DELEGATION", "COUNTRY GOV_BODY INTL_ORG"),
    "LEADS": ("PERSON", "DELEGATION"),
    "PARTY_TO": ("COUNTRY GOV_BODY INTL_ORG", "AGREEMENT"),
    "SIGNS": ("PERSON", "AGREEMENT"),
    "ATTENDS": ("PERSON COUNTRY DELEGATION GOV_BODY", "MEETING"),
    "HELD_AT": ("MEETING", "LOCATION GOV_BODY"),
    "HELD_ON": ("MEETING AGREEMENT", "DATE"),
    "ABOUT": ("MEETING AGREEMENT", "ISSUE"),
    "SAME_AS": ("", ""),
}
LABELS = "PERSON ROLE COUNTRY GOV_BODY INTL_ORG ARMED_GROUP DELEGATION AGREEMENT MEETING LOCATION DATE ISSUE"
EVENTS = (
    "AGREE CONSULT SUPPORT CONCEDE COOPERATE AID RETREAT REQUEST "
    "ACCUSE REJECT THREATEN PROTEST SANCTION MOBILIZE COERCE ASSAULT"
)


@pytest.fixture
def diplomatic() -> Schema:
    """The shipped schema."""
    return load_project(shipped_config("diplomatic.toml")).schema


def _with_fault(folder: Path, old: str, new: str) -> Path:
    """The sports project with one stretch of its file replaced."""
    text = SPORTS.read_text(encoding="utf-8")
    assert old in text
    path = folder / "mine.toml"
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    return path


def test_shipped_labels_are_those_of_the_design(diplomatic: Schema) -> None:
    """Twelve labels, in the order that every ClassLabel has."""
    assert diplomatic.label_names == tuple(LABELS.split())


def test_shipped_relations_have_the_ends_of_the_design(diplomatic: Schema) -> None:
    """Eleven relations with their ends; SAME_AS alone is symmetric, and joins any two spans of one label."""
    ends = {relation.name: (" ".join(relation.head), " ".join(relation.tail)) for relation in diplomatic.relations}

    assert ends == ENDS
    assert [relation.name for relation in diplomatic.relations if relation.symmetric] == ["SAME_AS"]


def test_shipped_choices_are_those_of_the_design(diplomatic: Schema) -> None:
    """The sixteen event types, several at once, and `usable`, one of two."""
    assert {
        choices.name: (choices.multiple, " ".join(option.name for option in choices.options))
        for choices in diplomatic.choices
    } == {"event": (True, EVENTS), "usable": (False, "yes no")}


def test_shipped_labels_are_explained(diplomatic: Schema) -> None:
    """Each label has one sentence, three examples with the span in brackets, and two near misses."""
    for label in diplomatic.labels:
        assert re.fullmatch(r"[A-Z][^.]*(?:\.[A-Z.]*[^.]+)*\.", label.definition), label.name
        assert len(label.examples) == 3, label.name
        assert len(label.near_misses) == 2, label.name
        assert all(re.search(r"\[[^\[\]]+\]", example) for example in label.examples), label.name


def test_every_option_of_the_shipped_schema_has_a_hotkey(diplomatic: Schema) -> None:
    """Label Studio gives a hotkey to every option without one, and these collide with labels."""
    assert [option.name for choices in diplomatic.choices for option in choices.options if not option.hotkey] == []


def _luminance(colour: str) -> float:
    """Relative luminance as in WCAG 2.1, of a colour such as `#4b96ff`."""
    channels = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    linear = [value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4 for value in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def test_dark_text_is_readable_on_every_colour(diplomatic: Schema) -> None:
    """A contrast of at least 4.5 (WCAG 2.1, level AA) between the page's dark text #222 and each label's colour."""
    dark = _luminance("#222222")

    ratios = {label.name: (_luminance(label.color) + 0.05) / (dark + 0.05) for label in diplomatic.labels}

    assert {name: round(ratio, 1) for name, ratio in ratios.items() if ratio < 4.5} == {}


def test_another_project_file_needs_no_code() -> None:
    """The sports project is read by the same code; its workspace has its name."""
    project = load_project(SPORTS)

    assert project.schema.label_names == ("PLAYER", "TEAM", "VENUE")
    assert project.schema.choices[0].options[1].hotkey is None
    assert project.workspace.root == Path("exports/sports")


def test_workspace_can_be_named(tmp_path: Path) -> None:
    """The folder given is used in place of exports/<project>."""
    assert load_project(SPORTS, tmp_path / "w").workspace.root == tmp_path / "w"


def test_the_default_path_falls_back_to_the_shipped_project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Only the default path does; other paths do not."""
    monkeypatch.chdir(tmp_path)

    assert load_project().file.project.name == "Diplomatic news"
    with pytest.raises(ProjectFileError, match=r"the project file configs/sports\.toml"):
        load_project(Path("configs/sports.toml"))


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('name = "VENUE"', 'name = "PLAYER"', "label 'PLAYER' is used 2 times"),
        ('"#00ccff"', '"#ffcc00"', "colour '#ffcc00' is used 2 times"),
        ('hotkey = "2"', 'hotkey = "1"', "hotkey '1' is used 2 times"),
        ('hotkey = "w"', 'hotkey = "3"', "hotkey '3' is used 2 times"),
        ('unsure_hotkey = "0"', 'unsure_hotkey = "w"', "hotkey 'w' is used 2 times"),
        ('hotkey = "2"', 'hotkey = "u"', "hotkey 'u' is Label Studio's own"),
        ('unsure_hotkey = "0"', 'unsure_hotkey = "u"', "hotkey 'u' is Label Studio's own"),
        ('name = "lost"', 'name = "won"', "option of choice 'result': 'won' is used 2 times"),
        ('tail = ["TEAM"]', 'tail = ["CLUB"]', "relation 'PLAYS_FOR' has the tail 'CLUB', which is not a label"),
        ('head = ["PLAYER"]', 'head = ["Player"]', "relation 'PLAYS_FOR' has the head 'Player', which is not a label"),
        ('tail = ["TEAM"]', "", "relation 'PLAYS_FOR' names labels for one end only"),
        ('name = "result"', 'name = "unsure"', "choice 'unsure' has the name of a control that every span has"),
        ('name = "result"', 'name = "Label"', "choice 'Label' has the name of a control that every span has"),
    ],
)
def test_contradictions_are_refused_by_name(tmp_path: Path, old: str, new: str, message: str) -> None:
    """A schema that contradicts itself is refused, and the message names the fault."""
    path = _with_fault(tmp_path, old, new)

    with pytest.raises(SchemaError) as refusal:
        load_project(path)

    assert str(refusal.value) == f"{path}: {message}"
    assert "nothing was sent to the server" in refusal.value.todo


@pytest.mark.parametrize(
    ("repeated", "message"),
    [
        ('[[relations]]\nname = "PLAYS_FOR"', "relation 'PLAYS_FOR' is used 2 times"),
        ('[[choices]]\nname = "result"', "choice 'result' is used 2 times"),
    ],
)
def test_names_of_relations_and_choices_are_unique(tmp_path: Path, repeated: str, message: str) -> None:
    """Relations and choices have names of their own, each once."""
    entry = {
        "[[relations]]": '\ndefinition = "d"\nexample = "e"\nhead = ["TEAM"]\ntail = ["VENUE"]\n',
        "[[choices]]": '\nquestion = "q"\n[[choices.options]]\nname = "x"\ndefinition = "d"\n',
    }[repeated.split("\n", maxsplit=1)[0]]
    path = tmp_path / "mine.toml"
    path.write_text(SPORTS.read_text(encoding="utf-8") + "\n" + repeated + entry, encoding="utf-8")

    with pytest.raises(SchemaError, match=re.escape(message)):
        load_project(path)


def test_all_contradictions_are_in_one_message(tmp_path: Path) -> None:
    """So the command need not be run once a fault."""
    path = _with_fault(tmp_path, 'hotkey = "2"', 'hotkey = "1"')
    path.write_text(path.read_text(encoding="utf-8").replace('tail = ["TEAM"]', 'tail = ["CLUB"]'), encoding="utf-8")

    with pytest.raises(SchemaError, match=r"hotkey '1' is used 2 times; relation 'PLAYS_FOR' has the tail 'CLUB'"):
        load_project(path)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('near_misses = ["\\"the hosts', 'near_mises = ["\\"the hosts', "labels.TEAM.near_mises: unknown key"),
        ("[project]", "[projekt]", "projekt: unknown key"),
        ("[[relations]]", "[[relation]]", "relation: unknown key"),
        ("[project]", "[splits]\nvalid = 0.2\n[project]", "splits.valid: unknown key"),
        ("[project]", "[splits]\ntrain = 0.8\n[project]", "splits: train, dev and test are shares of one"),
        ("[project]", "[splits]\ntrain = 70\n[project]", "and add up to 70.3"),
        ('name = "Sports"', 'name = "Sports"\nmax_characters = "many"', "project.max_characters: "),
        ('name = "Sports"', 'name = "Sports"\nmax_characters = "12"', "project.max_characters: "),
        ('name = "Sports"', 'name = "Sports"\nmax_characters = 0', "project.max_characters: "),
        ('name = "Sports"', 'name = "FC"', "project.name: "),
        ('name = "Sports"', 'name = "' + "x" * 51 + '"', "project.name: "),
        ('name = "Sports"', 'name = "Sports"\n[policies]\ntrim = ["commas"]', "policies.trim.0: "),
        ('definition = "A club or national side."\n', "", "labels.TEAM.definition: "),
        ('definition = "A club or national side."', 'definition = ""', "labels.TEAM.definition: "),
        ('"#00ccff"', '"blue"', "labels.TEAM.color: "),
        ('hotkey = "2"', 'hotkey = "ctrl+k"', "labels.TEAM.hotkey: "),
        ('hotkey = "2"', 'hotkey = "T"', "labels.TEAM.hotkey: "),
        ('hotkey = "2"', "hotkey = 2", "labels.TEAM.hotkey: "),
        ('hotkey = "2"', 'hotkey = "alt+r"', "labels.TEAM.hotkey: "),
        ('hotkey = "2"', 'hotkey = "a b"', "labels.TEAM.hotkey: "),
        ('name = "TEAM"', 'name = " TEAM"', "labels. TEAM.name: a name has no blank at either end"),
        ('name = "TEAM"', 'name = "HOME  TEAM"', "labels.HOME  TEAM.name: a name has no blank at either end"),
        ('name = "TEAM"', 'name = "HOME\\tTEAM"', "a name has no line ends, tabs"),
        ('name = "TEAM"', 'name = "HOME\u00a0TEAM"', "or blanks other than the plain one"),
        ('name = "TEAM"', 'name = "$TEAM"', "labels.$TEAM.name: a name does not begin with $"),
        ('name = "TEAM"', 'name = ""', "labels..name: a name has 1 to 100 characters"),
    ],
)
def test_typos_and_wrong_values_are_refused_by_name(tmp_path: Path, old: str, new: str, message: str) -> None:
    """A misspelt key or a wrong value is refused, with its place in the file."""
    path = _with_fault(tmp_path, old, new)

    with pytest.raises(ProjectFileError) as refusal:
        load_project(path)

    assert f"{path}: " in str(refusal.value)
    assert message in str(refusal.value)


@pytest.mark.parametrize("spoilt", [b"name = ", b"\xff\xfe[project]", b"when = 2023-07-25"])
def test_broken_toml_is_refused(tmp_path: Path, spoilt: bytes) -> None:
    """Broken syntax, another encoding, or a date where none belongs: one error, with the path."""
    path = tmp_path / "mine.toml"
    path.write_bytes(spoilt)

    with pytest.raises(ProjectFileError, match=r"mine\.toml is not TOML"):
        load_project(path)


def test_missing_project_file_is_refused(tmp_path: Path) -> None:
    """The message has its path, the way out the option."""
    with pytest.raises(ProjectFileError, match=r"the project file .*nowhere\.toml does not exist") as refusal:
        load_project(tmp_path / "nowhere.toml")

    assert "--config" in refusal.value.todo


def test_project_without_labels_is_refused(tmp_path: Path) -> None:
    """There is nothing to annotate with."""
    path = tmp_path / "mine.toml"
    path.write_text('labels = []\n[project]\nname = "Empty"\n', encoding="utf-8")

    with pytest.raises(ProjectFileError, match=r"labels: "):
        load_project(path)


def test_a_relation_allows_its_labels_at_each_end() -> None:
    """With ends named, each end takes its own labels; without, both ends must have one label."""
    signs = RelationType(name="SIGNS", definition="d", example="e", head=("A", "B"), tail=("C",))
    same = RelationType(name="SAME", definition="d", example="e", symmetric=True)

    assert [signs.allows(*pair) for pair in ("AC", "BC", "CA", "AB")] == [True, True, False, False]
    assert [same.allows(*pair) for pair in ("AA", "AB")] == [True, False]


def test_lookup_by_name_gives_the_thing_or_none(diplomatic: Schema) -> None:
    """A known name gives the thing, an unknown one None."""
    relation, choices = diplomatic.relation("SIGNS"), diplomatic.choice_set("usable")

    assert relation is not None
    assert relation.tail == ("AGREEMENT",)
    assert choices is not None
    assert [option.name for option in choices.options] == ["yes", "no"]
    assert diplomatic.relation("signs") is None
    assert diplomatic.choice_set("USABLE") is None


def test_shipped_file_is_plain_toml() -> None:
    """Any TOML reader reads what we read: the schema has no more than the file."""
    raw = tomllib.loads(shipped_config("diplomatic.toml").read_text(encoding="utf-8"))
    project = load_project(shipped_config("diplomatic.toml"))

    assert project.file.model_dump(mode="json", exclude_unset=True) == raw


@given(st.lists(st.sampled_from("abcdefgh123"), min_size=1, max_size=6))
def test_hotkeys_pass_exactly_when_all_differ(keys: list[str]) -> None:
    """Any keys are refused if and only if one is used twice, and each such key is named."""
    labels = tuple(
        Label(name=f"L{i}", definition="d", examples=("e",), color=f"#00000{i}", hotkey=key)
        for i, key in enumerate(keys)
    )
    schema = Schema(labels=labels)
    twice = {key for key in keys if keys.count(key) > 1}

    if not twice:
        assert check_schema(schema, "here") == schema
        return
    with pytest.raises(SchemaError) as refusal:
        check_schema(schema, "here")
    assert set(re.findall(r"hotkey '(.)' is used", str(refusal.value))) == twice


NAMES_OF_PEOPLE = (
    "Government body",
    "GPE/Country",
    "\u4eba\u7269",
    "\u00c4mter",
    "2nd",
    "A.B",
    "a=b",
    "B-PER",
    'say "x" & <y>',
    "`a`",
    "it's",
)


def test_labels_have_the_names_that_people_give_them() -> None:
    """Blanks, slashes, points, any script, signs of markup: as relations, ends and options, too (the case F56)."""
    labels = tuple(
        Label(name=name, definition="d", examples=("e",), color=f"#{number:06x}")
        for number, name in enumerate(NAMES_OF_PEOPLE)
    )
    relations = tuple(
        RelationType(name=name, definition="d", example="e", head=(name,), tail=(name,)) for name in NAMES_OF_PEOPLE
    )
    options = tuple(Option(name=name, definition="d") for name in NAMES_OF_PEOPLE)
    schema = Schema(
        labels=labels, relations=relations, choices=(ChoiceSet(name="event", question="q", options=options),)
    )

    assert check_schema(schema, "here").label_names == NAMES_OF_PEOPLE
    moved = Migrations(labels={"Old name": "A.B"}, choices={"event.Old.name": "event.A.B"})
    assert check_schema(schema.model_copy(update={"migrations": moved}), "here").migrations.migrated_terms() == {
        ("label", "Old name"),
        ("event", "Old.name"),
    }


def test_a_refused_label_is_the_only_fault(tmp_path: Path) -> None:
    """A list whose entries are refused is not called too short besides; an empty one is."""
    one = _with_fault(tmp_path, 'name = "TEAM"', 'name = "$TEAM"')
    with pytest.raises(ProjectFileError) as refusal:
        load_project(one)
    assert "Tuple" not in str(refusal.value)

    none = tmp_path / "none.toml"
    none.write_text('labels = []\n[project]\nname = "Nothing"\n', encoding="utf-8")
    with pytest.raises(ProjectFileError, match="labels: Tuple should have at least 1 item"):
        load_project(none)


def test_the_shared_schema_of_odd_names_loads() -> None:
    """The case F56 as it was brought."""
    case = Path(__file__).parents[2] / "shared" / "cases" / "F56" / "space.toml"
    if not case.exists():
        pytest.skip("the shared cases are not here")
    assert load_project(case).schema.label_names == NAMES_OF_PEOPLE[:6]


def test_more_labels_than_keys_need_none() -> None:
    """A hundred labels: 35 have a key, 36 a key with shift, the rest none."""
    keys = list("abcdefghijklmnopqrstvwxyz0123456789")
    every = [*keys, *(f"shift+{key}" for key in [*keys, "u"]), *[None] * 29]
    labels = tuple(
        Label(name=f"L {number}", definition="d", examples=("e",), color=f"#{number:06x}", hotkey=key)
        for number, key in enumerate(every)
    )

    assert len(check_schema(Schema(labels=labels), "here").labels) == 100
