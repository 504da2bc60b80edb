"""A token classifier of ``transformers``, as earlier versions trained them: it still predicts.

Articles longer than the model can read are read in windows that overlap; of an overlap each window predicts its own
half.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

from labeling.corpora.targets.huggingface.subwords import spans_from_labels
from labeling.errors import TrainingError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

LabelledOffsets: TypeAlias = tuple[int, int, str]

# In subwords: as long as most encoders read (a smaller limit of the checkpoint's own holds), and the most that two
# windows share.
_LONGEST_WINDOW = 512
_SHARED = 64


@dataclass(frozen=True)
class TokenClassifier:
    """A loaded classifier, and the labels that it knows."""

    tokenizer: Any
    model: Any

    @property
    def labels(self) -> tuple[str, ...]:
        """The labels of its tags, sorted."""
        return tuple(sorted({tag[2:] for tag in self._tags if tag[:2] in ("B-", "I-")}))

    def find(self, text: str) -> list[LabelledOffsets]:
        """A text's spans, as start, end and label, in the order of the text."""
        return _predict_places(text, self.tokenizer, self.model, self._tags)

    @property
    def _tags(self) -> list[str]:
        return [self.model.config.id2label[number] for number in range(self.model.config.num_labels)]


def open_classifier(folder: Path) -> TokenClassifier:
    """Load a trained classifier.

    Raises:
        TrainingError: A package is missing, or the folder does not hold such a model.
    """
    _refuse_without_torch()
    return TokenClassifier(*_load_model(str(folder)))


def _refuse_without_torch() -> None:
    try:
        import torch  # noqa: F401 - only whether it is there
        import transformers  # noqa: F401 - the same
    except ImportError as error:
        raise TrainingError(
            f"a token classifier needs {error.name}, which is not installed",
            todo="pip install 'labeling[transformers]', and torch as https://pytorch.org has it for this machine",
        ) from None


def _load_model(folder: str) -> tuple[Any, Any]:
    """Tokenizer and model."""
    from safetensors import SafetensorError
    from transformers import AutoModelForTokenClassification, AutoTokenizer

    try:
        tokenizer = AutoTokenizer.from_pretrained(folder)
        model = AutoModelForTokenClassification.from_pretrained(folder)
    except (OSError, ValueError, KeyError, RuntimeError, SafetensorError) as error:
        # All of these come from files that are missing, cut short or of another kind.
        raise TrainingError(
            f"transformers cannot open {folder}: {error}", todo="fetch it again from where it came", where=folder
        ) from error
    _refuse_unfit_tokenizer(tokenizer, folder)
    return tokenizer, model


def _refuse_unfit_tokenizer(tokenizer: Any, folder: str) -> None:  # noqa: ANN401 - theirs
    faults = {
        # This is what transformers makes up where a folder has no tokenizer.
        "has no words": len(tokenizer) <= len(tokenizer.all_special_tokens),
        "is slow: it does not give the places of its pieces in the text": not tokenizer.is_fast,
    }
    for fault, applies in faults.items():
        if applies:
            raise TrainingError(
                f"the tokenizer of {folder} {fault}",
                todo="fetch the model again from where it came, with its fast tokenizer",
                where=folder,
            )


def _window_size(tokenizer: Any, model: Any) -> tuple[int, int]:  # noqa: ANN401 - any model's
    """The longest window and what two of them share, in subwords."""
    limits = (tokenizer.model_max_length, getattr(model.config, "max_position_embeddings", _LONGEST_WINDOW))
    longest = min(_LONGEST_WINDOW, *map(int, limits))
    return longest, min(_SHARED, longest // 4)


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
