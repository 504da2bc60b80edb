"""Which labels are confused, and which disagreements tell most, by hand."""

from __future__ import annotations

from marked import marked

from labeling.evaluation.agreement.disagreements import DisagreementCounts, find_differences
from labeling.evaluation.agreement.submitted import list_marks

ANA = [(0, 4, "PERSON"), (5, 10, "COUNTRY"), (12, 16, "ROLE"), (20, 24, "DATE"), (30, 36, "ISSUE")]
BEN = [(0, 4, "PERSON"), (5, 10, "GOV_BODY"), (13, 16, "ROLE"), (22, 28, "MONEY")]


def test_each_kind_of_difference_by_hand() -> None:
    """One label at a place, one boundary, two that only touch, one that was missed; the same from either side."""
    article = marked("a", 40, {"ana": ANA, "ben": BEN})
    left, right = (list_marks(article.submissions[name]) for name in ("ana", "ben"))
    same, found = find_differences(left, right, frozenset())
    _, turned = find_differences(right, left, frozenset())
    shown = [(kind, ours and ours.label, theirs and theirs.label) for kind, ours, theirs in found]

    assert +same == {"PERSON": 1}
    assert shown == [
        ("label", "COUNTRY", "GOV_BODY"),
        ("boundary", "ROLE", "ROLE"),
        ("label", "DATE", "MONEY"),
        ("missed", "ISSUE", None),
    ]
    assert sorted(map(str, turned)) == sorted(str((kind, theirs, ours)) for kind, ours, theirs in found)


def test_what_one_was_not_asked_for_is_no_difference() -> None:
    """A label of which one side says nothing is not compared."""
    article = marked("a", 40, {"ana": ANA, "ben": BEN})
    left, right = (list_marks(article.submissions[name]) for name in ("ana", "ben"))
    _, found = find_differences(left, right, {"label ISSUE"})

    assert "missed" not in {kind for kind, _, _ in found}


def test_confusions_by_hand() -> None:
    """Of the pair by row and column; of all pairs in the order of the alphabet, "" for a span that was missed."""
    counts = DisagreementCounts()
    counts.add(marked("a", 40, {"ana": ANA, "ben": BEN}))
    whole, pair = counts.list_confusions()

    assert pair.counts == {
        "PERSON": {"PERSON": 1},
        "COUNTRY": {"GOV_BODY": 1},
        "ROLE": {"ROLE": 1},
        "DATE": {"MONEY": 1},
        "ISSUE": {"": 1},
    }
    assert whole.counts == {**{k: v for k, v in pair.counts.items() if k != "ISSUE"}, "": {"ISSUE": 1}}


def test_the_most_frequent_are_shown_first_with_own_links() -> None:
    """Kinds in turn, each by its first article; everybody is led to their own annotation."""
    counts = DisagreementCounts()
    for name in ("b", "a"):
        counts.add(marked(name, 40, {"ana": [(5, 10, "COUNTRY"), (30, 36, "ISSUE")], "ben": [(5, 10, "GOV_BODY")]}))
    only = marked("c", 40, {"ana": [(0, 4, "PERSON")], "ben": [(0, 4, "ROLE")]})
    numbered = {
        name: each.model_copy(update={"server_id": number})
        for number, (name, each) in enumerate(only.submissions.items(), 7)
    }
    counts.add(type(only)(only.article, only.leak_group, numbered, only.silence))
    first, second, third = counts.list_telling({"c": "http://ls/projects/1/data?task=3"})

    assert [(each.kind, each.article, each.times) for each in (first, second, third)] == [
        ("label", "a", 2),
        ("missed", "a", 2),
        ("label", "c", 1),
    ]
    assert [(side.annotator, side.label, side.text) for side in second.sides] == [
        ("ana", "ISSUE", second.text),
        ("ben", "", ""),
    ]
    assert first.before + first.text + first.after == marked("a", 40, {}).article.text
    assert [side.link for side in third.sides] == [
        "http://ls/projects/1/data?task=3&annotation=7",
        "http://ls/projects/1/data?task=3&annotation=8",
    ]
    assert [side.link for side in first.sides] == ["", ""]
