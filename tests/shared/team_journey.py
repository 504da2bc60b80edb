"""The road of a team, as steps: four readers and an adjudicator, one who leaves in the middle, another who joins.

Each has an account and a browser context of their own; the owner works at the command line. What the server answered
to each of them is kept, and what the steps saw is left in `Seen`: tests say what it must be.
"""

from __future__ import annotations

import json
import secrets
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import made
from card_robot import CardRobot
from click.testing import CliRunner
from seats import Seat, Sent, ask_all, take_seat

from labeling.annotations import Annotation, Span
from labeling.cli import cli
from labeling.project import Project, load_project
from labeling.studio.format.tasks import result_of
from labeling.workspace import journal

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from playwright.sync_api import Browser
    from seats import Answer

    from labeling.studio.server.credentials import Credentials

CONFIG = Path(__file__).parents[2] / "configs" / "diplomatic.toml"
READERS = ("ana", "ben", "cleo", "dan")
GONE, LATE, LEAD, OWNER = "dan", "eve", "lead", "owner"
# Who says of a place that it is a country, where the others say that it is a location.
OF_ANOTHER_MIND = ("ben", LATE)
OK, CREATED = 200, 201
GOLD_QUESTIONS = 2

_WHO = (
    "Anna Bo,Carl Dee,Dana Eng,Ines Fall,Gert Hahn,Hana Ito,"
    "Ivo Jansen,Kim Lund,Lea Moss,Nils Oberg,Petra Quist,Rosa Stein"
)
_WHERE = "Oslo,Malé,Bern,Quito,Accra,Hanoi,Lima,Tunis,Riga,Sofia,Vaduz,Yerevan"
_WHAT = "fish,freight,students,a bridge,river water,radio waves,grain,old debts,mines,a museum,bees,solar power"
FACTS = [*zip(_WHO.split(","), _WHERE.split(","), _WHAT.split(","), strict=True)]

_PEOPLE = """
[people]
twice = 0.5
adjudicators = ["{lead}"]
{readers}

[[labels]]"""
_EVERYTHING = {"selectedItems": {"all": True, "excluded": []}, "filters": {"conjunction": "and", "items": []}}


def email_of(name: str) -> str:
    """Somebody's address."""
    return f"{name}.of.desk@journey.example"


def text_of(article: str) -> str:
    """The text of an article; no two of them share a long run of words."""
    who, where, what = FACTS[int(article[-2:])]
    return f"{who} came to {where} to speak of {what}. Nothing was signed."


def said_of(name: str, article: str, secret: str) -> list[Any]:
    """What somebody marks in an article, as the page sends it: two spans, with ids and a note that nobody else has."""
    text, (who, where, _) = text_of(article), FACTS[int(article[-2:])]
    label = "COUNTRY" if name in OF_ANOTHER_MIND else "LOCATION"
    start = text.index(where)
    spans = (
        Span(id=f"{secret}1", start=0, end=len(who), label="PERSON", note=f"note {secret}"),
        Span(id=f"{secret}2", start=start, end=start + len(where), label=label),
    )
    page = made.article(article, text)
    return result_of(Annotation(article=article, digest=page.digest, annotator=name, spans=spans), page)


@dataclass
class Seen:
    """What the steps saw.

    ``ways`` has, by way into the queue and reader, the article that was served and the one that was next in the plan;
    ``bars``, for each reader, what the page's bar says of how far they are, and how far they are. ``forbidden`` has
    each forbidden call: who, what, and the status. ``plans`` are the plans one after the other. ``submitted`` has the
    articles of each in the order in which they were read, ``served`` the tasks as the queue gave them, ``ends`` the
    status of everybody's queue when it was asked last. ``given_back`` are the statuses of all that somebody who left
    asked about what is not theirs any more. ``settled`` are the articles of which the adjudicator said what is right,
    ``told`` is what ``status`` and ``agree`` told the owner. ``disputed`` are the articles of the conflicts that were
    put to the adjudicator, ``keys`` how many keys settled them, ``cards_shown`` whether readers came to the cards.
    """

    ways: dict[tuple[str, str], tuple[str, str]] = field(default_factory=dict)
    forbidden: list[tuple[str, str, int]] = field(default_factory=list)
    plans: list[dict[str, list[str]]] = field(default_factory=list)
    submitted: dict[str, list[str]] = field(default_factory=dict)
    served: dict[str, list[Any]] = field(default_factory=dict)
    ends: dict[str, int] = field(default_factory=dict)
    bars: dict[str, tuple[str, str]] = field(default_factory=dict)
    settled: list[str] = field(default_factory=list)
    told: dict[str, Any] = field(default_factory=dict)
    given_back: list[int] = field(default_factory=list)
    disputed: list[str] = field(default_factory=list)
    keys: int = 0
    cards_shown: dict[str, tuple[int, bool]] = field(default_factory=dict)


