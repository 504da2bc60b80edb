"""The audit: the same words in two articles, labelled differently, without a second annotator."""

from __future__ import annotations

import json
from pathlib import Path

import made
import pytest
from click.testing import CliRunner
from leakage_measured import read_releases

from labeling.annotations import Gold, GoldSpan
from labeling.cli import cli
from labeling.passages.cluster import cluster
from labeling.project import load_project
from labeling.reprints.consistency import audit_gold
from labeling.workspace.rows.passage import Passage, Place
from labeling.workspace.rows.reprint import Audit, Consistency
from labeling.workspace.rows.server_state import ProjectLink, PushedTask

RE3D = Path(__file__).parents[2] / "../shared/corpora/re3d"
BODY = "Aminata Traore of Mali met Idris Deby of Chad in Addis Ababa on Monday"
TEXTS = {"a": f"{BODY} for talks.", "b": f"NAIROBI: {BODY} about the river.", "c": f"Again: {BODY}."}
ARTICLES = {name: made.article(name, text) for name, text in TEXTS.items()}
PASSAGES = [
    Passage(
        passage="p",
        words=13,
        kind="reprint",
        places=tuple(
            Place(article=name, start=TEXTS[name].index(BODY), end=TEXTS[name].index(BODY) + len(BODY))
            for name in ("b", "a", "c")
        ),
    )
]


def gold(name: str, spans: dict[str, str], *, open_at: str = "") -> Gold:
    """Gold of an article: words to label; the words at ``open_at`` are disputed."""
    return Gold(
        article=name,
        digest=ARTICLES[name].digest,
        complete=not open_at,
        annotators=("ana",),
        spans=tuple(
            GoldSpan(
                id=words,
                start=TEXTS[name].index(words),
                end=TEXTS[name].index(words) + len(words),
                label=label,
                rule="one",
                by=("ana",),
            )
            for words, label in spans.items()
        ),
        open=((TEXTS[name].index(open_at), TEXTS[name].index(open_at) + len(open_at)),) if open_at else (),
    )


def audited(*golds: Gold) -> Audit:
    """The audit of these."""
    return audit_gold(golds, ARTICLES, PASSAGES, 6, {"a": "http://ls/projects/1/data?task=7"})


def kinds(found: Audit) -> list[tuple[str, str, str, str, str]]:
    """Each difference: its kind, and label and words on both sides."""
    return [
        (each.kind, each.left.label, each.left.text, each.right.label, each.right.text) for each in found.differences
    ]


def test_audit_counts_spans_that_are_alike() -> None:
    """The same labels on the same words are alike; spans in words of one article only do not count."""
    found = audited(
        gold("a", {"Mali": "COUNTRY", "Idris Deby": "PERSON"}),
        gold("b", {"NAIROBI": "LOCATION", "Mali": "COUNTRY", "Idris Deby": "PERSON"}),
    )

    assert (found.pairs, found.alike, found.share, found.differences) == (1, 2, 1.0, ())
    assert found.labels == {
        "COUNTRY": Consistency(alike=1, different=0),
        "PERSON": Consistency(alike=1, different=0),
    }


def test_audit_lists_differences_of_label_boundary_and_missed_spans() -> None:
    """Another label, other ends, nothing at all: each with both texts, also of the side without a span, and a link."""
    found = audited(
        gold("a", {"Mali": "COUNTRY", "Aminata Traore of Mali": "PERSON", "Addis Ababa": "LOCATION"}),
        gold("b", {"Mali": "LOCATION", "Aminata Traore": "PERSON"}),
    )

    assert kinds(found) == [
        ("boundary", "PERSON", "Aminata Traore of Mali", "PERSON", "Aminata Traore"),
        ("label", "COUNTRY", "Mali", "LOCATION", "Mali"),
        ("missed", "LOCATION", "Addis Ababa", "", "Addis Ababa"),
    ]
    assert found.labels["LOCATION"] == Consistency(alike=0, different=2)
    assert (found.alike, found.share) == (0, 0.0)
    missed = found.differences[2]
    assert missed.left.link == "http://ls/projects/1/data?task=7"
    assert (missed.right.before[-3:], missed.right.after, missed.right.by) == (
        "in ",
        " on Monday about the river.",
        ("ana",),
    )


