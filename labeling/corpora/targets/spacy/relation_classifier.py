"""A relation classifier for spaCy: which of the pairs of entities near each other are related, and how.

It reads and writes ``Doc._.rel``, ``{(head start, tail start): {label: score}}`` by first tokens, the layout of
explosion's relation tutorial. It learns from the entities of the reference and is asked about those that the pipeline
found, so that its scores on dev are those of real use. What may be related to what it learns from the zeros in the
training data; it never says anything else.

This file stands on spaCy alone, and travels in every dataset: where this package is not installed, ``spacy train
--code relations.py`` trains it, and ``import relations`` before ``spacy.load`` opens what was trained. spaCy reads the
types of registered functions when it calls them, so annotations are not postponed here.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice, permutations
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray
from spacy.language import Language
from spacy.pipeline.trainable_pipe import TrainablePipe  # type: ignore[import-not-found]  # compiled
from spacy.tokens import Doc
from spacy.training import Example
from spacy.util import registry
from spacy.vocab import Vocab
from thinc.api import HashEmbed, Linear, Maxout, Model, Optimizer, chain, concatenate, set_dropout_rate
from thinc.types import Floats2d

_FEATURES = 3  # label of the head, label of the tail, on which side and how far apart
_ROWS = 500  # of each table of embeddings
_FAR = 7  # the last class of distances begins at 2 to the power of this
Array: TypeAlias = NDArray[Any]

if not Doc.has_extension("rel"):
    Doc.set_extension("rel", default={})


@dataclass(frozen=True)
class Candidates:
    """The pairs of one doc that may be related.

    ``stretches`` has three stretches of tokens a pair, half open (head, tail, what is between), pairs x 3 x 2;
    ``features`` are three keys a pair; ``labels`` the relation labels that are possible for each.
    """

    doc: Doc
    stretches: Array
    features: Array
    labels: tuple[tuple[str, ...], ...]

    @property
    def keys(self) -> list[tuple[int, int]]:
        """The first tokens of head and tail, a pair each."""
        return [(int(head), int(tail)) for head, tail in self.stretches[:, :2, 0]]


@registry.architectures("labeling.PairClassifier.v1")  # type: ignore[untyped-decorator]  # spaCy's
def pair_classifier(
    tok2vec: Model[list[Doc], list[Floats2d]], hidden_width: int, embed_width: int
) -> Model[list[Candidates], Floats2d]:
    """From candidates to one row a pair, one column a label; a positive number means related.

    A pair is the mean vectors of its head, its tail and the words between, and embeddings of its features.

    Args:
        tok2vec: Of this component alone: it is not shared with others through a listener.
        hidden_width: Of the one hidden layer.
        embed_width: Of each feature's embedding.
    """
    embed: Model[Any, Any] = concatenate(*(HashEmbed(embed_width, _ROWS, column=column) for column in range(_FEATURES)))
    output: Model[Any, Any] = chain(Maxout(nO=hidden_width, normalize=True, dropout=0.0), Linear())
    return Model("pair_classifier", _forward, init=_init, layers=[tok2vec, embed, output], dims={"nO": None})


def _init(model: Any, X: Any = None, Y: Any = None) -> None:  # noqa: ANN401, N803 - thinc's names and looseness
    tok2vec, embed, output = model.layers
    if X is None:
        return
    tok2vec.initialize(X=[each.doc for each in X])
    features = np.concatenate([each.features for each in X])
    embed.initialize(X=features)
    pooled = np.concatenate([_pooled(tok2vec.predict([each.doc])[0], each.stretches) for each in X])
    output.initialize(X=np.hstack([pooled, embed.predict(features)]), Y=Y)
    model.set_dim("nO", Y.shape[1])


def _forward(model: Any, batch: Sequence[Candidates], is_train: bool) -> tuple[Any, Callable[[Any], Any]]:  # noqa: ANN401, FBT001 - thinc's
    tok2vec, embed, output = model.layers
    vectors, back_vectors = tok2vec([each.doc for each in batch], is_train)
    pooled = np.concatenate([_pooled(rows, each.stretches) for rows, each in zip(vectors, batch, strict=True)])
    embedded, back_embed = embed(np.concatenate([each.features for each in batch]), is_train)
    scores, back_scores = output(np.hstack([pooled, embedded]), is_train)

    def backprop(d_scores: Any) -> Any:  # noqa: ANN401 - thinc's
        d_pairs = back_scores(d_scores)
        back_embed(np.ascontiguousarray(d_pairs[:, pooled.shape[1] :]))
        ends = np.cumsum([len(each.stretches) for each in batch])[:-1]
        d_pooled = np.split(d_pairs[:, : pooled.shape[1]], ends)
        return back_vectors(
            [_unpooled(rows, each.stretches, part) for rows, each, part in zip(vectors, batch, d_pooled, strict=True)]
        )

    return scores, backprop


def _pooled(vectors: Any, stretches: Array) -> Array:  # noqa: ANN401 - thinc's
    """The mean vector of each stretch, side by side; of an empty one zeros."""
    sums = np.vstack([np.zeros((1, vectors.shape[1]), dtype="f"), np.cumsum(vectors, axis=0)])
    means = (sums[stretches[..., 1]] - sums[stretches[..., 0]]) / _lengths(stretches)
    pooled: Array = means.reshape(len(stretches), -1)
    return pooled


def _unpooled(vectors: Any, stretches: Array, d_pooled: Array) -> Array:  # noqa: ANN401 - thinc's
    """The gradient of `_pooled`: each token's share of every stretch it is in."""
    shares = d_pooled.reshape(len(stretches), stretches.shape[1], -1) / _lengths(stretches)
    steps = np.zeros((len(vectors) + 1, vectors.shape[1]), dtype="f")
    np.add.at(steps, stretches[..., 0], shares)
    np.add.at(steps, stretches[..., 1], -shares)
    gradient: Array = np.cumsum(steps, axis=0)[:-1]
    return gradient


