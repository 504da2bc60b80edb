"""What articles share, as the report has it: leak groups of several articles, pairs of texts, and what was carried."""

from __future__ import annotations

from typing import TYPE_CHECKING

from labeling.report.facts.people_and_models import LeakFamily, SharedPair
from labeling.report.shared_text import align_pairs, choose_pairs, list_leak_groups

if TYPE_CHECKING:
    from labeling.report.facts.source import FactSource


def list_families(source: FactSource) -> tuple[LeakFamily, ...]:
    """The leak groups of several articles, those with most of them first."""
    findings = source.findings
    groups = list_leak_groups(findings.clusters, findings.articles, findings.split_of)
    return tuple(
        LeakFamily(
            name=group.name,
            stories=tuple(tuple(member.article for member in story) for story in group.stories),
            splits=tuple(sorted({member.split for story in group.stories for member in story})),
        )
        for group in groups
        if group.articles > 1
    )


def list_shared_pairs(source: FactSource) -> tuple[SharedPair, ...]:
    """The pairs that are shown side by side; none that has no words in common."""
    findings = source.findings
    pairs = align_pairs(choose_pairs(findings), findings.articles, findings.split_of, findings.words)
    return tuple(
        SharedPair(left=pair.left.id, right=pair.right.id, words=pair.words, splits=(pair.splits[0], pair.splits[1]))
        for pair in pairs
    )
