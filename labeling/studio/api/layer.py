"""The layer before a server of ours, as its owner asks it: who is who, who is invited, the plan, and what it kept.

A server without it answers none of this; then `find_layer` says so, and whoever asks goes by convention.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from labeling.errors import NotLabelStudio, escape_controls
from labeling.studio.format.regions import ServerModel

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from pydantic import JsonValue

    from labeling.studio.api.client import Studio

GATE_HEADER = "X-Labeling-Gate"
SCHEMA = 1  # of the layer's tables, which this client reads

# What the layer keeps of a project, by kind.
KeptKind: TypeAlias = Literal["first", "refused", "served", "shown", "mention", "audit"]

_STATE = "labeling/api/state/"
INVITATIONS = "labeling/api/invitations/"
_PEOPLE = "labeling/api/people/"
_MOST_PAGES = 1_000_000
_SENT_AT_ONCE = 200


def _suggestions(project: int) -> str:
    return f"labeling/api/projects/{project}/suggestions/"


class TeamMember(ServerModel):
    """Somebody on a server of ours: by e-mail address, with what they are in a project and how far they have come.

    ``invited`` is since when a link for them is open.
    """

    email: str
    role: str
    in_plan: bool = False
    account: bool = False
    confirmed: bool = False
    invited: str | None = None
    assigned: int = 0
    done: int = 0


class _State(ServerModel):
    version: str
    roles: bool
    # `schema` is the name of a method of pydantic's models.
    tables: int
    closes: bool = False
    tells: bool = False
    orders: bool = False
    offers: bool = False


@dataclass(frozen=True)
class SignupLink:
    """Where somebody signs up; ``signed``: nobody but that address can, and once."""

    url: str
    signed: bool


@dataclass(frozen=True)
class Layer:
    """The layer of a server: its version, whether roles hold, and the version of its tables.

    ``closes`` is whether it knows the rule by which a project is closed, ``tells`` whether it tells readers what was
    decided on their articles, ``orders`` whether it serves what is open in the order that it is told, ``offers``
    whether it tells what it offered to whoever annotated.
    """

    studio: Studio
    version: str
    roles: bool
    tables: int
    closes: bool = False
    tells: bool = False
    orders: bool = False
    offers: bool = False

    def invite(self, email: str, project: int) -> SignupLink | str:
        """A link for an address; or, where somebody has an account of it, ``confirmed`` or ``account``."""
        answer = self._ask("POST", INVITATIONS, f"invite {email}", {"email": email, "project": project})
        if "url" in answer:
            return SignupLink(f"{self.studio.url}{escape_controls(str(answer['url']))}", bool(answer["signed"]))
        return str(answer.get("reason"))

    def take_back(self, email: str) -> None:
        """Let no link that is open for an address sign anybody up."""
        self._ask("DELETE", INVITATIONS, f"take back the invitation of {email}", {"email": email})

    def confirm(self, email: str) -> str:
        """Confirm an account by its address; empty, or ``nobody``, or ``several`` where it is spelt in several ways."""
        return str(self._ask("POST", _PEOPLE, f"confirm {email}", {"email": email}).get("reason", ""))

    def remove(self, email: str, project: int) -> tuple[int, int]:
        """Take somebody out of a project: how many tasks they give back, and how many they have submitted."""
        answer = self._ask("DELETE", _PEOPLE, f"remove {email}", {"email": email, "project": project})
        return int(answer["given_back"]), int(answer["submitted"])

    def people(self, project: int) -> list[TeamMember]:
        """Everybody of a project, and everybody else with an account, by address."""
        read = self.studio.transport.read(_PEOPLE, "list its people", params={"project": project})
        return self.studio.transport.parse(
            read, lambda body: [TeamMember.model_validate(one) for one in body["people"]]
        )

    def plan(self, project: int) -> Any:  # noqa: ANN401 - JSON
        """The plan of a project, as it was sent."""
        path = f"labeling/api/projects/{project}/plan/"
        return self.studio.transport.parse(self.studio.transport.read(path, "show its plan"), lambda body: body)

    def bring_plan(self, project: int, plan: Mapping[str, Any]) -> None:
        """Put a plan in the place of the one that is there."""
        path = f"labeling/api/projects/{project}/plan/"
        self.studio.transport.write("PUT", path, "take the plan", json=plan)

    def list_begun(self, project: int) -> set[int]:
        """The tasks of a project that somebody has annotated, has a draft of, or was shown."""
        read = self.studio.transport.read(_suggestions(project), "list what is begun")
        return self.studio.transport.parse(read, lambda body: {int(task) for task in body["begun"]})

    def remove_superseded(self, project: int, predictions: Sequence[int]) -> set[int]:
        """Remove suggestions by their numbers, but for those of tasks that are begun; the tasks of those that stay."""
        answer = self._ask("DELETE", _suggestions(project), "remove suggestions", {"predictions": [*predictions]})
        return {int(task) for task in answer["begun"]}

    def bring_decided(self, project: int, rows: Sequence[Mapping[str, JsonValue]]) -> None:
        """Put what readers are told of decisions in the place of what is there."""
        path = f"labeling/api/projects/{project}/decided/"
        self.studio.transport.write("PUT", path, "tell readers what was decided", texts=True, json={"decided": [*rows]})

    def kept(
        self, project: int, kind: KeptKind, since: str = "", tasks: Sequence[int] = ()
    ) -> Iterator[dict[str, Any]]:
        """The rows of a kind, page by page, in the order of their keys.

        With ``since``, those from that instant on; with ``tasks``, at most 300 of them, theirs alone.
        """
        path = f"labeling/api/projects/{project}/kept/"
        query: dict[str, str] = {"kind": kind}
        if since:
            query["since"] = since
        if tasks:
            query["tasks"] = ",".join(map(str, tasks))
        for _ in range(_MOST_PAGES):
            answer = self.studio.transport.read(path, f"show what it kept ({kind})", params=query)
            rows, after = self.studio.transport.parse(
                answer, lambda body: ([dict(row) for row in body["rows"]], body["next"])
            )
            yield from rows
            if after is None:
                return
            query["after"] = str(after)

    def drop_gone(self, project: int) -> None:
        """Remove what the layer kept of tasks that the project does not have any more; the audit stays."""
        path = f"labeling/api/projects/{project}/kept/"
        self.studio.transport.write("DELETE", path, "forget what it kept of tasks that are gone")

    def bring_kept(self, project: int, rows: Iterable[tuple[KeptKind, dict[str, Any]]]) -> tuple[int, list[str]]:
        """Bring back what another server had kept: how many rows were new, and of which addresses nobody is here."""
        taken, strangers = 0, set[str]()
        batch: dict[str, list[Any]] = {}
        for number, (kind, row) in enumerate(rows, start=1):
            batch.setdefault(kind, []).append(row)
            if number % _SENT_AT_ONCE == 0:
                taken += self._bring(project, batch, strangers)
                batch = {}
        taken += self._bring(project, batch, strangers)
        return taken, sorted(strangers)

    def _bring(self, project: int, batch: Mapping[str, list[Any]], strangers: set[str]) -> int:
        if not batch:
            return 0
        path = f"labeling/api/projects/{project}/kept/"
        answer = self.studio.transport.write("PUT", path, "take back what was kept", texts=True, json=batch)
        body = self.studio.transport.parse(answer, lambda found: {**found})
        strangers |= {*map(str, body.pop("strangers"))}
        return sum(map(int, body.values()))

    def _ask(
        self, method: Literal["POST", "DELETE"], path: str, doing: str, sent: Mapping[str, JsonValue]
    ) -> dict[str, Any]:
        answer = self.studio.transport.write(method, path, doing, json=sent)
        return self.studio.transport.parse(answer, lambda body: {**body})


def find_layer(studio: Studio) -> Layer | None:
    """The layer of that server; None where there is none, or one of before it had routes of its own.

    Raises:
        NotAuthorised: The layer is there, and the key is not the owner's.
    """
    version = studio.transport.read("api/version", "say which gate it has").headers.get(GATE_HEADER, "")
    if not version:
        return None
    try:
        answer = studio.transport.read_if_there(_STATE, "say which layer it has")
    except NotLabelStudio:
        # Label Studio's own page for an address that it does not know.
        return None
    if answer is None:
        return None
    state = studio.transport.parse(
        answer,
        lambda body: _State(
            version=body["version"],
            roles=body["roles"],
            tables=body["schema"],
            closes=body.get("closes", False),
            tells=body.get("tells", False),
            orders=body.get("orders", False),
            offers=body.get("offers", False),
        ),
    )
    does = {"closes": state.closes, "tells": state.tells, "orders": state.orders, "offers": state.offers}
    return Layer(studio, escape_controls(state.version), state.roles, state.tables, **does)
