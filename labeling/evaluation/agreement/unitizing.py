"""Krippendorff's alpha for unitizing: how well annotators agree on where spans of a label begin and end.

This is alpha_U of 1995 in the form of 2004 (Krippendorff, On the Reliability of Unitizing Continuous Data, Sociological
Methodology 25, 1995; Content Analysis, 2004, chapter 11.6), not the family of 2016. For each label a text is cut into
units, which are the spans of that label, and the gaps between them. Two units that overlap differ by the square of the
distance of their starts and that of their ends; a unit in another's gap differs by the square of its length, and all
else by nothing. Expected is what the same units and gaps would give if they were laid down by chance.

* **Overlapping spans.** Labels are measured one by one, so that spans of different labels may overlap or be nested as
  they like. Spans of one label and one annotator that overlap count as one unit, from the first start to the last end;
  spans that only touch stay two.
* **Several articles.** An article ends its gaps. Observed and expected are summed over all articles; all labels
  together are the sums over the labels.
* **Missing readings.** Not everybody reads every article: the differences within an article of m readers weigh
  1 / (m - 1), as in alpha of codings, and the length of all readings takes the place of m L. Where everybody read
  everything, that is the formula of the book. An article that fewer than two read does not count, and neither does
  a reader who was not asked for a label.

An example, of the book (page 254): a continuum of 300, from 150 on. One observer has units 225..295 and 370..400, the
other 220..300, 355..375 and 400..420. Observed is 2 x (50 + 850 + 20^2) / (2 x 1 x 300^2) = 0.0144, expected 0.0532,
and alpha 0.7286.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from labeling.annotations import LABEL_ITEM
from labeling.evaluation.agreement.unit_chances import EmptyTexts, UnitDisagreement
from labeling.evaluation.agreement.units import UnitCounts, join_overlapping
from labeling.evaluation.resampling import ENOUGH_GROUPS, resample_weights, take_interval
from labeling.workspace.rows.agreements import Coefficient, LabelledCoefficient
from labeling.workspace.rows.score import ONE_LEAK_GROUP

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from labeling.evaluation.agreement.submitted import SubmittedArticle
    from labeling.evaluation.resampling import Bootstrap, Weights

NO_UNITS = "nobody marked any"
NO_DIFFERENCE = "no two readings of these spans could differ"


def measure_unitizing(
    submitted: Sequence[SubmittedArticle], labels: Sequence[str], bootstrap: Bootstrap
) -> LabelledCoefficient:
    """Alpha_U of what annotators marked, over all labels and by label, with intervals by leak group.

    Args:
        submitted: The articles with the words of those who are compared.
        labels: Those to list, if anybody marked one; others count for all labels together.
        bootstrap: Resamples and seed of the intervals.
    """
    import numpy as np

    articles = [each for each in submitted if len(each.submissions) > 1]
    groups = sorted({each.leak_group for each in articles})
    places = {group: row for row, group in enumerate(groups)}
    empty = EmptyTexts(
        np.array([places[each.leak_group] for each in articles], int),
        np.array([len(each.article.text) for each in articles], int),
        np.array([len(each.submissions) for each in articles], int),
    )
    weights = resample_weights(len(groups), bootstrap)
    by_label = {
        label: UnitDisagreement(each, empty, groups, weights) for label, each in sorted(count_units(articles).items())
    }
    everything = [each.whole for each in by_label.values()]
    drawn = [each.drawn for each in by_label.values() if each.drawn is not None]
    whole = np.sum(everything, axis=0) if everything else np.zeros((2, 1))
    units = sum(each.units for each in by_label.values())
    return LabelledCoefficient(
        all=_coefficient(units, whole, np.sum(drawn, axis=0) if drawn else None, len(groups)),
        labels={
            label: _coefficient(each.units, each.whole, each.drawn, len(groups))
            for label in labels
            if (each := by_label.get(label)) and each.units
        },
    )


def count_units(submitted: Iterable[SubmittedArticle]) -> dict[str, UnitCounts]:
    """The units of each label that anybody marked, of articles that two or more submitted."""
    counts: dict[str, UnitCounts] = {}
    silences: list[tuple[str, SubmittedArticle]] = []
    for each in submitted:
        labels = {label for marks in each.marks.values() for label in marks}
        for label in labels:
            _add_label(counts.setdefault(label, UnitCounts()), label, each)
        silences += ((label, each) for label in _list_silent(each) - labels)
    # What nobody marked there, and somebody was not asked for, is left out all the same.
    for label, each in silences:
        if label in counts:
            _add_label(counts[label], label, each)
    return counts


def _list_silent(submitted: SubmittedArticle) -> set[str]:
    items = {item for annotator in submitted.submissions for item in submitted.silence[annotator]}
    return {item.removeprefix(LABEL_ITEM) for item in items if item.startswith(LABEL_ITEM)}


def _add_label(counts: UnitCounts, label: str, submitted: SubmittedArticle) -> None:
    length, group = len(submitted.article.text), submitted.leak_group
    asked = [name for name in submitted.submissions if LABEL_ITEM + label not in submitted.silence[name]]
    is_left_out = len(asked) < 2  # noqa: PLR2004 - one reading alone agrees with nobody
    left_out = len(submitted.submissions) - (0 if is_left_out else len(asked))
    counts.leave_out(group, length, left_out, article=is_left_out)
    if is_left_out:
        return
    counts.add_units(group, length, [join_overlapping(submitted.marks[name].get(label, ())) for name in asked])


def _coefficient(units: int, whole: Weights, drawn: Weights | None, groups: int) -> Coefficient:
    observed, expected = (float(each) for each in whole[:, 0])
    if not expected > 0:
        return Coefficient(value=None, items=units, undefined=NO_DIFFERENCE if units else NO_UNITS)
    return Coefficient(
        value=1 - observed / expected,
        items=units,
        interval=None if drawn is None else take_interval(drawn[1] - drawn[0], drawn[1]),
        undefined=ONE_LEAK_GROUP if groups < ENOUGH_GROUPS else "",
    )
