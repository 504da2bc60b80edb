"""Relations and choices by the ruler: what must be right, what is not known, and who is not measured."""

from __future__ import annotations

from typing import TYPE_CHECKING

import made
import pytest

from labeling.annotations import Annotation, Gold, GoldSpan, Relation, Span
from labeling.evaluation.relations_and_choices import measure_choices, measure_relations, relation_surfaces
from labeling.evaluation.scores import ScoredArticle
from labeling.project import load_project

if TYPE_CHECKING:
    from labeling.schema import Schema

TEXT = "Oslo hosts Rome; Lima hosts Oslo"
# id, start, end: O and Q are Oslo, R Rome, L Lima.
PLACES = {"O": (0, 4), "R": (11, 15), "L": (17, 21), "Q": (28, 32)}


@pytest.fixture(scope="module")
def schema() -> Schema:
    """The shipped one: SAME_AS has no direction, PART_OF has one."""
    return load_project().schema


def _scored(
    gold: list[tuple[str, str, str]],
    said: list[tuple[str, str, str]],
    places: dict[str, tuple[int, int]] | None = None,
    opened: tuple[tuple[int, int], ...] = (),
    group: str = "g",
) -> ScoredArticle:
    """Relations as head, label, tail; ``places`` of the annotator's spans where they are not gold's."""
    article = made.article(group, TEXT)
    return ScoredArticle(
        article=article,
        leak_group=group,
        gold=Gold(
            article=article.id,
            digest=article.digest,
            complete=not opened,
            spans=tuple(
                GoldSpan(id=name, start=start, end=end, label="COUNTRY", rule="single", by=("ana",))
                for name, (start, end) in PLACES.items()
            ),
            relations=tuple(Relation(head=head, tail=tail, label=label) for head, label, tail in gold),
            open=opened,
        ),
        prediction=Annotation(
            article=article.id,
            digest=article.digest,
            annotator="model:x",
            spans=tuple(
                Span(id=name, start=start, end=end, label="COUNTRY")
                for name, (start, end) in (PLACES | (places or {})).items()
            ),
            relations=tuple(Relation(head=head, tail=tail, label=label) for head, label, tail in said),
        ),
    )


def test_relations_by_hand(schema: Schema) -> None:
    """Of three in gold and four predicted, two are right: P 2/4, R 2/3, F1 4/7; PART_OF has a direction."""
    gold = [("O", "PART_OF", "R"), ("L", "PART_OF", "Q"), ("O", "SAME_AS", "Q")]
    said = [("O", "PART_OF", "R"), ("Q", "PART_OF", "L"), ("Q", "SAME_AS", "O"), ("R", "SAME_AS", "L")]

    found = measure_relations([_scored(gold, said)], schema, corpus="c0ffee")

    assert found is not None
    assert (found.micro.precision, found.micro.recall, found.micro.f1) == (2 / 4, 2 / 3, 4 / 7)
    assert (found.labels["PART_OF"].pairs, found.labels["PART_OF"].gold, found.labels["PART_OF"].predicted) == (1, 2, 2)
    assert found.labels["ABOUT"].f1 is None
    assert "layer:relations|" in found.signature
    assert found.signature.endswith("corpus:c0ffee")


def test_a_relation_needs_both_its_spans_right(schema: Schema) -> None:
    """A relation of a span that is one character short, or of no span at all, is a wrong one."""
    gold = [("O", "PART_OF", "R"), ("L", "PART_OF", "Q")]

    found = measure_relations(
        [_scored(gold, [("O", "PART_OF", "R"), ("L", "PART_OF", "gone")], places={"R": (11, 14)})], schema
    )

    assert found is not None
    assert (found.micro.pairs, found.micro.predicted, found.micro.gold) == (0, 2, 2)


def test_overlapping_ends_are_enough_by_that_rule(schema: Schema) -> None:
    """A span one character short is still gold's, each for one only; what joins no span is wrong all the same."""
    gold = [("O", "PART_OF", "R"), ("L", "PART_OF", "Q")]
    said = [("O", "PART_OF", "R"), ("O", "PART_OF", "S"), ("L", "PART_OF", "gone")]
    scored = [_scored(gold, said, places={"R": (11, 14), "S": (14, 15)})]

    exact, loose = measure_relations(scored, schema), measure_relations(scored, schema, rule="overlapping")

    assert exact is not None
    assert loose is not None
    assert (exact.micro.pairs, exact.micro.predicted) == (0, 3)
    assert (loose.micro.precision, loose.micro.recall, loose.rule) == (1 / 3, 1 / 2, "overlapping")
    assert loose.signature.startswith("match:overlapping|layer:relations|")


