"""A subset: which part of gold a dataset is of, by date, source, label and whether it was ruled out.

What is left out is listed: an article with the reason and with how much gold it has, a span or relation as a line of
the ledger. So the accounts balance for a part as they do for the whole. With ``labels=("COUNTRY",)``, an article with a
COUNTRY and a PERSON enters each account with two spans, of which one is ``left_out``.
"""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from labeling.annotations import LABEL_ITEM, relation_id
from labeling.errors import UsageError
from labeling.values import Frozen

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from labeling.annotations import Gold, ThingKind
    from labeling.articles import Article
    from labeling.schema import RelationType, Schema


class Subset(Frozen):
    """Which articles and labels are asked for; empty fields ask for everything.

    ``since`` and ``until`` are ISO dates, both included; ``sources`` and ``labels`` are names. ``with_unusable`` takes
    articles that an annotator ruled out, too: what a classifier of usable articles needs.
    """

    since: str = ""
    until: str = ""
    sources: tuple[str, ...] = ()
    labels: tuple[str, ...] = ()
    with_unusable: bool = False

    def excludes(self, article: Article) -> str:
        """Why the article is left out; "" when it is not."""
        if self.sources and article.source not in self.sources:
            return f"not in the subset: from {article.source!r}" if article.source else "not in the subset: no source"
        if not article.published and (self.since or self.until):
            return "not in the subset: no date"
        # ISO dates compare as text.
        if article.published < self.since or (self.until and article.published > self.until):
            return f"not in the subset: published {article.published}"
        return ""

    def restrict_schema(self, schema: Schema) -> Schema:
        """The part of the schema that the labels asked for can express."""
        if not self.labels:
            return schema
        return schema.model_copy(
            update={
                "labels": tuple(label for label in schema.labels if label.name in self.labels),
                "relations": tuple(
                    kind for each in schema.relations if (kind := _narrow_relation_type(each, self.labels))
                ),
            }
        )

    def narrow(self, gold: Gold) -> tuple[Gold, Mapping[tuple[ThingKind, str], str]]:
        """Gold with the labels asked for, and what of it is left out: by what it is and its id, with the reason.

        An open stretch remains open: the question may be about a label that is asked for. An article that was judged
        before another label was asked for is complete for those of the subset.
        """
        if not self.labels:
            return gold, {}
        others = {span.id: span.label for span in gold.spans if span.label not in self.labels}
        # A relation needs both its ends.
        loose = [each for each in gold.relations if each.head in others or each.tail in others]
        aside: dict[tuple[ThingKind, str], str] = {
            **{("span", name): f"not in the subset: {label}" for name, label in others.items()},
            **{("relation", relation_id(each)): "not in the subset: it touches another label" for each in loose},
        }
        spans = tuple(span for span in gold.spans if span.id not in others)
        relations = tuple(each for each in gold.relations if each not in loose)
        kept = {"spans": spans, "relations": relations}
        return gold.model_copy(update={**kept, **_narrow_unasked(gold, self.labels)}), aside


def _narrow_unasked(gold: Gold, labels: Collection[str]) -> dict[str, object]:
    """What of gold changes where something was not asked for, and not all labels are kept."""
    if not gold.unasked:
        return {}
    others = {LABEL_ITEM + label for label in gold.unasked_labels if label not in labels}
    unasked = tuple(item for item in gold.unasked if item not in others)
    # With nothing open, only labels that were not asked for can have left it incomplete.
    is_complete = not gold.open and not any(item.startswith(LABEL_ITEM) for item in unasked)
    return {"unasked": unasked, "complete": gold.complete or is_complete}


def check_subset(subset: Subset, schema: Schema) -> Subset:
    """Return ``subset`` if it makes sense.

    Raises:
        UsageError: A word that is not a date, an end before the start, or a label that the schema does not have.
    """
    for name in ("since", "until"):
        _refuse_other_than_date(name, getattr(subset, name))
    if subset.until and subset.until < subset.since:
        raise UsageError(f"{subset.until} is before {subset.since}", todo="name the earlier day with --since")
    unknown = sorted(set(subset.labels) - set(schema.label_names))
    if unknown:
        raise UsageError(
            f"the schema has no label {', '.join(unknown)}", todo=f"it has {', '.join(schema.label_names)}"
        )
    return subset


def _refuse_other_than_date(name: str, day: str) -> None:
    try:
        # Python reads 20230725 too, but as text it does not compare with 2023-07-25.
        if not day or date.fromisoformat(day).isoformat() == day:
            return
    except ValueError:
        pass
    raise UsageError(f"--{name} {day} is not a date", todo="write it as 2023-07-25")


def _narrow_relation_type(kind: RelationType, labels: Collection[str]) -> RelationType | None:
    """A relation type with the ends it still has; None when it has lost one of them."""
    # A type that names no label at one end allows all of them there, and keeps to that.
    head, tail = (tuple(name for name in ends if name in labels) for ends in (kind.head, kind.tail))
    lost = (kind.head and not head) or (kind.tail and not tail)
    return None if lost else kind.model_copy(update={"head": head, "tail": tail})
