"""A token classifier of ``transformers`` for the flat layer, from any checkpoint, local or of the Hub.

``transformers`` is an extra, and PyTorch is installed by hand, since each machine wants another one. Articles longer
than the model can read are read in windows that overlap; of an overlap each window predicts its own half.
"""

from __future__ import annotations

import math
import random
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, TextIO, TypeAlias

from labeling.corpora.store import target_folder
from labeling.corpora.targets.huggingface.dataset import ARROW
from labeling.corpora.targets.huggingface.huggingface_target import HUGGINGFACE
from labeling.corpora.targets.huggingface.subwords import encode_windows, spans_from_labels
from labeling.errors import NothingToLearn, TrainingError
from labeling.evaluation.scores import fractions_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from pathlib import Path

LabelledOffsets: TypeAlias = tuple[int, int, str]

# In subwords: as long as most encoders read (a smaller limit of the checkpoint's own holds), and the most that two
# windows share.
_LONGEST_WINDOW = 512
_SHARED = 64
# The columns of our rows that training reads.
_READ_COLUMNS = ["id", "text", "token_starts", "token_ends", "tag_layers"]


@dataclass(frozen=True)
class Settings:
    """How a classifier is trained: rounds over the data, windows a step, Adam's first rate, the most steps if not all.

    The digest of a model's settings is taken of the text of this value, so its fields and their names are kept.
    """

    epochs: int = 10
    batch: int = 8
    rate: float = 5e-5
    steps: int | None = None


SETTINGS = Settings()


def fine_tune(checkpoint: str, corpus: Path, folder: Path, *, seed: int, settings: Settings, log: TextIO) -> None:
    """Fine-tune a checkpoint on a compiled dataset, and keep in ``folder`` what was best on dev after a round.

    Args:
        checkpoint: A folder, or a name on the Hub, of an encoder with a fast tokenizer.
        corpus: The dataset's folder.
        folder: Where model and tokenizer are written; ``from_pretrained`` opens them.
        seed: Of the new layer, of dropout and of the order.
        settings: See `Settings`.
        log: Where loss and F1 of each round are written.

    Raises:
        TrainingError: A package is missing, there is nothing to train on, or the checkpoint cannot be used.
    """
    torch = _import_torch()
    torch.manual_seed(seed)
    # Every random number is drawn after this seed: the new layer, dropout, the order.
    rows, names = _load_rows(corpus)
    tokenizer, model = _load_model(checkpoint, names)
    windows = _encode_rows(rows["train"], tokenizer, model)
    optimizer = torch.optim.AdamW(model.parameters(), lr=settings.rate)
    most = settings.epochs * math.ceil(len(windows) / settings.batch)
    total = min(most, settings.steps or most)
    decay = torch.optim.lr_scheduler.LinearLR(optimizer, 1.0, 0.0, total)
    order = random.Random(seed)  # noqa: S311 - an order, not a secret
    done, best = 0, -1.0
    while done < total:
        order.shuffle(windows)
        # The last round may be cut short by the most steps.
        starts = range(0, len(windows), settings.batch)[: total - done]
        batches = (_tensors(tokenizer, windows[start : start + settings.batch]) for start in starts)
        loss = _train_epoch(model, batches, optimizer, decay)
        done += len(starts)
        f1 = _f1(rows["dev"], tokenizer, model, names)
        log.write(f"step {done} of {total}  loss {loss:.3f}  F1 on dev {100 * f1:.1f}\n")
        # A later round may be worse: what is kept is the best, not the last.
        if f1 > best:
            best = f1
            model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)


def _train_epoch(model: Any, batches: Iterable[Any], optimizer: Any, decay: Any) -> float:  # noqa: ANN401 - PyTorch's
    """Learn from each batch; return the last loss."""
    model.train()
    loss = 0.0
    for batch in batches:
        result = model(**batch).loss
        result.backward()
        optimizer.step()
        optimizer.zero_grad()
        decay.step()
        loss = result.item()
    return loss


def open_classifier(folder: Path) -> Callable[[str], list[LabelledOffsets]]:
    """A trained classifier, loaded: it finds a text's spans, as start, end and label, in the order of the text.

    Raises:
        TrainingError: A package is missing, or the folder does not hold such a model.
    """
    _import_torch()
    tokenizer, model = _load_model(str(folder), None)
    names = [model.config.id2label[number] for number in range(model.config.num_labels)]
    return partial(_predict_places, tokenizer=tokenizer, model=model, names=names)


def _import_torch() -> Any:  # noqa: ANN401 - not there when types are checked
    try:
        import torch
        import transformers  # noqa: F401 - only whether it is there
    except ImportError as error:
        raise TrainingError(
            f"a token classifier needs {error.name}, which is not installed",
            todo="pip install 'labeling[transformers]', and torch as https://pytorch.org has it for this machine",
        ) from None
    return torch


def _load_rows(corpus: Path) -> tuple[Any, list[str]]:
    from datasets import load_from_disk

    rows = load_from_disk(str(target_folder(corpus, HUGGINGFACE.name) / ARROW))
    for split in ("train", "dev"):
        if not len(rows[split]):
            raise NothingToLearn(
                f"the {split} split holds no article",
                todo="annotate more articles, then compile again",
                where=str(corpus),
            )
    return rows, list(rows["train"].features["tags"].feature.names)


