"""Whose words an annotation has: judged by who sent it last, and by the words that counted before."""

from __future__ import annotations

from typing import Any

import made
import pytest

from labeling.schema import Label, Schema
from labeling.studio.format.signatures import Signatures, content_digest, words_digest
from labeling.studio.format.submissions import read_task
from labeling.workspace.annotator_names import annotator_names
from labeling.workspace.rows.signed_words import SignedWords

ANA, BEN, OWNER = 1, 2, 3
NAMES = annotator_names([(ANA, "ana@x.org"), (BEN, "ben@x.org"), (OWNER, "owner@x.org")])
LABEL = Label(name="PERSON", definition="d", examples=("e",), color="#000001", hotkey="p")
SCHEMA = Schema(labels=(LABEL,))
ARTICLE = made.article("a", "Anna met Bob.")


def annotation(start: int = 0, **more: Any) -> dict[str, Any]:
    """An annotation of ana's with one span, sent by herself unless another is named."""
    value = {"start": start, "end": start + 4, "labels": ["PERSON"]}
    region = {"id": "s", "from_name": "label", "to_name": "text", "type": "labels", "value": value}
    fields = {"was_cancelled": False, "ground_truth": False, "lead_time": 2.0, "updated_at": "2026-11-22T09:00:00Z"}
    return {"id": 7, "completed_by": ANA, "updated_by": ANA, "result": [region], **fields, **more}


def judged(one: dict[str, Any], *remembered: SignedWords, **options: Any) -> tuple[str, str, SignedWords | None]:
    """As whose it counts, why it does not, and what is remembered of it."""
    signatures = Signatures(remembered, NAMES, pages="http://x/", **options)
    found = signatures.judge_task({"id": 5, "annotations": [one]})[7]
    return found.signer, found.reason, found.row


def remembered(one: dict[str, Any], **more: Any) -> SignedWords:
    """What is remembered of it after a pull in which it counted."""
    _, reason, row = judged(one)
    assert row is not None
    assert reason == ""
    return row.model_copy(update=more)


def test_words_of_the_author_count() -> None:
    """Whoever was the last to send an annotation, if it is its author, may say anything."""
    assert remembered(annotation()) == SignedWords(task=5, annotation=7, by="ana", words=words_digest(annotation()))
    # The answers of other routes have the user in place of the number.
    assert judged(annotation(completed_by={"id": ANA, "email": "ana@x.org"}))[1] == ""


def test_last_words_that_the_layer_noted_count_after_a_star() -> None:
    """Those of this annotation in this task by this author, and not the first ones once there are others."""
    starred = annotation(3, updated_by=OWNER, ground_truth=True)
    last = SignedWords(task=5, annotation=7, by="ANA@x.org", words=words_digest(starred))
    first = SignedWords(task=5, by="ana", words=words_digest(annotation(0)))

    assert judged(starred, kept=[last])[1] == ""
    # Also over what an earlier pull saw.
    assert judged(starred, remembered(annotation(0)), kept=[last])[1] == ""
    for other in ({"task": 6}, {"annotation": 8}, {"by": "ben@x.org"}, {"words": "0" * 16}):
        assert judged(starred, kept=[first, last.model_copy(update=other)])[1] != ""
    back = annotation(0, updated_by=OWNER)
    assert (judged(back, kept=[first])[1], judged(back, kept=[first, last])[1] != "") == ("", True)


def test_a_star_changes_no_word() -> None:
    """Somebody else's star, and the time that the page adds, leave the words those of the last pull."""
    starred = annotation(updated_by=OWNER, ground_truth=True, lead_time=9.0)

    assert judged(starred, remembered(annotation()))[1] == ""
    assert judged(starred)[1] != "", "nothing was pulled before: whose words these are, nobody knows"


def test_words_that_another_changed_do_not_count() -> None:
    """The reason has who, whose, when, the task and its page; the author's own words count as soon as they are back."""
    before = remembered(annotation())
    _, reason, after = judged(annotation(4, updated_by=BEN), before)

    assert after is not None
    assert reason == "ben changed what is signed by ana, 2026-11-22T09:00:00Z; task 5, http://x/5"
    assert (after.words, after.changed_by) == (before.words, "ben")
    assert judged(annotation(4, updated_by=BEN), after)[1] == reason, "a second pull says the same"
    assert judged(annotation(updated_by=BEN), after)[1] == "", "put back"
    assert judged(annotation(4), after)[1] == "", "the author has pressed Update"