@dataclass
class Journey:
    """One team on one server; ``environment`` is that of the owner's commands, ``pages`` whether pages are opened."""

    browser: Browser
    folder: Path
    server: Credentials
    environment: Mapping[str, str | None]
    pages: bool
    seats: dict[str, Seat] = field(default_factory=dict)
    seen: Seen = field(default_factory=Seen)
    number: int = 0

    # --- the owner's side ---

    @property
    def file(self) -> Path:
        """The project file."""
        return self.folder / "team.toml"

    @property
    def project(self) -> Project:
        """The project as it is now."""
        return load_project(self.file, self.folder / "work")

    def command(self, *words: str) -> str:
        """Run ``labeling`` as the owner does, and return what it printed on stdout."""
        where = ["--config", str(self.file), "--workspace", str(self.folder / "work")]
        done = CliRunner().invoke(cli, [*where, *words], standalone_mode=False, env=dict(self.environment))
        if done.exception is not None:
            raise done.exception
        return done.stdout

    def edit(self, before: str, after: str) -> None:
        """Change the project file, once."""
        text = self.file.read_text(encoding="utf-8")
        self.file.write_text(text.replace(before, after, 1), encoding="utf-8")

    def plan(self) -> dict[str, list[str]]:
        """What each reads now, by name, in the order of the plan."""
        readings: dict[str, list[str]] = {}
        for row in sorted(self.project.workspace.assignments.rows(), key=lambda row: (row.reader, row.order)):
            readings.setdefault(row.reader.partition(".")[0], []).append(row.article)
        return readings

    def tasks(self) -> dict[str, int]:
        """The number of each article's task."""
        sent = journal.load_journal(self.project.workspace.pushed.path).values()
        return {row.article: row.task or 0 for row in sent}

    def share_out(self) -> None:
        """Plan anew, and bring the plan."""
        self.command("assign")
        self.number = json.loads(self.command("push", "--json"))["project"]
        self.seen.plans.append(self.plan())

    # --- a person's side ---

    def invite(self) -> None:
        """Send a link to everybody who has no account yet; each signs up with it, in a browser of their own."""
        for row in json.loads(self.command("people", "invite", "--json")):
            if row["url"]:
                seat = take_seat(self.browser, row["email"], self.server.url)
                seat.enter(row["url"])
                self.seats[row["email"].partition(".")[0]] = seat

    def left(self, name: str) -> list[str]:
        """What somebody has still to read, in the plan's order."""
        done = self.seen.submitted.get(name, ())
        return [each for each in self.seen.plans[-1].get(name, ()) if each not in done]

    def ask_next(self, *names: str) -> list[Answer]:
        """Ask the queue as its button does, all of them at once."""
        path = f"/api/dm/actions?id=next_task&project={self.number}"
        return ask_all([self.seats[name] for name in names], Sent("POST", path, {"project": self.number}))

    def read(self, name: str, task: Mapping[str, Any]) -> None:
        """Annotate an article that was served, as the page sends it, with marks that nobody else can have."""
        article, secret = str(task["data"]["article"]), f"{name}{secrets.token_hex(8)}"
        body = {"result": said_of(name, article, secret), "lead_time": 20.0}
        answer = self.seats[name].ask("POST", f"/api/tasks/{task['id']}/annotations", body)
        self.note(name, article, answer.status, answer.json)

    def note(self, name: str, article: str, status: int, stored: Any) -> None:
        """Remember what somebody has submitted."""
        if status != CREATED:
            raise AssertionError(f"{name} could not submit {article}: {status} {stored}")
        for region in stored["result"]:
            texts = region["value"].get("text") if region["type"] == "textarea" else ()
            self.seats[name].marks |= {region["id"], *(texts or ())}
        self.seen.submitted.setdefault(name, []).append(article)

    def read_on(self, *names: str) -> bool:
        """Everybody takes their next article and submits it; whether anybody had one."""
        found = False
        for name, answer in zip(names, self.ask_next(*names), strict=True):
            self.seen.ends[name] = answer.status
            if answer.status == OK:
                found = True
                self.seen.served.setdefault(name, []).append(answer.json)
                self.read(name, answer.json)
        return found


