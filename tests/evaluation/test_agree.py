"""`labeling agree` on a workspace: first words and today's, with suggestions and without, beside models and gold."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import made
import pytest
from click.testing import CliRunner

from labeling.annotations import Annotation, Gold, GoldSpan, Span
from labeling.cli import cli
from labeling.errors import TooFewAnnotators
from labeling.evaluation.agree import agree
from labeling.evaluation.agreement.nominal import NO_TWO_VALUES
from labeling.evaluation.resampling import Bootstrap
from labeling.project import Project, load_project
from labeling.reprints.own_reprints import find_own_reprints
from labeling.values import digest_of
from labeling.workspace.asking import list_items
from labeling.workspace.rows.asked_item import AskedItem
from labeling.workspace.rows.first_submission import KeptBy, first_submission
from labeling.workspace.rows.kept_row import KeptRow
from labeling.workspace.rows.passage import Passage, Place
from labeling.workspace.rows.reader_assignment import Assignment
from labeling.workspace.rows.server_state import ProjectLink, PushedTask, ServerUsers

if TYPE_CHECKING:
    from labeling.workspace.rows.agreements import Agreement, GroupAgreement

CONFIG = Path(__file__).parents[2] / "configs" / "diplomatic.toml"
LEAD, ANA, BEN = "lead@desk.example", "ana@desk.example", "ben@desk.example"
USERS = {"1": LEAD, "2": ANA, "3": BEN}
BODY = "Aminata Traore of Mali met Idris Deby of Chad in Addis Ababa on Monday"
TEXTS = {
    "a": f"{BODY} for talks.",
    "b": f"NAIROBI: {BODY} about the river.",
    "c": "Jonas Weil of Norway spoke in Oslo.",
    "d": "Lena Moe of Chad was silent in Oslo.",
}
QUICK = Bootstrap(resamples=20)
NUMBERS = {name: number for number, name in enumerate(TEXTS, 1)}


def _said(article: str, by: str, words: dict[str, str], **more: object) -> Annotation:
    """What somebody says of an article on the server: words to label."""
    text = TEXTS[article]
    spans = tuple(
        Span(id=f"s{n}", start=text.index(each), end=text.index(each) + len(each), label=label)
        for n, (each, label) in enumerate(words.items())
    )
    number = NUMBERS[article]
    said = Annotation(article=article, digest=digest_of(text), annotator=by, spans=spans, task=number)
    return said.model_copy(update={"updated": "2026-11-22T09:00:00Z", "server_id": 10 * number + len(by), **more})


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """Two readers and an adjudicator, four articles, two of them reprints, and nothing said yet."""
    readers = "".join(f'[[people.reader]]\nemail = "{email}"\n' for email in (ANA, BEN))
    people = f'\n[people]\nadjudicators = ["{LEAD}"]\ngold_questions = 1\n{readers}'
    path = tmp_path / "desk.toml"
    path.write_text(CONFIG.read_text(encoding="utf-8") + people, encoding="utf-8")
    project = load_project(path, tmp_path / "workspace")
    workspace = project.workspace
    workspace.root.mkdir()
    workspace.articles.write(made.article(name, text) for name, text in TEXTS.items())
    workspace.users.write(ServerUsers(emails=USERS))
    workspace.studio_link.write(ProjectLink(url="http://ls", project=5, created=""))
    workspace.pushed.write(
        PushedTask(article=name, digest=digest_of(text), task=NUMBERS[name]) for name, text in TEXTS.items()
    )
    return project


def _submit(project: Project, *now: Annotation, first: dict[tuple[str, str], Annotation] | None = None) -> None:
    """Leave annotations as they are now, and first words: the same ones but for those in ``first``."""
    kept: KeptBy = "layer"
    project.workspace.annotations.write(now)
    rows = [first_submission((first or {}).get((one.article, one.annotator), one), kept) for one in now]
    project.workspace.first.write(sorted(rows, key=lambda row: (row.article, row.annotator)))


def _agreement(project: Project) -> Agreement:
    agree(project, find_own_reprints, QUICK)
    return project.workspace.agreement.value()


def _exact(group: GroupAgreement) -> float | None:
    return group.spans["exact"].all.value


C_ANA, C_BEN = {"Jonas Weil": "PERSON", "Norway": "COUNTRY"}, {"Jonas Weil": "PERSON", "Norway": "LOCATION"}


def test_first_words_are_measured_and_a_second_line_is_after_settling(project: Project) -> None:
    """Ben changed his mind after a talk: first words agree by half, those of today wholly; one of two was changed."""
    _submit(
        project,
        _said("c", "ana", C_ANA),
        _said("c", "ben", C_ANA),
        first={("c", "ben"): _said("c", "ben", C_BEN)},
    )
    found = _agreement(project)

    assert found.measured_on == "first submissions"
    assert [_exact(each) for each in found.by_pair] == [2 * 1 / (2 + 2)]
    assert [_exact(each) for each in found.settled] == [1, 1]
    assert found.first_words is not None
    assert found.first_words.model_dump() == {"submissions": 2, "layer": 2, "pull": 0, "imported": 0, "changed": 1}
    assert [(each.kind, each.times) for each in found.disagreements] == [("label", 1)]


def test_without_first_words_annotations_are_measured_and_called_so(project: Project) -> None:
    """A workspace of before: there is no second line, for it would be the first one."""
    project.workspace.annotations.write([_said("c", "ana", C_ANA), _said("c", "ben", C_BEN)])
    found = _agreement(project)

    assert (found.measured_on, found.first_words, found.settled) == ("annotations", None, ())


def test_readings_with_suggestions_are_apart_from_those_without(project: Project) -> None:
    """By what the layer served, where it kept that; else by what was pushed. With them all agree, without none."""
    _submit(
        project,
        *(_said("c", by, C_ANA) for by in ("ana", "ben")),
        _said("d", "ana", {"Lena Moe": "PERSON"}),
        _said("d", "ben", {"Chad": "COUNTRY"}),
        *(_said("a", by, {"Mali": "COUNTRY"}) for by in ("ana", "ben")),
    )
    served = [("c", ANA, 2, 31), ("c", BEN, 3, 31), ("d", ANA, 2, 0), ("d", BEN, 3, 0), ("a", ANA, 2, 0)]
    project.workspace.kept.write(
        KeptRow(kind="served", email=email, account=number, task=NUMBERS[article], prediction=prediction)
        for article, email, number, prediction in served
    )
    # Of a, the layer kept nothing of ben's reading: there was a suggestion in the task.
    project.workspace.pushed.write(
        PushedTask(article=name, digest=digest_of(TEXTS[name]), task=number, suggested={"rules": "x"})
        for name, number in NUMBERS.items()
    )
    found = _agreement(project).suggestions

    assert {name: (each.articles, _exact(each)) for name, each in found.items()} == {"with": (1, 1), "without": (1, 0)}


def test_models_stand_beside_readers(project: Project) -> None:
    """Each reader beside each model; a model is nobody's pair among people, nor is a suggestion of another text."""
    _submit(project, _said("c", "ana", C_ANA), _said("c", "ben", C_BEN), _said("d", "ana", {}))
    project.workspace.suggestions.write(
        [
            _said("c", "model:rules", {"Norway": "COUNTRY"}, task=None),
            _said("d", "model:rules", {}, task=None, digest="another text"),
        ]
    )
    found = _agreement(project)

    assert [(each.annotators, each.articles, _exact(each)) for each in found.models] == [
        (("ana", "model:rules"), 1, 2 * 1 / (2 + 1)),
        (("ben", "model:rules"), 1, 0),
    ]
    assert found.annotators == ("ana", "ben")


