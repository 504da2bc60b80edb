"""Spans that models contradict with confidence: each is judged by a model that was trained on other leak groups only.

`cleanlab` learns which labels are confused from the predictions themselves, and tells which ones are likely wrong
(confident learning). It judges items that have one class each, not spans that nest. So its items are stretches of
tokens, and their class is their label or none: all that are marked, the same with an end moved by a token, whatever
words are marked elsewhere, names in capitals, and some others. So a label that was mistaken, a boundary, a span too
many and one that was missed are all items whose class the model contradicts.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from hashlib import sha256
from itertools import chain
from random import Random
from typing import TYPE_CHECKING, Any

import numpy as np

from labeling.errors import NothingToLearn, TrainingError

if TYPE_CHECKING:
    from collections.abc import Container, Iterable, Iterator, Sequence

    from numpy.typing import NDArray

    from labeling.training.doubts.marked_text import MarkedText, Suspicion, TokenStretch
    from labeling.training.doubts.rare_readings import TokenWords

NONE = ""  # the class of what is not marked
_FOLDS = 5
_LONGEST = 8  # tokens of a stretch
_MOST_TAUGHT = 200_000  # stretches a model learns from
_FEATURES = 2**18
_MOST_STEPS = 40
_SAMPLED = 40  # of so many other stretches one is an item


@dataclass(frozen=True)
class _Items:
    """All stretches that are judged, text by text: the number of the text, tokens, class, fold, and features."""

    stretches: list[tuple[int, TokenStretch]]
    classes: NDArray[np.int64]
    folds: NDArray[np.int64]
    features: Any  # a sparse matrix of scipy


def find_contradicted_spans(
    texts: Iterable[MarkedText], known: Container[TokenWords], labels: Sequence[str], seed: int
) -> Iterator[Suspicion]:
    """What models contradict, text by text; the same for the same seed.

    Args:
        texts: Articles with their gold; they are read twice.
        known: The words that are marked somewhere.
        labels: All labels.
        seed: Of the folds, and of which other stretches are items.

    Raises:
        NothingToLearn: There are less than two leak groups, or nothing is marked in them.
    """
    names = [NONE, *labels]
    items = _collect_items(texts, known, names, seed)
    present, given = np.unique(items.classes, return_inverse=True)
    if len(np.unique(items.folds)) < 2 or len(present) < 2:  # noqa: PLR2004 - one cannot be held against another
        raise NothingToLearn(
            "models can contradict gold only where spans are marked in two leak groups",
            todo="annotate more articles; all other doubts need no model",
        )
    probabilities = _predict_out_of_fold(items, given, len(present), seed)
    numbers, qualities = _find_issues(given, probabilities)
    best = probabilities.argmax(axis=1)
    by_text: dict[int, list[int]] = {}
    for number in numbers:
        by_text.setdefault(items.stretches[number][0], []).append(number)
    for place, text in enumerate(texts):
        for number in by_text.get(place, ()):
            label, instead = names[present[given[number]]], names[present[best[number]]]
            # A text may not have been asked for all labels: then its silence on one is no reading.
            if label == NONE and instead in text.unasked:
                continue
            why = f"models trained on other articles say {instead or 'nothing'}, {probabilities[number].max():.0%} sure"
            where = text.place(items.stretches[number][1])
            yield text.suspect("model", where, (label, instead), round(1 - qualities[number], 4), why)


def require_model_packages() -> None:
    """See that there is what contradicts gold: it comes with an extra.

    Raises:
        TrainingError: A package is missing.
    """
    try:
        import cleanlab.filter  # noqa: F401 - only whether they are there
        import sklearn.linear_model  # noqa: F401
        import threadpoolctl  # noqa: F401
    except ImportError as error:
        raise TrainingError(
            f"the models of doubts need {error.name}, which is not installed",
            todo="pip install 'labeling[doubts]'",
        ) from None


def _find_issues(given: NDArray[np.int64], probabilities: NDArray[np.float64]) -> tuple[list[int], list[float]]:
    """The numbers of the items whose class is likely wrong, and of all items how well their class fits."""
    from cleanlab.filter import find_label_issues
    from cleanlab.rank import get_label_quality_scores

    found = find_label_issues(given, probabilities, filter_by="predicted_neq_given", n_jobs=1)
    quality = get_label_quality_scores(given, probabilities, method="self_confidence")
    return np.flatnonzero(found).tolist(), quality.tolist()


def _collect_items(
    texts: Iterable[MarkedText], known: Container[TokenWords], names: Sequence[str], seed: int
) -> _Items:
    from sklearn.feature_extraction import FeatureHasher

    numbers = {name: number for number, name in enumerate(names)}
    stretches, classes, groups = list[tuple[int, tuple[int, int]]](), list[int](), list[str]()

    def describe() -> Iterator[list[str]]:
        for place, text in enumerate(texts):
            for stretch in _list_stretches(text, known, seed):
                marked = text.marked.get(stretch, (NONE,))
                # Two labels on one stretch are no single class.
                if len(marked) == 1 and marked[0] in numbers:
                    stretches.append((place, stretch))
                    classes.append(numbers[marked[0]])
                    groups.append(text.leak_group)
                    yield [*list_features(text, stretch)]

    described = describe()
    first = next(described, None)
    if first is None:
        return _Items([], np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64), None)
    hasher = FeatureHasher(_FEATURES, input_type="string", alternate_sign=False)
    features = hasher.transform(chain([first], described))
    fold_of = _assign_folds(groups, seed)
    return _Items(stretches, np.asarray(classes), np.asarray([fold_of[group] for group in groups]), features)


def _assign_folds(groups: Sequence[str], seed: int) -> dict[str, int]:
    """The fold of each leak group: the largest first, each into the fold that has least."""
    sizes: dict[str, int] = {}
    for group in groups:
        sizes[group] = sizes.get(group, 0) + 1
    loads = [0] * _FOLDS
    fold_of = dict[str, int]()
    for group in sorted(sizes, key=lambda each: (-sizes[each], _digest_of_group(seed, each))):
        fold_of[group] = loads.index(min(loads))
        loads[fold_of[group]] += sizes[group]
    return fold_of


def _predict_out_of_fold(items: _Items, given: NDArray[np.int64], count: int, seed: int) -> NDArray[np.float64]:
    """The probability of each class for each item, by a model that was taught by the other folds only."""
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.linear_model import LogisticRegression
    from threadpoolctl import threadpool_limits

    columns = items.features.tocsc()
    # What stands only once teaches nothing of others, and takes most of the time.
    features = columns[:, np.flatnonzero(np.diff(columns.indptr) > 1)].tocsr()
    probabilities = np.zeros((len(given), count), dtype=np.float64)
    order = np.random.default_rng(seed).permutation(len(given))
    for fold in np.unique(items.folds):
        rows = np.flatnonzero(items.folds == fold)
        taught = order[items.folds[order] != fold][:_MOST_TAUGHT]
        classes = np.unique(given[taught])
        if len(classes) < 2:  # noqa: PLR2004 - who has seen one class only contradicts nothing
            probabilities[rows, given[rows]] = 1
            continue
        # On small matrices threads wait for each other more than they work.
        with threadpool_limits(1), warnings.catch_warnings():
            # The last digits do not matter: what is ranked is which labels stand out.
            warnings.simplefilter("ignore", ConvergenceWarning)
            model = LogisticRegression(max_iter=_MOST_STEPS).fit(features[taught], given[taught])
        probabilities[np.ix_(rows, classes)] = model.predict_proba(features[rows])
    return probabilities


def _list_stretches(text: MarkedText, known: Container[TokenWords], seed: int) -> list[TokenStretch]:
    """The stretches of a text that are judged, each once, in order; none of which nothing is known."""
    count = len(text.words)
    dice = Random(f"{seed} {text.article}")  # noqa: S311 - a sample is not a secret
    found = {*text.marked, *_list_capitalised(text)}
    for start, stop in text.marked:
        found |= {(start - 1, stop), (start + 1, stop), (start, stop - 1), (start, stop + 1)}
    for start in range(count):
        for stop in range(start + 1, min(start + _LONGEST, count) + 1):
            if dice.random() * _SAMPLED < 1 or tuple(text.words[start:stop]) in known:
                found.add((start, stop))
    return sorted(
        (start, stop)
        for start, stop in found
        if 0 <= start < stop <= count
        and stop - start <= _LONGEST
        and (start, stop) not in text.cut
        and not text.is_open(*text.place((start, stop)))
    )


def _list_capitalised(text: MarkedText) -> Iterator[TokenStretch]:
    """Runs of words that begin with a capital, as long as they are."""
    start = None
    for number, (begin, end) in enumerate(zip(text.starts, text.ends, strict=True)):
        is_name = text.text[begin:end][:1].isupper()
        if is_name and start is None:
            start = number
        elif not is_name and start is not None:
            yield start, number
            start = None
    if start is not None:
        yield start, len(text.starts)


def list_features(text: MarkedText, stretch: TokenStretch) -> Iterator[str]:
    """What a model is told of a stretch: its words and their forms, and two words on either side."""
    start, stop = stretch
    words = text.words[start:stop]
    shapes = [_shape(text.text[text.starts[n] : text.ends[n]]) for n in range(start, stop)]
    yield "all=" + " ".join(words)
    yield f"length={min(stop - start, 6)}"
    yield f"first={words[0]}"
    yield f"last={words[-1]}"
    yield f"ends={words[-1][-3:]}"
    yield f"shape={shapes[0]} {shapes[-1]}"
    yield "shapes=" + " ".join(shapes[:4])
    for word in words:
        yield f"in={word}"
    for step in (1, 2):
        before = text.words[start - step] if start >= step else "<"
        after = text.words[stop + step - 1] if stop + step <= len(text.words) else ">"
        yield f"before{step}={before}"
        yield f"after{step}={after}"
        if step == 1:
            yield f"left={before} {shapes[0]}"
            yield f"left={before} {words[0]}"
            yield f"right={shapes[-1]} {after}"
            yield f"right={words[-1]} {after}"
            yield f"around={_shape_at(text, start - 1)} {_shape_at(text, stop)}"
            yield f"border={_shape_at(text, start - 1)} {shapes[0]}"
            yield f"border={shapes[-1]} {_shape_at(text, stop)}"


def _shape_at(text: MarkedText, number: int) -> str:
    return _shape(text.text[text.starts[number] : text.ends[number]]) if 0 <= number < len(text.starts) else "<>"


def _shape(word: str) -> str:
    """A word's form: ``Xx`` for Oslo, ``X`` for UN, ``d`` for 2016; of longer runs of one kind one stands."""
    kinds = ["d" if sign.isdigit() else "X" if sign.isupper() else "x" if sign.isalpha() else sign for sign in word]
    return "".join(kind for at, kind in enumerate(kinds) if at == 0 or kind != kinds[at - 1])[:6]


def _digest_of_group(seed: int, name: str) -> bytes:
    return sha256(f"{seed} {name}".encode()).digest()
