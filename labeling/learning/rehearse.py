"""What a round would do: gone through on a copy of the workspace, as far as nothing is trained or sent."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from labeling.learning.open_articles import read_state
from labeling.learning.round_basis import find_basis
from labeling.learning.turn import USUAL_OPTIONS, LearnOptions, LearnTurn, section_of
from labeling.studio.sync.push import forecast
from labeling.training.split_data import read_split_data
from labeling.workspace.custody import refuse_altered
from labeling.workspace.table import Workspace

if TYPE_CHECKING:
    from collections.abc import Iterator

    from labeling.learning.turn import LearnStep
    from labeling.project import Project
    from labeling.studio.server.credentials import Credentials


@dataclass(frozen=True)
class LearnForecast:
    """What a round would do: the steps that were tried on a copy, with what came of them, and what would follow.

    ``changed`` is whether there would be a round at all.
    """

    steps: tuple[LearnStep, ...]
    changed: bool
    would: tuple[str, ...]


def rehearse(
    project: Project, *, server: Credentials | None = None, options: LearnOptions = USUAL_OPTIONS
) -> LearnForecast:
    """What `learn` would do now. The workspace stays as it is, to the byte, and the server is only asked.

    Args:
        project: As for `learn`.
        server: The same.
        options: The same.

    Raises:
        LabelingError: What `learn` would refuse.
    """
    section = section_of(project)
    refuse_altered(project.workspace, "learn", [project.workspace.articles, project.workspace.rounds])
    if not project.workspace.articles.exists():
        raise project.workspace.articles.missing()
    with tempfile.TemporaryDirectory() as folder:
        copy = replace(project, workspace=_copy_workspace(project.workspace, Path(folder)))
        turn = LearnTurn(copy, section, server, options)
        before = [*copy.workspace.rounds.rows_if_written()]
        turn.bring_words(before)
        basis = find_basis(copy, read_state(copy.workspace, section), options.seed, options.steps)
        if before and before[-1].basis == basis:
            return LearnForecast(tuple(turn.done), changed=False, would=())
        would = [*_foresee_training(turn), _foresee_order(turn), _foresee_push(turn)]
        return LearnForecast(tuple(turn.done), changed=True, would=tuple(would))


def _copy_workspace(workspace: Workspace, folder: Path) -> Workspace:
    """Links to all files, in a folder where each may be replaced; datasets and models are left out."""
    left_out = {workspace.corpora.name, workspace.models.name, workspace.releases.name, workspace.pulls.name, ".lock"}
    for path in workspace.root.iterdir():
        if path.name not in left_out:
            (folder / path.name).symlink_to(path.absolute())
    if workspace.pulls.is_dir():
        (folder / workspace.pulls.name).mkdir()
        for path in workspace.pulls.iterdir():
            (folder / workspace.pulls.name / path.name).symlink_to(path.absolute())
    return Workspace(folder, workspace.say)


def _foresee_training(turn: LearnTurn) -> Iterator[str]:
    if not turn.project.workspace.gold.exists():
        yield "train nothing: nobody has annotated anything yet"
        return
    turn.divide()
    splits = read_split_data(turn.project.workspace).leak_groups
    sizes = ", ".join(f"{len(articles)} {name}" for name, articles in splits.items())
    missing = [name for name in ("train", "dev") if not splits[name]]
    if missing:
        yield f"train nothing: the {missing[0]} split holds no article yet ({sizes})"
    else:
        yield f"compile and train on {sizes}"


def _foresee_order(turn: LearnTurn) -> str:
    state = read_state(turn.project.workspace, turn.section)
    left = [name for name in state.groups if name not in state.touched]
    drawn = sum(state.places[name].drawn for name in left if name in state.places)
    return f"suggest for and order {len(left)} open articles, {drawn} of them drawn by chance"


def _foresee_push(turn: LearnTurn) -> str:
    foreseen = forecast(turn.project, server=turn.server, pace=turn.options.pace)
    changed = f", refuse {len(foreseen.changed)} whose text has changed" if foreseen.changed else ""
    return f"push {len(foreseen.new)} new articles{changed}, and the order"
