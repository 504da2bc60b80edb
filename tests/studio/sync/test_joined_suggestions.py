"""One suggestion of several sources: who comes before whom, who is named, and what became of each after a pull."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from labeling.annotations import Annotation, Relation, Span
from labeling.studio.format.span_sources import sign_span, sources_of, trace_sources
from labeling.studio.sync.joined_suggestions import Precedence, join_suggestions, name_joined
from labeling.workspace.rows.reprint import ProjectedRow

TAGGER, RULES, GLINER, PIPELINE = "model:tagger-1a2b", "model:rules", "model:gliner", "model:en_core"
ORDER = Precedence(zero_shot=GLINER, pipeline=PIPELINE)
SOURCES = (TAGGER, GLINER, PIPELINE, RULES)

Place = tuple[int, int, str]


def said(by: str, *places: Place, **more: object) -> Annotation:
    """What a source says: its spans, counted from 1."""
    spans = tuple(
        Span(id=f"x{n}", start=start, end=end, label=label) for n, (start, end, label) in enumerate(places, start=1)
    )
    return Annotation(article="a", digest="d", annotator=by, spans=spans).model_copy(update=more)


def carried(*places: Place, stretches: tuple[tuple[int, int], ...] = ()) -> ProjectedRow:
    """What was carried from another article."""
    return ProjectedRow(
        article="a", digest="d", source="b/1", said=1, spans=said("", *places).spans, stretches=stretches
    )


def joined(*parts: Annotation, rows: tuple[ProjectedRow, ...] = ()) -> dict[Place, tuple[str, ...]]:
    """The spans of what is joined, each with its sources."""
    one = join_suggestions(parts, rows, ORDER, "model:all")
    spans = one.spans if one else ()
    return {(span.start, span.end, span.label): sources_of(span.id) for span in spans}


def test_the_first_source_stands_where_two_overlap() -> None:
    """The example of the module: of the rules' three spans one is the tagger's, one gives way, one stays."""
    tagger = said(TAGGER, (0, 4, "PERSON"), (9, 13, "PLACE"))
    rules = said(RULES, (0, 4, "PERSON"), (9, 20, "PLACE"), (30, 34, "DATE"))
    assert joined(rules, tagger) == {
        (0, 4, "PERSON"): (TAGGER, RULES),
        (9, 13, "PLACE"): (TAGGER,),
        (30, 34, "DATE"): (RULES,),
    }


def test_the_order_of_sources_is_the_stated_one() -> None:
    """Of one place with four labels the carried one stands; without it the tagger's, then GLiNER's, then spaCy's."""
    place = (3, 8)
    parts = [said(by, (*place, label)) for by, label in zip(SOURCES, "ABCD", strict=True)]
    assert joined(*parts, rows=(carried((*place, "P")),)) == {(*place, "P"): ("projected:b/1",)}
    for number, (by, label) in enumerate(zip(SOURCES, "ABCD", strict=True)):
        assert joined(*reversed(parts[number:])) == {(*place, label): (by,)}


def test_no_model_speaks_in_a_stretch_that_was_carried() -> None:
    """Of a sentence whose gold has one span the model's other one is left out; what reaches beyond it stays."""
    row = carried((0, 4, "PERSON"), stretches=((0, 20),))
    tagger = said(TAGGER, (0, 4, "PERSON"), (9, 13, "PLACE"), (18, 25, "PLACE"))
    assert joined(tagger, rows=(row,)) == {
        (0, 4, "PERSON"): ("projected:b/1", TAGGER),
        (18, 25, "PLACE"): (TAGGER,),
    }


def test_relations_and_choices_follow_their_source() -> None:
    """A relation stands whose ends do, also where another source's span took the place of one; a choice once."""
    relation = Relation(head="x1", tail="x2", label="MET", score=0.5)
    tagger = said(
        TAGGER,
        (0, 4, "PERSON"),
        (9, 13, "PERSON"),
        (20, 24, "PLACE"),
        relations=(relation,),
        choices={"event": ("AID",)},
    )
    lost = Relation(head="x2", tail="x3", label="MET")
    tagger = tagger.model_copy(update={"relations": (relation, lost)})
    rules = said(RULES, choices={"event": ("MEET",), "usable": ("yes",)})
    one = join_suggestions([rules, tagger], [carried((0, 4, "PERSON"), (19, 24, "PLACE"))], ORDER, "model:all")
    assert one is not None
    assert one.relations == (
        Relation(
            head=sign_span(["projected:b/1", TAGGER], "x1"), tail=sign_span([TAGGER], "x2"), label="MET", score=0.5
        ),
    )
    assert one.choices == {"event": ("AID",), "usable": ("yes",)}


