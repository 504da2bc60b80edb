"""The canonical form: one list of span fields that all formats derive theirs from, and differences put into words."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from labeling.annotations import GoldSpan, Span
from labeling.corpora.build.canonical import (
    SPAN_FIELDS,
    SPAN_MARKS,
    describe_differences,
    list_marked_spans,
    list_missing,
    make_bare_span,
    make_canonical_form,
)
from labeling.corpora.release.release import ReleaseLine
from labeling.corpora.targets.huggingface.dataset import make_features

if TYPE_CHECKING:
    from labeling.annotations import Gold
    from labeling.articles import Article


def test_span_fields_are_those_of_spans_and_of_every_format() -> None:
    """A new attribute of spans is a field of both models and a line in the list; the columns follow from it."""
    columns = make_features(["PERSON"])["spans"].feature

    assert set(SPAN_FIELDS) <= set(Span.model_fields)
    assert set(SPAN_FIELDS) <= set(GoldSpan.model_fields)
    assert list(columns) == list(SPAN_FIELDS)
    assert [columns[name].dtype for name in SPAN_FIELDS] == ["string", "int32", "int32", "string", "bool"]
    assert ReleaseLine.model_fields["spans"].annotation == tuple[Span, ...]


def test_marks_are_the_fields_that_are_true_or_false(minister: tuple[Article, Gold]) -> None:
    """`unsure` is one; of the six spans the last bears it."""
    assert SPAN_MARKS == ("unsure",)
    assert list_marked_spans(minister[1]) == {"unsure": ("s5",)}


def test_bare_span_has_a_place_and_a_label_only() -> None:
    """What a format does not keep is empty or false."""
    assert make_bare_span(0, 5, "COUNTRY") == ("", 0, 5, "COUNTRY", False)


def test_fingerprint_depends_on_every_field(minister: tuple[Article, Gold]) -> None:
    """Another title, or one span less, is another fingerprint; the order of gold is not."""
    article, gold = minister
    form = make_canonical_form(article, gold)
    reordered = gold.model_copy(update={"spans": gold.spans[::-1], "relations": gold.relations[::-1]})

    assert make_canonical_form(article, reordered).fingerprint == form.fingerprint
    assert replace(form, spans=form.spans[1:]).fingerprint != form.fingerprint
    assert replace(form, provenance=("wire", "x", "", "")).fingerprint != form.fingerprint


def test_differences_are_named_from_both_sides(minister: tuple[Article, Gold]) -> None:
    """What gold has and the target lacks, by thing; then each field that differs."""
    form = make_canonical_form(*minister)
    found = replace(form, spans=form.spans[1:], complete=False)

    assert list_missing(form, found) == ["span ('s0', 0, 25, 'PERSON', False)"]
    assert describe_differences(form, found) == [
        "complete: gold has True, the target False",
        "spans: gold has [('s0', 0, 25, 'PERSON', False)], the target []",
    ]
