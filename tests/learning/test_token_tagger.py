"""The tagger of the simulation: its chain against all paths written out, and what it learns."""

from __future__ import annotations

from itertools import pairwise, product

import numpy as np
import pytest
from simulated.chain import TagChain, allow_changes
from simulated.token_tagger import FeatureReader, TokenTagger

PLACES = ["Oslo", "Chad", "Lima", "Male"]
TEXTS = [f"The minister of {one} met that of {other} on Monday." for one in PLACES for other in PLACES if one != other]


def spans_of(text: str) -> list[tuple[int, int, str]]:
    """The places in a text."""
    return [(text.index(word), text.index(word) + 4, "PLACE") for word in PLACES if word in text]


def test_chain_agrees_with_all_paths() -> None:
    """Of texts of three tokens, two and one, by the products of every path: chances, changes, best path, spans."""
    chance = np.random.default_rng(3)
    sums = chance.normal(size=(6, 3)).astype(np.float32)
    changes = (np.exp(chance.normal(size=(3, 3))) * allow_changes(1)).astype(np.float32)
    chain = TagChain(sums, [3, 2, 1], changes)
    expected = np.zeros((3, 3))
    for text, (low, high) in enumerate([(0, 3), (3, 5), (5, 6)]):
        factors = np.exp(sums[low:high])
        weights = {
            path: float(np.prod([factors[n, tag] for n, tag in enumerate(path)]))
            * float(np.prod([changes[pair] for pair in pairwise(path)]))
            for path in product(range(3), repeat=high - low)
            if path[0] != 2
        }
        whole = sum(weights.values())
        tags = [
            [sum(w for path, w in weights.items() if path[n] == tag) / whole for tag in range(3)]
            for n in range(high - low)
        ]
        assert chain.chances()[low:high] == pytest.approx(np.array(tags), abs=1e-4)
        assert tuple(chain.find_paths()[text]) == max(weights, key=lambda path: weights[path])
        for path, weight in weights.items():
            for pair in pairwise(path):
                expected[pair] += weight / whole
        # The span that begins at the first token and is one token long.
        alone = sum(w for path, w in weights.items() if path[0] == 1 and path[1:2] != (2,)) / whole
        assert chain.score_span(text, 0, 1, 1) == pytest.approx(alone, abs=1e-4)
        if high - low == 1:
            continue
        both = sum(w for path, w in weights.items() if path[0] == 1 and path[1] == 2 and path[2:3] != (2,)) / whole
        assert chain.score_span(text, 0, 2, 1) == pytest.approx(both, abs=1e-4)
    assert chain.expect_changes() == pytest.approx(expected, abs=1e-4)


def test_tagger_finds_what_it_was_taught() -> None:
    """Places by the words around them: in a text it has seen surely, and a place it has never met."""
    reader = FeatureReader([*TEXTS, "The minister of Bern met that of Oslo on Friday."])
    sentences = [reader.read(text)[0] for text in TEXTS]
    tagger = TokenTagger(["PLACE", "OTHER"])
    assert tagger.find(sentences[:1]) == [[]]
    tagger.train(
        sentences, [tagger.write_tags(each, spans_of(text)) for each, text in zip(sentences, TEXTS, strict=True)]
    )

    (known,) = tagger.find(sentences[:1])
    assert [(span.start, span.end, span.label) for span in known] == spans_of(TEXTS[0])
    assert all(0.5 < span.score <= 1 for span in known)
    (new,) = tagger.find(reader.read("The minister of Bern met that of Oslo on Friday."))
    assert [(span.start, span.end) for span in new] == [(16, 20), (33, 37)]


def test_sentences_are_read_apart() -> None:
    """With the code points of the whole text; initials end none."""
    text = "Mr. J. Smith met ministers. Nobody came.\nNot one"
    found = FeatureReader([text]).read(text)

    assert [text[each.starts[0] : each.ends[-1]] for each in found] == [
        "Mr. J. Smith met ministers.",
        "Nobody came.",
        "Not one",
    ]
