"""A GLiNER model as a suggester: it is asked for labels in words, and was trained on none of the schema's.

GLiNER is in no extra of ours: it wants an older ``transformers`` than the others, so whoever uses it installs it in an
environment of its own.
"""

from __future__ import annotations

import pickle
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from labeling.errors import ZeroShotUnavailable

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from labeling.schema import Label, Schema

__all__ = ["ProbableSpan", "ReadingWindow", "ZeroShot", "drop_less_sure", "plan_windows", "put_in_words"]

_SHARED = 64  # words that two windows of an article share, if its model's spans are not longer than half of that
_WAY_OUT = 'or set zero_shot = "" in [suggest]'


class ProbableSpan(NamedTuple):
    """A span that a model found, in code points, as a half-open interval, and how probable the model holds it."""

    start: int
    end: int
    label: str
    score: float


class ReadingWindow(NamedTuple):
    """The words ``begin`` to ``end`` of an article; of what is found there, the spans that begin in ``own`` count."""

    begin: int
    end: int
    own: range


class ZeroShot:
    """Finds spans in a text, nested ones too, by a GLiNER model that is asked for a schema's labels."""

    def __init__(self, name: str, schema: Schema, threshold: float) -> None:
        """Open the model.

        Args:
            name: A folder, or a name on the Hub, from which it is fetched once.
            schema: Whose labels it is asked for.
            threshold: Spans that the model holds for less probable are left out.

        Raises:
            ZeroShotUnavailable: GLiNER is not installed, the model cannot be had, is not one of GLiNER's, or cannot be
                asked for labels.
        """
        self._model = _open_gliner(name)
        self._threshold = threshold
        self._limit = _most_pieces(self._model)
        prompts = self._prompts(schema.labels)
        self._questions = [*self._ask_together(prompts)]

    def __call__(self, text: str) -> list[ProbableSpan]:
        """The spans of a text, sorted; of two that cross, or that are one place, the surer one."""
        found = (span for question in self._questions for span in self._read(text, question))
        kept = sorted(drop_less_sure(found), key=lambda each: (each.start, -each.end))
        return [span._replace(score=round(span.score, 4)) for span in kept]

    def _prompts(self, labels: Iterable[Label]) -> dict[str, str]:
        """The words for each label, and the label."""
        prompts = dict[str, str]()
        for label in labels:
            words = put_in_words(label.name, label.definition)
            # A definition that leaves no room for the article is not asked; names alone say something, too.
            if self._pieces_of(words) > self._limit // 2:
                words = put_in_words(label.name, "")
            # Two names may differ in case alone.
            while words in prompts:
                words += "."
            prompts[words] = label.name
        return prompts

    def _ask_together(self, prompts: Mapping[str, str]) -> Iterator[dict[str, str]]:
        """The prompts in parts: no more in each than the model was trained with, nor than leave room for the text."""
        part, taken = dict[str, str](), 0
        for words, label in prompts.items():
            pieces = self._pieces_of(words)
            if part and (len(part) == self._model.config.max_types or taken + pieces > self._limit // 2):
                yield part
                part, taken = {}, 0
            part[words], taken = label, taken + pieces
        yield part

    def _read(self, text: str, question: Mapping[str, str]) -> Iterator[ProbableSpan]:
        """Ask for some labels, window by window."""
        (words,), (starts,), (ends,) = self._model.prepare_inputs([text])
        room = self._limit - sum(map(self._pieces_of, question)) - 1 - self._tokenizer.num_special_tokens_to_add()
        shared = max(_SHARED, 2 * self._model.config.max_width)
        for window in plan_windows(
            self._pieces_of_each(words), most=self._model.config.max_len, room=room, shared=shared
        ):
            base = starts[window.begin]
            own = {starts[word] for word in window.own}
            for found in self._model.predict_entities(
                text[base : ends[window.end - 1]], [*question], threshold=self._threshold, flat_ner=False
            ):
                start, end = base + found["start"], base + found["end"]
                if start in own:
                    yield ProbableSpan(start, end, question[found["label"]], found["score"])

    @property
    def _tokenizer(self) -> Any:  # noqa: ANN401 - theirs
        return self._model.data_processor.transformer_tokenizer

    def _pieces_of(self, prompt: str) -> int:
        """How many subwords a prompt has, with the mark before it."""
        return 1 + len(self._tokenizer(prompt, add_special_tokens=False, verbose=False)["input_ids"])

    def _pieces_of_each(self, words: Sequence[str]) -> list[int]:
        """How many subwords each word has."""
        encoded = self._tokenizer([*words], is_split_into_words=True, add_special_tokens=False, verbose=False)
        pieces = Counter(encoded.word_ids())
        return [pieces[number] for number in range(len(words))]


def put_in_words(name: str, definition: str) -> str:
    """What a model is asked for a label: its name as people write one, and then its definition.

    Models were trained on names such as "person" and "government agency", and a definition alone says what is meant
    without saying it.

    >>> put_in_words("GOV_BODY", "A named organ of one state.")
    'gov body: A named organ of one state'
    """
    words = " ".join(name.replace("_", " ").lower().split()) or name
    return f"{words}: {' '.join(definition.split()).rstrip('.')}" if definition else words


def plan_windows(pieces: Sequence[int], *, most: int, room: int, shared: int) -> Iterator[ReadingWindow]:
    """The windows in which a long article is read: each word is in one at least, and in the own words of exactly one.

    Args:
        pieces: How many subwords each word of the article has.
        most: Words in a window.
        room: Subwords in a window; a word that has more is in one all the same.
        shared: Words that two windows share, but no more than half of one.

    >>> [(window.begin, window.end) for window in plan_windows([1] * 10, most=6, room=99, shared=2)]
    [(0, 6), (4, 10)]
    """
    begin = first = end = taken = 0
    while end < len(pieces):
        while end < len(pieces) and (end == begin or (end - begin < most and taken + pieces[end] <= room)):
            taken += pieces[end]
            end += 1
        following = end - min(shared, (end - begin) // 2)
        # Whatever begins in the first half of what is shared has the other half to end in.
        last = len(pieces) if end == len(pieces) else (following + end) // 2
        yield ReadingWindow(begin, end, range(first, last))
        begin, first, taken = following, last, sum(pieces[following:end])


def drop_less_sure(found: Iterable[ProbableSpan]) -> Iterator[ProbableSpan]:
    """The spans, the surest first, without those that cross a surer one or are at its place.

    Of 0..9 with 0.9, 4..12 with 0.8 and 5..9 with 0.7 the first and the last are kept.
    """
    kept = set[tuple[int, int]]()
    farthest, nearest = dict[int, int](), dict[int, int]()  # of spans kept: the end of one that begins here, and so on
    for span in sorted(found, key=lambda each: (-each.score, each)):
        inside = range(span.start + 1, span.end)
        crossed = any(farthest.get(at, 0) > span.end or nearest.get(at, span.start) < span.start for at in inside)
        if not crossed and (span.start, span.end) not in kept:
            kept.add((span.start, span.end))
            farthest[span.start] = max(farthest.get(span.start, 0), span.end)
            nearest[span.end] = min(nearest.get(span.end, span.start), span.start)
            yield span


def _most_pieces(model: Any) -> int:  # noqa: ANN401 - theirs
    """How many subwords the model's encoder reads at once, the prompt among them."""
    limit, encoder = int(model.data_processor.transformer_tokenizer.model_max_length), model.config.encoder_config
    # Some encoders have no end, because to them a place is a distance; they give a number all the same.
    if getattr(encoder, "position_biased_input", True) and getattr(encoder, "max_position_embeddings", None):
        # RoBERTa's first two places are not for subwords.
        limit = min(limit, encoder.max_position_embeddings - 2)
    return limit


def _open_gliner(name: str) -> Any:  # noqa: ANN401 - theirs
    try:
        from gliner import GLiNER
        from safetensors import SafetensorError
    except ImportError as error:
        raise ZeroShotUnavailable(
            f"zero_shot needs GLiNER, which cannot be imported: {error}",
            todo="install it in an environment of its own, beside this program: pip install torch, then pip install "
            f"gliner, which takes an older transformers than `make install`; {_WAY_OUT}",
            where="suggest.zero_shot",
        ) from None
    folder = Path(name) if Path(name).is_dir() else _fetch(name)
    if not (folder / "gliner_config.json").is_file():
        raise _unusable(f"{name} is not a model of GLiNER's: it has no gliner_config.json")
    try:
        model = GLiNER.from_pretrained(str(folder))
    except (
        *(OSError, ValueError, LookupError, TypeError, AttributeError, RuntimeError, EOFError, ImportError),
        *(SafetensorError, pickle.UnpicklingError),
    ) as error:
        # All of these come from files that are missing, cut short or of another kind.
        raise _unusable(f"GLiNER cannot open {name}: {error}") from error
    if getattr(model.config, "precomputed_prompts_mode", None):
        raise _unusable(f"{name} has labels of its own built in, and cannot be asked for others")
    return model


def _fetch(name: str) -> Path:
    """The folder of a model of the Hub on this machine."""
    from huggingface_hub import snapshot_download

    try:
        return Path(snapshot_download(name))
    except (OSError, ValueError) as error:
        raise ZeroShotUnavailable(
            f"{name} is not a folder, and cannot be had from the Hub: {error}",
            todo=f"check the name, and that this machine reaches the Hub; name a folder that has the model; {_WAY_OUT}",
            where="suggest.zero_shot",
        ) from error


def _unusable(fault: str) -> ZeroShotUnavailable:
    return ZeroShotUnavailable(
        fault, todo=f"name another model, such as urchade/gliner_small-v2.1; {_WAY_OUT}", where="suggest.zero_shot"
    )
