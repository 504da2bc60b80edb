"""What was measured of a dataset and its makers, in the words of Croissant's responsible-AI fields."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from labeling.annotations import MODEL, LedgerRow
from labeling.corpora.publish.published_tables import DATA, list_filled_splits
from labeling.corpora.publish.readers_hidden import LEDGER
from labeling.values import format_percent
from labeling.workspace.checksums import describe_input
from labeling.workspace.storage import read_rows

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path
    from typing import Any

    from pydantic import JsonValue

    from labeling.corpora.manifest import Manifest
    from labeling.corpora.publish.readers_hidden import ReaderHider
    from labeling.workspace.file_handles import RowsFile, ValueFile
    from labeling.workspace.rows.agreements import Agreement, Coefficient
    from labeling.workspace.rows.assignment import Leakage
    from labeling.workspace.rows.reliance_row import Reliance
    from labeling.workspace.table import Workspace


class MeasuredFacts:
    """Reads what was measured of a dataset: of the workspace, only what the dataset was made from itself."""

    def __init__(self, workspace: Workspace, dataset: Path, manifest: Manifest, hider: ReaderHider) -> None:
        """Keep where things lie."""
        self._workspace, self._dataset, self._manifest, self._hider = workspace, dataset, manifest, hider

    def describe(self, folder: Path) -> dict[str, JsonValue]:
        """Croissant's fields by name, those alone of which something was measured.

        Args:
            folder: The publication's, whose tables are written.
        """
        told: dict[str, str | Sequence[str]] = {
            "dataCollection": self._sources(),
            # As the specification spells it, and as mlcroissant does.
            "dataCollectionTimeframe": (days := self._days(folder)),
            "dataCollectionTimeFrame": days,
            "dataPreprocessingProtocol": self._preprocessing(),
            "dataAnnotationProtocol": self._protocol(),
            "annotationsPerItem": self._readings(),
            "dataAnnotationAnalysis": [*self._agreement(), *self._ledger()],
            "machineAnnotationTools": self._models(),
            "dataBiases": self._reliance(),
            "dataLimitations": [*self._leakage(), *self._open()],
        }
        return {f"rai:{name}": value if isinstance(value, str) else [*value] for name, value in told.items() if value}

    def _is_source(self, file: RowsFile[Any] | ValueFile[Any]) -> bool:
        """Whether the dataset was made from a file of the workspace as it is now."""
        noted = self._manifest.inputs.get(file.path.name)
        return noted is not None and describe_input(file.path) == noted

    def _sources(self) -> str:
        counts = Counter[str]()
        for split in self._manifest.splits.values():
            counts.update(split.sources)
        told = ", ".join(
            f"{self._hider.hide_in(name) or 'not stated'} {number}" for name, number in counts.most_common()
        )
        return f"{sum(counts.values())} news articles, by source: {told}."

    def _days(self, folder: Path) -> list[str]:
        import pyarrow.parquet as pq

        ends = list[str]()
        for split in list_filled_splits(self._manifest):
            found = pq.read_table(folder / DATA / f"{split}.parquet", columns=["published"])["published"]  # type: ignore[no-untyped-call]  # pyarrow is untyped
            days = [day for day in found.to_pylist() if day]
            ends += [min(days), max(days)] if days else []
        return [min(ends), max(ends)] if ends else []

    def _preprocessing(self) -> list[str]:
        trimmed = " and ".join(self._manifest.policies.trim) or "nothing"
        return [
            "Texts are as they were printed: offsets are Unicode code points, half open.",
            f"Tokens by the rules {self._manifest.tokenizer}; {trimmed} was trimmed from the ends of spans.",
        ]

    def _protocol(self) -> str:
        names = self._manifest.schema_names
        return (
            f"People marked spans of {len(names.labels)} labels, {len(names.relations)} kinds of relations between "
            f"them, and {len(names.choices)} choices of the whole article. What a single annotator says is gold; of "
            "two or more, what all say, and nobody is outvoted: an adjudicator decided the rest, or it is open."
        )

    def _readings(self) -> str:
        """How many people read how many articles, of those in the dataset."""
        if not self._is_source(self._workspace.gold):
            return ""
        outside = {each.article for each in self._manifest.left_out}
        counts = Counter(len(gold.annotators) for gold in self._workspace.gold.rows() if gold.article not in outside)
        return "; ".join(
            f"{number} articles by {people} {'person' if people == 1 else 'people'}"
            for people, number in sorted(counts.items())
        )

    def _agreement(self) -> list[str]:
        if not self._is_source(self._workspace.agreement):
            return []
        found: Agreement = self._workspace.agreement.value()
        told = [f"{found.articles} articles were submitted by two people or more."]
        if found.group and (exact := found.group.spans.get("exact")) and exact.all.value is not None:
            told.append(f"F1 of spans, exact, of all pairs of annotators: {_with_interval(exact.all)} per cent.")
        if found.group and found.group.unitizing and (alpha := found.group.unitizing.all).value is not None:
            told.append(f"Krippendorff's alpha_U of where spans are: {alpha.value:.3f}.")
        return told

    def _ledger(self) -> list[str]:
        return [
            f"What became of the {account['in']} {what}s that people drew: "
            + ", ".join(
                f"{outcome.replace('_', ' ')} {number}" for outcome, number in account.items() if outcome != "in"
            )
            + "."
            for what, account in self._manifest.ledger["gold"].items()
            if account["in"]
        ]

    def _models(self) -> list[str]:
        rows = read_rows(self._dataset / LEDGER, LedgerRow)
        return sorted({self._hider.hide_reader(row.annotator) for row in rows if row.annotator.startswith(MODEL)})

    def _reliance(self) -> list[str]:
        if not self._is_source(self._workspace.reliance):
            return []
        found: Reliance = self._workspace.reliance.value()
        sides = (("with", found.assisted), ("without", found.unassisted))
        return [
            f"Readings {how} a model's suggestions: {rates.readings}; of gold's spans that the model missed they "
            f"missed {format_percent(rates.missed.value)} per cent, of the model's spans that are not gold they have "
            f"{format_percent(rates.accepted.value)} per cent."
            for how, rates in sides
            if rates.missed.value is not None and rates.accepted.value is not None
        ]

    def _leakage(self) -> list[str]:
        if not self._is_source(self._workspace.leakage):
            return []
        found: Leakage = self._workspace.leakage.value()
        return [
            f"Passages of {found.words} words or more that stand in two splits: {found.shared_passages_across_splits}.",
            *(
                f"Of {each.surfaces} surfaces in {each.other}, {each.surfaces_seen} are in {each.one} as well."
                for each in found.splits.overlaps
                if each.surfaces and each.one == "train"
            ),
        ]

    def _open(self) -> list[str]:
        splits = self._manifest.splits.values()
        unsettled = sum(split.articles - split.complete for split in splits)
        return [
            *(
                [f"In {unsettled} articles annotators left something open: nothing is known there."]
                if unsettled
                else []
            ),
            "Articles of one wire and one time: what a model learns here holds for news that reads like it.",
        ]


def _with_interval(measure: Coefficient) -> str:
    low_high = measure.interval
    ends = f" ({format_percent(low_high[0])} to {format_percent(low_high[1])})" if low_high else ""
    return f"{format_percent(measure.value)}{ends}"