# --- the steps -------------------------------------------------------------------------------------------------------


def play(journey: Journey) -> None:
    """All steps, one after the other."""
    for step in STEPS:
        step(journey)


def prepare(journey: Journey) -> None:
    """Articles, stories, accounts, a plan, and all of it on the server."""
    readers = "\n".join(f'[[people.reader]]\nemail = "{email_of(name)}"' for name in READERS)
    shipped = CONFIG.read_text(encoding="utf-8")
    people = _PEOPLE.format(lead=email_of(LEAD), readers=readers)
    journey.file.write_text(shipped.replace("\n[[labels]]", people, 1), encoding="utf-8")
    source = journey.folder / "wire.jsonl"
    names = [f"wire/{number:02}" for number in range(len(FACTS))]
    rows = [{"id": name, "text": text_of(name), "title": f"Title of {name}"} for name in names]
    source.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    journey.command("ingest", str(source))
    journey.command("cluster")
    journey.invite()
    journey.share_out()


def begin(journey: Journey) -> None:
    """Each reader presses the button and submits a first article: in the page, where pages are opened."""
    if not journey.pages:
        for name, answer in zip(READERS, journey.ask_next(*READERS), strict=True):
            journey.seen.ways["button", name] = (answer.json["data"]["article"], journey.left(name)[0])
            journey.read(name, answer.json)
        return
    for name in READERS:
        expected, seat = journey.left(name)[0], journey.seats[name]
        seat.desk.press_label_all(journey.number)
        seat.desk.sees_instruction()
        journey.seen.ways["button", name] = (_shown(seat), expected)
        hotkeys = "pc" if name in OF_ANOTHER_MIND else "pl"
        for hotkey, words in zip(hotkeys, FACTS[int(expected[-2:])][:2], strict=True):
            seat.desk.mark(hotkey, text_of(expected), words)
        status = seat.desk.submit()
        seat.rest()
        journey.note(name, expected, status, _last_stored(seat))


def _shown(seat: Seat) -> str:
    """The article that the page shows: the one of its text."""
    text = seat.desk.text()
    return next((f"wire/{n:02}" for n in range(len(FACTS)) if text_of(f"{n:02}") == text), text)


def _last_stored(seat: Seat) -> Any:
    """The annotation that somebody submitted last."""
    made_ones = (each for each in reversed(seat.answers) if (each.method, each.status) == ("POST", CREATED))
    return next(each for each in made_ones if each.path.partition("?")[0].rstrip("/").endswith("/annotations")).json


def come_back(journey: Journey) -> None:
    """Each reader follows a bookmark, reloads, and follows a link: in the page, or as the page asks then."""
    for name in READERS:
        expected, *later = journey.left(name)
        linked = (later or [expected])[-1]
        served = (_come_back_in_page if journey.pages else _come_back_as_page)(journey, name, linked)
        journey.seen.bars[name] = (served.pop("bar"), f"2 of {len(journey.seen.plans[-1][name])}")
        wanted = {"link": linked}
        journey.seen.ways |= {(way, name): (got, wanted.get(way, expected)) for way, got in served.items()}


def _come_back_in_page(journey: Journey, name: str, linked: str) -> dict[str, str]:
    seat, came = journey.seats[name], dict[str, str]()
    seat.desk.open(f"/projects/{journey.number}/data?labeling=1")
    came["bookmark"] = _shown(seat)
    seat.settle()
    seat.desk.reload()
    came["reload"] = _shown(seat)
    came["bar"] = seat.desk.counter()
    seat.settle()
    seat.desk.open(f"/projects/{journey.number}/data?task={journey.tasks()[linked]}")
    came["link"] = _shown(seat)
    seat.rest()
    return came


def _come_back_as_page(journey: Journey, name: str, linked: str) -> dict[str, str]:
    path = f"/api/dm/actions?id=next_task&project={journey.number}"
    calls = {
        "bookmark": Sent("POST", path, {**_EVERYTHING, "project": journey.number}),
        "reload": Sent("POST", path, {**_EVERYTHING, "ordering": []}),
        "link": Sent("GET", f"/api/tasks/{journey.tasks()[linked]}"),
        "next": Sent("GET", f"/api/projects/{journey.number}/next"),
    }
    told = journey.seats[name].ask("GET", f"/api/dm/project?project={journey.number}").json
    answers = journey.seats[name].ask_many([*calls.values()])
    served = {way: str(answer.json["data"]["article"]) for way, answer in zip(calls, answers, strict=True)}
    # The bar shows the article that is open as the next after those that are done.
    return {**served, "bar": f"{told['queue_done'] + 1} of {told['queue_total']}"}


