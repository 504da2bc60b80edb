"""`labeling cards --articles` on a real server: each article once, its versions side by side, and the way back."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from click.testing import CliRunner
from differing import Desk

from labeling.cli import cli
from labeling.errors import ProjectFileError, UsageError
from labeling.project import load_project
from labeling.studio.api.connect import connect
from labeling.studio.cards.article_page import DIFFERENCES, DIFFERS
from labeling.studio.cards.article_task import AGREED
from labeling.studio.cards.card_standing import remove_cards
from labeling.studio.cards.push_articles import WholeArticlesResult, push_articles
from labeling.studio.format.tasks import result_of
from labeling.studio.sync.pull import pull

if TYPE_CHECKING:
    from labeling.annotations import Annotation, Gold
    from labeling.articles import Article
    from labeling.studio.server.credentials import Credentials

pytestmark = pytest.mark.studio


@pytest.fixture(scope="module")
def desk(studio: Credentials, tmp_path_factory: pytest.TempPathFactory) -> Desk:
    """Two articles on a server with roles, three conflicts in each, and two who decide."""
    return Desk(tmp_path_factory.mktemp("whole"), studio, "finch", leads=("lead", "chief"), articles=2).prepare()


def send(desk: Desk, *names: str, **how: Any) -> WholeArticlesResult:
    """Run `labeling cards --articles` on the desk's server."""
    return push_articles(desk.project, names, server=desk.server, **how)


def counts(result: WholeArticlesResult) -> dict[str, int]:
    """What of a result is not nought."""
    names = ("articles", "new", "same", "renewed", "answered", "begun", "removed")
    return {name: getattr(result, name) for name in names if getattr(result, name)}


def number(desk: Desk) -> int:
    """The number of the project of whole articles."""
    further = desk.project.workspace.studio_link.value().articles
    assert further is not None
    return further.project


def tasks(desk: Desk) -> dict[str, dict[str, Any]]:
    """The tasks there as the owner sees them, by article."""
    listed = desk.ask("owner", "GET", f"/api/tasks?project={number(desk)}&page_size=50").json()["tasks"]
    found = [desk.ask("owner", "GET", f"/api/tasks/{row['id']}").json() for row in listed]
    return {task["data"]["article"]: task for task in found}


def article(desk: Desk, name: str) -> Article:
    """An article of the desk."""
    return desk.project.workspace.articles.by("id")[name]


def submit(desk: Desk, who: str, words: Annotation, path: str = "annotations", **more: Any) -> int:
    """Submit an article as a whole, with the marks of differences, as the page does; the number of it."""
    task = tasks(desk)[words.article]
    (draft,) = (each for each in task["predictions"] if each["model_version"] == AGREED)
    marks = [row for row in draft["result"] if row["from_name"] == DIFFERS]
    result = [*result_of(words, article(desk, words.article)), *marks]
    body = {"result": result, "lead_time": 1.0, **more}
    return int(desk.ask(who, "POST", f"/api/tasks/{task['id']}/{path}", json=body).json()["id"])


def gold(desk: Desk, name: str) -> Gold:
    """What stands in an article."""
    return next(row for row in desk.project.workspace.gold.rows() if row.article == name)


def open_in(desk: Desk, name: str) -> int:
    """How many conflicts are open in an article."""
    return sum(row.article == name for row in desk.project.workspace.conflicts.rows())


def decisions(desk: Desk) -> list[tuple[str, str, str]]:
    """The articles that were decided as a whole, by whom."""
    rows = desk.project.workspace.decisions.rows_if_written()
    return sorted((row.article, row.what, row.by) for row in rows)


def test_the_road_of_a_whole_article(desk: Desk) -> None:
    """Sent once, with each version; submitted, brought home, changed, taken back; and dropped when nobody asks."""
    send_them_once(desk)
    show_each_version(desk)
    keep_readers_out(desk)
    decide_nothing_by_a_draft_or_a_stranger(desk)
    decide_by_what_an_adjudicator_submits(desk)
    follow_its_author(desk)
    drop_what_nobody_asks(desk)
    forget_an_article(desk)


