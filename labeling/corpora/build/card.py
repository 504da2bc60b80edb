"""The dataset card, in the form that the Hugging Face Hub reads: a YAML head, then words and tables for people.

What the card tells of one format is in that target's own template, as macros of a few known names.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from labeling.corpora.template_environment import make_template_environment
from labeling.workspace.rows.assignment import SPLITS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from jinja2 import Environment

    from labeling.corpora.build.counts import SplitCounts
    from labeling.corpora.build.selection import LeakGroupCounts, LeftOutArticle
    from labeling.corpora.build.subset import Subset
    from labeling.corpora.build.verify_targets import Proof
    from labeling.corpora.targets.target import Target
    from labeling.corpora.word_vectors.word_vectors import WordVectors
    from labeling.ledger import Sums
    from labeling.project import ProjectFile
    from labeling.schema import Schema
    from labeling.workspace.rows.agreements import Agreement
    from labeling.workspace.rows.assignment import Leakage
    from labeling.workspace.rows.reliance_row import Reliance

# The Hub's classes of size: the first whose limit the number of rows is under.
_SIZES = ((1_000, "n<1K"), (10_000, "1K<n<10K"), (100_000, "10K<n<100K"), (1_000_000, "100K<n<1M"))
_CARD = "card.md.j2"
# The macros that a target's template may have, with what separates those of two targets.
_SECTIONS = {"head": "\n", "load": "\n\n", "load_notes": "\n\n", "train": "\n\n", "layout": "\n\n", "limits": "\n"}


@dataclass(frozen=True)
class CardFacts:
    """What a card tells of a dataset, besides what the project file contains.

    ``worth`` counts leak groups where ``splits`` counts articles; None where they are not known.
    ``agreement``, ``leakage`` and ``reliance`` are None where they were not measured. ``signed`` has, by the name of
    the file, the reasons of those who changed a file of the workspace on purpose. ``vectors`` are the word vectors that
    it holds.
    """

    schema: Schema
    targets: Sequence[Target]
    subset: Subset
    splits: Mapping[str, SplitCounts]
    ledger: Sums
    proof: Proof
    left_out: Sequence[LeftOutArticle]
    agreement: Agreement | None = None
    leakage: Leakage | None = None
    worth: LeakGroupCounts | None = None
    signed: Mapping[str, Sequence[str]] = field(default_factory=dict)
    vectors: WordVectors | None = None
    reliance: Reliance | None = None


def render_card(file: ProjectFile, facts: CardFacts) -> str:
    """The text of the dataset's ``README.md``."""
    environment = make_template_environment(
        "labeling.corpora.build", prefixed={target.name: target.templates for target in facts.targets}
    )
    values: dict[str, Any] = {
        "file": file,
        "names": SPLITS,
        **vars(facts),
        "empty": [name for name in SPLITS if not facts.splits[name].articles],
        "unasked": sorted({item for split in facts.splits.values() for item in split.unasked}),
        "sources": sorted({source for split in facts.splits.values() for source in split.sources}),
        "size": next((name for limit, name in _SIZES if facts.proof.articles < limit), "n>1M"),
        "licence_id": find_licence_id(file.project.licence),
    }
    # What comes from outside and could break the page passes through a filter: `tojson` in the head, `cell` in tables.
    return environment.get_template(_CARD).render(**values, sections=_render_sections(environment, facts, values))


def _render_sections(environment: Environment, facts: CardFacts, values: Mapping[str, Any]) -> dict[str, str]:
    """The parts of the card that the targets have text for, by the names of their macros."""
    parts = [
        environment.get_template(f"{target.name}/{_CARD}").make_module({**values, **target.card_values(facts.schema)})
        for target in facts.targets
    ]
    # What the Hub itself loads, and needs a head for, comes first.
    parts.sort(key=lambda part: not hasattr(part, "head"))
    sections: dict[str, str] = {}
    for name, between in _SECTIONS.items():
        # A target has the macros it needs: without `train` it has no part in that section.
        texts = [str(getattr(part, name)()).strip("\n") for part in parts if hasattr(part, name)]
        sections[name] = between.join(text for text in texts if text)
    return sections


def find_licence_id(licence: str) -> str:
    """The Hub's identifier when the project file gives one; the Hub calls everything else `other`."""
    return licence if re.fullmatch(r"[a-z0-9][a-z0-9.-]*", licence) else "other"
