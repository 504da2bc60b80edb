"""Agreement of four readers on ten thousand articles with 300,000 spans, beside a plain implementation of the formulas.

The plain one computes values alone. Ours computes each with its interval from a thousand resamples, relations and
choices, confusions and the most telling disagreements besides. Both must come to the same values, or nothing is said.
"""

from __future__ import annotations

import random
from collections import Counter, defaultdict
from functools import cache
from itertools import combinations, pairwise, permutations
from typing import TYPE_CHECKING, TypeAlias

from benchmarks.figures import Figure, side_by_side, timed
from benchmarks.newswire import labelled
from benchmarks.remembering import MEGABYTE, peak_of
from labeling.evaluation.agreement.measure_agreement import measure_agreement
from labeling.evaluation.agreement.submitted import SubmittedArticle
from labeling.project import load_project

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from benchmarks.bench import Bench
    from labeling.annotations import Annotation, Span
    from labeling.articles import Article
    from labeling.workspace.rows.agreements import Agreement

    # An article's length, and what each reader marked: start, end, label.
    PlainArticle: TypeAlias = tuple[int, dict[str, list[tuple[int, int, str]]]]

_READERS = ("ana", "ben", "cyd", "dan")
_TIMES = 10  # so many articles for one of the other sections
_LENGTH = 640  # code points of an article: some eight spans
_MISSED, _RELABELLED, _MOVED = 0.06, 0.04, 0.04  # the share of spans that a reader gets wrong


def measure(bench: Bench) -> Iterator[Figure]:
    """All measures of agreement, and the memory of the command."""
    bench.say("agree: articles of four readers, made")
    schema = load_project().schema
    corpus = [
        (each.article, _read_by_all(each.said, number))
        for number, each in enumerate(labelled(_TIMES * bench.articles, length=_LENGTH))
    ]
    spans = sum(len(each.spans) for _, said in corpus for each in said.values())
    bench.say("agree: both, on the same words")
    found: list[Agreement] = []
    plain: list[dict[str, float]] = []
    times = side_by_side(
        bench.runs,
        lambda _: timed(lambda: found.append(measure_agreement(list(_submitted(corpus)), schema, "bench"))),
        lambda _: timed(lambda: plain.append(_measure_plainly(_plain_articles(corpus)))),
    )
    _insist_on_same(found[-1], plain[-1])
    yield Figure("agree", "four readers, with 1,000 resamples", "plain, no intervals", times, "articles", len(corpus))
    bench.say("agree: the command's memory")
    project = bench.project("agree")
    project.workspace.articles.write(article for article, _ in corpus)
    project.workspace.annotations.write(each for _, said in corpus for each in said.values())
    bench.notes.append(
        f"peak memory of `labeling agree`: {peak_of(project, 'agree') / MEGABYTE:,.0f} MB for {len(corpus):,} articles "
        f"and {spans:,} spans of {len(_READERS)} readers"
    )


def _read_by_all(said: Annotation, number: int) -> dict[str, Annotation]:
    chance = random.Random(number)  # noqa: S311 - the same slips in every run
    return {
        reader: said.model_copy(
            update={
                "annotator": reader,
                "relations": (),
                "spans": tuple(_slip(span, chance) for span in said.spans if chance.random() >= _MISSED),
            }
        )
        for reader in _READERS
    }


def _slip(span: Span, chance: random.Random) -> Span:
    drawn = chance.random()
    if drawn < _RELABELLED:
        return span.model_copy(update={"label": "GOV_BODY" if span.label != "GOV_BODY" else "INTL_ORG"})
    if drawn < _RELABELLED + _MOVED and span.end - span.start > 1:
        return span.model_copy(update={"end": span.end - 1})
    return span


def _submitted(corpus: Iterable[tuple[Article, dict[str, Annotation]]]) -> Iterator[SubmittedArticle]:
    silence = dict.fromkeys(_READERS, frozenset[str]())
    return (SubmittedArticle(article, article.id, said, silence) for article, said in corpus)


def _plain_articles(corpus: Iterable[tuple[Article, dict[str, Annotation]]]) -> list[PlainArticle]:
    return [
        (
            len(article.text),
            {by: [(span.start, span.end, span.label) for span in each.spans] for by, each in said.items()},
        )
        for article, said in corpus
    ]


def _measure_plainly(articles: Sequence[PlainArticle]) -> dict[str, float]:
    """The values of all measures, as the formulas have them."""
    found: dict[str, float] = {}
    for pair in [*combinations(_READERS, 2), _READERS]:
        kept = [(length, {by: said[by] for by in pair}) for length, said in articles]
        name = " ".join(pair)
        found |= {f"{name} {what}": value for what, value in _plain_f1(kept).items()}
        found[f"{name} labels"] = _plain_alpha(kept)
        found[f"{name} unitizing"] = _plain_alpha_u(kept)
    return found


