"""A team's whole road, on the embedded server and on one as a team runs it.

Its steps are those of `team_journey`: they are played once on each server, and each test looks at what came of them.
"""

from __future__ import annotations

from collections import Counter
from contextlib import ExitStack
from typing import Any

import pytest
from both_servers import ON_PRODUCTION
from page_steps import open_browser
from team_journey import (
    FACTS,
    GOLD_QUESTIONS,
    GONE,
    LATE,
    LEAD,
    OF_ANOTHER_MIND,
    OWNER,
    READERS,
    Journey,
    email_of,
    play,
)

from labeling.studio.server.server import run_embedded_server
from labeling.workspace.table import Workspace

pytestmark = [
    pytest.mark.studio,
    pytest.mark.browser,
    # The SDK's own, when it refreshes a token.
    pytest.mark.filterwarnings("ignore:The `parse_obj` method is deprecated"),
]
PROXIES = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy")
EVERYBODY = (*READERS, LATE)
STAYED = tuple(name for name in EVERYBODY if name != GONE)


@pytest.fixture(scope="module", params=["embedded", ON_PRODUCTION])
def journey(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Journey:
    """The journey at its end, with its server and its browser closed; on the embedded server pages were opened."""
    folder = tmp_path_factory.mktemp("journey")
    environment: dict[str, str | None] = dict.fromkeys(PROXIES)
    with ExitStack() as closing:
        if request.param == "embedded":
            server = closing.enter_context(run_embedded_server(Workspace(folder / "work")))
            environment |= {"LABEL_STUDIO_URL": None, "LABEL_STUDIO_API_KEY": None}
        else:
            running = request.getfixturevalue("running")
            server = running.server
            environment |= {"LABEL_STUDIO_URL": server.url, "LABEL_STUDIO_API_KEY": server.api_key}
            environment["SSL_CERT_FILE"] = str(running.authority)
        browser = closing.enter_context(open_browser())
        played = Journey(browser, folder, server, environment, pages=request.param == "embedded")
        play(played)
    return played


def test_every_way_leads_to_ones_own_next_article(journey: Journey) -> None:
    """Button, bookmark, reload, link: each of four readers gets what the plan has next for them, and "2 of 5"."""
    seen = journey.seen

    assert {(way, name) for way, name in seen.ways if way != "next"} == {
        (way, name) for way in ("button", "bookmark", "reload", "link") for name in READERS
    }
    assert {place: pair for place, pair in seen.ways.items() if pair[0] != pair[1]} == {}
    assert {name: pair for name, pair in seen.bars.items() if pair[0] != pair[1]} == {}
    # To the end: each read their own list, in its order, as the plan was when they asked.
    assert {name: sorted(seen.submitted[name]) for name in EVERYBODY} == {
        name: sorted(seen.plans[-1][name]) for name in EVERYBODY
    }
    assert seen.ends == dict.fromkeys(EVERYBODY, 404)


def test_no_answer_holds_anothers_words(journey: Journey) -> None:
    """Neither ids nor notes of others' regions, nor drafts, nor addresses; the same search finds them elsewhere."""
    seats = journey.seats

    for name in EVERYBODY:
        others = [other for other in (*EVERYBODY, LEAD) if other != name]
        words = set[str]().union(*(seats[other].marks for other in others))
        addresses = {email_of(other) for other in others} | {journey.server.email}
        assert len(words) > 30
        assert seats[name].holds(words | addresses) == []
        assert seats[name].lost == []
        # What was searched: their own words are in it.
        assert {word for _, word in seats[name].holds(seats[name].marks)} == seats[name].marks
    for name in (OWNER, LEAD):
        shown = {word for _, word in seats[name].holds(set().union(*(seats[other].marks for other in EVERYBODY)))}
        assert [other for other in EVERYBODY if not seats[other].marks & shown] == []


def test_what_is_not_theirs_is_refused(journey: Journey) -> None:
    """A reader and the adjudicator try to delete, configure, import, export and look; nothing of it was done."""
    tried = journey.seen.forbidden

    assert Counter(name for name, _, _ in tried)["ben"] > Counter(name for name, _, _ in tried)[LEAD] > 20
    assert [each for each in tried if each[2] not in (401, 403, 404)] == []
    told = journey.seen.told["status"]
    assert (told["articles"], told["lost"], told["foreign_tasks"]) == (len(FACTS), [], [])


def test_who_leaves_gives_back_what_is_not_submitted(journey: Journey) -> None:
    """Dan keeps the one article that he submitted, and is served nothing more; the others only gain what he gave."""
    before, after = journey.seen.plans[:2]
    given = set(before[GONE]) - set(journey.seen.submitted[GONE])

    assert after[GONE] == journey.seen.submitted[GONE] == before[GONE][:1]
    assert journey.seen.ends[GONE] == 404
    assert set(journey.seen.given_back) == {404}
    for name in READERS:
        if name != GONE:
            assert after[name][: len(before[name])] == before[name]
            assert set(after[name]) - set(before[name]) <= given
    assert given <= {article for name, own in after.items() if name != GONE for article in own}


def test_who_joins_is_given_a_share_and_nothing_that_is_started(journey: Journey) -> None:
    """Eve reads at least two articles; whatever the others had submitted stayed theirs."""
    before, after = journey.seen.plans[1:3]

    assert len(after[LATE]) >= 2
    for name in READERS:
        assert journey.seen.submitted[name][0] in after[name]
        assert set(after[name]) <= set(before[name])
    assert Counter(article for own in after.values() for article in own) == Counter(
        article for own in before.values() for article in own
    )


def test_gold_questions_are_not_told_apart(journey: Journey) -> None:
    """Each reader who stayed was asked what they had not read; but for its words it came as every other article."""
    seen = journey.seen

    assert len(seen.settled) == GOLD_QUESTIONS
    for name in STAYED:
        asked = set(seen.plans[-1][name]) - set(seen.plans[-2][name])
        assert asked == set(seen.settled) - set(seen.plans[-2][name])
        shapes = {_shape(task) for task in seen.served[name]}
        assert len(shapes) == 1
        assert asked <= {task["data"]["article"] for task in seen.served[name]}


def _shape(task: dict[str, Any]) -> str:
    """All that a served task says besides its number, its words, and when it was made."""
    told = {name: value for name, value in task.items() if name not in ("id", "inner_id", "created_at", "data")}
    told["updated_at"] = task["updated_at"] == task["created_at"]
    return f"{sorted(told.items())} {sorted(task['data'])}"


def test_all_of_it_comes_home(journey: Journey) -> None:
    """Every submission is there once, with its first words as the layer kept them; so is the audit's line of it."""
    workspace, seen = journey.project.workspace, journey.seen
    said = Counter((name, article) for name, own in seen.submitted.items() for article in own)
    assert set(said.values()) == {1}

    submitted = [row for row in workspace.annotations.rows() if row.state == "submitted"]
    assert Counter((row.annotator.partition(".")[0], row.article) for row in submitted) == said
    firsts = [
        (row.annotator.partition(".")[0], row.article) for row in workspace.first.rows() if row.kept_by == "layer"
    ]
    assert Counter(firsts) == said
    articles = {task: article for article, task in journey.tasks().items()}
    lines = [
        (line.email.partition(".")[0], articles[line.task])
        for line in workspace.audit_trail.rows()
        if line.method == "POST" and line.path.rstrip("/").endswith("/annotations") and line.status == 201
        if line.task is not None
    ]
    assert Counter(lines) == said


def test_the_owner_is_told_how_far_everybody_is(journey: Journey) -> None:
    """Nothing is open; two of one mind agree on all, two of another on one span of two, as to where always."""
    told, agreed = journey.seen.told["status"], journey.seen.told["agree"]

    paces = {row["reader"].partition(".")[0]: (row["open"], row["done"]) for row in told["readers"]}
    assert {name: paces[name] for name in EVERYBODY} == {
        name: (0, len(journey.seen.submitted[name])) for name in EVERYBODY
    }
    assert (told.get("read_by_more", []), told.get("read_by_fewer", []), told["not_pulled"]) == ([], [], 0)
    pairs = {tuple(each.partition(".")[0] for each in pair.split(" and ")): f1 for pair, f1 in agreed["f1"].items()}
    assert len(pairs) >= 6
    assert {pair: (f1["exact"], f1["position"]) for pair, f1 in pairs.items()} == {
        pair: (1.0 if len({name in OF_ANOTHER_MIND for name in pair}) == 1 else 0.5, 1.0) for pair in pairs
    }


def test_the_adjudicator_settles_all_by_keys(journey: Journey) -> None:
    """Two keys a conflict, and one more for a reason; gold is complete, by whom it says, and nothing is left open."""
    workspace, disputed = journey.project.workspace, journey.seen.disputed
    assert len(disputed) >= 2
    assert journey.seen.keys == 2 * len(disputed) + 1
    assert journey.seen.cards_shown == dict.fromkeys(EVERYBODY, (404, False))

    decided = [*workspace.decisions.rows()]
    assert sorted(row.article for row in decided) == disputed
    assert Counter((row.what, row.why) for row in decided) == {("span", ""): len(disputed) - 1, ("span", "slip"): 1}
    assert [*workspace.conflicts.rows()] == []
    gold = {row.article: row for row in workspace.gold.rows()}
    assert [name for name, row in gold.items() if not row.complete] == []
    assert len(gold) == len(FACTS)
    by = {(span.label, span.by) for name in disputed for span in gold[name].spans if span.rule == "adjudicated"}
    assert by == {("LOCATION", ("lead.of.desk",))}
