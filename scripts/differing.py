"""A desk whose two readers differ on a span, on a relation and on a choice of each article, and who decides there."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx

from labeling.adjudication.adjudicate import adjudicate
from labeling.annotations import Annotation, Relation, Span
from labeling.project import Project, load_project
from labeling.sources.ingest import ingest
from labeling.studio.api.connect import connect_to
from labeling.studio.api.signup import add_user
from labeling.studio.cards.pull_cards import CardTally
from labeling.studio.format.tasks import result_of
from labeling.studio.sync.pull import pull
from labeling.studio.sync.push import push
from labeling.workspace import journal

if TYPE_CHECKING:
    from collections.abc import Sequence

    from labeling.articles import Article
    from labeling.studio.server.credentials import Credentials

PHRASE = "a long pass phrase"
CONFIG = Path(__file__).parents[1] / "configs" / "diplomatic.toml"
FACTS = (
    ("Anna Bo", "Oslo", "fish"),
    ("Carl Dee", "Malé", "freight"),
    ("Dana Eng", "Bern", "students"),
    ("Ines Fall", "Quito", "a bridge"),
    ("Gert Hahn", "Accra", "river water"),
    ("Hana Ito", "Hanoi", "radio waves"),
)
BODY, STATE = "Norwegian Foreign Ministry", "Norwegian"


def text_of(number: int) -> str:
    """The text of an article."""
    who, where, what = FACTS[number % len(FACTS)]
    again = f" Round {number // len(FACTS) + 1}." if number >= len(FACTS) else ""
    return f"{who} of the {BODY} came to {where} to speak of {what}. Nothing was signed.{again}"


@dataclass
class Desk:
    """A project on a server, with two readers and its adjudicators: ``name`` tells its people from those of others."""

    folder: Path
    server: Credentials
    name: str
    leads: Sequence[str] = ("lead",)
    articles: int = 1
    keys: dict[str, str] = field(default_factory=dict)

    def email(self, who: str) -> str:
        """Somebody's address."""
        return f"{self.name}-{who}@differing.example"

    @property
    def file(self) -> Path:
        """The project file."""
        return self.folder / "desk.toml"

    @property
    def project(self) -> Project:
        """The project as it is now."""
        return load_project(self.file, self.folder / "work")

    def prepare(self) -> Desk:
        """Articles on the server, read by both readers, pulled and adjudicated: three open conflicts in each."""
        leads = json.dumps([self.email(who) for who in self.leads])
        readers = "\n".join(f'[[people.reader]]\nemail = "{self.email(who)}"\n' for who in ("one", "two"))
        shipped = CONFIG.read_text(encoding="utf-8").replace('name = "Diplomatic news"', f'name = "Of {self.name}"')
        people = f"\n[people]\nadjudicators = {leads}\n{readers}\n[[labels]]"
        self.file.write_text(shipped.replace("\n[[labels]]", people, 1), encoding="utf-8")
        rows = [{"id": f"d/{number:03}", "text": text_of(number), "title": "T"} for number in range(self.articles)]
        source = self.folder / "wire.jsonl"
        source.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
        ingest(self.project, [str(source)])
        for who in ("one", "two", *self.leads):
            self.keys[who] = add_user(self.server, self.email(who), PHRASE)
        push(self.project, server=self.server)
        for article in self.project.workspace.articles.rows():
            for who in ("one", "two"):
                self.submit(who, self.said(who, article), article)
        self.settle()
        return self

    def settle(self) -> CardTally:
        """Pull and adjudicate; what came of the cards."""
        came = pull(self.project, server=self.server)
        adjudicate(self.project)
        return came.cards or CardTally(0, 0, 0, 0, 0, (), (), {}, "")

    def said(self, who: str, article: Article) -> Annotation:
        """What a reader says of an article: they differ in a label, in whether a relation holds, and in the event."""
        text = article.text
        where = next(place for name, place, _ in FACTS if text.startswith(name))
        spans = [
            _span("p", text, text.split(" of ")[0], "PERSON"),
            _span("b", text, BODY, "GOV_BODY"),
            _span("s", text, STATE, "COUNTRY"),
            _span("w", text, where, "LOCATION" if who == "one" else "COUNTRY"),
        ]
        relations = (Relation(head="b", tail="s", label="PART_OF"),) if who == "one" else ()
        return Annotation(
            article=article.id,
            digest=article.digest,
            annotator=who,
            spans=tuple(spans),
            relations=relations,
            choices={"event": ("CONSULT" if who == "one" else "AID",)},
        )

    def submit(self, who: str, annotation: Annotation, article: Article) -> int:
        """Send an annotation as the page does; one of before is changed."""
        task = self.tasks()[article.id]
        with connect_to(self.server.url, self.keys[who]) as studio:
            return studio.annotate(task, annotation, article)

    def change(self, who: str, annotation: Annotation, article: Article) -> None:
        """Change what a reader has said of an article."""
        rows = self.project.workspace.annotations.rows()
        own = next(row for row in rows if (row.article, row.annotator) == (article.id, f"{self.name}-{who}"))
        result = result_of(annotation, article)
        self.ask(who, "PATCH", f"/api/annotations/{own.server_id}", json={"result": result})

    def tasks(self) -> dict[str, int]:
        """The task of each article."""
        sent = journal.load_journal(self.project.workspace.pushed.path).values()
        return {row.article: row.task or 0 for row in sent}

    # --- cards ---

    @property
    def number(self) -> int:
        """The number of the project of cards."""
        cards = self.project.workspace.studio_link.value().cards
        return cards.project if cards else 0

    def cards(self) -> list[dict[str, Any]]:
        """The cards as the owner exports them, in the order of their numbers."""
        query = {"exportType": "JSON", "download_all_tasks": "true"}
        found = self.ask("owner", "GET", f"/api/projects/{self.number}/export", params=query).json()
        return sorted(found, key=lambda task: task["id"])

    def card_about(self, what: str) -> dict[str, Any]:
        """The first card about a span, a relation or a choice."""
        return next(card for card in self.cards() if card["data"]["what"] == what)

    def answer(self, who: str, task: int, verdict: str, *reasons: str, **more: Any) -> int:  # noqa: ANN401 - fields of a body
        """Answer a card, as the page does; the number of the answer."""
        body = {"result": answer_of(verdict, *reasons), "lead_time": 1.0, **more}
        return int(self.ask(who, "POST", f"/api/tasks/{task}/annotations", json=body).json()["id"])

    def status(self, who: str, path: str) -> int:
        """What somebody's key is answered."""
        headers = {"Authorization": f"Token {self.keys[who]}"}
        return httpx.get(f"{self.server.url}{path}", headers=headers, trust_env=False).status_code

    def read_page(self, who: str, path: str) -> str:
        """A page as somebody sees it who has logged in."""
        with httpx.Client(base_url=self.server.url, timeout=60, trust_env=False) as browser:
            browser.get("/user/login/")
            form = {"csrfmiddlewaretoken": browser.cookies["csrftoken"], "email": self.email(who), "password": PHRASE}
            browser.post("/user/login/", data=form, headers={"Origin": self.server.url})
            return browser.get(path).raise_for_status().text

    def ask(self, who: str, method: str, path: str, **how: Any) -> httpx.Response:  # noqa: ANN401 - httpx's arguments
        """A call with somebody's key; one that is refused fails."""
        key = self.keys.get(who, self.server.api_key)
        headers = {"Authorization": f"Token {key}"}
        with httpx.Client(base_url=self.server.url, headers=headers, timeout=60, trust_env=False) as calls:
            return calls.request(method, path, **how).raise_for_status()


def answer_of(verdict: str, *reasons: str) -> list[Any]:
    """An answer with reasons, as the page sends it: beside the card's own marks."""
    rows = [("verdict", verdict), *(("reason", reason) for reason in reasons)]
    return [
        {"id": f"x{n}", "from_name": name, "to_name": "text", "type": "choices", "value": {"choices": [option]}}
        for n, (name, option) in enumerate(rows)
    ]


def _span(name: str, text: str, words: str, label: str) -> Span:
    start = text.index(words)
    return Span(id=name, start=start, end=start + len(words), label=label)