def test_an_adjudicator_is_no_pair_with_readers(project: Project) -> None:
    """Who has seen the words has lines of their own, and no part in the group, today's neither."""
    _submit(project, _said("c", "ana", C_ANA), _said("c", "ben", C_BEN), _said("c", "lead", C_ANA))
    found = _agreement(project)

    assert [(pair.one, pair.other) for pair in found.pairs] == [("ana", "ben")]
    assert [(each.annotators, _exact(each)) for each in found.adjudicators] == [
        (("ana", "lead"), 1),
        (("ben", "lead"), 2 * 1 / (2 + 2)),
    ]
    assert {name for each in found.settled for name in each.annotators} == {"ana", "ben"}


def test_a_reader_and_an_adjudicator_are_not_two_readers(project: Project) -> None:
    """There is no agreement of readers where only one read."""
    _submit(project, _said("c", "ana", C_ANA), _said("c", "lead", C_ANA))

    with pytest.raises(TooFewAnnotators):
        agree(project)


def test_gold_questions_are_compared_with_gold(project: Project) -> None:
    """Whom the plan gave one, over these articles alone; what gold leaves open is not counted against anybody."""
    _submit(
        project,
        _said("c", "ana", C_ANA),
        _said("c", "ben", {**C_BEN, "Oslo": "LOCATION"}),
        _said("d", "ana", {"Lena Moe": "PERSON"}),
        _said("d", "ben", {"Lena Moe": "PERSON"}),
    )
    text = TEXTS["c"]
    project.workspace.gold.write(
        [
            Gold(
                article="c",
                digest=digest_of(text),
                complete=False,
                spans=tuple(
                    GoldSpan(id=f"s{n}", start=s.start, end=s.end, label=s.label, rule="one", by=("x",))
                    for n, s in enumerate(_said("c", "x", C_ANA).spans)
                ),
                open=((text.index("Oslo"), text.index("Oslo") + 4),),
            )
        ]
    )
    project.workspace.assignments.write(
        Assignment(article="c", reader=email, part="gold question", order=1) for email in (ANA, BEN)
    )
    found = _agreement(project)

    assert [(each.annotators, each.articles, _exact(each)) for each in found.gold_questions] == [
        (("gold", "ana"), 1, 1),
        (("gold", "ben"), 1, 2 * 1 / (2 + 2)),
    ]


