"""The server's answers as they came, kept in ``pulls/``: their names, their content, and which may go.

``<time>.json.gz`` is a whole export, ``<time>.changes.json.gz`` the export of the tasks that had changed since.
"""

from __future__ import annotations

import datetime as dt
import gzip
from contextlib import contextmanager
from typing import TYPE_CHECKING

from labeling.errors import UnreadableExport
from labeling.studio.format.exports import stream_export
from labeling.workspace.storage import name_disk_errors

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from pathlib import Path

    from pydantic import JsonValue

WHOLE_ENDING = ".json.gz"
CHANGES_ENDING = ".changes.json.gz"

# A pull takes minutes of a server's time and seconds of ours: to press harder costs more than the room it saves.
COMPRESSION_LEVEL = 3

_TIME = "%Y-%m-%dT%H%M%S.%fZ"
_KEEP_ALL = dt.timedelta(days=7)
_KEEP_DAILY = dt.timedelta(days=31)
_DAY, _MONTH = len("2026-11-22"), len("2026-11")  # of a name


def archive_name(instant: dt.datetime, *, changes: bool = False) -> str:
    """The name of an answer that was asked for at that instant."""
    return f"{instant.astimezone(dt.UTC):{_TIME}}" + (CHANGES_ENDING if changes else WHOLE_ENDING)


@contextmanager
def write_archive(path: Path) -> Iterator[Callable[[bytes], None]]:
    """Write an answer that comes in pieces, each a JSON list of tasks: what is yielded takes one piece.

    The file is one list of all their tasks, compressed; without name and time in its head, the same answer is the same
    file.
    """
    # Each piece is a list of its own: the brackets go, and a comma comes between two that are not empty.
    pieces = 0

    def keep(piece: bytes) -> None:
        nonlocal pieces
        inside = piece.strip()[1:-1].strip()
        if inside:
            out.write((b", " if pieces else b"") + inside)
            pieces += 1

    with path.open("wb") as raw, gzip.GzipFile("", "wb", COMPRESSION_LEVEL, fileobj=raw, mtime=0) as out:
        out.write(b"[")
        yield keep
        out.write(b"]")


def read_archive(path: Path) -> Iterator[dict[str, JsonValue]]:
    """The tasks of a kept answer, one at a time.

    Raises:
        UnreadableExport: It is damaged, or something else.
    """
    try:
        with gzip.open(path, "rt", encoding="utf-8", newline="") as text:
            yield from stream_export(text, str(path))
    except (OSError, EOFError) as error:
        raise UnreadableExport(
            f"{path} cannot be read: {error}", todo="take another file of that folder", where=str(path)
        ) from None


def find_latest_whole(names: Iterable[str]) -> list[str]:
    """The newest whole answer and the changes after it, the oldest first; empty without a whole one."""
    ordered = sorted(names)
    # Names begin with the time, so sorted by name is sorted by time.
    wholes = [name for name in ordered if _is_whole(name)]
    return ordered[ordered.index(wholes[-1]) :] if wholes else []


def list_past(names: Iterable[str], now: dt.datetime) -> list[str]:
    """The kept answers that do not bear a time that has not come yet; all of them, where every one does."""
    instants = {name: instant for name in names if (instant := _instant_of_name(name))}
    return [name for name, instant in instants.items() if instant <= now] or [*instants]


def list_superfluous(names: Iterable[str], now: dt.datetime, needed: Iterable[str] = ()) -> list[str]:
    """Which kept answers may go.

    All of the last seven days stay; of older whole ones the last of each day for 31 days, and the last of each month
    for ever. The newest whole one stays whatever its age, and so do the changes after it.

    A clock may have jumped. So the last days are those before ``now`` as well as the last ones on which anything was
    kept, which tell nothing by how long ago they were; and what bears a time that has not come yet is left alone.

    Args:
        names: Of the files in the folder.
        now: What the clock shows.
        needed: The answers that the next pull of changes builds upon.
    """
    instants = {name: instant for name in sorted(names) if (instant := _instant_of_name(name))}
    past = {name: instant for name, instant in instants.items() if instant <= now}
    # The next pull of changes builds upon these, however old they are.
    stay = {*needed, *find_latest_whole(instants), *find_latest_whole(past), *(instants.keys() - past)}
    stay |= _list_recent(past, now)
    wholes = {name: instant for name, instant in past.items() if _is_whole(name)}
    days = _last_days(past, _KEEP_DAILY)
    daily = [name for name, instant in wholes.items() if instant >= now - _KEEP_DAILY or instant.date() in days]
    # Names are in the order of time: of a day or a month, the last one stays in the dictionary.
    stay |= {*{name[:_DAY]: name for name in daily}.values(), *{name[:_MONTH]: name for name in wholes}.values()}
    return [name for name in instants if name not in stay]


def _list_recent(past: Mapping[str, dt.datetime], now: dt.datetime) -> set[str]:
    """What was kept in the last seven days, by the clock and by the days on which anything was kept."""
    days = _last_days(past, _KEEP_ALL)
    first = next((place for place, name in enumerate(past) if _is_whole(name)), len(past))
    # Changes before every whole answer can be added to nothing.
    return {
        name
        for place, (name, instant) in enumerate(past.items())
        if instant >= now - _KEEP_ALL or (place >= first and instant.date() in days)
    }


def _last_days(past: Mapping[str, dt.datetime], so_many: dt.timedelta) -> set[dt.date]:
    return {*sorted({instant.date() for instant in past.values()})[-so_many.days :]}


def thin_archive(folder: Path, now: dt.datetime, needed: Iterable[str] = ()) -> list[str]:
    """Remove what may go; return the names of those files.

    Raises:
        NoRoom: The folder is closed to us.
    """
    with name_disk_errors(folder):
        # Files that are not kept answers are left alone.
        gone = list_superfluous((path.name for path in folder.iterdir()), now, needed)
        for name in gone:
            (folder / name).unlink()
    return gone


def _is_whole(name: str) -> bool:
    return name.endswith(WHOLE_ENDING) and not name.endswith(CHANGES_ENDING)


def _instant_of_name(name: str) -> dt.datetime | None:
    """When it was asked for; None for a file that is not a kept answer."""
    for ending in (CHANGES_ENDING, WHOLE_ENDING):
        if name.endswith(ending):
            try:
                return dt.datetime.strptime(name.removesuffix(ending), _TIME).replace(tzinfo=dt.UTC)
            except ValueError:
                return None
    return None
