"""Where the spans of pulled annotations come from, read from the kept answers: drawn by hand, or from a suggestion."""

from __future__ import annotations

from typing import TYPE_CHECKING

from labeling.errors import UnreadableExport
from labeling.studio.format.origins import SpanOrigins, read_origins
from labeling.studio.sync.pull_archive import read_archive

if TYPE_CHECKING:
    from collections.abc import Collection

    from labeling.workspace.table import Workspace


def find_span_origins(workspace: Workspace, numbers: Collection[int]) -> dict[int, SpanOrigins]:
    """What the editor noted of these annotations, by the server's numbers of them, as the last pulls have it.

    The newest answer is read first, and older ones only for what it does not have. Of an annotation that no answer
    has, or whose answer is damaged, nothing is told.
    """
    watermark = workspace.watermark.value_if_written()
    wanted, found = set(numbers), dict[int, SpanOrigins]()
    for name in sorted(watermark.answers, reverse=True) if watermark else ():
        if not wanted:
            break
        try:
            for task in read_archive(workspace.pulls / name):
                noted = read_origins(task)
                # A number that came from a newer answer stays as it was there.
                found |= {number: noted[number] for number in noted.keys() & wanted if number not in found}
        except UnreadableExport as error:
            workspace.say(f"{error}: what readers changed is told by comparing.")
        wanted -= found.keys()
    return found
