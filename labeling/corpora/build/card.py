"""The dataset card, in the form that the Hugging Face Hub reads: a YAML head, then words and tables for people."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from labeling.corpora.targets.spacy.training_files import EXPECTED_WARNINGS, list_learnable_options
from labeling.workspace.rows.assignment import SPLITS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from labeling.corpora.build.counts import SplitCounts
    from labeling.corpora.build.selection import LeakGroupCounts, LeftOutArticle
    from labeling.corpora.build.subset import Subset
    from labeling.corpora.build.verify_targets import Proof
    from labeling.ledger import Sums
    from labeling.project import ProjectFile
    from labeling.schema import Schema
    from labeling.workspace.rows.assignment import Leakage
    from labeling.workspace.rows.score import Agreement

# The Hub's classes of size: the first whose limit the number of rows is under.
_SIZES = ((1_000, "n<1K"), (10_000, "1K<n<10K"), (100_000, "10K<n<100K"), (1_000_000, "100K<n<1M"))


@dataclass(frozen=True)
class CardFacts:
    """What a card tells of a dataset, besides what the project file says.

    ``worth`` counts leak groups where ``splits`` counts articles; None where they are not known.
    ``agreement`` and ``leakage`` are None where they were not measured.
    """

    schema: Schema
    subset: Subset
    splits: Mapping[str, SplitCounts]
    ledger: Sums
    proof: Proof
    left_out: Sequence[LeftOutArticle]
    agreement: Agreement | None = None
    leakage: Leakage | None = None
    worth: LeakGroupCounts | None = None


def render_card(file: ProjectFile, facts: CardFacts) -> str:
    """The text of the dataset's ``README.md``."""
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=PackageLoader("labeling.corpora.build"),
        autoescape=False,  # noqa: S701 - Markdown, not HTML; what comes from outside passes `yaml` or `cell`
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters |= {"cell": _card_cell, "percent": _card_percent}
    return environment.get_template("card.md.j2").render(
        file=file,
        expected=EXPECTED_WARNINGS,
        learns_choices=bool(list_learnable_options({each.name: ("",) for each in facts.schema.choices})),
        names=SPLITS,
        **vars(facts),
        empty=[name for name in SPLITS if not facts.splits[name].articles],
        sources=sorted({source for split in facts.splits.values() for source in split.sources}),
        size=next((name for limit, name in _SIZES if facts.proof.articles < limit), "n>1M"),
        licence_id=_licence_id(file.project.licence),
    )


def _licence_id(licence: str) -> str:
    """The Hub's identifier when the project file gives one; the Hub calls everything else `other`."""
    return licence if re.fullmatch(r"[a-z0-9][a-z0-9.-]*", licence) else "other"


def _card_percent(ratio: float | None) -> str:
    """A ratio as people read it, as in all our tables."""
    return "undefined" if ratio is None else f"{100 * ratio:.1f}"


def _card_cell(text: str) -> str:
    """Text that stays in its cell of a Markdown table."""
    return text.replace("|", "\\|").replace("\n", " ")