def try_what_is_forbidden(journey: Journey) -> None:
    """Ben and the adjudicator try what is the owner's; ben also tries what is ana's."""
    tasks, theirs = journey.tasks(), _last_stored(journey.seats["ana"])
    unread = tasks[next(each for each in tasks if each not in journey.seen.plans[-1]["ben"])]
    of_ana = of_others(journey.number, theirs, unread, tasks[journey.left("ben")[0]])
    owners = [*of_the_owner(journey.number)]
    for name, calls in (("ben", [*owners, *of_ana]), (LEAD, owners)):
        for answer in journey.seats[name].ask_many(calls):
            journey.seen.forbidden.append((name, f"{answer.method} {answer.path}", answer.status))


def of_the_owner(project: int) -> Iterator[Sent]:
    """Calls that are the owner's alone."""
    yield Sent("DELETE", f"/api/projects/{project}")
    yield Sent("PATCH", f"/api/projects/{project}", {"title": "Mine now"})
    yield Sent("GET", f"/api/projects/{project}/export?exportType=JSON")
    yield Sent("POST", f"/api/projects/{project}/exports", {})
    yield Sent("POST", f"/api/projects/{project}/import", [{"text": "Mine."}])
    yield Sent("POST", "/api/projects", {"title": "Mine"})
    for action in ("delete_tasks", "delete_tasks_annotations", "delete_tasks_predictions", "remove_duplicates"):
        yield Sent("POST", f"/api/dm/actions?id={action}&project={project}", _EVERYTHING)
    for path in ("webhooks", "ml", "storages/localfiles", "storages/export/s3"):
        yield Sent("POST", f"/api/{path}", {"project": project, "url": "http://127.0.0.1:9/", "path": "/"})
    for path in ("invite", "organizations", "organizations/1/memberships", f"webhooks?project={project}"):
        yield Sent("GET", f"/api/{path}")
    yield Sent("POST", "/api/invite/reset-token", {})
    for path in ("plan", "kept"):
        yield Sent("GET", f"/labeling/api/projects/{project}/{path}/")
        yield Sent("PUT", f"/labeling/api/projects/{project}/{path}/", {})
    yield Sent("GET", "/labeling/api/people/")
    yield Sent("POST", "/labeling/api/invitations/", {"email": "mallory@journey.example", "project": project})


def of_others(project: int, theirs: Mapping[str, Any], unread: int, mine: int) -> Iterator[Sent]:
    """Another's annotation, an article of others, another's name, and filters that would tell their words."""
    annotation = f"/api/annotations/{theirs['id']}"
    yield Sent("GET", annotation)
    yield Sent("PATCH", annotation, {"result": []})
    yield Sent("PUT", annotation, {"result": []})
    yield Sent("DELETE", annotation)
    yield Sent("GET", f"/api/tasks/{unread}")
    yield Sent("POST", f"/api/tasks/{unread}/annotations", {"result": []})
    yield Sent("POST", f"/api/tasks/{mine}/annotations", {"result": [], "completed_by": theirs["completed_by"]})
    yield Sent("DELETE", f"/api/tasks/{mine}")
    yield Sent("PATCH", f"/api/tasks/{mine}", {"data": {"text": "Mine."}})
    for column, value in (("annotations_results", "PERSON"), ("annotators", theirs["completed_by"])):
        rule = {"filter": f"filter:tasks:{column}", "operator": "contains", "type": "String", "value": value}
        filters = {"conjunction": "and", "items": [rule]}
        yield Sent("POST", "/api/dm/views", {"project": project, "data": {"filters": filters}})
        yield Sent("GET", f"/api/tasks?project={project}&query={quote(json.dumps({'filters': filters}))}")
        asked = {"project": project, "filters": filters}
        yield Sent("POST", f"/api/dm/actions?id=next_task&project={project}", asked)
    ordered = {"ordering": ["tasks:total_annotations"]}
    yield Sent("POST", "/api/dm/views", {"project": project, "data": ordered})
    yield Sent("GET", f"/api/tasks?project={project}&query={quote(json.dumps(ordered))}")


