"""Nobody speaks for another: what somebody else than the author did to an annotation on the server."""

from __future__ import annotations

from typing import TYPE_CHECKING

from faulty.attacks.attack import Attack, insist
from faulty.attacks.team import TEXTS, Team, found_team, span

if TYPE_CHECKING:
    from collections.abc import Callable

    from faulty.attacks.attack import Ground

GROUP = "signed words"
_NAME = "wire/0"
_KIND = "spoken for another"


def _change(by: str, words: list[int], label: str = "PERSON") -> Callable[[Team, int], object]:
    def act(team: Team, number: int) -> None:
        result = [span(start, label) for start in words]
        team.call(by, "PATCH", f"/api/annotations/{number}/", {"result": result})

    return act


def _star(by: str) -> Callable[[Team, int], object]:
    return lambda team, number: team.call(by, "PATCH", f"/api/annotations/{number}/", {"ground_truth": True})


def _file(by: str) -> Callable[[Team, int], object]:
    """In the place of ana's own, which is removed."""

    def act(team: Team, number: int) -> None:
        team.call("ana", "DELETE", f"/api/annotations/{number}/")
        team.submit(by, _NAME, [span(9)], completed_by=team.user("ana"))

    return act


def _import(by: str) -> Callable[[Team, int], object]:
    def act(team: Team, number: int) -> None:
        team.call("ana", "DELETE", f"/api/annotations/{number}/")
        annotation = {"result": [span(9)], "completed_by": team.user("ana"), "ground_truth": False}
        task = {"data": {"article": _NAME, "text": TEXTS[_NAME]}, "annotations": [annotation]}
        team.call(by, "POST", f"/api/projects/{team.project}/import", [task])

    return act


def _in_turn(*acts: Callable[[Team, int], object]) -> Callable[[Team, int], object]:
    def act(team: Team, number: int) -> None:
        for one in acts:
            one(team, number)

    return act


# What is done, and whether ana's signature still counts.
_ACTS: dict[str, tuple[Callable[[Team, int], object], bool]] = {
    "ben draws ana's span elsewhere": (_change("ben", [9]), False),
    "the owner draws ana's span elsewhere": (_change("owner", [9]), False),
    "ben gives ana's span another label": (_change("ben", [0], "ROLE"), False),
    "ben adds a span to ana's": (_change("ben", [0, 9]), False),
    "ben removes all that ana drew": (_change("ben", []), False),
    "ben files his words under ana's name": (_file("ben"), False),
    "the owner files words under ana's name": (_file("owner"), False),
    "ben imports words under ana's name": (_import("ben"), False),
    "ben draws ana's span elsewhere, and the owner stars it": (_in_turn(_change("ben", [9]), _star("owner")), False),
    "the owner stars what ana drew": (_star("owner"), True),
    "ben stars what ana drew": (_star("ben"), True),
    "ana draws her span elsewhere": (_change("ana", [9]), True),
    "ben changes it, and ana sends it again": (_in_turn(_change("ben", [9]), _change("ana", [9])), True),
}


def _acted(name: str, verb: str) -> Attack:
    act, counts = _ACTS[name]

    def play(ground: Ground) -> None:
        team = found_team(ground)
        number = team.submit("ana", _NAME, [span(0)])
        ground.done("pull")
        act(team, number)
        ground.done(*verb.split())
        signed = [row for row in ground.rows("annotations.jsonl") if row["annotator"].startswith("ana")]
        doubted = [row for row in ground.rows("quarantine.jsonl") if row["kind"] == _KIND]
        insist(bool(signed) == counts, f"{len(signed)} annotations count as ana's")
        insist(bool(doubted) != counts, f"{len(doubted)} are in quarantine as {_KIND}")

    must = "it counts as ana's" if counts else f"it is quarantined as {_KIND}"
    return Attack(GROUP, f"{name}, after a pull; then `{verb}`", must, play, server=True)


ATTACKS = tuple(_acted(name, verb) for name in _ACTS for verb in ("pull", "pull --changes"))
