"""Silence is an answer only to what was asked: what is said of a label that came after somebody's words."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from faulty.attacks.attack import Attack, exported, insist, write_words
from faulty.attacks.team import TEXTS, Team, found_team, span

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from faulty.attacks.attack import Ground

GROUP = "silence"
_NAME = "wire/0"  # Anna met Carl in Oslo, number 0.
_ANNA, _CARL, _OSLO = 0, 9, 17
_SECONDS = 2.1  # the server tells its time to the second


def _label(name: str, key: str) -> str:
    told = f'definition = "A {name}."\nexamples = ["x"]\ncolor = "#{ord(key):06x}"\nhotkey = "{key}"\n'
    return f'[[labels]]\nname = "{name}"\n{told}'


def _relation(name: str) -> str:
    ends = 'head = ["PERSON"]\ntail = ["PERSON"]\n'
    return f'[[relations]]\nname = "{name}"\ndefinition = "{name}"\nexample = "x"\n{ends}'


def _question(name: str, *options: str) -> str:
    listed = "".join(f'[[choices.options]]\nname = "{each}"\ndefinition = "{each}"\n' for each in options)
    return f'[[choices]]\nname = "{name}"\nquestion = "What?"\nmultiple = true\n{listed}'


_HEAD = '[project]\nname = "silence"\n[compile]\ntargets = ["conll", "prodigy"]\n'
_BASE = (_HEAD, _label("PERSON", "p"), _relation("MET"), _question("event", "TALK"))
_FIRST = "".join(_BASE)


@dataclass(frozen=True)
class _Later:
    """Something that is asked for later: its name in our files, the schema then, and how it is marked."""

    item: str
    schema: str
    marked: tuple[dict[str, Any], ...]


def _joined(label: str) -> tuple[dict[str, Any], ...]:
    ends = {"from_id": f"s{_ANNA}", "to_id": f"s{_CARL}", "direction": "right"}
    return ({"type": "relation", "labels": [label], **ends},)


def _chosen(name: str, *options: str) -> dict[str, Any]:
    kind = {"from_name": name, "to_name": "text", "type": "choices", "origin": "manual"}
    return {"id": f"c{name}", "value": {"choices": [*options]}, **kind}


_TALKED = _chosen("event", "TALK")
_ITEMS = {
    "a label": _Later("label PLACE", _FIRST + _label("PLACE", "l"), (span(_OSLO, "PLACE"),)),
    "a relation": _Later("relation ON", _FIRST + _relation("ON"), _joined("ON")),
    "an option": _Later(
        "choice event=VISIT",
        "".join((*_BASE[:-1], _question("event", "TALK", "VISIT"))),
        (_chosen("event", "TALK", "VISIT"),),
    ),
    "a question": _Later("choice tone=WARM", _FIRST + _question("tone", "WARM"), (_chosen("tone", "WARM"),)),
}


def _drawn(more: tuple[dict[str, Any], ...] = ()) -> list[dict[str, Any]]:
    """What everybody marks, and more; who answers the question of before once more, answers it in `more`."""
    own = {each.get("from_name") for each in more}
    return [span(_ANNA), span(_CARL), *([] if "event" in own else [_TALKED]), *more]


def _judged_before(ground: Ground, later: str) -> tuple[Team, int]:
    """Ana judges an article; then the project file asks for something more, and the page as well."""
    team = found_team(ground, schema=_FIRST)
    number = team.submit("ana", _NAME, _drawn())
    ground.done("pull")
    ground.config.write_text(_ITEMS[later].schema, encoding="utf-8")
    ground.done("push")
    time.sleep(_SECONDS)
    return team, number


def _nothing(_team: Team, _number: int, _later: str) -> None:
    """Nobody does anything more."""


def _starred(team: Team, number: int, _later: str) -> None:
    team.call("owner", "PATCH", f"/api/annotations/{number}/", {"ground_truth": True})


def _sent_again(team: Team, number: int, _later: str) -> None:
    # As the page does, which counts the seconds on.
    team.call("ana", "PATCH", f"/api/annotations/{number}/", {"result": _drawn(), "lead_time": 33.0})


def _by_ben(team: Team, _number: int, later: str) -> None:
    team.submit("ben", _NAME, _drawn(_ITEMS[later].marked))


_THEN: dict[str, Callable[[Team, int, str], None]] = {
    "nobody does anything": _nothing,
    "the owner stars her words": _starred,
    "she sends them again": _sent_again,
    "ben marks it": _by_ben,
}


def _gold(ground: Ground) -> dict[str, Any]:
    rows = [row for row in ground.rows("gold.jsonl") if row["article"] == _NAME]
    insist(len(rows) == 1, f"{len(rows)} rows of gold")
    return rows[0]


def _of_gold(later: str, then: str) -> Attack:
    answered = then in ("she sends them again", "ben marks it")

    def play(ground: Ground) -> None:
        team, number = _judged_before(ground, later)
        _THEN[then](team, number, later)
        for verb in ("pull", "adjudicate"):
            ground.done(verb)
        gold, unasked = _gold(ground), [] if answered else [_ITEMS[later].item]
        conflicts = ground.rows("conflicts.jsonl")
        insist(not conflicts, f"{len(conflicts)} conflicts")
        complete = answered or later != "a label"  # the rest says nothing of any token
        insist(gold["complete"] == complete, f"the article is {'' if gold['complete'] else 'not '}complete")
        insist(gold.get("unasked", []) == unasked, f"unasked are {gold.get('unasked', [])}")

    must = "nothing is left unasked, and nothing is in conflict" if answered else "gold says that it was not asked"
    return Attack(GROUP, f"{later} comes after ana's words, and {then}", must, play, True)


def _of_list(later: str, then: str) -> Attack:
    """Who is asked again: until that reader's next submission, whatever others do."""
    left = then != "she sends them again"

    def play(ground: Ground) -> None:
        team, number = _judged_before(ground, later)
        listed = [(row["article"], row["what"]) for row in ground.rows("ask-again.jsonl")]
        insist(listed == [(_NAME, _ITEMS[later].item)], f"listed are {listed}")
        page = (ground.workspace / "ask-again.html").read_text(encoding="utf-8")
        insist(page.count(f"task={team.tasks[_NAME]}") == 1, "the page has no link to the task")
        _THEN[then](team, number, later)
        ground.done("pull")
        rows = [row["reader"] for row in ground.rows("ask-again.jsonl")]
        insist([name.startswith("ana") for name in rows] == [True] * left, f"after the pull are listed {rows}")

    must = "ana is asked again, by one row with a link" if left else "her row ends"
    return Attack(GROUP, f"{later} comes after ana's words, and {then}: `ask-again.jsonl`", must, play, True)