def let_one_leave(journey: Journey) -> None:
    """Dan has submitted an article and begun another, and goes: what he has begun is another's now."""
    article, secret = journey.left(GONE)[0], f"{GONE}{secrets.token_hex(8)}"
    body = {"result": said_of(GONE, article, secret), "lead_time": 3.0}
    journey.seats[GONE].ask("POST", f"/api/tasks/{journey.tasks()[article]}/drafts", body)
    journey.seats[GONE].marks |= {f"{secret}1", f"{secret}2", f"note {secret}"}
    unseen = [journey.tasks()[each] for each in journey.left(GONE)[1:-1]]  # the last one was opened by its link
    journey.command("pull")
    journey.command("people", "remove", email_of(GONE))
    journey.share_out()
    journey.read_on(GONE)
    for task in unseen:
        calls = (Sent("GET", f"/api/tasks/{task}"), Sent("POST", f"/api/tasks/{task}/annotations", {"result": []}))
        journey.seen.given_back += [answer.status for answer in journey.seats[GONE].ask_many(calls)]


def let_another_join(journey: Journey) -> None:
    """Eve is written into the project file, invited, and signs up."""
    journey.edit("[[labels]]", f'[[people.reader]]\nemail = "{email_of(LATE)}"\n\n[[labels]]')
    journey.invite()
    journey.command("pull")
    journey.share_out()


def read_to_the_end(journey: Journey) -> None:
    """Everybody who is there reads what is theirs."""
    while journey.read_on(*(name for name in (*READERS, LATE) if name != GONE)):
        pass


def ask_gold_questions(journey: Journey) -> None:
    """The adjudicator says the same as the one reader of an article, twice; both come to others as gold questions."""
    readings = Counter(article for own in journey.seen.submitted.values() for article in own)
    single = [
        article
        for name, own in journey.seen.submitted.items()
        for article in own
        if readings[article] == 1 and name not in (*OF_ANOTHER_MIND, GONE)
    ]
    journey.seen.settled = single[:GOLD_QUESTIONS]
    for article in journey.seen.settled:
        journey.read(LEAD, journey.seats[LEAD].ask("GET", f"/api/tasks/{journey.tasks()[article]}").json)
    journey.edit("twice = 0.5", f"twice = 0.5\ngold_questions = {GOLD_QUESTIONS}")
    journey.command("pull")
    journey.share_out()
    read_to_the_end(journey)


def bring_home(journey: Journey) -> None:
    """The owner and the adjudicator look at every article in the browser; the owner pulls, and is told of it all."""
    owner = take_seat(journey.browser, journey.server.email, journey.server.url)
    owner.enter(f"{journey.server.url}/user/login/", journey.server.password)
    journey.seats[OWNER] = owner
    for name in (OWNER, LEAD):
        journey.seats[name].ask_many([Sent("GET", f"/api/tasks/{task}") for task in journey.tasks().values()])
    journey.command("pull")
    for seat in journey.seats.values():
        seat.ask_again()
    journey.seen.told = {verb: json.loads(journey.command(verb, "--json")) for verb in ("status", "agree")}


def settle(journey: Journey) -> None:
    """The adjudicator settles by keys, in the page, what readers differ on; readers find no card anywhere."""
    journey.command("adjudicate")
    journey.seen.disputed = sorted(row.article for row in journey.project.workspace.conflicts.rows())
    journey.command("cards")
    cards = journey.project.workspace.studio_link.value().cards
    if cards is None:
        raise AssertionError("there is no project of cards")
    seat = journey.seats[LEAD]
    robot = CardRobot(seat.desk.page, journey.server.url)
    robot.open(cards.project)
    while not robot.is_done:
        # The first with a reason.
        robot.answer(robot.key_of("LOCATION"), *([] if robot.seconds else ["s"]))
    journey.seen.keys = robot.actions
    seat.rest()
    for name in (*READERS, LATE):
        found = journey.seats[name].ask("GET", f"/api/projects/{cards.project}").status
        listed = [row["id"] for row in journey.seats[name].ask("GET", "/api/projects").json["results"]]
        journey.seen.cards_shown[name] = (found, cards.project in listed)
        journey.seats[name].ask_again()
    journey.command("pull")
    journey.command("adjudicate")


STEPS = (
    prepare,
    begin,
    come_back,
    try_what_is_forbidden,
    let_one_leave,
    let_another_join,
    read_to_the_end,
    ask_gold_questions,
    bring_home,
    settle,
)