def test_a_reader_agrees_with_themselves_on_reprints(project: Project) -> None:
    """Ana labels Chad otherwise in the reprint; the rest of her words are the same, in whichever text they stand."""
    words = {"Aminata Traore": "PERSON", "Mali": "COUNTRY", "Chad": "COUNTRY"}
    _submit(
        project,
        _said("a", "ana", words),
        _said("a", "ben", words),
        _said("b", "ana", {**words, "Chad": "LOCATION", "river": "LOCATION"}),
        _said("c", "ben", C_BEN),
    )
    project.workspace.passages.write(
        [
            Passage(
                passage="p",
                words=13,
                kind="reprint",
                places=tuple(
                    Place(article=name, start=TEXTS[name].index(BODY), end=TEXTS[name].index(BODY) + len(BODY))
                    for name in ("b", "a")
                ),
            )
        ]
    )
    found = _agreement(project).reprints

    # "river" is in one text alone.
    assert [(each.annotators, each.articles, _exact(each)) for each in found] == [(("ana",), 1, 2 * 2 / (3 + 3))]


def test_an_empty_usable_is_a_yes(project: Project) -> None:
    """As the guidelines say: who leaves it empty agrees with who says yes, and not with who says no."""
    _submit(
        project,
        _said("c", "ana", {}, choices={"usable": ("yes",)}),
        _said("c", "ben", {}),
        _said("d", "ana", {}, choices={"usable": ("no",)}),
        _said("d", "ben", {}),
    )
    found = _agreement(project)

    # yes yes, no yes: 2 unlike pairs observed; of 4 values 3 are yes, (16 - 9 - 1) / 3 expected.
    assert found.choices["usable"] == pytest.approx(1 - 2 / ((16 - 9 - 1) / 3))
    assert found.group is not None
    assert found.group.choices["usable=no"].value == pytest.approx(found.choices["usable"])


def test_what_somebody_was_not_asked_for_is_no_disagreement(project: Project) -> None:
    """ROLE and one option came after ana had sent her words: ben's are not compared there, by no measure."""
    late = {"label ROLE", "choice event=AID"}
    project.workspace.asked.write(
        AskedItem(
            item=item,
            since="2026-11-22T10:00:00Z" if item in late else "2026-11-01T00:00:00Z",
            schema_digest="s",
            guidelines="g",
        )
        for item in sorted(list_items(project.schema))
    )
    later = {"updated": "2026-11-22T11:00:00Z"}
    _submit(
        project,
        _said("c", "ana", C_ANA, choices={"event": ("CONSULT",)}),
        _said("c", "ben", {**C_ANA, "Oslo": "ROLE"}, choices={"event": ("CONSULT", "AID")}, **later),
        _said("d", "ana", {}),
        _said("d", "ben", {}, **later),
    )
    group = _agreement(project).group

    assert group is not None
    assert group.labels is not None
    assert group.unitizing is not None
    assert {rule: each.all.value for rule, each in group.spans.items()} == dict.fromkeys(group.spans, 1)
    assert (group.labels.all.value, group.unitizing.all.value) == (1, 1)
    assert (group.choices["event=CONSULT"].value, group.choices["event=CONSULT"].items) == (1, 2)
    assert (group.choices["event=AID"].value, group.choices["event=AID"].items) == (None, 0)
    assert group.choices["event=AID"].undefined == NO_TWO_VALUES


def test_the_terminal_shows_all_and_programs_of_before_find_their_keys(project: Project) -> None:
    """First words, settled, a model and the disagreement with a link for each; JSON has the keys of before."""
    _submit(
        project,
        _said("c", "ana", C_ANA),
        _said("c", "ben", C_ANA),
        first={("c", "ben"): _said("c", "ben", C_BEN)},
    )
    project.workspace.suggestions.write([_said("c", "model:rules", {"Norway": "COUNTRY"}, task=None)])
    words = ["--config", str(project.path), "--workspace", str(project.workspace.root), "agree"]
    table = CliRunner().invoke(cli, words, catch_exceptions=False).stdout
    told = json.loads(CliRunner().invoke(cli, [*words, "--json"], catch_exceptions=False).stdout)

    assert "first submissions: 2 as they were submitted; 1 changed since" in table
    assert "after settling, exact, ana and ben" in table
    assert "a model, exact, ana and model:rules" in table
    assert "label, once: “Norway” in c: COUNTRY (ana) or LOCATION (ben)" in table
    assert "ben: http://ls/projects/5/data?task=3&own=1&annotation=33" in table
    assert told["f1"] == {"ana and ben": {"exact": 0.5, "position": 1.0, "overlapping": 0.5}}
    assert {"articles", "annotators", "f1", "choices"} <= told.keys()
    assert told["settled"] == {"ana and ben": {"exact": 1.0, "overlapping": 1.0, "position": 1.0, "label": 1.0}}


def test_a_file_of_before_is_read(project: Project) -> None:
    """With its first five keys alone."""
    old = {"annotations": "x", "articles": 1, "annotators": ["ana", "ben"], "pairs": [], "choices": {"usable": None}}
    project.workspace.agreement.path.write_text(json.dumps(old), encoding="utf-8")
    found = project.workspace.agreement.value()

    assert (found.articles, found.group, found.settled, found.measured_on) == (1, None, (), "")
