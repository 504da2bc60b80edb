"""Front door of ``labeling doubts``: gold, and all that speaks against it -> ``doubts.jsonl``."""

from __future__ import annotations

from array import array
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from labeling.adjudication.decided_articles import list_decided
from labeling.adjudication.gold_in_doubt import ask_doubt, collect_verdicts, is_settled_doubt
from labeling.errors import NothingToLearn
from labeling.reprints.consistency import audit_gold
from labeling.tokens import make_tokenizer, token_edges
from labeling.training.doubts.contradicted_precedents import find_contradicted_precedents, read_verdicts
from labeling.training.doubts.marked_text import MarkedText, Suspicion
from labeling.training.doubts.rank_doubts import rank_suspicions
from labeling.training.doubts.rare_readings import count_readings, find_rare_readings
from labeling.training.doubts.span_edges import find_odd_edges
from labeling.workspace.custody import keep_custody
from labeling.workspace.grouping import read_leak_groups
from labeling.workspace.rows.doubt import Doubt

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from labeling.annotations import Gold
    from labeling.articles import Article
    from labeling.project import Project
    from labeling.training.doubts.rank_doubts import RankedDoubt
    from labeling.workspace.rows.doubt import DoubtKind
    from labeling.workspace.rows.reprint import Side
    from labeling.workspace.table import Workspace

_LEAST = 0.01  # what is expected to be right more rarely is not listed


@dataclass(frozen=True)
class DoubtsResult:
    """How many doubts there are, by the strongest kind, about so many ``spans``; why others were not looked for.

    ``settled`` are left out of the list: an adjudicator has decided on the very readings that are in doubt.
    """

    spans: int
    doubts: int
    settled: int
    kinds: dict[str, int]
    left_out: dict[str, str]


def find_doubts(project: Project, *, seed: int = 1) -> DoubtsResult:
    """List what in gold somebody should look at once more, the most likely errors first, in ``doubts.jsonl``.

    Args:
        project: Whose gold.
        seed: Of the models' folds; the same gold and seed give the same list.

    Raises:
        MissingInput: Nothing was adjudicated.
        NothingToLearn: Gold holds no span.
        TrainingError: The extra ``doubts`` is not installed.
        Stale: Gold was made from other files than there are now.
        Altered: A file that it reads is not as it was left.
        WorkspaceBusy: Another command is writing here.
    """
    workspace = project.workspace
    reads = (workspace.gold, workspace.articles, workspace.clusters, workspace.passages, workspace.decisions)
    with workspace.opened(), keep_custody(workspace, "doubts", reads=reads, writes=(workspace.doubts,)) as notes:
        # It loads numpy, which no `--help` waits for.
        from labeling.training.doubts.contradicted_spans import require_model_packages

        require_model_packages()
        notes.options["seed"] = seed
        texts = GoldTexts(project)
        spans = sum(len(labels) for text in texts for labels in text.spans.values())
        if not spans:
            raise NothingToLearn("gold holds no span to doubt", todo="annotate, pull and adjudicate first")
        left_out: dict[str, str] = {}
        ranked = rank_suspicions(_suspect_all(project, texts, seed, left_out))
        found = [_write_row(doubt, texts.digests) for doubt in ranked if doubt.score >= _LEAST]
        doubts = _leave_out_settled(project, found)
        workspace.doubts.write(doubts)
    kinds = Counter[str](doubt.kind for doubt in doubts)
    return DoubtsResult(spans, len(doubts), len(found) - len(doubts), dict(sorted(kinds.items())), left_out)


