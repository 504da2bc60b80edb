"""``push`` where models are in the loop, on a real server: the order, who is shown nothing, whose words go and stay."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import made
import pytest
from faulty.door import Asked, Fate, door

from labeling.annotations import Annotation, Relation, Span
from labeling.errors import StudioError
from labeling.project import Project, load_project
from labeling.studio.api.layer import Layer
from labeling.studio.api.signup import add_user
from labeling.studio.format.span_sources import sources_of, trace_sources
from labeling.studio.sync.pull import pull
from labeling.studio.sync.push import Pace, forecast, push
from labeling.studio.sync.status import status
from labeling.workspace import journal
from labeling.workspace.rows.learning_rows import QueueRow

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from labeling.studio.server.credentials import Credentials

ROOT = Path(__file__).parents[2]
NAMES = [f"wire/{number}" for number in range(5)]
OLD, NEW, RULES = "model:ner-old", "model:ner-new", "model:rules"
ANNA, CARL = (8, 15), (20, 24)

# Articles are written by hand between the verbs, which is not the subject here.
pytestmark = [pytest.mark.studio, pytest.mark.usefixtures("written_by_hand")]


def article(name: str) -> Any:
    """An article as `ingest` writes it."""
    return made.article(name, f"{name}: Anna Bo met Carl.")


def suggest(project: Project, model: str, score: float = 0.5) -> None:
    """Let a model find two people who met, and the rules the first of them and a place at the head."""
    rows = []
    for name in NAMES:
        people = tuple(
            Span(id=f"p{start}", start=start, end=end, label="PERSON", score=score) for start, end in (ANNA, CARL)
        )
        relation = Relation(head="p8", tail="p20", label="SAME_AS", score=0.25)
        said = {"article": name, "digest": article(name).digest}
        choices: dict[str, tuple[str, ...]] = {"event": ("CONSULT",)}
        rows.append(Annotation(**said, annotator=model, spans=people, relations=(relation,), choices=choices))
        found = (Span(id="s1", start=0, end=4, label="LOCATION"), Span(id="s2", start=8, end=15, label="PERSON"))
        rows.append(Annotation(**said, annotator=RULES, spans=found))
    project.workspace.suggestions.write(rows)


def enqueue(project: Project, *names: str, unassisted: str = "", score: float = 0.125) -> None:
    """Write the order of what is open, as `learn` does: the first is the least sure."""
    project.workspace.queue.write(
        QueueRow(
            article=name,
            order=place,
            score=score + place / 100,
            leak_group=name,
            chosen_by="stream" if name == unassisted else "model",
            assisted=name != unassisted,
        )
        for place, name in enumerate(names, start=1)
    )


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """Five articles with suggestions of an old model and of rules, one of them to be read without."""
    shipped = (ROOT / "configs" / "diplomatic.toml").read_text(encoding="utf-8")
    path = tmp_path / "loop.toml"
    path.write_text(shipped.replace("[[labels]]", "[learning]\n[[labels]]", 1), encoding="utf-8")
    loaded = load_project(path, tmp_path / "work")
    loaded.workspace.articles.write([article(name) for name in NAMES])
    suggest(loaded, OLD)
    enqueue(loaded, *(NAMES[n] for n in (3, 1, 4, 0, 2)), unassisted=NAMES[4])
    return loaded


class Page:
    """The project on the server, past our client, as its owner."""

    def __init__(self, server: Credentials, project: Project) -> None:
        self.server = server
        self.number = json.loads(project.workspace.studio_link.path.read_text(encoding="utf-8"))["project"]
        rows = journal.load_journal(project.workspace.pushed.path).values()
        self.tasks = {row.article: row.task for row in rows}

    def ask(self, path: str, body: Any = None, key: str = "", **query: Any) -> Any:
        """The answer to a question, or to what is sent: the owner's, or another's by their key."""
        headers = {"Authorization": f"Token {key or self.server.api_key}"}
        with httpx.Client(base_url=self.server.url, headers=headers, trust_env=False, timeout=60) as client:
            answer = client.get(path, params=query) if body is None else client.post(path, params=query, json=body)
            return answer.raise_for_status().json()

    def bring(self, name: str, model: str) -> None:
        """Let somebody else suggest something."""
        self.ask("/api/predictions/", {"task": self.tasks[name], "result": [], "model_version": model})

    def suggested(self) -> dict[str, list[str]]:
        """Who signs the suggestions of each article."""
        names = {task: name for name, task in self.tasks.items()}
        listed = self.ask("/api/predictions/", project=self.number)
        found: dict[str, list[str]] = {name: [] for name in NAMES}
        for row in listed:
            found[names[row["task"]]].append(row["model_version"])
        return {name: sorted(signed) for name, signed in found.items()}

    def predictions(self, name: str, key: str = "") -> list[Any]:
        """The suggestions of an article, as somebody is shown them."""
        return list(self.ask(f"/api/tasks/{self.tasks[name]}/", key=key)["predictions"])

    def submit(self, name: str, result: Any) -> None:
        """Submit an annotation."""
        body = {"result": result, "lead_time": 2.0}
        self.ask(f"/api/tasks/{self.tasks[name]}/annotations/", body)

    def draft(self, name: str) -> None:
        """Begin an article."""
        self.ask(f"/api/tasks/{self.tasks[name]}/drafts", {"result": []})

    def next(self) -> str:
        """Which article the button serves."""
        served = self.ask("/api/dm/actions", {"project": self.number}, id="next_task", project=self.number)
        return str(served["data"]["article"])

    def settings(self) -> Any:
        """The project's own."""
        return self.ask(f"/api/projects/{self.number}/")


