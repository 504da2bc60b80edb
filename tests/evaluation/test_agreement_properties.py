"""Agreement whatever was said: the same from either side and in any order, 1 for the same words, less for fewer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hypothesis import given, settings
from hypothesis import strategies as st
from marked import marked

from labeling.annotations import Relation
from labeling.evaluation.agreement.disagreements import DisagreementCounts
from labeling.evaluation.agreement.group_measures import measure_group
from labeling.evaluation.agreement.measure_agreement import measure_agreement
from labeling.evaluation.agreement.pair_counts import count_pairs, sum_counts
from labeling.evaluation.agreement.submitted import SubmittedArticle
from labeling.evaluation.resampling import Bootstrap
from labeling.evaluation.scores import score_spans
from labeling.project import load_project

if TYPE_CHECKING:
    from labeling.workspace.rows.agreements import Coefficient, GroupAgreement

_SHIPPED = load_project().schema
# With a few of the options, so that there is time for more examples.
SCHEMA = _SHIPPED.model_copy(
    update={
        "choices": tuple(
            each.model_copy(update={"options": tuple(one for one in each.options if one.name in ("yes", "no", "AID"))})
            for each in _SHIPPED.choices
        )
    }
)
FEW = settings(max_examples=40)
QUICK = Bootstrap(resamples=5)
LABELS = ("PERSON", "COUNTRY", "GOV_BODY")
LENGTH = 24

SPAN = st.tuples(st.integers(0, LENGTH - 1), st.integers(1, 6), st.sampled_from(LABELS)).map(
    lambda span: (span[0], min(span[0] + span[1], LENGTH), span[2])
)
SPANS = st.lists(SPAN, max_size=5, unique=True)
USABLE = st.sampled_from([{}, {"usable": ("yes",)}, {"usable": ("no",)}, {"event": ("AID",)}])
# What one reader says: spans, whether the first two are related, choices.
WORDS = st.tuples(SPANS, st.booleans(), USABLE)
# By article, what each of two or three readers says.
CORPUS = st.lists(st.dictionaries(st.sampled_from(["ana", "ben", "cyd"]), WORDS, min_size=2), min_size=1, max_size=3)


def _submitted(name: str, by: dict[str, Any]) -> SubmittedArticle:
    article = marked(name, LENGTH, {reader: spans for reader, (spans, _, _) in by.items()})
    submissions = {}
    for reader, annotation in article.submissions.items():
        spans, related, choices = by[reader]
        relations = (Relation(head="s0", tail="s1", label="LOCATED_IN"),) if related and len(spans) > 1 else ()
        submissions[reader] = annotation.model_copy(update={"relations": relations, "choices": choices})
    return SubmittedArticle(article.article, article.leak_group, submissions, article.silence)


def _corpus(drawn: list[dict[str, Any]]) -> list[SubmittedArticle]:
    return [_submitted(f"a{number}", by) for number, by in enumerate(drawn)]


def _measured(corpus: list[SubmittedArticle]) -> GroupAgreement:
    names = sorted({name for each in corpus for name in each.submissions})
    return measure_group(names, corpus, sum_counts(count_pairs(corpus, SCHEMA).values()), SCHEMA, QUICK)


def _coefficients(group: GroupAgreement) -> dict[str, Coefficient]:
    """Every measure by what it is called."""
    assert group.labels
    assert group.unitizing
    assert group.choices_f1
    layers = {
        **group.spans,
        **{f"relations {rule}": each for rule, each in group.relations.items()},
        "labels": group.labels,
        "unitizing": group.unitizing,
        "choices": group.choices_f1,
    }
    found = {name: each.all for name, each in layers.items()}
    found |= {f"{name} {label}": one for name, each in layers.items() for label, one in each.labels.items()}
    return found | {f"alpha {name}": each for name, each in group.choices.items()}


def _values(corpus: list[SubmittedArticle]) -> dict[str, float | None]:
    values = {name: each.value for name, each in _coefficients(_measured(corpus)).items()}
    return {name: None if value is None else round(value, 9) for name, value in values.items()}


@FEW
@given(CORPUS)
def test_it_is_symmetric_and_knows_no_order(drawn: list[dict[str, Any]]) -> None:
    """Readers who exchange their names, articles and spans in another order: no measure is another."""
    turned = {"ana": "cyd", "ben": "ben", "cyd": "ana"}
    others = [{turned[name]: (spans[::-1], False, more) for name, (spans, _, more) in by.items()} for by in drawn]
    ours = [{name: (spans, False, more) for name, (spans, _, more) in by.items()} for by in drawn]

    assert _values(_corpus(ours)) == _values(_corpus(others)[::-1])


@FEW
@given(CORPUS)
def test_relations_are_symmetric(drawn: list[dict[str, Any]]) -> None:
    """By overlapping partners, too: which of several a span has does not depend on who comes first."""
    turned = {"ana": "cyd", "ben": "ben", "cyd": "ana"}
    others = [{turned[name]: words for name, words in by.items()} for by in drawn]

    assert _values(_corpus(drawn)) == _values(_corpus(others))


@FEW
@given(st.lists(WORDS, min_size=1, max_size=3), st.integers(2, 3))
def test_identical_words_agree_wholly(drawn: list[Any], readers: int) -> None:
    """Every measure is exactly 1 where it is defined, and undefined with a reason where not."""
    names = ["ana", "ben", "cyd"][:readers]
    found = _coefficients(_measured(_corpus([dict.fromkeys(names, words) for words in drawn])))

    assert {each.value for each in found.values()} <= {1, None}
    assert all(each.undefined for each in found.values() if each.value is None)
    # Defined where there is anything to agree on.
    if any(spans for spans, _, _ in drawn):
        assert all(found[rule].value == 1 for rule in ("exact", "overlapping", "position", "label"))


@FEW
@given(CORPUS)
def test_wholly_agreeing_readers_said_the_same(drawn: list[dict[str, Any]]) -> None:
    """Exact F1 is 1 only where all spans are the same."""
    corpus = _corpus(drawn)
    same = all(len({frozenset(spans) for spans, _, _ in by.values()}) == 1 for by in drawn)

    assert (_measured(corpus).spans["exact"].all.value in (1, None)) == same


@FEW
@given(st.lists(SPANS.filter(bool), min_size=1, max_size=3), st.data())
def test_a_span_less_on_one_side_lowers_it(drawn: list[Any], data: st.DataObject) -> None:
    """Of identical words one span is taken from one side: no measure of spans rises, and exact F1 falls."""
    which = data.draw(st.integers(0, len(drawn) - 1))
    gone = data.draw(st.sampled_from(drawn[which]))
    less = [[span for span in spans if (at, span) != (which, gone)] for at, spans in enumerate(drawn)]
    before = _values(_corpus([{"ana": (spans, False, {}), "ben": (spans, False, {})} for spans in drawn]))
    after = _values(_corpus([{"ana": (s, False, {}), "ben": (t, False, {})} for s, t in zip(drawn, less, strict=True)]))

    assert after["exact"] is not None
    assert after["exact"] < 1
    for rule in ("exact", "overlapping", "position", "label", "unitizing"):
        ours, theirs = before[rule], after[rule]
        assert ours is None or theirs is None or theirs <= ours


@FEW
@given(CORPUS)
def test_a_looser_rule_finds_no_fewer_pairs(drawn: list[dict[str, Any]]) -> None:
    """Exact, then overlapping, then the label alone; and exact, then position alone."""
    found = {rule: each.all.value for rule, each in _measured(_corpus(drawn)).spans.items()}

    if found["exact"] is not None:
        assert found["exact"] <= found["overlapping"] <= found["label"]  # type: ignore[operator] # then all are defined
        assert found["exact"] <= found["position"]  # type: ignore[operator] # the same


@FEW
@given(CORPUS)
def test_counting_is_pairing(drawn: list[dict[str, Any]]) -> None:
    """The score of each pair is that of the ruler that measures models, label by label, intervals too."""
    corpus = _corpus(drawn)
    found = measure_agreement(corpus, SCHEMA, "sha", QUICK)

    for pair in found.pairs:
        both = [
            each.compare(pair.one, pair.other) for each in corpus if {pair.one, pair.other} <= each.submissions.keys()
        ]
        assert pair.score == score_spans(pair.other, both, SCHEMA.label_names, bootstrap=QUICK)


@FEW
@given(CORPUS)
def test_confusions_account_for_every_span(drawn: list[dict[str, Any]]) -> None:
    """Rows and columns of a pair add up to what each marked, and all pairs to their sum."""
    counts = DisagreementCounts()
    corpus = _corpus(drawn)
    for each in corpus:
        counts.add(each)
    whole, *pairs = counts.list_confusions()

    for pair in pairs:
        one, other = pair.annotators
        both = [each for each in corpus if {one, other} <= each.submissions.keys()]
        assert sum(sum(row.values()) for label, row in pair.counts.items() if label) == sum(
            len(each.submissions[one].spans) for each in both
        )
        assert sum(number for row in pair.counts.values() for label, number in row.items() if label) == sum(
            len(each.submissions[other].spans) for each in both
        )
    assert sum(sum(row.values()) for row in whole.counts.values()) == sum(
        sum(row.values()) for pair in pairs for row in pair.counts.values()
    )
    assert all(one <= other for one, row in whole.counts.items() for other in row)
