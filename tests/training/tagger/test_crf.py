"""Chains, beside all their paths one by one."""

from __future__ import annotations

from itertools import pairwise, product
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from labeling.training.tagger.layers import spans_of_tags

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.torch

LABELS, TAGS = 2, 5
LENGTHS = (4, 1, 3)


@pytest.fixture(scope="module")
def chains() -> tuple[Any, Any, Any]:
    """Two layers with weights at random, emissions of three texts, and the mask of these."""
    torch = pytest.importorskip("torch")
    from labeling.training.tagger.crf import LayeredCrf
    from labeling.training.tagger.network import mask_of

    chance = torch.Generator().manual_seed(5)
    crf = LayeredCrf(2, LABELS)
    for weight in crf.parameters():
        weight.data = torch.randn(weight.shape, generator=chance)
    return crf, torch.randn(2, 3, max(LENGTHS), TAGS, generator=chance) * 2, mask_of(LENGTHS)


def _lawful(path: tuple[int, ...]) -> bool:
    """Whether each tag that goes on (2 and 4) follows a tag of its label."""
    before = (0, *path)
    return all(tag not in {2, 4} or before[place] in {tag - 1, tag} for place, tag in enumerate(path))


def _paths(chains: tuple[Any, Any, Any], layer: int, text: int) -> Iterator[tuple[tuple[int, ...], float]]:
    """Every path of a text's chain that follows the rule, with its score."""
    crf, emissions, _ = chains
    moves, starts = crf.transitions[layer].detach().numpy(), crf.starts[layer].detach().numpy()
    told = emissions[layer, text].numpy()
    for path in product(range(TAGS), repeat=LENGTHS[text]):
        if _lawful(path):
            steps = sum(moves[one, other] for one, other in pairwise(path))
            yield path, float(starts[path[0]] + steps + sum(told[place, tag] for place, tag in enumerate(path)))


def _sum(scores: list[float]) -> float:
    return float(np.logaddexp.reduce(scores))


@pytest.mark.parametrize("layer", range(2))
@pytest.mark.parametrize("text", range(3))
def test_the_best_path_is_the_best_of_all(chains: tuple[Any, Any, Any], layer: int, text: int) -> None:
    """Viterbi finds what trying every path finds."""
    from labeling.training.tagger.crf import best_tags

    crf, emissions, mask = chains
    tags = best_tags(crf.scores(), emissions, mask)[layer, text, : LENGTHS[text]]
    best, _ = max(_paths(chains, layer, text), key=lambda each: each[1])

    assert tuple(tags.tolist()) == best


@pytest.mark.parametrize("text", range(3))
def test_the_loss_is_of_all_permitted_paths(chains: tuple[Any, Any, Any], text: int) -> None:
    """With one tag permitted everywhere, with some, with all: then it is 0."""
    import torch

    crf, emissions, mask = chains
    chance = torch.Generator().manual_seed(text)
    known = torch.zeros(2, 3, 4, TAGS, dtype=torch.bool)
    known[..., 0] = True
    some = known | (torch.rand(known.shape, generator=chance) < 0.4)
    for permitted in (known, some, torch.ones_like(known)):
        losses = crf.loss(emissions, mask, permitted)
        for layer in range(2):
            paths = list(_paths(chains, layer, text))
            inside = [
                score
                for path, score in paths
                if all(permitted[layer, text, place, tag] for place, tag in enumerate(path))
            ]
            expected = _sum([score for _, score in paths]) - _sum(inside)
            assert losses[layer, text].item() == pytest.approx(expected, abs=1e-4)


@pytest.mark.parametrize("layer", range(2))
@pytest.mark.parametrize("text", range(3))
def test_a_span_is_as_probable_as_the_paths_that_have_it(chains: tuple[Any, Any, Any], layer: int, text: int) -> None:
    """Each span that there can be: the sum over the paths in which it stands exactly so."""
    from labeling.training.tagger.crf import SpanChances

    crf, emissions, mask = chains
    paths = list(_paths(chains, layer, text))
    total = _sum([score for _, score in paths])
    length = LENGTHS[text]
    spans = [
        (start, end, label)
        for start in range(length)
        for end in range(start + 1, length + 1)
        for label in range(LABELS)
    ]
    expected = [
        sum(float(np.exp(score - total)) for path, score in paths if span in spans_of_tags(path)) for span in spans
    ]

    with torch_off():
        found = SpanChances(crf.scores(), emissions, mask).of(layer, text, spans)

    assert found == pytest.approx(expected, abs=1e-6)
    assert 0 < min(found) < max(found) < 1


def torch_off() -> Any:
    """No gradients, as in use."""
    import torch

    return torch.no_grad()


def test_padding_changes_nothing(chains: tuple[Any, Any, Any]) -> None:
    """A text alone and beside longer ones has the same loss and the same best path."""
    import torch

    from labeling.training.tagger.crf import best_tags
    from labeling.training.tagger.network import mask_of

    crf, emissions, mask = chains
    permitted = torch.zeros(2, 3, 4, TAGS, dtype=torch.bool)
    permitted[..., :2] = True
    alone = emissions[:, 2:, :3], mask_of([3])

    assert torch.allclose(
        crf.loss(*alone, permitted[:, 2:, :3]), crf.loss(emissions, mask, permitted)[:, 2:], atol=1e-5
    )
    together = best_tags(crf.scores(), emissions, mask)
    assert (best_tags(crf.scores(), *alone)[:, 0] == together[:, 2, :3]).all()


def test_chances_of_a_long_text_are_exact() -> None:
    """In 20,000 tokens, each of which says the same, a span in the middle is as probable as in 200."""
    torch = pytest.importorskip("torch")
    from labeling.training.tagger.crf import LayeredCrf, SpanChances
    from labeling.training.tagger.network import mask_of

    crf = LayeredCrf(1, 1)

    def chance(length: int) -> float:
        emissions = torch.tensor([50.0, 49.0, 48.5]).expand(1, 1, length, 3)
        with torch.no_grad():
            chances = SpanChances(crf.scores(), emissions, mask_of([length]))
        return chances.of(0, 0, [(length // 2, length // 2 + 2, 0)])[0]

    assert chance(20_000) == pytest.approx(chance(200), rel=1e-6)
