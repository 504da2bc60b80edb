"""Front door of ``labeling learn``: a round of the loop, from pull to push -> ``queue.jsonl``, ``rounds.jsonl``.

A round is closed last, by its row. Cut short anywhere, it is begun anew, and finds what was done: nothing is counted,
trained or sent twice.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from labeling.learning.open_articles import read_state
from labeling.learning.round_basis import find_basis
from labeling.learning.rounds import RoundFacts
from labeling.learning.turn import USUAL_OPTIONS, LearnOptions, LearnTurn, section_of
from labeling.workspace.custody import refuse_altered

if TYPE_CHECKING:
    from labeling.learning.turn import LearnStep
    from labeling.project import Project
    from labeling.studio.server.credentials import Credentials
    from labeling.workspace.rows.learning_rows import RoundRow


@dataclass(frozen=True)
class LearnResult:
    """What a round brought; ``round`` is None where nothing had changed since the last one.

    ``queued`` counts the articles that nobody has begun, ``refused`` those that could not be sent, and ``sentence``
    tells in one line how it ended.
    """

    round: RoundRow | None
    steps: tuple[LearnStep, ...]
    queued: int
    refused: int
    sentence: str


def learn(project: Project, *, server: Credentials | None = None, options: LearnOptions = USUAL_OPTIONS) -> LearnResult:
    """Go through one round: pull, adjudicate, cluster, split, compile, train, predict, order what is open, push.

    Before the first push there is nothing to pull, and before there is enough gold nothing to train: then the articles
    are ordered without a model, the random stream in its share, and pushed. Where nothing has changed since the last
    round, nothing is written.

    Args:
        project: Whose articles; its [learning] says how much is left to chance, and how to train.
        server: A server to speak to in place of the one that the environment names or the embedded one.
        options: How to go through it.

    Raises:
        ProjectFileError: The project file has no [learning].
        MissingInput: Nothing was ingested.
        Altered: A file is not as it was left.
        WorkspaceBusy: Another command is writing here.
        QuarantineNotAllowed: A kind of defect that the project does not allow.
        TrainingError: The config or checkpoint cannot be used.
        StudioError: The server did not do what was asked; run it again, it goes on.
        LabelingError: Whatever else a step refuses; its own docstring has it.
    """
    turn = LearnTurn(project, section_of(project), server, options)
    refuse_altered(project.workspace, "learn", [project.workspace.articles, project.workspace.rounds])
    before = [*project.workspace.rounds.rows_if_written()]
    turn.bring_words(before)
    state = read_state(project.workspace, turn.section)
    basis = find_basis(project, state, options.seed, options.steps)
    if before and before[-1].basis == basis:
        return LearnResult(None, tuple(turn.done), before[-1].open, 0, "Nothing has changed since the last round.")
    dataset, why = turn.make_dataset()
    trained = None
    if not why:
        trained, why = turn.make_model(dataset)
    facts = RoundFacts(basis, _count_gold(project), 0, dataset, why=why)
    if trained:
        facts = replace(facts, model=trained.signature, score=trained.score)
        facts = replace(facts, outlook=trained.outlook, by_label=trained.by_label)
    facts = turn.suggest_and_order(facts, trained, before, read_state(project.workspace, turn.section))
    refused = turn.push()
    row = turn.close(facts)
    return LearnResult(row, tuple(turn.done), facts.open, refused, row.sentence)


def _count_gold(project: Project) -> int:
    return sum(row.usable for row in project.workspace.gold.rows_if_written())
