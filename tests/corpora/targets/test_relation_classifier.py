"""The relation classifier: its gradients by finite differences, what it learns from, and what it never predicts."""

from __future__ import annotations

from itertools import permutations
from typing import TYPE_CHECKING, Any, cast

import numpy as np
import pytest
import spacy
from spacy.tokens import Doc, Span
from spacy.training import Example
from thinc.api import fix_random_seed

from labeling.corpora.targets.spacy.relation_classifier import RelationClassifier, _pooled, _unpooled, related

if TYPE_CHECKING:
    from pathlib import Path

    from spacy.language import Language

NAMES = ("Ana", "Ben", "Cem", "Dia")
TOK2VEC = {
    "@architectures": "spacy.HashEmbedCNN.v2",
    "width": 16,
    "depth": 1,
    "embed_size": 200,
    "window_size": 1,
    "maxout_pieces": 2,
    "subword_features": True,
    "pretrained_vectors": None,
}


@pytest.fixture(autouse=True)
def _seeded() -> None:
    """Weights begin the same, whatever ran before."""
    fix_random_seed(1)


def _classifier(**settings: float) -> tuple[Language, RelationClassifier]:
    nlp = spacy.blank("en")
    model = {"@architectures": "labeling.PairClassifier.v1", "tok2vec": TOK2VEC, "hidden_width": 16, "embed_width": 4}
    pipe = nlp.add_pipe("labeling_relations", name="relations", config={"model": model, **settings})
    return nlp, cast("RelationClassifier", pipe)


def _doc(nlp: Language, words: str, ents: list[tuple[int, int, str]], rel: dict[Any, Any] | None = None) -> Doc:
    doc = Doc(nlp.vocab, words=words.split())
    doc.ents = [Span(doc, start, end, label) for start, end, label in ents]
    doc._.rel = rel or {}
    return doc


