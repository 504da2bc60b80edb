"""Agreement on what people submitted: all of them together, and each two of them.

For spans, relations and options it is F1, by the rules in `labeling.evaluation.agreement.pair_counts`; for labels and
choices Krippendorff's alpha, for where spans are alpha_U. What is undefined is None, with the reason.

An example. Ana draws PERSON 0..9 and COUNTRY 18..26, Ben PERSON 0..9 and GOV_BODY 18..26. They have one exact pair, so
F1 is 2 x 1 / (2 + 2) = 0.5; by position alone both spans are pairs, and F1 is 1.
"""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING

from labeling.annotations import choice_id
from labeling.errors import TooFewAnnotators
from labeling.evaluation.agreement.disagreements import DisagreementCounts
from labeling.evaluation.agreement.group_measures import measure_group
from labeling.evaluation.agreement.pair_counts import count_pairs, sum_counts
from labeling.evaluation.agreement.submitted import keep_doubly_annotated
from labeling.evaluation.resampling import BOOTSTRAP
from labeling.evaluation.scores import measure_counts, sign_measures
from labeling.workspace.rows.agreements import Agreement, AnnotatorPair
from labeling.workspace.rows.score import Measures, Score

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence

    from labeling.evaluation.agreement.pair_counts import LayerCounts
    from labeling.evaluation.agreement.submitted import SubmittedArticle
    from labeling.evaluation.resampling import Bootstrap
    from labeling.schema import Schema
    from labeling.workspace.rows.agreements import GroupAgreement
    from labeling.workspace.rows.score import PairingRule


def measure_agreement(
    doubly_annotated: Sequence[SubmittedArticle],
    schema: Schema,
    annotations: str,
    bootstrap: Bootstrap = BOOTSTRAP,
    links: Mapping[str, str] | None = None,
) -> Agreement:
    """Measure how far people agree.

    Args:
        doubly_annotated: The articles that two or more people submitted (see `find_doubly_annotated`).
        schema: Its labels and choices.
        annotations: The SHA-256 of the file that the submissions were read from.
        bootstrap: Resamples and seed of the intervals.
        links: The page of each article's task.

    Raises:
        TooFewAnnotators: No article was submitted by two people.
    """
    if not doubly_annotated:
        raise TooFewAnnotators(
            "no article was submitted by two people",
            todo="let a second annotator submit some of the same articles, then run `labeling pull`",
        )
    counts = count_pairs(doubly_annotated, schema)
    group, *by_pair = measure_groups(doubly_annotated, counts, schema, bootstrap)
    disagreements = DisagreementCounts()
    for each in doubly_annotated:
        disagreements.add(each)
    return Agreement(
        annotations=annotations,
        articles=len(doubly_annotated),
        annotators=group.annotators,
        # Two who share no article are not a pair, and have no number.
        pairs=tuple(
            _score_pair(pair, counts[pair.annotators[0], pair.annotators[1]], schema.label_names, bootstrap)
            for pair in by_pair
        ),
        choices={name: group.choices[name].value for name in _list_questions(schema)},
        group=group,
        by_pair=tuple(by_pair),
        confusions=tuple(disagreements.list_confusions()),
        disagreements=tuple(disagreements.list_telling(links or {})),
    )


def _list_questions(schema: Schema) -> Iterator[str]:
    """Each choice set with one answer, and each option of the others."""
    for choice in schema.choices:
        options = [choice_id(choice.name, option.name) for option in choice.options]
        yield from options if choice.multiple else [choice.name]


def measure_groups(
    doubly_annotated: Sequence[SubmittedArticle],
    counts: Mapping[tuple[str, str], LayerCounts],
    schema: Schema,
    bootstrap: Bootstrap,
) -> list[GroupAgreement]:
    """All annotators together, then each two of them who submitted an article both."""
    people = sorted({name for each in doubly_annotated for name in each.submissions})
    whole = measure_group(people, doubly_annotated, sum_counts(counts.values()), schema, bootstrap)
    pairs = [pair for pair in combinations(people, 2) if pair in counts]
    # Of two people all together are the pair.
    if len(people) == 2:  # noqa: PLR2004
        return [whole, whole]
    return [whole, *(measure_pair(pair, doubly_annotated, counts[pair], schema, bootstrap) for pair in pairs)]


def measure_pair(
    pair: tuple[str, str],
    submitted: Sequence[SubmittedArticle],
    counts: LayerCounts,
    schema: Schema,
    bootstrap: Bootstrap,
) -> GroupAgreement:
    """Two annotators, over the articles both submitted."""
    return measure_group(pair, list(keep_doubly_annotated(submitted, {*pair})), counts, schema, bootstrap)


def _score_pair(
    pair: GroupAgreement, counts: LayerCounts, labels: Sequence[str], bootstrap: Bootstrap
) -> AnnotatorPair:
    """The second annotator scored as if the first were gold."""
    one, other = pair.annotators

    def measures(rule: PairingRule, listed: Collection[str]) -> Measures:
        micro, *by_label = measure_counts(counts[rule], [None, *listed], bootstrap)
        return Measures(
            rule=rule,
            micro=micro,
            labels=dict(zip(listed, by_label, strict=True)),
            signature=sign_measures(rule, bootstrap, ""),
        )

    return AnnotatorPair(
        one=one,
        other=other,
        score=Score(
            annotator=other,
            articles=pair.articles,
            leak_groups=pair.leak_groups,
            exact=measures("exact", labels),
            position=measures("position", ()),
            overlapping=measures("overlapping", labels),
        ),
    )
