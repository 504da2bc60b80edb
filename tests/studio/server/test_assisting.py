"""Every mention at once, on the real server, as the page asks for it: what is offered to whom, and never again."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from both_servers import BOTH_SERVERS, gather_on
from team import CONFIG, Member, Team

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.studio

# Signs of two UTF-16 units stand before everything that is marked.
TEXT = "😀🇲🇻 Anna met Bob in Rome. ANNA and Bob left Rome, Anna for Paris."
ALL = {"mentions": True, "model": True}


@pytest.fixture(scope="module", params=BOTH_SERVERS)
def team(request: pytest.FixtureRequest) -> Iterator[Team]:
    """A team on each kind of server; on the one of a team, in several processes."""
    with gather_on(request) as gathered:
        yield gathered


@pytest.fixture(scope="module")
def odd_project(team: Team) -> tuple[int, list[int]]:
    """A project for questions that no page asks."""
    return begin(team, mentions_ana=1)


def begin(team: Team, assist: dict[str, Any] | None = ALL, **reads: int) -> tuple[int, list[int]]:
    """A project with two articles of that text, and this rule; each of these people reads so many of them."""
    project = int(
        team.owner.calls.post("/api/projects", json={"title": "assisted", "label_config": CONFIG}).json()["id"]
    )
    rows = [{"data": {"text": TEXT, "article": f"a{n}"}} for n in range(2)]
    where = f"/api/projects/{project}/import"
    tasks = list(team.owner.calls.post(where, params={"return_task_ids": "true"}, json=rows).json()["task_ids"])
    rule = {} if assist is None else {"assist": assist}
    team.plan(project, {name: tasks[:number] for name, number in reads.items()}, rule)
    return project, tasks


def region(words: str, label: str, after: int = 0, name: str = "drawn", **more: Any) -> dict[str, Any]:
    """A region as the page sends it."""
    start = TEXT.index(words, after)
    value = {"start": start, "end": start + len(words), "text": words, "labels": [label]}
    tag = {"from_name": "label", "to_name": "text", "type": "labels"}
    return {"id": f"{name}-{start}", **tag, "value": value, "origin": "manual", **more}


def ask(member: Member, project: int, task: int, *rows: dict[str, Any]) -> list[dict[str, Any]]:
    """What the page is offered when it shows these regions of one label."""
    body = {"task": task, "context": {"result": list(rows)}}
    asked = member.calls.post(f"/api/ml/{project}/interactive-annotating", json=body).raise_for_status()
    return list(asked.json()["data"]["result"])


def places(rows: list[dict[str, Any]]) -> list[tuple[int, str, str]]:
    """Where regions are, their words and labels."""
    values = [row["value"] for row in rows]
    assert all(value["text"] == TEXT[value["start"] : value["end"]] for value in values)
    return [(value["start"], value["text"], *value["labels"]) for value in values]


ANNA, ANNA_2, ANNA_3 = TEXT.index("Anna"), TEXT.index("ANNA"), TEXT.rindex("Anna")


def test_the_layer_is_the_backend_of_a_project_with_assist_alone(team: Team) -> None:
    """For the owner and for readers; who has no part in the project is shown none, and offered nothing."""
    project, tasks = begin(team, mentions_ana=1)
    ana, stranger = team.reader("mentions_ana"), team.reader("mentions_nobody")
    for member in (team.owner, ana):
        (backend,) = member.calls.get("/api/ml", params={"project": project}).json()
        assert (backend["id"], backend["is_interactive"]) == (project, True)
        assert len(ask(member, project, tasks[0], region("Anna", "PERSON"))) == 2
    body = {"task": tasks[0], "context": {"result": [region("Anna", "PERSON")]}}
    for member, task in ((stranger, tasks[0]), (ana, tasks[1])):
        refused = member.calls.post(f"/api/ml/{project}/interactive-annotating", json={**body, "task": task})
        assert refused.status_code == 404

    bare, others = begin(team, None, mentions_ana=1)
    assert ana.calls.get("/api/ml", params={"project": bare}).json() == []
    for number, task in ((bare, others[0]), (project, others[0]), (bare, tasks[0])):
        refused = ana.calls.post(f"/api/ml/{number}/interactive-annotating", json={**body, "task": task})
        assert refused.status_code == 403


def test_a_span_is_offered_at_its_other_mentions_once_and_what_was_removed_never_again(team: Team) -> None:
    """Nor after a draft and a submission; the offer to one reader says nothing of what another did."""
    project, tasks = begin(team, mentions_ana=1, mentions_nobody=1)
    one, two = team.reader("mentions_ana"), team.reader("mentions_nobody")
    drawn = region("Anna", "PERSON")
    offers = ask(one, project, tasks[0], drawn)
    assert places(offers) == [(ANNA_2, "ANNA", "PERSON"), (ANNA_3, "Anna", "PERSON")]
    assert all(row["id"].startswith("offered-") for row in offers)
    # One stays and one was removed, at once or after a while.
    assert ask(one, project, tasks[0], drawn, offers[0]) == []
    one.calls.post(f"/api/tasks/{tasks[0]}/drafts", json={"result": [drawn, offers[0]]}).raise_for_status()
    assert ask(one, project, tasks[0], drawn) == []
    # The other one's words, and what was offered and refused there, are as if they were not.
    assert len(ask(two, project, tasks[0], drawn)) == 2
    one.submit(tasks[0], drawn, offers[0]).raise_for_status()
    bob = region("Bob", "PERSON")
    assert places(ask(one, project, tasks[0], drawn, offers[0], bob)) == [(TEXT.rindex("Bob"), "Bob", "PERSON")]
    # With another label, too: whoever refused a place has looked at it.
    assert ask(one, project, tasks[0], region("Anna", "PLACE")) == []


def test_what_is_offered_is_no_source_of_offers_nor_what_a_model_said_alone(team: Team) -> None:
    """Only what somebody drew, or changed; and nothing at the place of what they marked in another way."""
    project, tasks = begin(team, mentions_ana=2)
    member = team.reader("mentions_ana")
    said = region("Rome", "PLACE", origin="prediction")
    assert ask(member, project, tasks[0], said) == []
    offered = region("Rome", "PLACE", name="offered")
    assert ask(member, project, tasks[0], offered) == []
    changed = {**said, "origin": "prediction-changed"}
    other = region("Rome", "PERSON", TEXT.index("Rome") + 1)
    member.calls.post(f"/api/tasks/{tasks[1]}/drafts", json={"result": [other]}).raise_for_status()
    assert ask(member, project, tasks[1], changed) == []
    assert places(ask(member, project, tasks[0], changed)) == [(TEXT.rindex("Rome"), "Rome", "PLACE")]


def test_a_task_to_be_read_without_help_has_no_offers(team: Team) -> None:
    """Of neither kind; nor has a project the kind that its rule leaves out."""
    project, tasks = begin(team, mentions_ana=2)
    _suggest(team, tasks)
    member = team.reader("mentions_ana")
    plan = team.owner.calls.get(f"/labeling/api/projects/{project}/plan/").json()
    queue = [{"task": tasks[0], "order": 1, "assisted": False}]
    team.owner.calls.put(f"/labeling/api/projects/{project}/plan/", json={**plan, "queue": queue}).raise_for_status()
    assert ask(member, project, tasks[0], region("Anna", "PERSON")) == ask(member, project, tasks[0]) == []
    team.plan(project, {"mentions_ana": tasks}, {"assist": {**ALL, "mentions": False}})
    assert ask(member, project, tasks[1], region("Anna", "PERSON")) == []
    assert places(ask(member, project, tasks[1])) == [(TEXT.index("Paris"), "Paris", "PLACE")]


def test_a_model_says_its_spans_when_it_is_asked(team: Team) -> None:
    """By the note of a span, those of its label; without any span, all; none twice, and none that stands."""
    project, tasks = begin(team, mentions_ana=2)
    _suggest(team, tasks)
    member = team.reader("mentions_ana")
    note = {"id": f"drawn-{TEXT.index('Rome')}", "type": "textarea", "from_name": "note", "to_name": "text"}
    rome, asked = region("Rome", "PLACE"), {**note, "value": {"text": ["model?"]}}
    assert places(ask(member, project, tasks[0], region("Bob", "PERSON"))) == [(TEXT.rindex("Bob"), "Bob", "PERSON")]
    offers = ask(member, project, tasks[0], rome, asked)
    assert places(offers) == [(TEXT.rindex("Rome"), "Rome", "PLACE"), (TEXT.index("Paris"), "Paris", "PLACE")]
    assert offers[1]["id"] == "offered-p1"
    assert ask(member, project, tasks[0], rome, asked) == ask(member, project, tasks[0]) == []
    team.plan(project, {"mentions_ana": tasks}, {"assist": {**ALL, "model": False}})
    assert ask(member, project, tasks[1]) == []


def test_whoever_began_with_a_suggestion_and_removed_some_is_not_offered_it_again(team: Team) -> None:
    """Neither on demand, nor as a mention of what they drew."""
    project, tasks = begin(team, mentions_ana=1)
    anna = region("Anna", "PERSON", name="p")
    _suggest(team, tasks, anna, region("Anna", "PERSON", ANNA + 1, name="p"))
    member = team.reader("mentions_ana")
    member.calls.get(f"/api/tasks/{tasks[0]}").raise_for_status()
    kept = {**anna, "origin": "prediction"}
    drawn = region("ANNA", "PERSON")
    assert ask(member, project, tasks[0], kept, drawn) == []


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"task": "x"},
        {"task": 2**40},
        {"task": None, "context": 3},
        {"context": {"result": [3, {"type": "labels", "value": {"start": "0", "end": 4, "labels": ["A"]}}]}},
        {"context": {"result": [{"type": "labels", "value": {"start": -1, "end": 9**9, "labels": ["A", 3]}}]}},
        {"context": {"result": {"type": "labels"}}},
        {"context": []},
    ],
)
def test_odd_questions_are_answered_or_refused(
    team: Team, odd_project: tuple[int, list[int]], body: dict[str, Any]
) -> None:
    """Without an error of the server's."""
    project, tasks = odd_project
    member = team.reader("mentions_ana")
    asked = member.calls.post(f"/api/ml/{project}/interactive-annotating", json={"task": tasks[0], **body})
    assert asked.status_code in {200, 403}
    if asked.status_code == 200:
        assert asked.json()["data"]["result"] == []


def _suggest(team: Team, tasks: list[int], *rows: dict[str, Any]) -> None:
    """Let a model say something of each of these tasks, as `push` does."""
    said = [*rows] or [{**region("Paris", "PLACE"), "id": "p1"}]
    for task in tasks:
        body = {"task": task, "result": said, "model_version": "model:m"}
        team.owner.calls.post("/api/predictions", json=body).raise_for_status()