def _example(nlp: Language, number: int) -> Example:
    """`Ana leads Ben` is a relation, `Ana meets Ben` is not; the other way round neither is."""
    # Who does it tells nothing: each two of the four, in both orders, do both.
    one, two, leads = *list(permutations(NAMES, 2))[number // 2 % 12], number % 2
    words = f"{one} {('meets', 'leads')[leads]} {two} today"
    rel = {(0, 2): {"LEADS": leads}, (2, 0): {"LEADS": 0}}
    return Example(nlp.make_doc(words), _doc(nlp, words, [(0, 1, "PERSON"), (2, 3, "PERSON")], rel))


def test_pooled_vector_is_the_mean_of_its_tokens() -> None:
    """Rows 0 and 1 have the mean (2, 3), row 2 is itself, and of an empty stretch nothing is known: zeros."""
    vectors = np.asarray([[1, 2], [3, 4], [5, 6]], dtype="f")
    stretches = np.asarray([[(0, 2), (2, 3), (2, 2)]])

    assert _pooled(vectors, stretches).tolist() == [[2, 3, 5, 6, 0, 0]]


def test_pooling_gradient_matches_finite_differences() -> None:
    """Half of what goes to a stretch of two tokens goes to each, and what goes to an empty one goes nowhere."""
    vectors = np.zeros((3, 2), dtype="f")
    stretches = np.asarray([[(0, 2), (2, 3), (2, 2)], [(1, 2), (2, 3), (2, 2)]])
    gradient = np.asarray([[1, 2, 3, 4, 9, 9], [10, 20, 0, 0, 9, 9]], dtype="f")

    assert _unpooled(vectors, stretches, gradient).tolist() == [[0.5, 1], [10.5, 21], [3, 4]]


def test_model_gradient_matches_finite_differences() -> None:
    """A small step against the gradient lowers the sum of scores by what the gradient predicts, word vectors too."""
    nlp, pipe = _classifier()
    examples = [_example(nlp, number) for number in range(4)]
    nlp.initialize(lambda: examples)
    batch = [pipe.candidates(each.reference) for each in examples]
    # A layer that starts with zeros hides the ones below it.
    output = pipe.model.layers[2].layers[1]
    output.set_param("W", np.linspace(-1, 1, 16, dtype="f").reshape(1, 16))
    scores, backprop = pipe.model.begin_update(batch)
    backprop(np.ones_like(scores))

    before, drop = float(scores.sum()), 0.01
    embeddings = [next(node for node in layer.walk() if node.has_param("E")) for layer in pipe.model.layers[:2]]
    for node in (output, *embeddings):
        for name in node.param_names:
            value, gradient = node.get_param(name).copy(), node.get_grad(name).copy()
            size = float((gradient**2).sum())
            assert size > 0
            node.set_param(name, value - drop / size * gradient)
            change = float(pipe.model.predict(batch).sum()) - before
            node.set_param(name, value)
            assert change == pytest.approx(-drop, rel=0.1)


def test_relation_classifier_learns_words_and_direction(tmp_path: Path) -> None:
    """After a minute's worth of toys it tells `leads` from `meets`, and still does after a trip over the disk."""
    nlp, pipe = _classifier()
    examples = [_example(nlp, number) for number in range(22)]  # of Dia and Cem, the last two, it has not heard
    optimizer = nlp.initialize(lambda: examples)
    for _ in range(40):
        pipe.update(examples, sgd=optimizer)
    nlp.to_disk(tmp_path)

    for classifier in (pipe, spacy.load(tmp_path).get_pipe("relations")):
        for text, wanted in (("Dia leads Cem today", [(0, 2, "LEADS")]), ("Dia meets Cem today", [])):
            doc = classifier(_doc(nlp, text, [(0, 1, "PERSON"), (2, 3, "PERSON")]))
            assert list(related(doc)) == wanted
    scored = [
        Example(pipe(_doc(nlp, each.text, [(0, 1, "PERSON"), (2, 3, "PERSON")])), each.reference) for each in examples
    ]
    assert pipe.score(scored) == {"rel_micro_p": 1.0, "rel_micro_r": 1.0, "rel_micro_f": 1.0}


def test_impossible_and_distant_pairs_are_not_candidates() -> None:
    """Only labels seen between such entities in training, up to the distance; other pairs are not candidates."""
    nlp, pipe = _classifier(max_distance=3)
    rel = {(0, 2): {"LEADS": 1}, (2, 3): {"IN": 0}}
    ents = [(0, 1, "PERSON"), (2, 3, "BODY"), (3, 4, "COUNTRY")]
    example = Example(nlp.make_doc("Ana leads Customs Chad"), _doc(nlp, "Ana leads Customs Chad", ents, rel))
    nlp.initialize(lambda: [example])
    doc = pipe(
        _doc(
            nlp, "Customs Ana of Chad x Chad", [(0, 1, "BODY"), (1, 2, "PERSON"), (3, 4, "COUNTRY"), (5, 6, "COUNTRY")]
        )
    )

    assert pipe.labels == ("IN", "LEADS")
    assert {key: set(scores) for key, scores in doc._.rel.items()} == {(1, 0): {"LEADS"}, (0, 3): {"IN"}}
    assert pipe(_doc(nlp, "Ana", [(0, 1, "PERSON")]))._.rel == {}
    assert pipe(nlp.make_doc(""))._.rel == {}


def test_pairs_without_an_entry_have_no_gradient() -> None:
    """A pair without an entry, as in an article with open questions, gives no loss and moves no weight."""
    nlp, pipe = _classifier()
    known = _example(nlp, 1)
    optimizer = nlp.initialize(lambda: [known])
    silent = Example(nlp.make_doc(known.text), _doc(nlp, known.text, [(0, 1, "PERSON"), (2, 3, "PERSON")]))

    assert pipe.update([silent], sgd=optimizer) == {"relations": 0.0}
    assert pipe.update([known], sgd=optimizer)["relations"] > 0


def test_relation_scores_by_hand() -> None:
    """Two relations in gold, two predicted, one of them right: a half each; of nothing, 0."""
    nlp, pipe = _classifier()
    ents = [(0, 1, "P"), (1, 2, "P"), (2, 3, "P")]
    predicted = _doc(nlp, "A B C", ents, {(0, 1): {"X": 0.9}, (1, 2): {"X": 0.6, "Y": 0.4}})
    gold = _doc(nlp, "A B C", ents, {(0, 1): {"X": 1}, (1, 0): {"X": 1}, (1, 2): {"X": 0}})
    none = _doc(nlp, "A B C", ents)

    assert pipe.score([Example(predicted, gold)]) == {"rel_micro_p": 1 / 2, "rel_micro_r": 1 / 2, "rel_micro_f": 2 / 4}
    assert pipe.score([Example(none, none)]) == {"rel_micro_p": 0.0, "rel_micro_r": 0.0, "rel_micro_f": 0.0}


def test_training_without_candidate_pairs_is_refused() -> None:
    """Training data without two entities that may be related cannot make a classifier."""
    nlp, _ = _classifier()
    alone = Example(nlp.make_doc("Ana"), _doc(nlp, "Ana", [(0, 1, "PERSON")]))

    with pytest.raises(ValueError, match="no training example has two entities that may be related"):
        nlp.initialize(lambda: [alone])
