"""What was carried from reprints, and who reads blind: they have the model's suggestion, as everybody has one."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import made
import pytest

from labeling.annotations import Annotation, Span
from labeling.project import Project, load_project
from labeling.studio.api.connect import connect_to
from labeling.studio.api.signup import add_user
from labeling.studio.sync.push import forecast, push
from labeling.workspace import journal
from labeling.workspace.rows.reader_assignment import Assignment, ReadingPart
from labeling.workspace.rows.reprint import ProjectedRow

if TYPE_CHECKING:
    from collections.abc import Sequence

    from labeling.studio.server.credentials import Credentials

pytestmark = [pytest.mark.studio, pytest.mark.usefixtures("written_by_hand")]

ROOT = Path(__file__).parents[2]
ANA, BEN = "bana@team.example", "bben@team.example"
MODEL, SHOWN = "model:rules", "projected:+model:rules"
NAMES = [f"wire/{number}" for number in range(4)]
ALONE, SHARED, OTHER, ASKED = NAMES
# Where both are named in an article.
ANNA, CARL = (8, 15), (20, 24)
BARE = [(*ANNA, "PERSON"), (*CARL, "PERSON")]
COMBINED = [(*ANNA, "PERSON"), (*CARL, "LOCATION")]
PLAN: Sequence[tuple[str, str, ReadingPart]] = (
    (ALONE, ANA, "first"),
    (SHARED, ANA, "first"),
    (SHARED, BEN, "second"),
    (OTHER, BEN, "first"),
    (ASKED, BEN, "gold question"),
)


def article(name: str) -> Any:
    """An article as `ingest` writes it."""
    return made.article(name, f"{name}: Anna Bo met Carl.", title="T")


def assign(project: Project, plan: Sequence[tuple[str, str, ReadingPart]] = PLAN) -> None:
    """Write a plan as `assign` does."""
    project.workspace.assignments.write(
        Assignment(article=name, reader=reader, part=part, order=place)
        for place, (name, reader, part) in enumerate(plan, start=1)
    )


def suggest(project: Project, *places: tuple[int, int]) -> None:
    """Let the model find a person at each of these places of every article."""
    spans = tuple(Span(id=f"m{start}", start=start, end=end, label="PERSON") for start, end in places)
    project.workspace.suggestions.write(
        Annotation(article=name, digest=article(name).digest, annotator=MODEL, spans=spans) for name in NAMES
    )


def carry(project: Project) -> None:
    """Carry to each article, as `carry` does, what somebody said of its reprint: that Carl is a place."""
    spans = (Span(id="c", start=CARL[0], end=CARL[1], label="LOCATION"),)
    project.workspace.projected.write(
        ProjectedRow(
            article=name, digest=article(name).digest, source="wire/9", said=1, spans=spans, stretches=((16, 25),)
        )
        for name in NAMES
    )


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """Ana reads one article alone and one with Ben, who reads another alone, and is asked one as a gold question."""
    readers = "\n".join(f'[[people.reader]]\nemail = "{email}"' for email in (ANA, BEN))
    shipped = (ROOT / "configs" / "diplomatic.toml").read_text(encoding="utf-8")
    path = tmp_path / "team.toml"
    path.write_text(shipped.replace("[[labels]]", f"[people]\n{readers}\n[[labels]]", 1), encoding="utf-8")
    made_up = load_project(path, tmp_path / "work")
    made_up.workspace.articles.write([article(name) for name in NAMES])
    assign(made_up)
    suggest(made_up, ANNA, CARL)
    return made_up


class Desk:
    """The server, and both readers with their keys."""

    def __init__(self, server: Credentials) -> None:
        self.server = server
        self.keys = {email: add_user(server, email, "a long pass phrase") for email in (ANA, BEN)}
        self.keys["owner"] = server.api_key

    def ask(self, who: str, path: str, body: Any = None) -> Any:
        """The answer to somebody's question, or to what they send."""
        headers = {"Authorization": f"Token {self.keys[who]}"}
        with httpx.Client(base_url=self.server.url, headers=headers, trust_env=False, timeout=60) as client:
            answer = client.get(path) if body is None else client.post(path, json=body)
            return answer.raise_for_status().json()

    def open(self, who: str, task: int) -> Any:
        """A task as somebody opens it."""
        return self.ask(who, f"/api/tasks/{task}/")

    def seen(self, who: str, task: int) -> list[list[tuple[int, int, str]]]:
        """The spans of each suggestion that somebody is shown with a task."""
        return [_spans(each) for each in self.open(who, task)["predictions"]]


def _spans(suggestion: Any) -> list[tuple[int, int, str]]:
    values = [row["value"] for row in suggestion["result"]]
    return [(value["start"], value["end"], value["labels"][0]) for value in values]


@pytest.fixture
def desk(studio: Credentials) -> Desk:
    """The session's server with the team's accounts."""
    return Desk(studio)


def bring(project: Project, desk: Desk) -> dict[str, int]:
    """Push, and the number of each article's task."""
    push(project, server=desk.server)
    return {row.article: row.task or 0 for row in journal.load_journal(project.workspace.pushed.path).values()}


