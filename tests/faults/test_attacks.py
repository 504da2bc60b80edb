"""A seeded few of the attacks that `make faults` plays: each is held off. And the pages agree with the register."""

from __future__ import annotations

import random
import signal
import sys
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from faulty.attacks.attack import Attack, Ground, make_pattern
from faulty.attacks.page import PAGE, read_before, render_attacks, render_counts
from faulty.attacks.register import ATTACKS, GROUPS
from faulty.attacks.runner import play_all, play_here

if TYPE_CHECKING:
    from labeling.studio.server.credentials import Credentials

ROOT = Path(__file__).parents[2]
_FEW = 1  # of each group: `make faults` plays all of them


def drawn(*, server: bool) -> list[Attack]:
    """A few of each group, the same ones every time."""
    chance = random.Random(10)  # noqa: S311 - repeatable on purpose
    lists = [[one for one in group.ATTACKS if one.server is server] for group in GROUPS]
    return [one for ones in lists for one in chance.sample(ones, min(_FEW, len(ones)))]


@pytest.fixture(scope="module")
def pattern(tmp_path_factory: pytest.TempPathFactory) -> Ground:
    """The workspace that is attacked, made once."""
    return make_pattern(tmp_path_factory.mktemp("pattern"))


def held(attack: Attack, pattern: Ground, scratch: Path, server: Credentials | None) -> str:
    """What came of it, or the end of the patience that a hanging command asks for."""
    signal.alarm(120)
    try:
        return play_here(attack, pattern, scratch, server)
    finally:
        signal.alarm(0)


@pytest.mark.parametrize("attack", drawn(server=False), ids=lambda attack: attack.name[:60])
def test_an_attack_on_files_is_held_off(attack: Attack, pattern: Ground, tmp_path: Path) -> None:
    """Through the command line, in a copy of the workspace."""
    assert held(attack, pattern, tmp_path / "scratch", None) == ""


@pytest.mark.studio
@pytest.mark.parametrize("attack", drawn(server=True), ids=lambda attack: attack.name[:60])
def test_an_attack_on_a_server_is_held_off(
    attack: Attack, pattern: Ground, tmp_path: Path, studio: Credentials
) -> None:
    """The same, with a real Label Studio."""
    assert held(attack, pattern, tmp_path / "scratch", studio) == ""


def test_the_pages_agree_with_the_register() -> None:
    """Every attack has its row, with what the code before did, which was measured; the counts are of these rows."""
    names = Counter(attack.name for attack in ATTACKS)

    assert names.most_common(1)[0][1] == 1
    assert set(read_before()[1]) == set(names)
    assert PAGE.read_text(encoding="utf-8") == render_attacks()
    assert render_counts() in (ROOT / "docs" / "faults.md").read_text(encoding="utf-8")


def test_there_are_hundreds_of_attacks_and_the_code_before_held_some_off() -> None:
    """Each is told with what it did: a table in which all had failed would say nothing of the measure."""
    fell = [name for name, how in read_before()[1].items() if how]

    assert len(ATTACKS) >= 200
    assert 100 <= len(fell) < len(ATTACKS)


def test_attacks_are_not_played_in_forks_of_a_process_in_which_daft_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its threads are missing in a fork, and whoever waits for them waits for ever."""
    monkeypatch.setitem(sys.modules, "daft", sys)
    with pytest.raises(RuntimeError, match="forks"):
        next(play_all(ATTACKS))
