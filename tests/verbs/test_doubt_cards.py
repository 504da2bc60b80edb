"""`labeling doubts --cards` on a real server: put once, answered, brought home, made gold; and what is out of date."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner
from differing import BODY, STATE, Desk

from labeling.cli import cli
from labeling.errors import MissingInput, ProjectFileError, Stale
from labeling.studio.cards.push_cards import push_cards
from labeling.studio.cards.push_doubts import DoubtCardsResult, push_doubts
from labeling.studio.sync.status import status
from labeling.workspace.custody import keep_custody
from labeling.workspace.rows.doubt import Doubt

if TYPE_CHECKING:
    from pathlib import Path

    from labeling.studio.server.credentials import Credentials


@pytest.fixture(scope="module")
def desk(studio: Credentials, tmp_path_factory: pytest.TempPathFactory) -> Desk:
    """Two articles on a server, with open conflicts, and agreed spans that may be in doubt."""
    return Desk(tmp_path_factory.mktemp("doubts"), studio, "kudzu", articles=2).prepare()


def doubt(desk: Desk, article: str, words: str, label: str, instead: str = "") -> Doubt:
    """A doubt about words of an article."""
    known = desk.project.workspace.articles.by("id")[article]
    start = known.text.index(words)
    place = {"start": start, "end": start + len(words), "text": words}
    why = {"kind": "model", "kinds": ("model",), "score": 0.5, "why": "models say otherwise"}
    return Doubt.model_validate(
        {"article": article, "digest": known.digest, "label": label, "instead": instead, **place, **why}
    )


def write(desk: Desk, *doubts: Doubt) -> None:
    """List these doubts, as their verb does."""
    workspace = desk.project.workspace
    reads = (workspace.gold, workspace.decisions)
    with workspace.opened(), keep_custody(workspace, "doubts", reads=reads, writes=(workspace.doubts,)):
        workspace.doubts.write(doubts)


def put(desk: Desk, most: int = 50) -> tuple[int, int, int, int]:
    """Put the first doubts on cards: how many are asked, new, the same and answered."""
    found: DoubtCardsResult = push_doubts(desk.project, most, server=desk.server)
    return found.asked, found.new, found.same, found.answered


def gold(desk: Desk, article: str) -> list[tuple[str, str, str]]:
    """The words of gold in doubt here, their label, and by what rule they are gold."""
    text = desk.project.workspace.articles.by("id")[article].text
    spans = desk.project.workspace.gold.by("article")[article].spans
    return [(text[span.start : span.end], span.label, span.rule) for span in spans]


def card_numbers(desk: Desk) -> dict[tuple[str, str], int]:
    """The numbers of the cards about doubts, by article and by what their first version marks."""
    cards = [card for card in desk.cards() if card["data"].get("doubt")]
    return {(card["data"]["article"], card["data"]["answers"][0]["value"]): int(card["id"]) for card in cards}


@pytest.mark.studio
def test_the_road_of_a_doubt(desk: Desk) -> None:
    """Sent once beside conflicts, answered, brought home, gold; what is out of date is dropped, or removed."""
    listed = (
        doubt(desk, "d/000", "Anna Bo", "PERSON", "GOV_BODY"),
        doubt(desk, "d/000", STATE, "COUNTRY"),
        doubt(desk, "d/000", "Nothing", "", "GOV_BODY"),
        doubt(desk, "d/001", "Carl Dee", "PERSON", "COUNTRY"),
        doubt(desk, "d/001", STATE, "COUNTRY"),
        # On that stretch annotators differ.
        doubt(desk, "d/001", "Malé", "", "PERSON"),
    )
    write(desk, *listed)
    assert put(desk, 2) == (2, 2, 0, 0)
    assert put(desk) == (5, 3, 2, 0)
    assert put(desk) == (5, 0, 5, 0)
    conflicts = push_cards(desk.project, server=desk.server)
    assert (conflicts.conflicts, conflicts.doubts, conflicts.new, conflicts.same, conflicts.removed) == (6, 5, 6, 5, 0)
    standing = status(desk.project, server=desk.server).cards
    assert standing
    assert (standing.conflicts, standing.doubts, standing.waiting) == (6, 5, 11)
    answer_and_change(desk)
    decide_once(desk, *listed)


def answer_and_change(desk: Desk) -> None:
    """Another label, nothing there, and what was missing; both readers take back what another card asks about."""
    cards = card_numbers(desk)
    desk.answer("lead", cards["d/000", "A: PERSON “Anna Bo” (as it is in gold)"], "b", "slip")
    desk.answer("lead", cards["d/000", f"A: COUNTRY “{STATE}” (as it is in gold)"], "neither")
    desk.answer("lead", cards["d/000", "A: GOV_BODY “Nothing”"], "a")
    article = desk.project.workspace.articles.by("id")["d/001"]
    for who in ("one", "two"):
        said = desk.said(who, article)
        kept = tuple(span for span in said.spans if span.label == "GOV_BODY")
        desk.change(who, said.model_copy(update={"spans": kept, "relations": ()}), article)
    desk.answer("lead", cards["d/001", "A: PERSON “Carl Dee” (as it is in gold)"], "b")
    came = desk.settle()

    assert (came.new, came.quarantined, len(came.outdated)) == (3, {"outdated card": 1}, 1)
    assert "d/001" in came.outdated[0]
    assert gold(desk, "d/000")[:3] == [
        ("Anna Bo", "GOV_BODY", "adjudicated"),
        (BODY, "GOV_BODY", "unanimous"),
        ("Nothing", "GOV_BODY", "adjudicated"),
    ]
    assert [label for _, label, _ in gold(desk, "d/001")] == ["GOV_BODY"]


def decide_once(desk: Desk, *listed: Doubt) -> None:
    """What was decided is not asked again; the card that nobody answered goes, and so does its question."""
    before = desk.project.workspace.decisions.path.read_bytes()
    with pytest.raises(Stale):
        put(desk)
    assert desk.settle().new == 0
    assert desk.project.workspace.decisions.path.read_bytes() == before
    write(desk, *listed)
    # Of the stretch on which they differed nobody says anything now.
    assert put(desk) == (1, 1, 0, 0)
    again = push_cards(desk.project, server=desk.server)
    # That of the doubt about a span that is gone, and those of a span and of two relations that nobody differs in now.
    assert (again.doubts, again.removed, again.answered) == (1, 4, 0)
    waiting = [card["data"] for card in desk.cards() if card["data"].get("doubt") and not card["annotations"]]
    assert [each["answers"][0]["value"] for each in waiting] == ["A: PERSON “Malé”"]


@pytest.mark.studio
def test_the_command_lists_and_sends(desk: Desk) -> None:
    """The list as without cards, and what was sent, as JSON."""
    where = ["--config", str(desk.file), "--workspace", str(desk.folder / "work")]
    env = {"LABEL_STUDIO_URL": desk.server.url, "LABEL_STUDIO_API_KEY": desk.server.api_key}
    done = CliRunner().invoke(cli, [*where, "doubts", "--cards", "3", "--json"], env=env)

    assert done.exit_code == 0, done.output
    told = json.loads(done.stdout)
    assert told["cards"]["asked"] == told["cards"]["new"] == min(3, told["doubts"])


def test_without_adjudicators_nothing_is_sought(tmp_path: Path) -> None:
    """And a folder that was mistyped is named first."""
    words = ["doubts", "--cards", "3"]
    with pytest.raises(MissingInput, match="is not there"):
        CliRunner().invoke(
            cli, ["--workspace", str(tmp_path / "w"), *words], standalone_mode=False, catch_exceptions=False
        )
    (tmp_path / "a.txt").write_text("Oslo met Bergen.", encoding="utf-8")
    there = ["--workspace", str(tmp_path / "w")]
    CliRunner().invoke(cli, [*there, "ingest", str(tmp_path / "a.txt")], standalone_mode=False, catch_exceptions=False)
    with pytest.raises(ProjectFileError, match="does not name adjudicators"):
        CliRunner().invoke(cli, [*there, *words], standalone_mode=False, catch_exceptions=False)