def _of_status(later: str) -> Attack:
    def play(ground: Ground) -> None:
        _judged_before(ground, later)
        ended = ground.done("status", "--json")
        told = json.loads(ended.told[ended.told.index("{") :])
        expected = {_ITEMS[later].item: 1}
        insist(told.get("judged_before") == expected, f"status tells {told.get('judged_before')}")

    return Attack(GROUP, f"{later} comes after ana's words: `status`", "one article was judged before", play, True)


def _of_files(later: str, then: str) -> Attack:
    """The one article that was judged, in the files of the dataset."""
    answered = then != "nobody does anything"

    def play(ground: Ground) -> None:
        team, number = _judged_before(ground, later)
        _THEN[then](team, number, later)
        for verb in ("pull", "adjudicate", "split", "compile"):
            ground.done(verb)
        latest = ground.workspace / "corpora" / "latest"
        conll = "".join(path.read_text(encoding="utf-8") for path in sorted((latest / "conll").glob("*.conll")))
        lines = [line for path in (latest / "prodigy").glob("*.jsonl") for line in path.read_bytes().splitlines()]
        answers = [line["answer"] for line in map(json.loads, lines) if line["meta"]["id"] == _NAME]
        insist(answers == ["accept" if answered else "ignore"], f"Prodigy's file says {answers}")
        insist(("Anna" in conll) == answered, f"CoNLL's file has it {conll.count('Anna')} times")

    must = "the dataset has it as complete" if answered else "its unmarked words are nobody's answer in the dataset"
    return Attack(GROUP, f"{later} comes after ana's words, and {then}; then `compile`", must, play, True)


def _of_agreement(later: str) -> Attack:
    def play(ground: Ground) -> None:
        team, number = _judged_before(ground, later)
        _by_ben(team, number, later)
        ground.done("pull")
        told = ground.done("agree", "--json").told
        found = json.loads(told[told.index("{") :])
        exact = [each["exact"] for each in found["f1"].values()]
        insist(exact == [1.0], f"they agree by {exact}")

    return Attack(GROUP, f"{later} comes after ana's words, and ben marks it; then `agree`", "they agree", play, True)


