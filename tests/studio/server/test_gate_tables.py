"""The layer's own tables, on SQLite without a Label Studio: what is kept, once, by several processes at a time."""

from __future__ import annotations

import json
import sqlite3
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace
from importlib import import_module
from typing import TYPE_CHECKING, Any

import django
import pytest
from django.conf import settings
from hypothesis import assume, given
from hypothesis import strategies as st

if not settings.configured:
    database_of_tests = {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}
    settings.configure(DATABASES={"default": database_of_tests}, LOGGING_CONFIG=None, LABELING_ROLES=False)
    django.setup()

from django.db import connection

from labeling.studio.format.signatures import words_digest
from labeling.studio.format.tasks import digest_result
from labeling.studio.server.gate.labeling_gate import keeping
from labeling.studio.server.gate.labeling_gate.caller import ServerAccount
from labeling.studio.server.gate.labeling_gate.entries import (
    TABLES,
    AgainEntry,
    AssignmentEntry,
    AuditEntry,
    FirstEntry,
    InvitationEntry,
    PersonEntry,
    RuleEntry,
    ServedEntry,
    ShownEntry,
    normal_email,
    now_text,
)
from labeling.studio.server.gate.labeling_gate.keeping import (
    add_entries,
    change_entries,
    emails_of,
    has_plan,
    make_tables,
    read_entries,
    remove_entries,
    rule_of,
    write,
)
from labeling.studio.server.gate.labeling_gate.own_work import name_words
from labeling.studio.server.gate.labeling_gate.suggestion_marks import mark_of, read_mark, write_mark
from labeling.studio.server.gate.labeling_gate.suggestion_signatures import digest_prediction
from labeling.studio.server.gate.labeling_gate.trail import write_line
from labeling.studio.server.package import GATE_FOLDER

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

FIRST = FirstEntry(1, 2, 3, "2026-11-30T00:00:00.000000Z", 4, '[{"id": "a"}]')
LINE = AuditEntry("2026-11-30T00:00:00.000000Z", 3, "ana@desk.example", "POST", "/api/x", 201, 1, 2, "")


@pytest.fixture(autouse=True)
def database(tmp_path: Path) -> Iterator[Path]:
    """An empty database of this test, which other threads and processes can open too."""
    path = tmp_path / "server.sqlite3"
    before = connection.settings_dict["NAME"]
    connection.close()
    connection.settings_dict["NAME"] = str(path)
    yield path
    connection.close()
    connection.settings_dict["NAME"] = before


def test_what_is_added_is_read_again() -> None:
    """Each kind of row, with its empty columns; in the order of its key."""
    ana, bea = PersonEntry(1, "ana@desk.example", "reader"), PersonEntry(0, "bea@desk.example", "adjudicator", 9)

    assert add_entries([ana, bea]) == 2
    assert read_entries(PersonEntry) == [bea, ana]
    assert read_entries(PersonEntry, account=None) == [ana]
    assert read_entries(PersonEntry, project=[1, 0], account=9) == [bea]
    assert read_entries(PersonEntry, email=[]) == []
    for row in (AgainEntry(1, 2, "a", "b", "c"), ServedEntry(1, 2, 3, 0), ShownEntry(1, 3, "v"), FIRST):
        assert add_entries([row]) == 1
        assert read_entries(type(row)) == [row]
    assert {table.name for table in TABLES.values()} <= set(connection.introspection.table_names())


def test_the_first_of_a_key_stays() -> None:
    """A later submission of the same account on the same task is not the first one."""
    later = replace(FIRST, annotation=5, result="[]")

    assert [add_entries([FIRST]), add_entries([later, replace(later, account=8)])] == [1, 1]
    assert read_entries(FirstEntry, account=3) == [FIRST]


def test_an_invitation_is_used_once_whoever_comes_first() -> None:
    """Eight at the same moment: one of them changes the row."""
    add_entries([InvitationEntry("n", "ana@desk.example", 1, now_text())])
    start = threading.Barrier(8)

    def use(account: int) -> int:
        start.wait()
        changed = change_entries(InvitationEntry, {"used_by": account, "used_at": now_text()}, nonce="n", used_by=None)
        connection.close()
        return changed

    with ThreadPoolExecutor(8) as many:
        assert sorted(many.map(use, range(1, 9))) == [0] * 7 + [1]
    assert read_entries(InvitationEntry)[0].used_by in range(1, 9)


