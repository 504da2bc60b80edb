"""All facts of the report in one value: what `labeling report --json` prints, and what the page shows."""

from __future__ import annotations

from labeling.articles import Reject
from labeling.report.facts.answers import (
    ConflictAnswer,
    ForecastAnswer,
    LabelAnswer,
    NextAnswer,
    ProgressAnswer,
    SpeedAnswer,
    WorthAnswer,
)
from labeling.report.facts.people_and_models import (
    ChangeAnswer,
    ErrorAnswer,
    LeakFamily,
    QualityAnswer,
    QuarantinedThing,
    RemovedThing,
    SharedPair,
    TrustAnswer,
    WorkAnswer,
)
from labeling.reprints.annotate_once import SourceSaving
from labeling.values import Frozen
from labeling.workspace.rows.agreements import Agreement
from labeling.workspace.rows.assignment import Leakage
from labeling.workspace.rows.learning_rows import RoundRow
from labeling.workspace.rows.reprint import Audit
from labeling.workspace.rows.score import Score


class Facts(Frozen):
    """The twelve answers, in the order of the questions; then what the page shows beside them.

    ``dataset`` is the name of the newest dataset, "" without one. ``removed`` is what a migration took away, a decision
    and no fault: it is not in ``quarantine``. ``ledger`` is by stage, kind of thing and outcome. ``families`` are leak
    groups of several articles, ``savings`` what was carried to reprints. Gold itself stands in ``gold.jsonl``.
    """

    project: str
    dataset: str
    how_far: ProgressAnswer
    how_fast: SpeedAnswer
    when_done: ForecastAnswer
    what_next: NextAnswer
    which_conflicts: ConflictAnswer
    weak_labels: LabelAnswer
    more_worth_it: WorthAnswer
    test_set: TrustAnswer
    who_did_what: WorkAnswer
    how_good: QualityAnswer
    model_errors: ErrorAnswer
    changes: ChangeAnswer
    removed: tuple[RemovedThing, ...] = ()
    quarantine: tuple[QuarantinedThing, ...] = ()
    agreement: Agreement | None = None
    agreement_stale: bool = False
    scores: tuple[Score, ...] = ()
    rounds: tuple[RoundRow, ...] = ()
    ledger: dict[str, dict[str, dict[str, int]]] = {}
    leakage: Leakage | None = None
    audit: Audit | None = None
    rejects: tuple[Reject, ...] = ()
    families: tuple[LeakFamily, ...] = ()
    shared_pairs: tuple[SharedPair, ...] = ()
    savings: tuple[SourceSaving, ...] = ()