def test_a_skip_is_a_word_too() -> None:
    """Nobody skips an article for another."""
    assert "ben changed" in judged(annotation(was_cancelled=True, updated_by=BEN), remembered(annotation()))[1]


def test_what_was_filed_under_anothers_name_does_not_count() -> None:
    """Ben files an annotation under ana's name; and words of ana's are not ben's."""
    assert "ben changed what is signed by ana" in judged(annotation(updated_by=BEN))[1]
    assert judged(annotation(completed_by=BEN, updated_by=ANA), remembered(annotation()))[1] != ""


def test_imported_words_count_only_if_they_were_written_down() -> None:
    """The server's import leaves `updated_by` empty: what `restore` brought is known by the number that it had."""
    came = annotation(updated_by=None, import_id=70)
    restored = SignedWords(task=5, came_as=70, by="ana@x.org", words=words_digest(came))

    assert "it was imported there" in judged(came)[1]
    assert judged(came, restored)[1] == ""
    assert judged(came, restored.model_copy(update={"task": 6}))[1] != ""
    assert judged(came, restored.model_copy(update={"by": "ben@x.org"}))[1] != ""
    assert judged({**annotation(4), "updated_by": None, "import_id": 70}, restored)[1] != ""


def test_what_was_in_quarantine_is_there_after_a_restore() -> None:
    """Who changed it, and when, is what `restore` wrote down."""
    came = annotation(4, updated_by=None, import_id=70, updated_at="2027-01-01T00:00:00Z")
    restored = SignedWords(task=5, came_as=70, by="ana@x.org", words="", changed_by="BEN@x.org", changed="then")

    assert judged(came, restored)[1].startswith("ben changed what is signed by ana, then")
    assert judged(came, restored, by_editor=True)[:2] == ("ben", "")


def test_by_the_policy_words_are_the_editors() -> None:
    """With `changed_by_others = "editor"` they count as theirs; what nobody sent counts as nobody's."""
    assert judged(annotation(4, updated_by=BEN), remembered(annotation()), by_editor=True)[:2] == ("ben", "")
    assert judged(annotation(updated_by=OWNER), remembered(annotation()), by_editor=True)[:2] == ("", "")
    assert judged(annotation(updated_by=None), by_editor=True)[1] != ""


def test_adopted_words_count_until_they_are_changed() -> None:
    """And their reason is kept."""
    changed = annotation(4, updated_by=BEN)
    adopted = SignedWords(task=5, annotation=7, by="ana", words=words_digest(changed), why="I asked her")

    _, reason, row = judged(changed, adopted)
    assert row is not None
    assert (reason, row.why) == ("", "I asked her")
    assert judged(annotation(2, updated_by=BEN), adopted)[1] != ""


@pytest.mark.parametrize("star", [True, False])
def test_what_an_older_version_pulled_stays(star: bool) -> None:  # noqa: FBT001 - a parameter of the test
    """It remembered no words, but a digest: the same words stay, with a star that came since; others do not."""
    seen = {7: content_digest(annotation())}
    kept = annotation(updated_by=BEN, ground_truth=star)

    assert judged(kept, seen=seen)[1] == ""
    _, reason, row = judged(annotation(4, updated_by=BEN), seen=seen)
    assert row is not None
    assert reason != ""
    # From then on the words are remembered, and the digest of the quarantined ones is not taken for good ones.
    assert judged(annotation(4, updated_by=BEN), row, seen={7: content_digest(annotation(4))})[1] != ""


def test_a_server_that_does_not_tell_is_believed() -> None:
    """Exports of older servers have no such key: what they say counts, as it always did."""
    old = annotation()
    del old["updated_by"]

    assert judged(old) == ("", "", None)


def test_one_row_is_quarantined_whole() -> None:
    """No span of it counts, and the annotation is kept as it came."""
    one = annotation(updated_by=BEN)
    task: dict[str, Any] = {"id": 5, "data": {"article": "a", "text": ARTICLE.text}, "annotations": [one]}
    signatures = Signatures([], NAMES)

    sound, (finding,) = read_task(task, {"a": ARTICLE}, SCHEMA, NAMES, judgements=signatures.judge_task(task))
    assert sound == []
    assert (finding.kind, finding.what, finding.annotator, finding.server_id) == (
        "spoken for another",
        "annotation",
        "ana",
        7,
    )
    assert finding.raw == one
    (by_ben,), _ = read_task(
        task, {"a": ARTICLE}, SCHEMA, NAMES, judgements=Signatures([], NAMES, by_editor=True).judge_task(task)
    )
    assert by_ben.annotator == "ben"
