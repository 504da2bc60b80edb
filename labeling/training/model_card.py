"""The card of a model for people: ``MODEL.md`` in its folder, which `labeling evaluate` completes with its scores."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from labeling.values import format_percent
from labeling.workspace.storage import write_text

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from labeling.corpora.manifest import Manifest
    from labeling.workspace.rows.score import Measure, Score

MODEL_CARD: Final = "MODEL.md"
# Between these stand the scores; whoever removes them keeps the file as it is.
_BEGIN, _END = "<!-- scores: written by labeling evaluate -->", "<!-- end of scores -->"
_NO_SCORES_YET = "None yet: `labeling evaluate` writes them here."


@dataclass(frozen=True)
class ModelDescription:
    """What a model's card says that the dataset's manifest does not.

    Attributes:
        name: The model's, and ``annotator`` what it signs with.
        corpus: The digest of the dataset that it was trained on.
        training: How it was trained, by what each line is about.
        opening: The lines of Python that open it, beside its folder, where this package is not installed.
    """

    name: str
    annotator: str
    corpus: str
    training: Mapping[str, str]
    opening: Sequence[str]


def write_model_card(folder: Path, model: ModelDescription, manifest: Manifest) -> None:
    """Write ``MODEL.md`` beside a model that was trained on the dataset of a manifest."""
    parts = [
        f"# {model.name}",
        f"An extractor that `labeling train` made. Its annotations are signed `{model.annotator}`.",
        "## What it was trained on",
        _table(_describe_data(model.corpus, manifest)),
        "## How it was trained",
        _table(model.training),
        "## Scores",
        f"{_BEGIN}\n{_NO_SCORES_YET}\n{_END}",
        "## How to open it",
        "Without this package, from the folder in which the model's lies:",
        "\n".join(["```python", *model.opening, "```"]),
    ]
    write_text(folder / MODEL_CARD, "\n\n".join(parts) + "\n")


def write_card_scores(folder: Path, score: Score) -> None:
    """Write a model's scores into its ``MODEL.md``; where there is none, or no place for them in it, nothing is done.

    Raises:
        NoRoom: The disk is full, or the folder may not be written.
    """
    path = folder / MODEL_CARD
    if not path.is_file():
        return
    before, begin, rest = path.read_text(encoding="utf-8", errors="replace").partition(_BEGIN)
    _, end, after = rest.partition(_END)
    if begin and end:
        write_text(path, f"{before}{begin}\n{_describe_scores(score)}\n{end}{after}")


def _describe_data(corpus: str, manifest: Manifest) -> dict[str, str]:
    names, splits = manifest.schema_names, manifest.splits
    held = {name: f"{each.articles} articles, {each.spans} spans" for name, each in splits.items()}
    listed = {
        "labels": names.labels,
        "relations": names.relations,
        "choices": tuple(f"{name}={option}" for name, options in names.choices.items() for option in options),
    }
    return {
        "dataset": f"`{corpus}` of the project {manifest.project}, in the language `{manifest.language}`",
        **held,
        **{f"SHA-256 of {name}": f"`{each.sha256}`" for name, each in manifest.inputs.items()},
        "SHA-256 of the schema": f"`{names.sha256}`",
        **{name: ", ".join(each) for name, each in listed.items() if each},
    }


def _describe_scores(score: Score) -> str:
    rows = {
        "spans": score.exact.micro,
        "spans, overlapping": score.overlapping.micro,
        **({"relations": score.relations.micro} if score.relations else {}),
        **({"relations, overlapping": score.relations_overlapping.micro} if score.relations_overlapping else {}),
        **({"choices": score.choices.micro} if score.choices else {}),
        **{label: measure for label, measure in score.exact.labels.items() if measure.gold or measure.predicted},
    }
    measured = f"On {score.articles} articles of the test split in {score.leak_groups} leak groups, in per cent."
    lines = ["| what | F1 | 95 % interval | P | R |", "| --- | ---: | --- | ---: | ---: |"]
    lines += [_measure_row(name, measure) for name, measure in rows.items()]
    told = [measured, "\n".join(lines)]
    if found := score.reliability:
        error, mean, right = map(format_percent, (found.calibration_error, found.mean_score, found.right))
        told.append(
            f"Expected calibration error {error}, over {found.spans} spans: scores {mean} on average, right {right}."
        )
    return "\n\n".join([*told, f"`{score.exact.signature}`"])


def _measure_row(name: str, measure: Measure) -> str:
    numbers = [format_percent(measure.f1), measure.interval_text]
    numbers += [format_percent(measure.precision), format_percent(measure.recall)]
    return "| " + " | ".join([name, *numbers]) + " |"


def _table(rows: Mapping[str, str]) -> str:
    return "\n".join(["| | |", "| --- | --- |", *(f"| {name} | {value} |" for name, value in rows.items())])