def test_who_reads_blind_is_shown_what_the_model_suggests_like_everybody(project: Project, desk: Desk) -> None:
    """Signed and counted like what was carried elsewhere, by address and in the queue; the owner has one, too."""
    bring(project, desk)
    carry(project)
    tasks = bring(project, desk)
    number = project.workspace.studio_link.value().project
    who_reads = [(ANA, ALONE), (ANA, SHARED), (BEN, SHARED), (BEN, OTHER), (BEN, ASKED)]

    opened = {pair: desk.open(pair[0], tasks[pair[1]]) for pair in who_reads}
    assert {pair: [_spans(each) for each in task["predictions"]] for pair, task in opened.items()} == {
        (ANA, ALONE): [COMBINED],
        (ANA, SHARED): [BARE],
        (BEN, SHARED): [BARE],
        (BEN, OTHER): [COMBINED],
        (BEN, ASKED): [BARE],
    }
    own = {"id", "task", "result", "created_at", "updated_at", "created_ago"}
    shapes = {
        (task["total_predictions"], *sorted((name, str(each[name]) if name not in own else "") for name in each))
        for task in opened.values()
        for each in task["predictions"]
    }
    assert len(shapes) == 1
    assert {each["model_version"] for task in opened.values() for each in task["predictions"]} == {SHOWN}
    # Neither its number nor its age sets one apart: all came in one request, in the order of the tasks.
    ages = sorted(
        (task["id"], each["id"], each["created_at"]) for task in opened.values() for each in task["predictions"]
    )
    assert ages == sorted(ages, key=lambda row: (row[2], row[1]))
    served = desk.ask(BEN, f"/api/projects/{number}/next")
    assert (served["id"], [_spans(each) for each in served["predictions"]]) == (tasks[SHARED], [BARE])
    assert [len(desk.open("owner", tasks[name])["predictions"]) for name in NAMES] == [1] * len(NAMES)
    # What is made of it names it, and says so to whoever pulls.
    (shown,) = opened[BEN, ASKED]["predictions"]
    said = {"result": shown["result"], "lead_time": 9, "parent_prediction": shown["id"]}
    assert desk.ask(BEN, f"/api/tasks/{tasks[ASKED]}/annotations/", said)["parent_prediction"] == shown["id"]
    before = project.workspace.pushed.path.read_bytes()
    assert (forecast(project, server=desk.server).suggestions, forecast(project, server=desk.server).replaced) == (
        0,
        (),
    )
    assert push(project, server=desk.server).suggestions == 0
    assert project.workspace.pushed.path.read_bytes() == before


def test_a_second_reader_of_what_was_carried_to_the_first_has_the_models_part(project: Project, desk: Desk) -> None:
    """Ana had begun alone, with what was carried; Ben has the model's then, and keeps it once he has begun."""
    carry(project)
    tasks = bring(project, desk)
    task = tasks[ALONE]
    assert desk.seen(ANA, task) == [COMBINED]
    desk.ask(ANA, f"/api/tasks/{task}/annotations/", {"result": []})
    assign(project, [*PLAN, (ALONE, BEN, "second")])
    bring(project, desk)
    assert desk.seen(BEN, task) == [BARE]
    desk.ask(BEN, f"/api/tasks/{task}/drafts", {"result": []})
    suggest(project, ANNA)
    bring(project, desk)

    assert desk.seen(BEN, task) == [BARE]
    assert desk.seen(BEN, tasks[OTHER]) == [COMBINED]
    assert desk.seen(BEN, tasks[ASKED]) == [[(*ANNA, "PERSON")]]


def test_the_second_of_two_has_what_the_first_had_of_a_model_that_was_replaced(project: Project, desk: Desk) -> None:
    """Word for word, also after pushes have replaced it twice under the signature of what is carried."""
    carry(project)
    task = bring(project, desk)[SHARED]
    assert desk.seen(ANA, task) == [BARE]
    desk.ask(ANA, f"/api/tasks/{task}/annotations/", {"result": []})
    for places in ((ANNA,), (CARL,)):
        suggest(project, *places)
        bring(project, desk)

    assert desk.seen(BEN, task) == desk.seen(ANA, task) == [BARE]


def test_what_nobody_has_vouched_for_is_hidden_from_who_reads_blind(project: Project, desk: Desk) -> None:
    """A suggestion of that signature which a push did not send, and one that was brought before the plan had two."""
    carry(project)
    alone = [row for row in PLAN if row[:2] != (SHARED, BEN)]
    assign(project, alone)
    task = bring(project, desk)[SHARED]
    number = project.workspace.studio_link.value().project
    with connect_to(desk.server.url, desk.server.api_key) as owner:
        plan = owner.transport.read(f"labeling/api/projects/{number}/plan/", "show").json()
        plan["assignments"].append({"task": task, "email": BEN, "part": "second", "order": 9})
        owner.transport.write("PUT", f"labeling/api/projects/{number}/plan/", "take", json=plan)
    assert desk.seen(BEN, task) == []
    assign(project)
    bring(project, desk)

    assert desk.seen(BEN, task) == desk.seen(ANA, task) == [BARE]


def test_a_project_without_people_sends_what_was_carried(project: Project, desk: Desk) -> None:
    """A plan that is left over in the workspace hides nothing from somebody alone."""
    alone = load_project(ROOT / "configs" / "diplomatic.toml", project.workspace.root)
    carry(alone)
    tasks = bring(alone, desk)

    assert [desk.seen("owner", tasks[name]) for name in NAMES] == [[COMBINED]] * len(NAMES)
