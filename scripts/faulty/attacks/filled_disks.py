"""A disk that fills up in the middle of a verb: files are as before or as after, and the next run makes all whole."""

from __future__ import annotations

from typing import TYPE_CHECKING

from faulty.attacks.attack import Attack, Fallen, Ground, insist, said_of_samples, write_words
from faulty.broken import Broken
from faulty.full_disk import FULLNESS, compare_stocks, fill_disk, take_stock

if TYPE_CHECKING:
    from faulty.full_disk import Fullness

GROUP = "full disks"
# The verbs, and what is done before, so that each has something new to write.
_PREPARED: dict[str, tuple[str, ...]] = {
    "adjudicate": (),
    "agree": (),
    "split": ("adjudicate",),
    "compile": ("adjudicate", "split"),
    "report": ("adjudicate", "split"),
}
_WAYS: tuple[Fullness, ...] = ("refused", "empty", "cut")


def _filled(verb: str, how: Fullness, moment: int) -> Attack:
    def play(ground: Ground) -> None:
        lines = said_of_samples(ground)
        for line in lines:
            line["spans"] = line["spans"][:1]
        ground.done("import", "prodigy", write_words(ground, "other.jsonl", lines))
        for prepared in _PREPARED[verb]:
            ground.done(prepared)
        other = ground.copy(ground.folder.with_name(f"{ground.folder.name}-after"))
        other.done(verb)
        before, after = take_stock(ground.workspace), take_stock(other.workspace)
        with fill_disk(how, moment):
            ended = ground.run(verb)
        insist(ended.well or ended.error == "NoRoom", f"it ended with {ended.error}")
        _see(ground, before, after, whole=ended.well)
        ground.done(verb)
        _see(ground, before, after, whole=True)

    name = f"`{verb}`, where from its request number {moment} on: {FULLNESS[how]}"
    return Attack(GROUP, name, "each file is as before or as after, and the next run makes all whole", play)


def _see(ground: Ground, before: dict[str, str], after: dict[str, str], *, whole: bool) -> None:
    try:
        compare_stocks(before, after, take_stock(ground.workspace), whole=whole)
    except Broken as broken:
        raise Fallen(str(broken)) from broken


ATTACKS = tuple(
    _filled(verb, how, moment)
    for verb in _PREPARED
    for how in _WAYS
    for moment in ((3, 6) if verb in ("adjudicate", "compile") else (3,))
)