def test_the_audit_is_only_added_to() -> None:
    """Neither changed nor removed; and no other table is emptied by a call without a condition."""
    add_entries([LINE, replace(LINE, status=403)])
    for forbidden in (
        lambda: remove_entries(AuditEntry, id=1),
        lambda: change_entries(AuditEntry, {"status": 200}, id=1),
        lambda: remove_entries(FirstEntry),
        lambda: change_entries(FirstEntry, {"result": ""}),
    ):
        with pytest.raises(ValueError, match="only added to"):
            forbidden()  # type: ignore[no-untyped-call]

    assert [(line.id, line.status) for line in read_entries(AuditEntry)] == [(1, 201), (2, 403)]
    assert [line.id for line in read_entries(AuditEntry, after=1, limit=5)] == [2]
    assert [line.id for line in read_entries(AuditEntry, limit=1)] == [1]
    # As a restore brings it back: with its number, once.
    assert add_entries([replace(LINE, id=7), replace(LINE, id=7)]) == 1


PROCESS = """
import sys
import django
from django.conf import settings
settings.configure(DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": sys.argv[1]}})
django.setup()
sys.path.insert(0, sys.argv[2])
from labeling_gate.entries import AuditEntry
from labeling_gate.keeping import add_entries
for number in range(15):
    add_entries([AuditEntry("", int(sys.argv[3]), "", "POST", "/", 200, number, None, "")])
"""


def test_four_processes_lose_no_line(database: Path) -> None:
    """They make the tables at the same moment, and write at once: 60 lines, numbered without a gap."""
    running = [
        subprocess.Popen([sys.executable, "-c", PROCESS, str(database), str(GATE_FOLDER), str(number)])
        for number in range(4)
    ]

    assert [each.wait() for each in running] == [0] * 4
    lines = read_entries(AuditEntry)
    assert [line.id for line in lines] == list(range(1, 61))
    for number in range(4):
        assert [line.project for line in lines if line.account == number] == list(range(15))


def test_a_write_waits_for_a_locked_database(database: Path) -> None:
    """Somebody else holds it for a while, longer than SQLite waits by itself: the line is there in the end."""
    make_tables()
    connection.close()
    connection.settings_dict["OPTIONS"] = {"timeout": 0.05}
    held = threading.Event()

    def hold() -> None:
        import time

        other = sqlite3.connect(database, isolation_level=None)
        other.execute("BEGIN EXCLUSIVE")
        held.set()
        time.sleep(0.6)
        other.execute("COMMIT")
        other.close()

    thread = threading.Thread(target=hold)
    thread.start()
    held.wait()
    try:
        assert add_entries([LINE]) == 1
    finally:
        thread.join()
        connection.close()
        connection.settings_dict["OPTIONS"] = {}
    assert len(read_entries(AuditEntry)) == 1