def send_them_once(desk: Desk) -> None:
    """A dry run sends nothing; then each article with open conflicts is sent once."""
    assert counts(send(desk, dry_run=True)) == {"articles": 2, "new": 2}
    assert desk.project.workspace.studio_link.value().articles is None
    assert counts(send(desk, "d/000")) == {"articles": 1, "new": 1}
    assert counts(send(desk)) == {"articles": 2, "new": 1, "same": 1}
    assert counts(send(desk)) == {"articles": 2, "same": 2}
    assert counts(send(desk, "d/001")) == {"articles": 1, "same": 1}
    shown = desk.ask("lead", "GET", f"/api/projects/{number(desk)}").json()
    assert (shown["title"], shown["task_number"], shown["model_version"]) == ("Of finch: articles", 2, AGREED)
    assert (
        desk.ask("owner", "GET", f"/api/projects/{desk.project.workspace.studio_link.value().project}").json()[
            "total_predictions_number"
        ]
        == 0
    )


def show_each_version(desk: Desk) -> None:
    """Each reader's version is a prediction by name; the draft has what all agree on; what differs is marked."""
    task = tasks(desk)["d/000"]
    text = task["data"]["text"]
    said = {each["model_version"]: each["result"] for each in task["predictions"]}
    assert said.keys() == {AGREED, "finch-one", "finch-two"}
    differ = {("Oslo", DIFFERS), ("Norwegian Foreign Ministry", DIFFERS), ("Norwegian", DIFFERS)}
    assert all(labels_of(rows, text, DIFFERS) == differ for rows in said.values())
    agreed = {("Anna Bo", "PERSON"), ("Norwegian Foreign Ministry", "GOV_BODY"), ("Norwegian", "COUNTRY")}
    assert labels_of(said[AGREED], text, "label") == agreed
    assert labels_of(said["finch-one"], text, "label") == agreed | {("Oslo", "LOCATION")}
    assert labels_of(said["finch-two"], text, "label") == agreed | {("Oslo", "COUNTRY")}
    assert [row["labels"] for row in said["finch-one"] if row["type"] == "relation"] == [["PART_OF"]]
    assert "finch-one: LOCATION “Oslo”" in task["data"][DIFFERENCES]
    assert "finch-two: nothing" in task["data"][DIFFERENCES]


def labels_of(rows: list[Any], text: str, control: str) -> set[tuple[str, str]]:
    """The words and labels that a control has marked."""
    values = [row["value"] for row in rows if row.get("from_name") == control]
    return {(text[value["start"] : value["end"]], value["labels"][0]) for value in values}


def keep_readers_out(desk: Desk) -> None:
    """A reader finds neither the project nor its tasks; who decides does."""
    task = tasks(desk)["d/000"]["id"]
    paths = (f"/api/projects/{number(desk)}/", f"/api/tasks/{task}/", f"/api/predictions?task={task}")
    assert [desk.status("one", path) for path in paths] == [404, 404, 403]
    assert [desk.status("lead", path) for path in paths] == [200] * 3


def decide_nothing_by_a_draft_or_a_stranger(desk: Desk) -> None:
    """A draft, a skip, and what the owner says, who does not decide here, change nothing; the last is in quarantine."""
    words = desk.said("one", article(desk, "d/000"))
    submit(desk, "lead", words, "drafts")
    submit(desk, "chief", words, was_cancelled=True)
    submit(desk, "owner", words)
    came = desk.settle()
    assert came.quarantined == {"not an adjudicator": 1}
    assert (decisions(desk), open_in(desk, "d/000")) == ([], 3)
    assert counts(send(desk)) == {"articles": 2, "same": 1, "answered": 1}