def _load_model(checkpoint: str, names: Sequence[str] | None) -> tuple[Any, Any]:
    """Tokenizer and model; with ``names`` the model gets a new last layer for these tags."""
    from safetensors import SafetensorError
    from transformers import AutoModelForTokenClassification, AutoTokenizer

    tags = {"id2label": dict(enumerate(names)), "label2id": {name: n for n, name in enumerate(names)}} if names else {}
    try:
        tokenizer = AutoTokenizer.from_pretrained(checkpoint)
        model = AutoModelForTokenClassification.from_pretrained(checkpoint, ignore_mismatched_sizes=True, **tags)
    except (OSError, ValueError, KeyError, RuntimeError, SafetensorError) as error:
        # All of these come from files that are missing, cut short or of another kind.
        raise TrainingError(
            f"transformers cannot open {checkpoint}: {error}",
            todo="name a folder with a model, or a checkpoint of the Hub that this machine can reach",
            where=checkpoint,
        ) from error
    _refuse_unfit_tokenizer(tokenizer, checkpoint)
    return tokenizer, model


def _refuse_unfit_tokenizer(tokenizer: Any, checkpoint: str) -> None:  # noqa: ANN401 - theirs
    faults = {
        # This is what transformers makes up where a folder has no tokenizer.
        "has no words": len(tokenizer) <= len(tokenizer.all_special_tokens),
        "is slow: it does not give the places of its pieces in the text": not tokenizer.is_fast,
    }
    for fault, applies in faults.items():
        if applies:
            raise TrainingError(
                f"the tokenizer of {checkpoint} {fault}",
                todo="take a checkpoint that comes with its fast tokenizer",
                where=checkpoint,
            )


def _window_size(tokenizer: Any, model: Any) -> tuple[int, int]:  # noqa: ANN401 - any model's
    """The longest window and what two of them share, in subwords."""
    limits = (tokenizer.model_max_length, getattr(model.config, "max_position_embeddings", _LONGEST_WINDOW))
    longest = min(_LONGEST_WINDOW, *map(int, limits))
    return longest, min(_SHARED, longest // 4)


def _encode_rows(rows: Any, tokenizer: Any, model: Any) -> list[dict[str, Any]]:  # noqa: ANN401 - theirs
    longest, shared = _window_size(tokenizer, model)
    columns = encode_windows(rows.select_columns(_READ_COLUMNS)[:], tokenizer, max_length=longest, stride=shared)
    # The model takes its own inputs and the labels; ids and offsets are ours.
    kept = [name for name in columns if name in {*tokenizer.model_input_names, "labels"}]
    return [{name: columns[name][number] for name in kept} for number in range(len(columns["labels"]))]


def _tensors(tokenizer: Any, windows: list[dict[str, Any]]) -> Any:  # noqa: ANN401 - theirs
    from transformers import DataCollatorForTokenClassification

    return DataCollatorForTokenClassification(tokenizer)(windows)


def _predict_places(text: str, tokenizer: Any, model: Any, names: Sequence[str]) -> list[LabelledOffsets]:  # noqa: ANN401 - theirs
    import torch

    longest, shared = _window_size(tokenizer, model)
    encoded = tokenizer(
        text,
        truncation=True,
        max_length=longest,
        stride=shared,
        return_overflowing_tokens=True,
        return_offsets_mapping=True,
    )
    # Without dropout: a prediction does not depend on chance.
    model.eval()
    offsets, labels = list[tuple[int, int]](), list[int]()
    windows = len(encoded["offset_mapping"])
    for number, places in enumerate(encoded["offset_mapping"]):
        window = {
            name: torch.tensor([encoded[name][number]]) for name in tokenizer.model_input_names if name in encoded
        }
        with torch.no_grad():
            predicted = model(**window).logits[0].argmax(-1).tolist()
        # Special pieces, at either end, have an empty place.
        pieces = [(place, label) for place, label in zip(places, predicted, strict=True) if place[0] < place[1]]
        # Of what it shares with the window before and the one after, a window predicts the half that is nearer to it.
        first = shared // 2 if number else 0
        last = len(pieces)
        if number < windows - 1:
            last -= shared - shared // 2
        offsets += [place for place, _ in pieces[first:last]]
        labels += [label for _, label in pieces[first:last]]
    # A piece may be a blank alone, of which nothing is left.
    return [(start, end, label) for start, end, label in spans_from_labels(text, offsets, labels, names) if start < end]


def _f1(rows: Any, tokenizer: Any, model: Any, names: Sequence[str]) -> float:  # noqa: ANN401 - theirs
    """Exact F1 on the spans of the flat layer, which the tags of the rows hold; 0 where there is nothing to find."""
    pairs = gold = predicted = 0
    for row in rows:
        places = list(zip(row["token_starts"], row["token_ends"], strict=True))
        true = set(spans_from_labels(row["text"], places, [max(tag, 0) for tag in row["tags"]], names))
        found = set(_predict_places(row["text"], tokenizer, model, names))
        pairs += len(true & found)
        gold += len(true)
        predicted += len(found)
    numerator, denominator = fractions_of(pairs, gold, predicted)["f1"]
    return numerator / denominator if denominator else 0.0