def test_audit_finds_missed_spans_on_either_side() -> None:
    """What the later article has and the earlier one lacks is missed as well."""
    found = audited(gold("a", {}), gold("b", {"Chad": "COUNTRY"}))

    assert kinds(found) == [("missed", "", "Chad", "COUNTRY", "Chad")]


def test_open_stretches_do_not_count_as_missed() -> None:
    """Where annotators of one article have not settled, nothing is known, and nothing differs."""
    assert audited(gold("a", {"Chad": "COUNTRY"}), gold("b", {}, open_at="Chad")).differences == ()
    assert audited(gold("a", {}, open_at="Chad"), gold("b", {"Chad": "COUNTRY"})).differences == ()


def test_span_that_reaches_into_other_words_does_not_count_as_missed() -> None:
    """`Monday about the river` cannot be marked in the other article, so `Monday` alone does not differ from it."""
    found = audited(gold("a", {"Monday": "DATE"}), gold("b", {"Monday about the river": "DATE"}))

    assert (found.differences, found.alike, found.share) == ((), 0, None)


def test_copies_are_compared_in_a_chain() -> None:
    """Three copies, one slip in the last: two comparisons, one difference."""
    found = audited(gold("a", {"Chad": "COUNTRY"}), gold("b", {"Chad": "COUNTRY"}), gold("c", {"Chad": "LOCATION"}))

    assert found.pairs == 2
    assert kinds(found) == [("label", "COUNTRY", "Chad", "LOCATION", "Chad")]


def test_audit_verb_writes_differences_with_links(tmp_path: Path) -> None:
    """`audit.json` has the differences, each side with the address of its task; the table has a share by label."""
    project = load_project(workspace=tmp_path)
    workspace = project.workspace
    workspace.articles.write(ARTICLES.values())
    workspace.passages.write(PASSAGES)
    workspace.gold.write(
        [gold("a", {"Chad": "COUNTRY", "Mali": "COUNTRY"}), gold("b", {"Chad": "COUNTRY", "Mali": "LOCATION"})],
    )
    link = ProjectLink(url="http://127.0.0.1:8080", project=3, created="2026-11-22T09:00:00+00:00")
    workspace.studio_link.write(link)
    workspace.pushed.write([PushedTask(article="a", digest=ARTICLES["a"].digest, task=17)])

    shown = CliRunner().invoke(cli, ["--workspace", str(tmp_path), "audit"], standalone_mode=False)
    as_json = CliRunner().invoke(cli, ["--workspace", str(tmp_path), "audit", "--json"], standalone_mode=False)

    assert "COUNTRY    50.0 % alike" in shown.stdout
    assert "label: a COUNTRY on 'Mali' http://127.0.0.1:8080/projects/3/data?task=17&own=1 | b LOCATION on 'Mali'" in (
        shown.stderr
    )
    assert json.loads(as_json.stdout)["labels"] == {"COUNTRY": 0.5, "LOCATION": 0.0}
    written = json.loads((tmp_path / "audit.json").read_text(encoding="utf-8"))
    assert [each["left"]["link"] for each in written["differences"]] == [
        "http://127.0.0.1:8080/projects/3/data?task=17&own=1"
    ]
    assert written["differences"][0]["right"]["link"] == ""


@pytest.mark.skipif(not RE3D.is_dir(), reason="the shared corpora are not here")
def test_audit_finds_contradictions_in_a_published_corpus(tmp_path: Path) -> None:
    """Three daily releases share words, and of 80 spans in these 17 are alike."""
    marked = sorted(read_releases(RE3D), key=lambda each: each.article.id)
    workspace = load_project(workspace=tmp_path).workspace
    workspace.articles.write([each.article for each in marked])
    found = cluster(load_project(workspace=tmp_path))
    golds = [
        Gold(
            article=each.article.id,
            digest=each.article.digest,
            complete=True,
            spans=tuple(
                GoldSpan(id=span.id, start=span.start, end=span.end, label=span.label, rule="one", by=("dstl",))
                for span in each.spans
            ),
        )
        for each in marked
    ]
    articles = {each.article.id: each.article for each in marked}
    audited = audit_gold(golds, articles, workspace.passages.rows(), 12, {})

    assert (found.articles, audited.pairs) == (49, 3)
    assert (audited.alike, len(audited.differences)) == (17, 63)
    assert audited.labels["Location"].different > audited.labels["Location"].alike