def decide_by_what_an_adjudicator_submits(desk: Desk) -> None:
    """What an adjudicator submits stands, by their name, and nothing else: not even what both readers said."""
    words = desk.said("two", article(desk, "d/000"))
    submit(desk, "lead", words.model_copy(update={"spans": words.spans[1:]}))
    came = desk.settle()
    assert (came.new, decisions(desk)) == (1, [("d/000", "article", "finch-lead")])
    assert open_in(desk, "d/000") == 0
    stands = gold(desk, "d/000")
    text = article(desk, "d/000").text
    assert {(text[span.start : span.end], span.label) for span in stands.spans} == {
        ("Norwegian Foreign Ministry", "GOV_BODY"),
        ("Norwegian", "COUNTRY"),
        ("Oslo", "COUNTRY"),
    }
    assert (stands.relations, stands.choices) == ((), {"event": ("AID",)})
    again = pull(desk.project, server=desk.server)
    assert (again.cards and again.cards.new, again.quarantined) == (0, {"not an adjudicator": 1})


def follow_its_author(desk: Desk) -> None:
    """What its author changes is followed; what another changes is not, and the words of before stand."""
    (decided,) = desk.project.workspace.decisions.rows()
    path = f"/api/annotations/{decided.server_id}"
    changed = result_of(desk.said("one", article(desk, "d/000")), article(desk, "d/000"))
    desk.ask("owner", "PATCH", path, json={"result": changed})
    came = desk.settle()
    assert came.quarantined == {"changed card": 1, "not an adjudicator": 1}
    assert gold(desk, "d/000").choices == {"event": ("AID",)}
    desk.ask("lead", "PATCH", path, json={"result": changed})
    came = desk.settle()
    assert (came.changed, gold(desk, "d/000").choices) == (1, {"event": ("CONSULT",)})
    desk.ask("lead", "DELETE", path)
    came = desk.settle()
    assert (came.withdrawn, decisions(desk), open_in(desk, "d/000")) == (1, [], 3)


def drop_what_nobody_asks(desk: Desk) -> None:
    """One in which nobody has worked is sent anew when a reader says something else, and goes when they agree."""
    other = article(desk, "d/001")
    said = desk.said("two", other)
    desk.change("two", said.model_copy(update={"choices": {"event": ("ACCUSE",)}}), other)
    desk.settle()
    assert counts(send(desk)) == {"articles": 2, "renewed": 1, "answered": 1}
    assert "ACCUSE" in tasks(desk)["d/001"]["data"][DIFFERENCES]
    desk.change("two", desk.said("one", other), other)
    desk.settle()
    assert counts(send(desk)) == {"articles": 1, "answered": 1, "removed": 1}
    assert counts(send(desk, "d/001")) == {"articles": 1, "new": 1}
    assert counts(send(desk)) == {"articles": 1, "answered": 1, "removed": 1}


def forget_an_article(desk: Desk) -> None:
    """With an article, what was said of it as a whole goes from the server."""
    with connect(desk.project.workspace, desk.server) as studio:
        row = article(desk, "d/000")
        assert remove_cards(studio, desk.project.workspace, [(row.id, row.digest)]) == 1
    assert tasks(desk) == {}


def test_what_cannot_be_put_is_refused(desk: Desk) -> None:
    """An article that is not there, a project without anybody who decides, ids without --articles: by name."""
    with pytest.raises(UsageError, match="there is no such article"):
        send(desk, "d/009")
    text = desk.file.read_text(encoding="utf-8")
    without = desk.folder / "without.toml"
    leads = json.dumps([desk.email(who) for who in desk.leads])
    without.write_text(text.replace(f"adjudicators = {leads}\n", ""), encoding="utf-8")
    with pytest.raises(ProjectFileError, match="adjudicators"):
        push_articles(load_project(without, desk.folder / "work"), server=desk.server)
    where = ["--config", str(desk.file), "--workspace", str(desk.folder / "work")]
    done = CliRunner().invoke(cli, [*where, "cards", "d/000"])
    assert isinstance(done.exception, UsageError)
    assert "--articles" in done.exception.todo