def test_a_line_that_cannot_be_written_comes_with_the_next(
    database: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Locked for longer than anybody waits: the line lies in a file beside the database, and is lost to nobody."""
    make_tables()
    connection.close()
    monkeypatch.setattr(settings, "BASE_DATA_DIR", str(tmp_path), raising=False)
    monkeypatch.setattr(keeping, "_PATIENCE", 0.1)
    connection.settings_dict["OPTIONS"] = {"timeout": 0.01}
    try:
        with closing(sqlite3.connect(database, isolation_level=None)) as other:
            other.execute("BEGIN EXCLUSIVE")
            write_line(replace(LINE, note="first"))
            write_line(replace(LINE, note="second"))
            other.execute("COMMIT")
        write_line(replace(LINE, note="third"))
        write_line(replace(LINE, note="fourth"))
    finally:
        connection.close()
        connection.settings_dict["OPTIONS"] = {}

    assert [line.note for line in read_entries(AuditEntry)] == ["first", "second", "third", "fourth"]
    assert (tmp_path / "audit-left.jsonl").read_bytes() == b""


def test_what_belongs_together_is_written_together() -> None:
    """A plan is replaced as a whole, or not at all."""
    old, new = AssignmentEntry(1, 5, "ana", "first", 1), AssignmentEntry(1, 6, "ana", "first", 1)
    add_entries([old])

    def replace_plan() -> None:
        remove_entries(AssignmentEntry, project=1)
        add_entries([new])
        message = "in the middle"
        raise RuntimeError(message)

    with pytest.raises(RuntimeError, match="in the middle"):
        write(replace_plan)
    assert read_entries(AssignmentEntry) == [old]


def test_odd_signs_can_be_kept_everywhere() -> None:
    """NUL and half characters, which PostgreSQL refuses, are written out."""
    add_entries([replace(LINE, path="/a\0b\ud800c", note="é😀")])

    assert [(line.path, line.note) for line in read_entries(AuditEntry)] == [("/a\\0b\\ud800c", "é😀")]


def test_a_column_that_is_not_there_is_a_mistake() -> None:
    """No name of a column comes from anywhere but the tables."""
    with pytest.raises(ValueError, match="no column mail"):
        read_entries(PersonEntry, mail="x")
    with pytest.raises(ValueError, match="no column x = 1; --"):
        change_entries(PersonEntry, {"x = 1; --": 1}, project=1)


def test_an_account_has_an_address_once_it_is_confirmed() -> None:
    """An address alone gives nothing to anybody."""
    add_entries([PersonEntry(1, "ana@desk.example", "reader"), PersonEntry(2, "ana@desk.example", "reader", 4)])
    add_entries([AssignmentEntry(1, task, "ana@desk.example", "first", 9 - task) for task in (5, 6)])
    assert (has_plan(1), has_plan(2), emails_of(1, 4)) == (True, False, [])
    change_entries(PersonEntry, {"account": 4}, project=1, email=normal_email(" ANA@desk.example "))

    assert emails_of(1, 4) == ["ana@desk.example"]
    assert emails_of(2, 4) == ["ana@desk.example"]


@pytest.mark.parametrize(("value", "rules"), [('{"a": 1}', {"a": 1}), ("[1]", {}), ("not JSON", {}), (None, {})])
def test_the_rules_of_a_project_are_an_object(value: str | None, rules: dict[str, int]) -> None:
    """Empty where there are none, or none that can be read."""
    if value is not None:
        add_entries([RuleEntry(1, value)])

    assert rule_of(1) == rules


@pytest.mark.parametrize(("maker", "owners"), [(7, [7]), (None, [4])])
def test_a_server_always_has_an_owner(maker: int | None, owners: list[int]) -> None:
    """Whoever made the organisation; where that account is gone, the first that may still log in."""
    with connection.cursor() as cursor:
        cursor.execute("CREATE TABLE organization (id INTEGER, created_by_id INTEGER)")
        cursor.execute("CREATE TABLE htx_user (id INTEGER, is_active BOOLEAN)")
        cursor.execute("INSERT INTO organization VALUES (2, 9), (1, %s)", [maker])
        cursor.execute("INSERT INTO htx_user VALUES (3, FALSE), (4, TRUE), (7, TRUE), (9, TRUE)")

    assert [number for number in (3, 4, 7, 9) if ServerAccount(number, "x").is_owner] == owners
    assert [number for number in (3, 4, 7, 9) if ServerAccount(number, "x", lowered=True).is_owner] == []


def test_the_examples_of_the_tables_hold() -> None:
    """They are run."""
    import doctest

    for name in ("entries", "subject", "call"):
        module = import_module(f"labeling.studio.server.gate.labeling_gate.{name}")
        assert doctest.testmod(module).failed == 0
        assert doctest.testmod(module).attempted > 0


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=12,
)


@given(st.lists(JSON), st.booleans())
def test_words_are_named_as_a_pull_names_them(result: list[Any], is_skipped: bool) -> None:  # noqa: FBT001
    """The layer cannot import the package, and both say the same of the same words."""
    digest = words_digest({"result": result, "was_cancelled": is_skipped})
    assert name_words(7, result, is_skipped=is_skipped) == f"words {digest} of annotation 7"


@given(st.text(), st.lists(JSON))
def test_a_suggestion_is_known_by_what_it_says(version: str, result: list[Any]) -> None:
    """Whatever order the keys of a database have; its mark is a number below 0 that goes out and comes back."""
    mark = mark_of(version, result)
    assert -(2**60) < mark < 0
    assert read_mark(write_mark(mark)) == mark
    assert mark != mark_of(version + "x", result)
    assert mark == mark_of(version, json.loads(json.dumps(result, sort_keys=True)))


@pytest.mark.parametrize("text", ["", "0", "g", "-1", "+1", "0x1", "1_0", "\u0661", "F", "1" * 16, " 1"])
def test_what_is_no_mark_is_refused(text: str) -> None:
    """A number is read in one spelling."""
    assert read_mark(text) is None


@given(
    st.lists(
        st.recursive(
            st.none() | st.booleans() | st.integers(-(2**60), 2**60) | st.floats(allow_nan=False) | st.text(),
            lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
            max_leaves=6,
        ),
        max_size=3,
    )
)
def test_a_suggestion_has_the_same_digest_here_as_where_it_was_sent(result: list[Any]) -> None:
    """Else nobody who reads blind would be shown it; a database may give the keys of an object in another order."""
    assume(not any(0xD800 <= ord(sign) < 0xE000 for sign in json.dumps(result, ensure_ascii=False)))
    assert digest_prediction({"result": json.loads(json.dumps(result))}) == digest_result(result)
    assert digest_prediction({"result": [*result, 0]}) != digest_result(result)