def test_seen_and_unseen_pairs(schema: Schema) -> None:
    """A relation is seen when training had it between the same words; of one without direction the order is nothing."""
    gold = [("O", "PART_OF", "R"), ("R", "PART_OF", "Q"), ("L", "SAME_AS", "O")]
    training = _scored([("Q", "PART_OF", "R"), ("Q", "SAME_AS", "L")], [])
    known = relation_surfaces(training.article, training.gold, schema)

    found = measure_relations([_scored(gold, gold[:2])], schema, trained_on=known)

    assert known == {("PART_OF", ("oslo", "rome")), ("SAME_AS", ("lima", "oslo"))}
    assert found is not None
    assert found.seen is not None
    assert found.unseen is not None
    assert (found.seen.pairs, found.seen.gold, found.seen.predicted) == (1, 2, 1)
    assert (found.unseen.pairs, found.unseen.gold, found.unseen.predicted) == (1, 1, 1)


def test_relations_at_open_stretches_are_not_wrong(schema: Schema) -> None:
    """A relation that touches an open stretch counts if gold has it, and else is not counted at all."""
    gold = [("O", "PART_OF", "R")]
    said = [("O", "PART_OF", "R"), ("L", "PART_OF", "R"), ("L", "PART_OF", "Q")]

    found = measure_relations([_scored(gold, said, opened=((12, 13),))], schema)

    assert found is not None
    assert (found.micro.pairs, found.micro.predicted) == (1, 2)


def test_choices_by_hand(schema: Schema) -> None:
    """`usable` is not measured; a disputed option counts only when it is right."""
    one, two = _scored([], [], group="g1"), _scored([], [], group="g2")

    def answered(
        scored: ScoredArticle, gold: dict[str, tuple[str, ...]], said: dict[str, tuple[str, ...]], *asked: str
    ) -> ScoredArticle:
        return ScoredArticle(
            article=scored.article,
            leak_group=scored.leak_group,
            gold=scored.gold.model_copy(update={"choices": gold, "open_choices": asked}),
            prediction=scored.prediction.model_copy(update={"choices": said}),
        )

    found = measure_choices(
        [
            answered(
                one, {"event": ("CONSULT",), "usable": ("yes",)}, {"event": ("AGREE", "CONSULT"), "usable": ("yes",)}
            ),
            answered(two, {"event": ("AGREE",)}, {"event": ("CONSULT", "AID")}, "event=CONSULT"),
        ],
        schema,
    )

    assert found is not None
    assert (found.micro.pairs, found.micro.gold, found.micro.predicted) == (1, 2, 3)
    assert found.labels["event=CONSULT"].f1 == 1.0
    assert found.micro.f1_interval is not None
    assert not [label for label in found.labels if label.startswith("usable")]


def test_scikit_learn_agrees_on_choices(schema: Schema) -> None:
    """Options of a choice that takes several are a multilabel classification: the same numbers, option by option."""
    import numpy as np
    from sklearn.metrics import precision_recall_fscore_support

    (event,) = [each for each in schema.choices if each.name == "event"]
    names = [option.name for option in event.options]
    source = np.random.Generator(np.random.PCG64(5))
    gold, said = (source.random((30, len(names))) < share for share in (0.2, 0.3))

    def answers(row: object) -> dict[str, tuple[str, ...]]:
        return {"event": tuple(name for name, chosen in zip(names, np.asarray(row), strict=True) if chosen)}

    scored = [_scored([], [], group=f"g{n}") for n in range(len(gold))]
    found = measure_choices(
        [
            ScoredArticle(
                article=each.article,
                leak_group=each.leak_group,
                gold=each.gold.model_copy(update={"choices": answers(true)}),
                prediction=each.prediction.model_copy(update={"choices": answers(claimed)}),
            )
            for each, true, claimed in zip(scored, gold, said, strict=True)
        ],
        schema,
    )

    assert found is not None
    ours = [found.labels[f"event={name}"] for name in names]
    theirs = zip(*precision_recall_fscore_support(gold, said, zero_division=0.0), strict=True)
    micro = precision_recall_fscore_support(gold, said, average="micro", zero_division=0.0)
    for measure, wanted in [*zip(ours, theirs, strict=True), (found.micro, micro)]:
        assert [measure.precision or 0.0, measure.recall or 0.0, measure.f1 or 0.0] == pytest.approx(wanted[:3])


def test_an_annotator_without_relations_is_not_measured(schema: Schema) -> None:
    """An extractor of spans has no score for relations: that it was not asked is not that it failed."""
    assert measure_relations([_scored([("O", "PART_OF", "R")], [])], schema) is None
    assert measure_choices([_scored([], [])], schema) is None