def test_the_signature_names_all_sources() -> None:
    """In their order; what was carried makes it one of those that blind readers are not shown."""
    assert name_joined({RULES, TAGGER, GLINER}, ORDER) == f"{TAGGER}+{GLINER}+{RULES}"
    assert name_joined({RULES, "projected:b/1", "projected:c"}, ORDER) == f"projected:+{RULES}"
    assert name_joined({"projected:b"}, ORDER) == "projected:+"
    assert name_joined(set(), ORDER) == ""


PLACES = st.lists(st.tuples(st.integers(0, 30), st.integers(1, 9), st.sampled_from("AB")), max_size=8, unique=True).map(
    lambda found: [(start, start + length, label) for start, length, label in found]
)


@given(by_source=st.dictionaries(st.sampled_from((*SOURCES, "projected:b/1")), PLACES))
def test_what_is_joined_is_what_somebody_said(by_source: dict[str, list[Place]]) -> None:
    """Nothing is invented; the first source loses nothing; who is named said it; nobody overlaps a source before."""
    rows = tuple(carried(*places) for by, places in by_source.items() if by.startswith("projected:"))
    parts = [said(by, *places) for by, places in by_source.items() if not by.startswith("projected:")]
    found = joined(*parts, rows=rows)

    ranked = sorted(by_source, key=ORDER.place_of)
    for place, sources in found.items():
        assert [by for by in ranked if place in by_source[by]] == list(sources)
    if ranked:
        assert set(by_source[ranked[0]]) <= set(found)
    for number, by in enumerate(ranked):
        before = [each for each in found if found[each][0] in ranked[:number]]
        for place in by_source[by]:
            overlaps = any(place[0] < end and start < place[1] for start, end, _ in before)
            assert (place in found) == (not overlaps or place in before)


@given(names=st.lists(st.text(), min_size=1, max_size=3), own=st.text())
def test_an_id_names_its_sources_whatever_they_are_called(names: list[str], own: str) -> None:
    """Slashes, plus and percent signs in names of articles and folders come back as they were."""
    signed = [("model:", "projected:")[n % 2] + name for n, name in enumerate(names)]
    assert sources_of(sign_span(signed, own)) == tuple(signed)
    assert "#" not in sign_span(signed, own)


def test_ids_of_others_name_nobody() -> None:
    """What the page drew, what rules once suggested, what a file had: none of them is a source."""
    assert [sources_of(each) for each in ("s1", "k3-Jx_", "http://x/T1", "a/b", "", "/", "offered-1/2")] == [()] * 7


def test_what_became_of_each_span_is_told_with_its_sources() -> None:
    """One kept, one given another label, one drawn longer, one gone; what was drawn by hand is nobody's."""
    one = join_suggestions(
        [said(TAGGER, (0, 4, "A"), (9, 13, "A")), said(RULES, (0, 4, "A"), (20, 24, "A"), (30, 34, "A"))],
        [],
        ORDER,
        "model:all",
    )
    assert one is not None
    kept, relabelled, longer, _ = one.spans
    after = Annotation(
        article="a",
        digest="d",
        annotator="ana",
        spans=(
            kept,
            relabelled.model_copy(update={"label": "B"}),
            longer.model_copy(update={"end": 26}),
            Span(id="k3Jx", start=30, end=34, label="A"),
        ),
    )
    assert [(each.span.start, each.sources, each.fate) for each in trace_sources(one.spans, after.spans)] == [
        (0, (TAGGER, RULES), "kept"),
        (9, (TAGGER,), "mended"),
        (20, (RULES,), "mended"),
        (30, (RULES,), "removed"),
    ]
