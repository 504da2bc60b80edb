"""Two engineers, one server: pushes of several machines at the same moment, and a second project of one title."""

from __future__ import annotations

import multiprocessing
from collections import Counter
from typing import TYPE_CHECKING

from faulty.attacks.attack import Attack, insist, write_words
from faulty.attacks.team import TEXTS, found_team

if TYPE_CHECKING:
    from multiprocessing.queues import Queue

    from faulty.attacks.attack import Ground

GROUP = "two engineers"
_FORK = multiprocessing.get_context("fork")


def _tell(told: Queue[str], ground: Ground) -> None:
    try:
        ended = ground.run("push")
    except Exception as error:  # noqa: BLE001 - whatever it is, it is told
        told.put(str(error))
    else:
        told.put(f"{ended.error} {ended.told}" if ended.error else "")


def _at_once(machines: int, articles: int) -> Attack:
    def play(ground: Ground) -> None:
        team = found_team(ground, users=False)
        lines = [{"id": name, "text": text} for name, text in TEXTS.items()]
        lines += [{"id": f"more/{number}", "text": f"More of it, number {number}."} for number in range(articles)]
        ground.done("ingest", write_words(ground, "more.jsonl", lines))
        grounds = [ground, *(ground.copy(ground.folder.with_name(f"machine-{n}")) for n in range(1, machines))]
        told: Queue[str] = _FORK.Queue()
        children = [_FORK.Process(target=_tell, args=(told, each)) for each in grounds]
        for child in children:
            child.start()
        ends = [told.get() for _ in children]
        for child in children:
            child.join()
        insist(not any("404" in end or "traceback" in end for end in ends), f"one ended with {max(ends)[:100]}")
        # One that was refused by name goes on when it is run again.
        for each in grounds:
            each.done("push")
        there = Counter(task["data"]["article"] for task in team.export())
        insist(len(there) == len(lines), f"{len(there)} of {len(lines)} articles are there")
        insist(max(there.values()) == 1, f"{sum(many > 1 for many in there.values())} articles are there twice")

    name = f"{machines} machines with one `studio.json` push {articles} articles at once"
    return Attack(GROUP, name, "each article once; status 0, or an error that is not a 404", play, True)


def _second(*words: str) -> Attack:
    def play(ground: Ground) -> None:
        team = found_team(ground, users=False)
        other = ground.copy(ground.folder.with_name("second"))
        for name in ("studio.json", "pushed.jsonl"):
            (other.workspace / name).unlink()
        told = other.done(*words).told
        insist(f"/projects/{team.project}/" in told, "the first project is not named")

    return Attack(GROUP, f"`{' '.join(words)}` where a project of that title is there", "it is warned of", play, True)


ATTACKS = (
    *(_at_once(machines, articles) for machines, articles in ((2, 1), (2, 40), (3, 1), (4, 1))),
    _second("push"),
    _second("push", "--dry-run"),
)
