"""Relations of forty short texts: learned on the spans of gold, said of spans that are given and of those found."""

from __future__ import annotations

import io
import shutil
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from labeling.training.fitting.examples import Example
from labeling.training.fitting.tagger_settings import WORD_SETTINGS
from labeling.training.fitting.tagger_task import FitReport, TaggerTask
from labeling.training.tagger import load
from labeling.training.tagger.model_folder import RelationKind

if TYPE_CHECKING:
    from pathlib import Path

    from labeling.training.fitting.relation_lessons import RelationLesson
    from labeling.training.tagger.relation_head import RelationHead

pytestmark = pytest.mark.torch

PEOPLE = ("Ana", "Bo", "Cy", "Dee", "Eli", "Flo", "Gus")
FIRMS = ("NASA", "ESA", "Acme", "Globex", "Initech")
KINDS = (
    RelationKind("WORKS_FOR", ("PERSON",), ("FIRM",)),
    RelationKind("MET", ("PERSON",), ("PERSON",), symmetric=True),
)
LEFT = "Ana left NASA today."
SETTINGS = replace(WORD_SETTINGS, rounds=10, lstm=16, dropout=0.2, batch=48, rate=1e-2)


def example(number: int) -> Example:
    """``Ana of NASA met Bo.``, ``NASA pays Ana, and Bo left.`` or, without a relation, ``Ana left NASA today.``."""
    one, other, firm = PEOPLE[number % 7], PEOPLE[(number + 3) % 7], FIRMS[number % 5]
    text, relations = [
        (f"{one} of {firm} met {other}.", (("one", "firm", "WORKS_FOR"), ("other", "one", "MET"))),
        (f"{firm} pays {one}, and {other} left.", (("one", "firm", "WORKS_FOR"),)),
        (f"{one} left {firm} today.", ()),
    ][number % 3]
    names = {"one": (one, "PERSON"), "other": (other, "PERSON"), "firm": (firm, "FIRM")}
    there = [key for key, (name, _) in names.items() if name in text]
    places = [(text.index(name), len(name), label) for name, label in map(names.__getitem__, there)]
    spans = tuple((start, start + length, label) for start, length, label in places)
    return Example(text, spans, relations=tuple((there.index(a), there.index(b), label) for a, b, label in relations))


def fit(folder: Path, seed: int = 1) -> FitReport:
    """Train on thirty-three texts, choose by nine."""
    from labeling.training.fitting.fit import fit_tagger

    task = TaggerTask([example(n) for n in range(33)], [example(n) for n in range(33, 42)], ("FIRM", "PERSON"))
    return fit_tagger(replace(task, relations=KINDS), folder, settings=SETTINGS, seed=seed, log=io.StringIO())


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a trained tagger."""
    pytest.importorskip("torch")
    folder = tmp_path_factory.mktemp("related") / "model"
    assert fit(folder).f1["relations"] > 0.9
    return folder


def named(text: str, spans: object, relations: object) -> set[tuple[str, str, str]]:
    """Relations by the words of their ends."""
    at = [text[each[0] : each[1]] if isinstance(each, tuple) else text[each.start : each.end] for each in spans]  # type: ignore[attr-defined]
    return {(at[each.head], each.label, at[each.tail]) for each in relations}  # type: ignore[attr-defined]


def test_relations_are_said_of_given_spans(model: Path) -> None:
    """In whichever order they are given, with a score; none where people's words deny it."""
    text = "Gus of Acme met Dee."
    spans = [(16, 19, "PERSON"), (7, 11, "FIRM"), (0, 3, "PERSON")]
    found = load(model).relate(text, spans)

    assert named(text, spans, found) == {("Gus", "WORKS_FOR", "Acme"), ("Gus", "MET", "Dee")}
    assert all(0 < each.score <= 1 for each in found)
    assert load(model).relate(LEFT, [(0, 3, "PERSON"), (9, 13, "FIRM")]) == ()


def test_relations_are_said_of_found_spans(model: Path) -> None:
    """Their score is no higher than that of either span: a relation is right only where both are."""
    text = "Acme pays Gus, and Dee left."
    (read,) = load(model).read([text])

    assert named(text, read.spans, read.relations) == {("Gus", "WORKS_FOR", "Acme")}
    for each in read.relations:
        assert each.score <= min(read.spans[each.head].score, read.spans[each.tail].score)


def test_only_what_train_has_is_said(model: Path) -> None:
    """Not of other labels, of labels nobody knows, of spans that no token touches, or of one span."""
    tagger = load(model)

    assert tagger.relate("Acme of NASA met Dee.", [(0, 4, "FIRM"), (8, 12, "FIRM"), (17, 20, "NOBODY")]) == ()
    assert tagger.relate("Gus of   Acme", [(0, 3, "PERSON"), (7, 8, "FIRM")]) == ()
    assert tagger.relate("Gus", [(0, 3, "PERSON")]) == tagger.relate("", []) == ()