def _plain_f1(articles: Sequence[PlainArticle]) -> dict[str, float]:
    counts: defaultdict[tuple[str, str], list[int]] = defaultdict(lambda: [0, 0])
    for _, said in articles:
        for ours, theirs in combinations(said.values(), 2):
            for label in {label for *_, label in ours + theirs}:
                left = [span[:2] for span in ours if span[2] == label]
                right = [span[:2] for span in theirs if span[2] == label]
                pairs = {
                    "exact": (Counter(left) & Counter(right)).total(),
                    "overlapping": _match(left, right),
                    "label": min(len(left), len(right)),
                }
                for rule, number in pairs.items():
                    for key in ((rule, label), (rule, "")):
                        counts[key][0] += 2 * number
                        counts[key][1] += len(left) + len(right)
            places = [Counter(span[:2] for span in side) for side in (ours, theirs)]
            counts["position", ""][0] += 2 * (places[0] & places[1]).total()
            counts["position", ""][1] += len(ours) + len(theirs)
    return {f"{rule} {label}".strip(): pairs / total for (rule, label), (pairs, total) in counts.items()}


def _match(left: Sequence[tuple[int, int]], right: Sequence[tuple[int, int]]) -> int:
    """The most pairs of spans that overlap: for each span in turn, a way to make room (Kuhn 1955)."""
    taken: dict[int, int] = {}

    def place(number: int, tried: set[int]) -> bool:
        start, end = left[number]
        for other, (other_start, other_end) in enumerate(right):
            if other not in tried and start < other_end and other_start < end:
                tried.add(other)
                if other not in taken or place(taken[other], tried):
                    taken[other] = number
                    return True
        return False

    return sum(place(number, set()) for number in range(len(left)))


def _plain_alpha(articles: Sequence[PlainArticle]) -> float:
    observed, values = 0.0, Counter[tuple[str, ...]]()
    for _, said in articles:
        places: defaultdict[tuple[int, int], list[tuple[str, ...]]] = defaultdict(list)
        for spans in said.values():
            own: defaultdict[tuple[int, int], list[str]] = defaultdict(list)
            for start, end, label in spans:
                own[start, end].append(label)
            for place, labels in own.items():
                places[place].append(tuple(sorted(labels)))
        for unit in places.values():
            if len(unit) > 1:
                values.update(unit)
                observed += sum(one != other for one, other in permutations(unit, 2)) / (len(unit) - 1)
    total = values.total()
    return 1 - observed / ((total**2 - sum(number**2 for number in values.values())) / (total - 1))


def _plain_alpha_u(articles: Sequence[PlainArticle]) -> float:
    labels = sorted({label for _, said in articles for spans in said.values() for *_, label in spans})
    parts = [_plain_disagreement(articles, label) for label in labels]
    return 1 - sum(seen for seen, _ in parts) / sum(chance for _, chance in parts)


def _plain_disagreement(articles: Sequence[PlainArticle], label: str) -> tuple[float, float]:
    observed, units, gaps = 0.0, Counter[int](), Counter[int]()
    read = text = 0
    for length, said in articles:
        text += length
        readings = []
        for spans in said.values():
            read += length
            own = sorted(span[:2] for span in spans if span[2] == label)
            ends = [0, *(at for place in own for at in place), length]
            holes = [(start, end) for start, end in list(pairwise(ends))[::2] if end > start]
            units.update(end - start for start, end in own)
            gaps.update(end - start for start, end in holes)
            readings.append((own, holes))
        for (ours, _), (theirs, holes) in permutations(readings, 2):
            for start, end in ours:
                for other_start, other_end in theirs:
                    if start < other_end and other_start < end:
                        observed += ((start - other_start) ** 2 + (end - other_end) ** 2) / (len(readings) - 1)
                for low, high in holes:
                    # A unit in a gap, seen from either side.
                    if low <= start and end <= high:
                        observed += 2 * (end - start) ** 2 / (len(readings) - 1)

    @cache
    def room(unit: int) -> int:
        return sum(number * (gap - unit + 1) for gap, number in gaps.items() if gap >= unit)

    chance = sum(
        number * ((units.total() - 1) / 3 * (2 * length**3 - 3 * length**2 + length) + length**2 * room(length))
        for length, number in units.items()
    )
    ways = read * (read - 1) - sum(number * length * (length - 1) for length, number in units.items())
    return observed / (read * text), 2 * chance / (text * ways)


def _insist_on_same(found: Agreement, plain: dict[str, float]) -> None:
    """See that both came to the same.

    Raises:
        ValueError: They did not.
    """
    groups = [found.group, *found.by_pair]
    for group in groups:
        if group is None or group.labels is None or group.unitizing is None:
            raise ValueError("nothing was measured")
        name = " ".join(group.annotators)
        ours = {f"{name} {rule}": each.all.value for rule, each in group.spans.items()}
        ours |= {
            f"{name} {rule} {label}": each.value
            for rule, layer in group.spans.items()
            for label, each in layer.labels.items()
        }
        ours |= {f"{name} labels": group.labels.all.value, f"{name} unitizing": group.unitizing.all.value}
        for what, value in ours.items():
            if value is None or abs(value - plain[what]) > 1e-9:  # noqa: PLR2004 - the last figures of floats
                raise ValueError(f"{what}: {value} is not the plain {plain[what]}")