def test_the_page_has_one_suggestion_in_the_order_of_the_queue(project: Project, studio: Credentials) -> None:
    """All sources in one, each span and relation with its score; the order served is the one planned; status tells."""
    assert push(project, server=studio).suggestions == 4
    page, both = Page(studio, project), f"{OLD}+{RULES}"
    assert page.suggested() == {name: [both] if name != NAMES[4] else [] for name in NAMES}

    shown = page.predictions(NAMES[3])[0]
    regions = {row["id"]: row for row in shown["result"] if row["type"] == "labels"}
    assert sorted((sources_of(name), row.get("score")) for name, row in regions.items()) == [
        ((OLD,), 0.5),
        ((OLD, RULES), 0.5),
        ((RULES,), None),
    ]
    related = next(row for row in shown["result"] if row["type"] == "relation")
    assert (related["score"], {related["from_id"], related["to_id"]} <= regions.keys()) == (0.25, True)
    assert (shown["score"], page.settings()["model_version"]) == (0.135, both)

    served = []
    for _ in NAMES:
        served.append(page.next())
        page.submit(served[-1], [])
    assert served == [NAMES[n] for n in (3, 1, 4, 0, 2)]
    assert (status(project, server=studio).order, page.settings()["sampling"]) == ("layer", "Sequential sampling")


def test_a_superseded_model_goes_where_nobody_has_begun(project: Project, studio: Credentials) -> None:
    """What is annotated or begun keeps what it had, and nothing new comes there; others' suggestions stay."""
    push(project, server=studio)
    page, before, after = Page(studio, project), f"{OLD}+{RULES}", f"{NEW}+{RULES}"
    page.bring(NAMES[1], "model:theirs")
    offered = page.predictions(NAMES[0])[0]["result"]
    page.submit(NAMES[0], offered)
    page.draft(NAMES[2])
    suggest(project, NEW)
    foreseen = forecast(project, server=studio)
    assert foreseen.replaced == (before,)
    assert push(project, server=studio).suggestions == 2

    expected = {
        NAMES[0]: [before],
        NAMES[1]: sorted([after, "model:theirs"]),
        NAMES[2]: [before],
        NAMES[3]: [after],
        NAMES[4]: [],
    }
    assert page.suggested() == expected
    assert page.settings()["model_version"] == after
    assert push(project, server=studio).suggestions == 0
    assert page.suggested() == expected
    # The record has what the page has, so that a pull can say whose words were kept.
    rows = {(row.article, row.signature): row.words for row in project.workspace.offered.rows()}
    assert sorted(rows) == sorted((name, by) for name in NAMES for by in expected[name] if by != "model:theirs")
    pull(project, server=studio)
    said = next(row for row in project.workspace.annotations.rows() if row.article == NAMES[0])
    words = rows[NAMES[0], before]
    assert words is not None
    assert {(each.sources, each.fate) for each in trace_sources(words.spans, said.spans)} == {
        ((OLD,), "kept"),
        ((OLD, RULES), "kept"),
        ((RULES,), "kept"),
    }


def test_who_reads_second_has_what_the_first_one_had(project: Project, studio: Credentials) -> None:
    """One reader was shown an article and has said nothing yet: it stays as it is for them, and for the next one."""
    first, second = (add_user(studio, f"{name}@loop.example", "a long pass phrase") for name in ("lupa", "lupo"))
    push(project, server=studio)
    page = Page(studio, project)
    shown = page.predictions(NAMES[1], first)
    assert page.predictions(NAMES[4], first) == []
    suggest(project, NEW)
    assert push(project, server=studio).suggestions == 3
    assert [each["result"] for each in page.predictions(NAMES[1], second)] == [each["result"] for each in shown]
    assert {each["model_version"] for each in page.predictions(NAMES[0], second)} == {f"{NEW}+{RULES}"}