def test_same_seed_is_the_same_head(model: Path, tmp_path: Path) -> None:
    """To the byte, least scores included."""
    fit(tmp_path / "again")

    for name in ("relations/weights.safetensors", "relations/signs.json", "tagger.json"):
        assert (tmp_path / "again" / name).read_bytes() == (model / name).read_bytes()


@pytest.mark.parametrize("name", ["weights.safetensors", "signs.json"])
def test_damaged_head_is_named(model: Path, tmp_path: Path, name: str) -> None:
    """Its files are of the model as all others are."""
    shutil.copytree(model, tmp_path / "model")
    path = tmp_path / "model" / "relations" / name
    path.write_bytes(path.read_bytes()[:-9])

    with pytest.raises(ValueError, match=name):
        load(tmp_path / "model")


def lesson_of(example: Example) -> RelationLesson:
    """The example in the terms of the head."""
    from labeling.tokens import make_tokenizer
    from labeling.training.fitting.lessons import make_lesson
    from labeling.training.fitting.relation_lessons import make_relation_lesson
    from labeling.training.tagger.prepared_text import TextPreparer

    (prepared,) = TextPreparer(make_tokenizer("en"), {}, None, own=128, margin=8).prepare([example.text])
    return make_relation_lesson(make_lesson(example, prepared, {"FIRM": 0, "PERSON": 1}, 6), KINDS)


def head_of(*lessons: RelationLesson) -> RelationHead:
    """A head that nobody trained."""
    from labeling.training.fitting.relation_lessons import find_reach, shape_permitted
    from labeling.training.tagger.relation_features import RelationForm
    from labeling.training.tagger.relation_head import RelationHead

    outputs, permitted = shape_permitted(lessons, KINDS)
    return RelationHead(RelationForm(outputs, permitted, ("FIRM", "PERSON"), find_reach(lessons), 4, 8, 1, 0.1), ["x"])


def test_unknown_relations_teach_nothing() -> None:
    """Where not all are known a pair without one is left out; where one was not asked for, it may hold."""
    from labeling.training.fitting.fit_relations import teach_pairs

    known = example(0)
    head = head_of(lesson_of(known), lesson_of(example(1)))
    labels = [(output.label, output.backwards) for output in head.form.outputs]
    assert labels == [("MET", False), ("WORKS_FOR", False), ("WORKS_FOR", True)]

    def taught(example: Example) -> list[tuple[bool, tuple[int, ...]]]:
        return [(pair.related, pair.outputs) for pair in teach_pairs(lesson_of(example), head)]

    assert taught(known) == [(True, (1,)), (True, (0,)), (False, ())]
    assert taught(replace(known, complete=False)) == [(True, (1,)), (True, (0,))]
    unasked = replace(known, unasked_relations=frozenset({"WORKS_FOR"}))
    assert taught(unasked) == [(True, (1,)), (True, (0,)), (False, (2,))]


def test_relations_that_the_schema_refuses_are_left_out() -> None:
    """One of labels it does not allow, of itself, or of a name it does not have."""
    text = example(0)
    refused = ((2, 0, "WORKS_FOR"), (0, 0, "MET"), (0, 1, "SUED"))

    assert lesson_of(replace(text, relations=refused)).related == {}
    assert lesson_of(replace(text, relations=(*refused, (1, 0, "MET")))).related.keys() == {(0, 2)}


def test_relation_without_direction_is_one_from_either_end() -> None:
    """Two drawings of it are the same fact, and the same lesson; of one with a direction they are not."""
    from labeling.training.fitting.relation_lessons import list_facts

    forth, back = (replace(example(0), relations=(ends,)) for ends in ((0, 1, "MET"), (1, 0, "MET")))
    assert list_facts(forth, KINDS) == list_facts(back, KINDS)
    assert lesson_of(forth).related == lesson_of(back).related


def test_least_score_is_that_of_the_best_f1() -> None:
    """Between right and wrong ones, wherever that is; a half where nothing tells."""
    from labeling.training.fitting.dev_relations import choose_least, f1_from

    scores = [(0.3, True)] * 8 + [(0.2, False)] * 8
    assert 0.2 < choose_least(scores, 8) <= 0.3
    assert f1_from(scores, 8, 0.25) == 1.0
    assert f1_from(scores, 8, 0.1) == pytest.approx(2 / 3)
    assert choose_least([], 8) == choose_least([(0.9, False)], 8) == choose_least([(0.9, True)], 0) == 0.5


def test_no_relation_is_no_head(tmp_path: Path) -> None:
    """A dataset without relations is trained as before, and its model has no folder for them."""
    from labeling.training.fitting.fit import fit_tagger

    task = TaggerTask([example(2)], [example(5)], ("FIRM", "PERSON"), relations=KINDS)
    report = fit_tagger(task, tmp_path / "model", settings=replace(SETTINGS, rounds=1), log=io.StringIO())

    assert "relations" not in report.f1
    assert not (tmp_path / "model" / "relations").exists()
    assert load(tmp_path / "model").relate(LEFT, [(0, 3, "PERSON"), (9, 13, "FIRM")]) == ()