def _lengths(stretches: Array) -> Array:
    lengths: Array = np.maximum(stretches[..., 1] - stretches[..., 0], 1)[..., None].astype("f")
    return lengths


@Language.factory(
    "labeling_relations",
    requires=["doc.ents"],
    assigns=["doc._.rel"],
    default_config={"threshold": 0.5, "max_distance": 100},
    default_score_weights={"rel_micro_p": 0.0, "rel_micro_r": 0.0, "rel_micro_f": 1.0},
)
def relations(
    nlp: Language, name: str, model: Model[list[Candidates], Floats2d], threshold: float, max_distance: int
) -> "RelationClassifier":
    """Make the component.

    Args:
        nlp: The pipeline.
        name: The component's name in it.
        model: See `pair_classifier`.
        threshold: The least score, 0 to 1, of a relation that counts.
        max_distance: In tokens, between the starts of two entities: pairs farther apart are not asked about.
    """
    return RelationClassifier(nlp.vocab, model, name, threshold=threshold, max_distance=max_distance)


class RelationClassifier(TrainablePipe):  # type: ignore[misc]  # compiled
    """The component: candidates from entities, scores into ``Doc._.rel``."""

    def __init__(self, vocab: Vocab, model: Any, name: str, *, threshold: float, max_distance: int) -> None:  # noqa: ANN401 - thinc's
        """Keep the parts; labels come with `initialize` or from disk."""
        self.vocab, self.model, self.name = vocab, model, name
        self.cfg: dict[str, Any] = {"labels": [], "ends": {}, "threshold": threshold, "max_distance": max_distance}

    @property
    def labels(self) -> tuple[str, ...]:
        """The relation labels, in the order of the model's columns."""
        return tuple(self.cfg["labels"])

    def initialize(self, get_examples: Callable[[], Iterable[Example]], *, nlp: Language | None = None) -> None:  # noqa: ARG002 - spaCy's
        """Learn the labels, and between which entities each is possible, then give the model its shape.

        Raises:
            ValueError: No training example has two entities that may be related.
        """
        ends: dict[str, set[tuple[str, str]]] = {}
        for example in get_examples():
            for label, pair in _possible(example.reference):
                ends.setdefault(label, set()).add(pair)
        self.cfg |= {"labels": sorted(ends), "ends": {label: sorted(ends[label]) for label in sorted(ends)}}
        found = (self.candidates(example.reference) for example in get_examples())
        sample = list(islice((each for each in found if each.labels), 10))
        if not sample:
            raise ValueError("no training example has two entities that may be related")
        self.model.initialize(X=sample, Y=np.zeros((sum(len(each.labels) for each in sample), len(ends)), dtype="f"))

    def candidates(self, doc: Doc) -> Candidates:
        """The pairs of the doc's entities that are near each other and of labels that may be related."""
        possible = defaultdict[tuple[str, str], tuple[str, ...]](tuple)
        for label, ends in self.cfg["ends"].items():
            for head, tail in ends:
                possible[head, tail] += (label,)
        pairs = [
            (head, tail, labels)
            for head, tail in permutations(doc.ents, 2)
            if abs(head.start - tail.start) <= self.cfg["max_distance"]
            and (labels := possible.get((head.label_, tail.label_)))
        ]
        stretches = [
            ((head.start, head.end), (tail.start, tail.end), (min(head.end, tail.end), max(head.start, tail.start)))
            for head, tail, _ in pairs
        ]
        features = [(head.label, tail.label, _place(tail.start - head.start)) for head, tail, _ in pairs]
        return Candidates(
            doc=doc,
            stretches=np.asarray(stretches, dtype="int64").reshape(-1, _FEATURES, 2),
            features=np.asarray(features, dtype="uint64").reshape(-1, _FEATURES),
            labels=tuple(labels for _, _, labels in pairs),
        )

    def predict(self, docs: Iterable[Doc]) -> list[dict[tuple[int, int], dict[str, float]]]:
        """What ``Doc._.rel`` is to be of each doc: a score for every possible label of every candidate."""
        found = [self.candidates(doc) for doc in docs]
        asked = [each for each in found if each.labels]
        logits = self.model.predict(asked) if asked else np.zeros((0, len(self.labels)))
        scores = iter(_sigmoid(logits))
        columns = {label: column for column, label in enumerate(self.labels)}
        return [
            {
                key: {label: float(row[columns[label]]) for label in labels}
                for key, labels, row in zip(each.keys, each.labels, scores, strict=False)
            }
            for each in found
        ]

    def set_annotations(self, docs: Iterable[Doc], scores: Iterable[dict[tuple[int, int], dict[str, float]]]) -> None:
        """Write what `predict` found into ``Doc._.rel``."""
        for doc, pairs in zip(docs, scores, strict=True):
            doc._.rel = pairs

    def update(
        self,
        examples: Iterable[Example],
        *,
        drop: float = 0.0,
        sgd: Optimizer | None = None,
        losses: dict[str, float] | None = None,
    ) -> dict[str, float]:
        """Learn from the entities of the reference; a pair and label of which it says nothing teaches nothing."""
        losses = {} if losses is None else losses
        losses.setdefault(self.name, 0.0)
        batch = [each for example in examples if (each := self.candidates(example.reference)).labels]
        if not batch:
            return losses
        set_dropout_rate(self.model, drop)
        logits, backprop = self.model.begin_update(batch)
        truth = np.concatenate([self._truth(each) for each in batch])
        # The gradient of cross entropy behind a sigmoid.
        gradient = np.where(np.isnan(truth), 0.0, _sigmoid(logits) - truth).astype("f")
        backprop(gradient)
        if sgd is not None:
            self.finish_update(sgd)
        losses[self.name] += float((gradient**2).sum())
        return losses

    def _truth(self, candidates: Candidates) -> Array:
        """One row a pair, one column a label: 1, 0, or not a number where nothing is known."""
        pairs = candidates.doc._.rel
        return np.asarray(
            [[pairs.get(key, {}).get(label, np.nan) for label in self.labels] for key in candidates.keys], dtype="f"
        )

    def score(self, examples: Iterable[Example], **_: object) -> dict[str, float]:
        """Precision, recall and F1 of relations, entities right to the character; 0 for 0/0: spaCy adds them up."""
        right = said = true = 0
        for example in examples:
            found, wanted = (self.facts(doc) for doc in (example.predicted, example.reference))
            right, said, true = right + len(found & wanted), said + len(found), true + len(wanted)
        ratios = {"p": (right, said), "r": (right, true), "f": (2 * right, said + true)}
        return {f"rel_micro_{name}": part / whole if whole else 0.0 for name, (part, whole) in ratios.items()}

    def facts(self, doc: Doc) -> set[tuple[int, int, str, int, int]]:
        """The relations of a doc that count: start and end of the head, label, start and end of the tail."""
        places = {ent.start: (ent.start_char, ent.end_char) for ent in doc.ents}
        return {
            (*places[head], label, *places[tail])
            for head, tail, label in related(doc, self.cfg["threshold"])
            if head in places and tail in places
        }


def related(doc: Doc, threshold: float = 0.5) -> Iterator[tuple[int, int, str]]:
    """The relations of ``Doc._.rel`` with at least that score: first token of the head, of the tail, and the label."""
    pairs: Mapping[tuple[int, int], Mapping[str, float]] = doc._.rel
    for (head, tail), scores in sorted(pairs.items()):
        yield from ((head, tail, label) for label, score in sorted(scores.items()) if score >= threshold)


def _possible(reference: Doc) -> Iterator[tuple[str, tuple[str, str]]]:
    """Each label that stands for a pair of entities, as a 1 or a 0, with the labels of the two."""
    entities = {ent.start: ent.label_ for ent in reference.ents}
    for (head, tail), scores in reference._.rel.items():
        for label in scores:
            yield label, (entities[head], entities[tail])


def _place(steps: int) -> int:
    """A class for the distance from head to tail in tokens: by powers of two, apart for each side."""
    return 2 * min(abs(steps).bit_length(), _FAR) + (steps > 0)


def _sigmoid(logits: Any) -> Array:  # noqa: ANN401 - thinc's
    scores: Array = 1.0 / (1.0 + np.exp(-np.clip(logits, -30.0, 30.0)))
    return scores
