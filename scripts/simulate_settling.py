"""What agreement tells, and what settling is worth, where the truth is known: simulated readers on re3d.

    python scripts/simulate_settling.py [--corpora DIR] [--seeds N] [--articles N] [--json]

Four questions. Do the measures fall as readers err more? Four readers with a rate each, all rates multiplied by 0.5,
1, 1.5 and 2. Is the order of the readers recovered? By the mean F1 of each with the others. Is settled gold better than
the best reader? Two of the four read each article, in turn, and an adjudicator decides what is in dispute, who errs as
often as the second best of them. Do precedents help? Two readers who take certain labels for one another read each
article, and an adjudicator follows a fixed rule, article by article: for how many of the conflicts of a kind decided
before are precedents shown, and how often does the first one agree with the decision?
"""

from __future__ import annotations

import json
import tempfile
from dataclasses import asdict, dataclass
from itertools import combinations
from pathlib import Path
from statistics import mean
from typing import TYPE_CHECKING

import click
from published_corpora import SYMMETRIC, read_published, write_project_file
from simulated.adjudicators import SimulatedAdjudicator
from simulated.precedent_use import PrecedentUse, measure_precedents
from simulated.readers import SimulatedReader

from labeling.adjudication.adjudicate import adjudicate
from labeling.annotations import Annotation, Span
from labeling.evaluation.agree import agree
from labeling.evaluation.resampling import Bootstrap
from labeling.evaluation.scores import ScoredArticle, score_spans
from labeling.passages.cluster import cluster
from labeling.project import load_project
from labeling.workspace.custody import keep_custody
from labeling.workspace.rows.conflict import RelationItem, SpanItem

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from labeling.annotations import Gold
    from labeling.articles import Article
    from labeling.project import Project
    from labeling.workspace.rows.conflict import Item

RATES = {"ana": 0.08, "ben": 0.10, "cyd": 0.15, "dan": 0.20}
MULTIPLES = (0.5, 1.0, 1.5, 2.0)
CONFUSED_RATE = 0.3  # of the two readers whose conflicts precedents are to help with
_QUICK = Bootstrap(resamples=10)


@dataclass(frozen=True)
class SimulatedTeam:
    """What a team of one multiple of the rates came to, means over seeds.

    ``f1`` is the mean exact F1 of all pairs, ``by_reader`` that of each with the others; ``best`` the F1 of the best
    reader against the truth, ``adjudicator`` what the second best has, ``settled`` that of gold after all decisions,
    ``agreed`` of gold without them.
    """

    multiple: float
    f1: float
    by_reader: dict[str, float]
    best: float
    adjudicator: float
    agreed: float
    settled: float
    conflicts: float
    open_after: float

    @property
    def order(self) -> list[str]:
        """The readers, the best one first, as agreement has them."""
        return sorted(self.by_reader, key=lambda name: -self.by_reader[name])


@click.command()
@click.option("--corpora", default=Path("../shared/corpora/re3d"), type=click.Path(path_type=Path, exists=True))
@click.option("--seeds", default=5, show_default=True)
@click.option("--articles", type=int, help="The first so many; all when left out.")
@click.option("--json", "as_json", is_flag=True)
def main(corpora: Path, seeds: int, articles: int | None, *, as_json: bool) -> None:
    """Simulate a team at each multiple of the rates, and print a line for each."""
    truths = read_published(corpora, "truth")[:articles]
    teams = [simulate_team(truths, multiple, range(1, seeds + 1)) for multiple in MULTIPLES]
    use = simulate_precedents(truths, range(1, seeds + 1))
    if as_json:
        rows = [asdict(team) | {"order": team.order} for team in teams]
        click.echo(json.dumps({"teams": rows, "precedents": asdict(use)}))
        return
    click.echo("rates x   pairs' F1   order recovered         best reader   agreed alone   settled   conflicts   left")
    for team in teams:
        order = " ".join(team.order)
        click.echo(
            f"{team.multiple:<8}{100 * team.f1:>11.1f}   {order:<22}{100 * team.best:>13.1f}{100 * team.agreed:>15.1f}"
            f"{100 * team.settled:>10.1f}{team.conflicts:>12.0f}{team.open_after:>7.0f}"
        )
    shown, agrees = use.shown / max(use.later, 1), use.agrees / max(use.shown, 1)
    click.echo(
        f"precedents: {use.conflicts} conflicts, {use.later} of a kind decided before; shown for {use.shown} "
        f"({shown:.1%}), the first agrees in {use.agrees} ({agrees:.1%})"
    )


def simulate_precedents(truths: Sequence[tuple[Article, Annotation]], seeds: Iterable[int]) -> PrecedentUse:
    """Two readers who take neighbouring labels for one another, over several seeds; all conflicts taken together."""
    labels = tuple(sorted({span.label for _, truth in truths for span in truth.spans}))
    # Each label and the one beside it in the order of names are taken for one another.
    pairs = dict(zip(labels[::2], labels[1::2], strict=False))
    confusions = pairs | {other: one for one, other in pairs.items()}
    use = PrecedentUse()
    for seed in seeds:
        readers = [SimulatedReader(name, CONFUSED_RATE, seed, labels, confusions) for name in ("ana", "ben")]
        words = [reader.read(article, truth) for article, truth in truths for reader in readers]
        with tempfile.TemporaryDirectory() as scratch:
            project = make_workspace(truths, words, Path(scratch) / "confused")
            adjudicate(project)
            use += measure_precedents(project)
    return use


