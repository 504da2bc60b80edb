"""An encoder under the network: which subword belongs to which token, and what becomes of long windows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from tiny_encoder import write_encoder

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.torch

# CLS, up to six pieces, SEP, and two places that some encoders do not use.
LONGEST = 10


@pytest.fixture(scope="module")
def opened(tmp_path_factory: pytest.TempPathFactory) -> tuple[Any, Any]:
    """Encoder, which does not draw at random, and what cuts subwords."""
    pytest.importorskip("torch")
    from labeling.training.tagger.encoder import SubwordCutter, open_checkpoint

    pieces = ["Os", "##lo", "left", "Rome", "-", "a"]
    folder = tmp_path_factory.mktemp("encoder") / "bert"
    encoder, tokenizer = open_checkpoint(str(write_encoder(folder, pieces, longest=LONGEST)))
    return encoder.eval(), SubwordCutter(tokenizer, encoder.config)


def edges(text: str, *words: str) -> tuple[str, list[int], list[int]]:
    """The text with where each of these words starts and ends, in order."""
    starts, at = [], 0
    for word in words:
        starts.append(text.index(word, at))
        at = starts[-1] + len(word)
    return text, starts, [start + len(word) for start, word in zip(starts, words, strict=True)]


def test_subwords_belong_to_the_tokens_they_lie_in(opened: tuple[Any, Any]) -> None:
    """Two pieces of Oslo, one of left; the text before the first token is not read."""
    cut = opened[1].cut(*edges("\U0001f600 Oslo left", "Oslo", "left"))

    assert cut.places.tolist() == [[0, 1, 0], [0, 2, 0], [0, 3, 1]]
    assert [len(row) for row in cut.rows] == [5]


def test_a_subword_in_two_tokens_belongs_to_both(opened: tuple[Any, Any]) -> None:
    """Our tokenizer cuts where the encoder's does not; what the encoder has no piece for counts as one unknown."""
    cut = opened[1].cut(*edges("RomeOslo left", "Rome", "Oslo", "left"))

    assert cut.places.tolist() == [[0, 1, 0], [0, 1, 1], [0, 2, 2]]


def test_a_long_window_goes_in_several_rows(opened: tuple[Any, Any]) -> None:
    """Nine tokens of two pieces each, six pieces a row: each token keeps its two."""
    cut = opened[1].cut(*edges(" ".join(["Oslo"] * 9), *["Oslo"] * 9))

    assert [len(row) for row in cut.rows] == [8, 8, 8]
    assert [cut.places[:, 2].tolist().count(token) for token in range(9)] == [2] * 9


def test_a_token_is_the_mean_of_its_subwords(opened: tuple[Any, Any]) -> None:
    """Of two windows at once, padded; a token that the encoder's tokenizer drops is zeros."""
    import torch

    from labeling.training.tagger.encoder import encode_tokens, stack_subwords

    encoder, cutter = opened
    # The tokenizer drops what cannot be seen.
    one, other = cutter.cut(*edges("Oslo \u200b left", "Oslo", "\u200b", "left")), cutter.cut(*edges("Rome", "Rome"))
    with torch.no_grad():
        found = encode_tokens(encoder, stack_subwords([one, other], 3, cutter.padding), 6)
        states = [encoder(input_ids=torch.tensor([list(each.rows[0])])).last_hidden_state[0] for each in (one, other)]

    assert torch.allclose(found[0], states[0][1:3].mean(0), atol=1e-5)
    assert torch.equal(found[1], torch.zeros(32))
    assert torch.allclose(found[2], states[0][3], atol=1e-5)
    assert torch.allclose(found[3], states[1][1], atol=1e-5)
    assert torch.equal(found[4:], torch.zeros(2, 32))


@pytest.mark.parametrize("damage", ["empty", "no tokenizer", "no weights", "cut weights", "other config"])
def test_a_checkpoint_that_cannot_be_opened_is_named(tmp_path: Path, damage: str) -> None:
    """A plain ValueError, with the folder."""
    from labeling.training.tagger.encoder import open_checkpoint

    folder = tmp_path / "bert"
    write_encoder(folder, ["Oslo"], longest=LONGEST)
    for path in list(folder.iterdir()):
        if damage == "empty" or (damage == "no tokenizer" and path.name.startswith("tokenizer")):
            path.unlink()
    weights = folder / "model.safetensors"
    if damage == "no weights":
        weights.unlink()
    elif damage == "cut weights":
        weights.write_bytes(weights.read_bytes()[:900])
    elif damage == "other config":
        (folder / "config.json").write_text("[]", encoding="utf-8")

    with pytest.raises(ValueError, match="bert"):
        open_checkpoint(str(folder))


def test_what_is_not_an_encoder_is_refused(tmp_path: Path) -> None:
    """A model that writes texts opens as well, and would fail in training."""
    from transformers import BartConfig, BartModel

    from labeling.training.tagger.encoder import open_checkpoint

    folder = tmp_path / "bart"
    write_encoder(folder, ["Oslo"], longest=LONGEST)
    form = BartConfig(
        d_model=8,
        vocab_size=5,
        max_position_embeddings=8,
        encoder_layers=1,
        decoder_layers=1,
        encoder_ffn_dim=1,
        decoder_ffn_dim=1,
        encoder_attention_heads=1,
        decoder_attention_heads=1,
    )
    BartModel(form).save_pretrained(folder)

    with pytest.raises(ValueError, match="bart is not an encoder alone"):
        open_checkpoint(str(folder))