def test_a_journal_that_is_lost_deletes_nothing_of_others(project: Project, studio: Credentials) -> None:
    """Ours are told by what was sent: one by the same name that says something else is not ours."""
    push(project, server=studio)
    page, before = Page(studio, project), f"{OLD}+{RULES}"
    page.bring(NAMES[4], before)
    project.workspace.pushed.path.unlink()
    suggest(project, NEW)
    push(project, server=studio, pace=Pace(patience=0))
    assert page.suggested() == {name: [f"{NEW}+{RULES}"] if name != NAMES[4] else [before] for name in NAMES}


def at(method: str, place: str, fate: Fate) -> Callable[[Asked], Fate]:
    """That fate for the first such request of each address."""
    return lambda asked: fate if asked.method == method and place in asked.path and asked.number == 1 else "pass"


# A door tells of no layer: suggestions are removed there one by one.
@pytest.mark.parametrize(("method", "place"), [("DELETE", "/predictions/"), ("POST", "/import/predictions")])
@pytest.mark.parametrize("fate", ["lost", "refused"])
def test_a_push_that_was_cut_off_is_mended_by_the_next(
    project: Project, studio: Credentials, fate: Fate, method: str, place: str
) -> None:
    """At the removal, or at what comes instead: in the end each article has the new suggestion, once."""
    push(project, server=studio)
    page = Page(studio, project)
    page.draft(NAMES[2])
    suggest(project, NEW)
    with door(studio, at(method, place, fate)) as spoilt, pytest.raises(StudioError):
        push(project, server=spoilt, pace=Pace(patience=0.5))
    push(project, server=studio, pace=Pace(patience=0.5))
    after, before = [f"{NEW}+{RULES}"], [f"{OLD}+{RULES}"]
    assert page.suggested() == dict(zip(NAMES, (after, after, before, after, []), strict=True))


@pytest.mark.parametrize("is_done", [True, False])
def test_a_push_that_was_killed_at_the_layer_is_mended_by_the_next(
    project: Project, studio: Credentials, monkeypatch: pytest.MonkeyPatch, *, is_done: bool
) -> None:
    """Right after the layer has removed what it could, or right before: the next push goes on from there."""
    push(project, server=studio)
    page = Page(studio, project)
    page.draft(NAMES[2])
    suggest(project, NEW)
    remove = Layer.remove_superseded

    def die(layer: Layer, number: int, predictions: Sequence[int]) -> set[int]:
        if is_done:
            remove(layer, number, predictions)
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(Layer, "remove_superseded", die)
        with pytest.raises(KeyboardInterrupt):
            push(project, server=studio)
    push(project, server=studio, pace=Pace(patience=0))
    after, before = [f"{NEW}+{RULES}"], [f"{OLD}+{RULES}"]
    assert page.suggested() == dict(zip(NAMES, (after, after, before, after, []), strict=True))


def test_without_a_layer_that_orders_scores_do(project: Project, studio_of_equals: Credentials) -> None:
    """Where no roles hold: Label Studio's own sampling by score, new scores too; `status` says so."""
    push(project, server=studio_of_equals)
    page = Page(studio_of_equals, project)
    assert (status(project, server=studio_of_equals).order, page.settings()["sampling"]) == (
        "score",
        "Uncertainty sampling",
    )
    assert [page.predictions(NAMES[n])[0]["score"] for n in (3, 1, 0, 2)] == [0.135, 0.145, 0.165, 0.175]
    assert page.next() == NAMES[3]
    page.draft(NAMES[2])
    enqueue(project, *(NAMES[n] for n in (0, 1, 2, 3, 4)), unassisted=NAMES[4])
    # The second is where it was, and the third is begun.
    assert push(project, server=studio_of_equals).suggestions == 2
    assert [page.predictions(NAMES[n])[0]["score"] for n in (0, 1, 2, 3)] == [0.135, 0.145, 0.175, 0.165]


def test_a_project_of_before_takes_part(project: Project, studio: Credentials) -> None:
    """Pushed without [learning], then with it: what models had suggested gives way, and what was hidden goes."""
    without = project.path.with_name("before.toml")
    without.write_text((ROOT / "configs" / "diplomatic.toml").read_text(encoding="utf-8"), encoding="utf-8")
    push(load_project(without, project.workspace.root), server=studio)
    page = Page(studio, project)
    assert page.suggested() == {name: [OLD, RULES] for name in NAMES}
    suggest(project, NEW)
    # Its model lies in the workspace, so its signature is known.
    (project.workspace.models / "ner-old").mkdir(parents=True)
    push(project, server=studio)
    assert page.suggested() == {name: [f"{NEW}+{RULES}"] if name != NAMES[4] else [] for name in NAMES}
