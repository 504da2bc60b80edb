"""What the gate before Label Studio decides, as pure functions; and what it is made of."""

from __future__ import annotations

import ast
import doctest
import sqlite3
import stat
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from importlib import import_module
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labeling.studio.server.gate.labeling_gate.attempts import FREE, LONGEST, Attempts, pause_after
from labeling.studio.server.gate.labeling_gate.decision import READING, Visit, decide, normal_origin
from labeling.studio.server.package import GATE_FOLDER

if TYPE_CHECKING:
    from pathlib import Path

OWN = "https://labels.example.org"
WRITES = ("POST", "PUT", "PATCH", "DELETE", "PURGE")


def visit(
    method: str = "POST", origin: str | None = None, fetch_site: str | None = None, *, is_logged_in: bool = False
) -> Visit:
    """A request to a server whose own pages come from `OWN`."""
    return Visit(method, "/api/dm/actions", frozenset({OWN}), origin, fetch_site, is_logged_in)


def reason(one: Visit) -> str:
    """The word for the log; empty when the request passes."""
    refusal = decide(one)
    return refusal.reason if refusal else ""


@pytest.mark.parametrize("method", WRITES)
@pytest.mark.parametrize(
    ("origin", "fetch_site", "logged_in", "expected"),
    [
        (OWN, "same-origin", True, ""),
        (OWN, None, True, ""),
        ("HTTPS://LABELS.example.org:443", None, True, ""),
        (None, "same-origin", True, ""),
        (None, "none", True, ""),
        (None, None, False, ""),
        (None, None, True, "log-in without origin"),
        ("http://labels.example.org", None, False, "foreign origin"),
        (f"{OWN}:8443", None, True, "foreign origin"),
        (f"{OWN}.evil.example", None, True, "foreign origin"),
        ("https://evil.example", "cross-site", True, "foreign origin"),
        ("null", None, True, "foreign origin"),
        ("", None, True, "foreign origin"),
        (f"{OWN}, {OWN}", None, True, "foreign origin"),
        (None, "same-site", True, "foreign site"),
        (None, "cross-site", False, "foreign site"),
        (None, "something new", True, "foreign site"),
        (OWN, "same-site", True, "foreign site"),
    ],
)
def test_writes_pass_from_the_servers_own_pages_and_from_programs_with_keys(
    *, method: str, origin: str | None, fetch_site: str | None, logged_in: bool, expected: str
) -> None:
    """Every method that is not a reading one, one nobody has heard of included, falls under the same rules."""
    assert reason(visit(method, origin, fetch_site, is_logged_in=logged_in)) == expected


@given(
    method=st.sampled_from(sorted(READING)),
    origin=st.none() | st.text(),
    fetch_site=st.none() | st.text(),
    logged_in=st.booleans(),
)
def test_reading_is_never_refused(*, method: str, origin: str | None, fetch_site: str | None, logged_in: bool) -> None:
    """A link from elsewhere leads here."""
    assert decide(visit(method, origin, fetch_site, is_logged_in=logged_in)) is None


@given(st.text() | st.from_regex(r"https?://[a-z.]{1,20}(:\d{1,5})?", fullmatch=True))
def test_a_write_with_an_origin_passes_only_from_the_own_one(origin: str) -> None:
    """Whatever the header holds: either it is the server's own origin, or the write is refused."""
    passes = decide(visit(origin=origin)) is None

    assert passes == (normal_origin(origin) == OWN)


def test_each_refusal_is_a_sentence_with_a_status_of_its_own() -> None:
    """403, and words for people; the header of a stranger is not repeated to anybody."""
    refusal = decide(visit(origin="https://<script>.example"))

    assert refusal is not None
    assert (refusal.status, refusal.wait) == (403, 0)
    assert refusal.sentence.endswith(".")
    assert "script" not in refusal.sentence


# --- guessing --------------------------------------------------------------------------------------------------------


def test_pauses_grow_after_the_free_attempts_and_end_growing() -> None:
    """None for the first four, then a second, two, four ... and five minutes from the fourteenth on."""
    assert [pause_after(wrong) for wrong in range(FREE)] == [0] * FREE
    assert [pause_after(FREE + more) for more in range(9)] == [1, 2, 4, 8, 16, 32, 64, 128, 256]
    assert pause_after(14) == pause_after(10**9) == LONGEST