def _of_split() -> Attack:
    """A label that was two things: its spans are asked for again, one by one."""

    def play(ground: Ground) -> None:
        body = _FIRST + _label("BODY", "b")
        team = found_team(ground, schema=body)
        team.submit("ana", _NAME, [*_drawn(), span(_OSLO, "BODY")])
        ground.done("pull")
        split = '[migrations.splits]\nBODY = ["HOUSE", "COURT"]\n'
        ground.config.write_text(_FIRST + _label("HOUSE", "h") + _label("COURT", "c") + split, encoding="utf-8")
        for verb in ("push", "pull"):
            ground.done(verb)
        listed = sorted(row["what"] for row in ground.rows("ask-again.jsonl"))
        insist(sum("17..21" in what for what in listed) == 1, f"listed are {listed}")

    return Attack(GROUP, "a label is split in two: `ask-again.jsonl`", "its one span is listed", play, True)


def _of_before() -> Attack:
    """A workspace that was pushed before there were records."""

    def play(ground: Ground) -> None:
        team = found_team(ground, schema=_ITEMS["a label"].schema)
        team.submit("ana", _NAME, _drawn())
        for name in ("asked.jsonl", "custody.jsonl"):
            (ground.workspace / name).unlink(missing_ok=True)
        for verb in ("push", "pull", "adjudicate"):
            ground.done(verb)
        insist(_gold(ground)["complete"], "the article is not complete")

    return Attack(GROUP, "a workspace was pushed before there were records", "today's labels were asked", play, True)


def _imported(name: str, sources: dict[str, dict[str, list[tuple[int, str]]]], unasked: list[str]) -> Attack:
    """What tools brought: by annotator and article the spans; all of one annotator come in one import."""

    def play(ground: Ground) -> None:
        schema = _ITEMS["a label"].schema.replace(_relation("MET"), "").replace(_question("event", "TALK"), "")
        ground.config.write_text(schema, encoding="utf-8")
        for path in ground.workspace.glob("*.jsonl"):
            path.unlink()
        lines = [{"id": article, "text": text} for article, text in TEXTS.items()]
        ground.done("ingest", write_words(ground, "articles.jsonl", lines))
        for annotator, articles in sources.items():
            made = [
                exported(each, TEXTS[each], annotator, [{"start": at, "end": at + 4, "label": it} for at, it in spans])
                for each, spans in articles.items()
            ]
            ground.done("import", "prodigy", write_words(ground, f"{annotator}.jsonl", made), "--add")
        ground.done("adjudicate")
        gold = _gold(ground)
        insist(not ground.rows("conflicts.jsonl"), "there is a conflict")
        insist(gold.get("unasked", []) == unasked, f"unasked are {gold.get('unasked', [])}")
        insist(gold["complete"] == (not unasked), f"complete: {gold['complete']}")

    must = "the article is not complete for the other label" if unasked else "the article is complete"
    return Attack(GROUP, name, must, play)


_PERSON, _PLACE = (_ANNA, "PERSON"), (_OSLO, "PLACE")


def _imports() -> Iterator[Attack]:
    alone = {"ana": {_NAME: [_PERSON], "wire/1": [_PERSON]}}
    yield _imported("a tool's file has one of two labels", alone, ["label PLACE"])
    both = {"ana": {_NAME: [_PERSON], "wire/1": [_PERSON, _PLACE]}}
    yield _imported("a tool's file has both labels, one of them in another article", both, [])
    two = {"ana": {_NAME: [_PERSON]}, "ben": {_NAME: [_PERSON, _PLACE]}}
    yield _imported("one tool's file has one label, another's has both", two, [])
    apart = {"ana": {_NAME: [_PERSON]}, "ben": {"wire/1": [_PLACE]}}
    yield _imported("two tools' files of two articles have a label each", apart, ["label PLACE"])


ATTACKS = (
    *(_of_gold(later, then) for later in _ITEMS for then in ("nobody does anything", "she sends them again")),
    *(_of_gold(later, "the owner stars her words") for later in ("a label", "a relation")),
    *(_of_gold(later, "ben marks it") for later in ("a label", "a relation", "an option")),
    *(_of_list(later, "the owner stars her words") for later in _ITEMS),
    *(_of_list(later, then) for later in ("a label", "an option") for then in ("ben marks it", "she sends them again")),
    *(_of_status(later) for later in _ITEMS),
    *(_of_files("a label", then) for then in ("nobody does anything", "she sends them again")),
    _of_agreement("a label"),
    _of_split(),
    _of_before(),
    *_imports(),
)
