"""What a report compares with: a dataset, a release, scores, another report or a workspace of before, by what it is."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pydantic import ConfigDict, ValidationError

from labeling.corpora.manifest import MANIFEST
from labeling.corpora.release.release import RELEASE, read_dataset_lines, read_release
from labeling.errors import UsageError
from labeling.values import Frozen
from labeling.workspace.rows.agreements import Agreement
from labeling.workspace.rows.assignment import Leakage
from labeling.workspace.rows.score import Score
from labeling.workspace.storage import open_to_read
from labeling.workspace.table import Scores, Workspace

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

    from labeling.corpora.release.release import ReleaseLine

_MOST_BYTES = 1 << 30


@dataclass(frozen=True)
class Earlier:
    """What is known of before; what is not there is None. ``lines`` reads what a dataset or a release holds.

    ``is_called`` is whether people are called in it as a report calls them.
    """

    name: str
    lines: Callable[[], Iterator[ReleaseLine]] | None = None
    scores: Mapping[str, Score] | None = None
    agreement: Agreement | None = None
    leakage: Leakage | None = None
    is_called: bool = False


class _EarlierReport(Frozen):
    """Of what `labeling report --json` printed, what is compared; the rest is left aside."""

    model_config = ConfigDict(extra="ignore")

    dataset: str
    agreement: Agreement | None = None
    leakage: Leakage | None = None
    scores: tuple[Score, ...] = ()


def open_earlier(path: Path, workspace: Workspace) -> Earlier:
    """What a path holds, whichever of the five it is.

    Args:
        path: As it was named.
        workspace: Whose datasets an earlier report may name.

    Raises:
        UsageError: It is none of them, or is not there.
        DamagedFile: A file in it cannot be read.
        CorpusChanged: The dataset or the release is not what it was.
    """
    if (path / MANIFEST).is_file():
        return Earlier(_name_earlier(path), lambda: read_dataset_lines(path))
    if (path / RELEASE).is_file():
        return Earlier(_name_earlier(path), lambda: read_release(path)[1])
    if path.is_dir() and (path / Workspace.articles.name).is_file():
        return _open_workspace(path)
    if path.is_file():
        return _open_json(path, workspace)
    raise _foreign_error(path, "it is not there" if not path.exists() else "the folder holds none of them")


def _name_earlier(path: Path) -> str:
    """A dataset by its digest, also where ``latest`` was named."""
    return path.resolve().name


def _open_workspace(path: Path) -> Earlier:
    before = Workspace(path)
    scores = before.scores.value_if_written()
    compiled = (before.latest / MANIFEST).is_file()
    return Earlier(
        name=_name_earlier(path),
        lines=(lambda: read_dataset_lines(before.latest)) if compiled else None,
        scores=scores.root if scores else None,
        agreement=before.agreement.value_if_written(),
        leakage=before.leakage.value_if_written(),
    )


def _open_json(path: Path, workspace: Workspace) -> Earlier:
    with open_to_read(path) as file:
        text = file.read(_MOST_BYTES)
    try:
        keys = json.loads(text)
    except (ValueError, RecursionError):
        raise _foreign_error(path, "it is not JSON") from None
    if not isinstance(keys, dict):
        raise _foreign_error(path, "it is not a JSON object")
    try:
        if "how_far" not in keys:
            return Earlier(path.name, scores=Scores.model_validate_json(text).root)
        report = _EarlierReport.model_validate_json(text)
    except ValidationError:
        raise _foreign_error(path, "its values are not those of scores or of a report") from None
    # The dataset of then is compared as well, where it is still there.
    folder = workspace.corpora / report.dataset
    known = bool(report.dataset) and "/" not in report.dataset and (folder / MANIFEST).is_file()
    return Earlier(
        name=path.name,
        lines=(lambda: read_dataset_lines(folder)) if known else None,
        scores={score.annotator: score for score in report.scores} or None,
        agreement=report.agreement,
        leakage=report.leakage,
        is_called=True,
    )


def _foreign_error(path: Path, why: str) -> UsageError:
    return UsageError(
        f"{path} cannot be compared with: {why}",
        todo="name the folder of a dataset, a release or a workspace, a scores.json, or what `labeling report --json` "
        "printed",
        where=str(path),
    )