def test_guessing_is_slowed_to_24_passwords_in_the_first_hour(tmp_path: Path) -> None:
    """Of 3600 guesses, one a second, 24 are checked; twelve an hour from then on."""
    attempts = Attempts(tmp_path / "gate.sqlite3")
    checked = sum(attempts.begin("ana", float(second)) == 0 for second in range(3600))

    # Five at 0 to 4 s; then after 1, 2, 4 ... 256 s (nine, together 511 s); then one every 300 s in what is left.
    assert checked == 5 + 9 + (3600 - 516) // 300 == 24


def test_an_attempt_that_has_to_wait_is_not_counted(tmp_path: Path) -> None:
    """Who tries again too early does not have to wait longer for it."""
    attempts = Attempts(tmp_path / "gate.sqlite3")
    waits = [attempts.begin("ana", 100.0) for _ in range(FREE)] + [attempts.begin("ana", 100.25) for _ in range(50)]

    assert waits == [0.0] * FREE + [0.75] * 50
    assert attempts.begin("ana", 101.0) == 0


def test_others_and_those_who_got_in_begin_anew(tmp_path: Path) -> None:
    """A count is of one account from one place; the right password ends it; an hour without a guess does too."""
    attempts = Attempts(tmp_path / "gate.sqlite3")
    for _ in range(FREE):
        attempts.begin("ana", 100.0)

    assert attempts.begin("ben", 100.0) == 0
    assert attempts.begin("ana", 100.0) == 1
    attempts.forget("ana")
    assert attempts.begin("ana", 100.0) == 0
    for second in range(FREE):
        attempts.begin("ana", 101.0 + second)
    assert attempts.begin("ana", 106.0 + 3601.0) == 0


def test_a_clock_set_back_makes_nobody_wait_longer_than_the_pause(tmp_path: Path) -> None:
    """The last guess is in the future then."""
    attempts = Attempts(tmp_path / "gate.sqlite3")
    for _ in range(FREE):
        attempts.begin("ana", 1_000_000.0)

    assert attempts.begin("ana", 0.0) == 1


def test_guesses_at_the_same_moment_do_not_share_a_pause(tmp_path: Path) -> None:
    """Of forty at once as many are checked as of forty in a row; the file is closed to others and names nobody."""
    path = tmp_path / "gate.sqlite3"
    start = threading.Barrier(8)

    def guess(_: int) -> float:
        start.wait()
        return Attempts(path).begin("ana", 100.0)

    with ThreadPoolExecutor(8) as many:
        waits = list(many.map(guess, range(40)))

    assert sorted(waits) == [0.0] * FREE + [1.0] * 35
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_damaged_file_is_an_error_of_its_kind(tmp_path: Path) -> None:
    """The caller lets the password be checked then: nobody is locked out because a disk is full."""
    (tmp_path / "gate.sqlite3").write_bytes(b"no database" * 100)
    with pytest.raises(sqlite3.DatabaseError):
        Attempts(tmp_path / "gate.sqlite3").begin("ana", 0.0)
    with pytest.raises(OSError, match="No such file"):
        Attempts(tmp_path / "absent" / "gate.sqlite3").begin("ana", 0.0)


@pytest.mark.parametrize("name", ["attempts", "decision"])
def test_the_examples_in_the_gates_docstrings_hold(name: str) -> None:
    """They are run."""
    module = import_module(f"labeling.studio.server.gate.labeling_gate.{name}")

    assert doctest.testmod(module).failed == 0
    assert doctest.testmod(module).attempted > 0


# --- what it is made of ----------------------------------------------------------------------------------------------


# Label Studio's, each a package of its own on the server's path.
APPS = ("jwt_auth", "projects", "tasks")


def test_the_gate_imports_only_what_label_studio_brings() -> None:
    """The standard library, Django, the REST framework, Label Studio, and its own files by relative names."""
    allowed = {*sys.stdlib_module_names, "django", "rest_framework", "label_studio", "core", *APPS}
    imported = {
        name.partition(".")[0]
        for path in GATE_FOLDER.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        for name in _imported(node)
    }

    assert imported >= {"django", "core", "label_studio", "sqlite3"}
    assert imported <= allowed


def _imported(node: ast.AST) -> list[str]:
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    if isinstance(node, ast.ImportFrom):
        # One dot is a neighbour; two would be a package of ours.
        return [] if node.level == 1 else [node.module or "a package above"]
    return []