def simulate_team(truths: Sequence[tuple[Article, Annotation]], multiple: float, seeds: Iterable[int]) -> SimulatedTeam:
    """A team whose rates are multiplied, over several seeds."""
    runs = [_simulate_once(truths, multiple, seed) for seed in seeds]
    return SimulatedTeam(
        multiple=multiple,
        by_reader={name: mean(run.by_reader[name] for run in runs) for name in RATES},
        **{
            field: mean(getattr(run, field) for run in runs)
            for field in ("f1", "best", "adjudicator", "agreed", "settled", "conflicts", "open_after")
        },
    )


def _simulate_once(truths: Sequence[tuple[Article, Annotation]], multiple: float, seed: int) -> SimulatedTeam:
    labels = tuple(sorted({span.label for _, truth in truths for span in truth.spans}))
    readers = [SimulatedReader(name, rate * multiple, seed, labels) for name, rate in RATES.items()]
    words = {reader.name: [reader.read(article, truth) for article, truth in truths] for reader in readers}
    pairs = list(combinations(sorted(RATES), 2))
    with tempfile.TemporaryDirectory() as scratch:
        everybody = [each for name in words for each in words[name]]
        f1 = _measure_pairs(make_workspace(truths, everybody, Path(scratch) / "all"))
        assigned = [words[name][n] for n in range(len(truths)) for name in pairs[(n + seed) % len(pairs)]]
        project = make_workspace(truths, assigned, Path(scratch) / "two")
        adjudicate(project)
        agreed = _score_gold(project, truths)
        conflicts = settle(project, truths, SimulatedAdjudicator("eve", sorted(RATES.values())[1] * multiple, seed))
        settled, left = _score_gold(project, truths), len([*project.workspace.conflicts.rows()])
    own = sorted((_score(truths, words[name], labels) for name in words), reverse=True)
    return SimulatedTeam(
        multiple=multiple,
        f1=mean(f1.values()),
        by_reader={name: mean(value for pair, value in f1.items() if name in pair) for name in RATES},
        best=own[0],
        adjudicator=own[1],
        agreed=agreed,
        settled=settled,
        conflicts=conflicts,
        open_after=left,
    )


def make_workspace(
    truths: Sequence[tuple[Article, Annotation]], annotations: Iterable[Annotation], folder: Path
) -> Project:
    """A workspace in which these people have annotated these articles, and ``eve`` decides."""
    folder.mkdir()
    people = '\n[people]\nadjudicators = ["eve@desk.example"]\n'
    (folder / "re3d.toml").write_text(write_project_file(truth for _, truth in truths) + people, encoding="utf-8")
    project = load_project(folder / "re3d.toml", folder / "workspace")
    project.workspace.articles.write([article for article, _ in truths])
    project.workspace.annotations.write(sorted(annotations, key=lambda one: (one.article, one.annotator)))
    cluster(project)
    return project


def settle(project: Project, truths: Sequence[tuple[Article, Annotation]], adjudicator: SimulatedAdjudicator) -> int:
    """Let the adjudicator decide until nothing is open, which decided spans may open once more; how many it took."""
    workspace, decisions = project.workspace, []
    items = {truth.article: _items_of(truth) for _, truth in truths}
    # Relations and overlapping spans come to light when the spans below them are decided.
    for _ in range(5):
        conflicts = [*workspace.conflicts.rows()]
        if not conflicts:
            break
        decisions += [adjudicator.decide(conflict, items[conflict.article]) for conflict in conflicts]
        with workspace.opened(), keep_custody(workspace, "pull", writes=[workspace.decisions]):
            workspace.decisions.write(decisions)
        adjudicate(project)
    return len(decisions)


def _items_of(truth: Annotation) -> frozenset[Item]:
    spans = {span.id: SpanItem(start=span.start, end=span.end, label=span.label) for span in truth.spans}
    # Both ways round: the ends of a symmetric relation stand in the order of the text.
    ends = [(each.head, each.label, each.tail) for each in truth.relations]
    ends += [(tail, label, head) for head, label, tail in ends if label in SYMMETRIC]
    relations = {RelationItem(head=spans[head], label=label, tail=spans[tail]) for head, label, tail in ends}
    return frozenset({*spans.values(), *relations})


def _measure_pairs(project: Project) -> dict[tuple[str, str], float]:
    agree(project)
    pairs = project.workspace.agreement.value().pairs
    return {(pair.one, pair.other): pair.score.exact.micro.f1 or 0.0 for pair in pairs}


def _score_gold(project: Project, truths: Sequence[tuple[Article, Annotation]]) -> float:
    """F1 of gold against the truth; what is open counts as missed."""
    gold: dict[str, Gold] = {row.article: row for row in project.workspace.gold.rows()}
    return _score(truths, [_as_annotation(gold[article.id]) for article, _ in truths], project.schema.label_names)


def _as_annotation(gold: Gold) -> Annotation:
    spans = tuple(
        Span(id=f"g{n}", start=span.start, end=span.end, label=span.label) for n, span in enumerate(gold.spans)
    )
    return Annotation(article=gold.article, digest=gold.digest, annotator="gold", spans=spans)


def _score(
    truths: Sequence[tuple[Article, Annotation]], annotations: Sequence[Annotation], labels: Sequence[str]
) -> float:
    scored = [
        ScoredArticle(article, article.id, truth, one)
        for (article, truth), one in zip(truths, annotations, strict=True)
    ]
    return score_spans("it", scored, labels, bootstrap=_QUICK).exact.micro.f1 or 0.0


if __name__ == "__main__":
    main()
