"""How often a password was guessed wrong, in a file that all processes of the server share.

The standard library's SQLite keeps it, apart from Label Studio's database, which may be locked by an import for
minutes. It holds no names: see `guessing.key_of`.
"""

from __future__ import annotations

import ipaddress
import os
import sqlite3
from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

FREE = 5  # wrong passwords before the first pause: people mistype
LONGEST = 300  # seconds
FORGOTTEN = 3600.0  # seconds after the last wrong password

_TABLE = "CREATE TABLE IF NOT EXISTS guesses (who TEXT PRIMARY KEY, wrong INTEGER NOT NULL, last REAL NOT NULL)"
_COUNT = """
    INSERT INTO guesses (who, wrong, last) VALUES (?, 1, ?)
    ON CONFLICT (who) DO UPDATE SET wrong = wrong + 1, last = excluded.last
"""


def pause_after(wrong: int) -> int:
    """Seconds to wait after so many wrong passwords: twice as long each time, five minutes at most.

    >>> [pause_after(wrong) for wrong in (0, 4, 5, 6, 7, 12, 13, 14, 9999)]
    [0, 0, 1, 2, 4, 128, 256, 300, 300]
    """
    if wrong < FREE:
        return 0
    # No power of thousands is computed for one who guesses for days.
    return min(1 << min(wrong - FREE, LONGEST.bit_length()), LONGEST)


def network_of(address: str) -> str:
    """An address as it is counted: of IPv6, the network of one subscriber.

    >>> network_of("203.0.113.9"), network_of("::ffff:203.0.113.9"), network_of("2001:db8:1:2:3::4")
    ('203.0.113.9', '203.0.113.9', '2001:db8:1:2::/64')
    """
    try:
        parsed = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return address
    if isinstance(parsed, ipaddress.IPv4Address):
        return str(parsed)
    if parsed.ipv4_mapped:
        return str(parsed.ipv4_mapped)
    return str(ipaddress.ip_network((parsed, 64), strict=False))


@dataclass(frozen=True)
class Attempts:
    """The file at ``path``, made when it is first needed, for its owner alone."""

    path: Path

    def begin(self, who: str, now: float) -> float:
        """Seconds that ``who`` has to wait before a password is checked; 0 when it may be checked now.

        In that case it is counted as wrong beforehand, so that guesses at the same moment do not share one pause;
        `forget` takes it back when it was right.

        Raises:
            OSError: The file cannot be made.
            sqlite3.Error: It cannot be read or written.
        """
        with closing(self._open()) as connection, connection:
            connection.execute("BEGIN IMMEDIATE")
            connection.execute("DELETE FROM guesses WHERE last < ?", [now - FORGOTTEN])
            row = connection.execute("SELECT wrong, last FROM guesses WHERE who = ?", [who]).fetchone()
            wait = _seconds_left(row, now)
            if not wait:
                connection.execute(_COUNT, [who, now])
        return wait

    def forget(self, who: str) -> None:
        """Begin anew with ``who``, whose password was right.

        Raises:
            OSError: The file cannot be made.
            sqlite3.Error: It cannot be written.
        """
        with closing(self._open()) as connection, connection:
            connection.execute("DELETE FROM guesses WHERE who = ?", [who])

    def _open(self) -> sqlite3.Connection:
        os.close(os.open(self.path, os.O_CREAT | os.O_RDWR, 0o600))
        connection = sqlite3.connect(self.path, timeout=5.0)
        connection.execute(_TABLE)
        return connection


def _seconds_left(row: tuple[int, float] | None, now: float) -> float:
    if row is None:
        return 0.0
    wrong, last = row
    # A clock that was set back makes nobody wait longer than the pause itself.
    return max(min(last - now, 0.0) + pause_after(wrong), 0.0)