@dataclass
class GoldTexts:
    """Usable gold with its texts, an article at a time, as often as it is asked for; only tokens' edges are kept."""

    project: Project
    digests: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        workspace = self.project.workspace
        self._articles = workspace.articles.by("id")
        self._groups = read_leak_groups(workspace)
        self._tokenizer = make_tokenizer(self.project.file.project.language)
        self._edges: dict[str, tuple[array[int], array[int]]] = {}

    def __iter__(self) -> Iterator[MarkedText]:
        for gold in self.project.workspace.gold.rows():
            article = self._articles.get(gold.article)
            # Only gold of today's text can be doubted.
            if gold.usable and article is not None and article.digest == gold.digest:
                self.digests[article.id] = article.digest
                yield self._mark(article, gold)

    def _mark(self, article: Article, gold: Gold) -> MarkedText:
        if article.id not in self._edges:
            starts, ends = token_edges(self._tokenizer.make_doc(article.text))
            self._edges[article.id] = array("l", starts), array("l", ends)
        spans: dict[tuple[int, int], tuple[str, ...]] = {}
        for span in gold.spans:
            place = span.start, span.end
            spans[place] = tuple(sorted({*spans.get(place, ()), span.label}))
        starts_, ends_ = self._edges[article.id]
        return MarkedText(
            article=article.id,
            digest=article.digest,
            text=article.text,
            leak_group=self._groups.get(article.id, article.id),
            starts=starts_.tolist(),
            ends=ends_.tolist(),
            spans=spans,
            open=gold.open,
            unasked=gold.unasked_labels,
        )


def _leave_out_settled(project: Project, doubts: Sequence[Doubt]) -> list[Doubt]:
    """The doubts on which no adjudicator has decided, as far as gold is as it was decided."""
    workspace, trimming = project.workspace, project.file.policies.trim
    verdicts = collect_verdicts(workspace.decisions.rows_if_written())
    articles, gold = workspace.articles.by("id"), workspace.gold.by("article")
    kept = []
    for doubt in doubts:
        known = (doubt.article, doubt.digest) in verdicts
        asked = ask_doubt(doubt, articles[doubt.article], gold[doubt.article], trimming) if known else None
        if asked is None or not is_settled_doubt(asked, verdicts):
            kept.append(doubt)
    return kept


def _suspect_all(project: Project, texts: GoldTexts, seed: int, left_out: dict[str, str]) -> Iterator[Suspicion]:
    from labeling.training.doubts.contradicted_spans import find_contradicted_spans

    workspace, schema = project.workspace, project.schema
    counts = count_readings(texts)
    yield from find_rare_readings(texts, counts)
    yield from find_odd_edges(texts, schema, project.file.project.language)
    try:
        yield from find_contradicted_spans(texts, counts.keys(), schema.label_names, seed)
    except NothingToLearn as error:
        left_out["model"] = str(error)
    if workspace.decisions.exists():
        articles = workspace.articles.by("id")
        decided = list_decided(workspace.decisions.rows(), articles, schema, project.file.policies.trim)
        yield from find_contradicted_precedents(texts, read_verdicts(decided, articles))
    else:
        left_out["precedent"] = "nothing was decided by an adjudicator"
    if workspace.passages.exists():
        yield from _find_labelled_apart(workspace, project.file.passages.words)
    else:
        left_out["reprint"] = "shared passages are not known: run `labeling cluster`"


def _find_labelled_apart(workspace: Workspace, words: int) -> Iterator[Suspicion]:
    """Both sides of each difference that `audit` finds; where one has no span, the place where it would be."""
    links: Mapping[str, str] = {}
    gold, articles, passages = workspace.gold.rows(), workspace.articles.by("id"), workspace.passages.rows()
    for difference in audit_gold(gold, articles, passages, words, links).differences:
        for side, other in ((difference.left, difference.right), (difference.right, difference.left)):
            why = f"{other.article} has {other.label or 'nothing'} on {other.text!r}"
            yield _suspect_side(side, other, why)


def _suspect_side(side: Side, other: Side, why: str) -> Suspicion:
    return Suspicion("reprint", side.article, side.start, side.end, side.label, other.label, 1.0, why, side.text)


def _write_row(doubt: RankedDoubt, digests: Mapping[str, str]) -> Doubt:
    about = doubt.suspicion
    kinds: tuple[DoubtKind, ...] = doubt.kinds
    return Doubt(
        kind=about.kind,
        kinds=kinds,
        article=about.article,
        digest=digests[about.article],
        start=about.start,
        end=about.end,
        text=about.text,
        label=about.label,
        instead=about.instead,
        score=round(doubt.score, 4),
        why="; ".join(doubt.whys),
        ends=doubt.ends,
    )
