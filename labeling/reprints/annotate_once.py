"""Annotate once: the gold of annotated articles is carried to those that share text with them.

From this follows the order of work: the fullest article of each story first, its reprints after it, each with what was
carried to it as a suggestion. A pure module: it touches neither disk nor network, clock or random numbers.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from functools import cached_property, partial
from typing import TYPE_CHECKING

from labeling.annotations import Annotation, Span, overlaps
from labeling.reprints.overlap import count_shared
from labeling.reprints.projection import align_texts, project_annotation
from labeling.workspace.rows.reprint import ProjectedRow

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

    from labeling.annotations import Gold
    from labeling.articles import Article
    from labeling.workspace.rows.passage import ClusterRow, Passage

_SHORTEST_RUN = 5  # words of the shortest run by which two reports of one story help each other
_SOURCES = 4  # articles from which one article is helped, those that share most with it
_DONE = frozenset({"submitted", "skipped"})


@dataclass(frozen=True)
class SourceSaving:
    """What one annotated article saved: spans it has ``by_hand``, and ``spans`` carried to other ``articles``.

    ``checked`` of the carried ones are in articles that have gold by now, ``accepted`` of them are in that gold. Three
    spans by hand that were carried to two reprints, one of them annotated since, with two of its three left as they
    were: 3 by hand, 6 carried, 3 checked, 2 accepted.
    """

    source: str
    articles: int
    by_hand: int
    spans: int
    checked: int
    accepted: int


@dataclass(frozen=True)
class ReprintCorpus:
    """The articles to carry between, by id, with their stories and the passages they share.

    ``words`` is the least length of a run that joins; between two reports of one story shorter runs count, too.
    """

    articles: Mapping[str, Article]
    clusters: Sequence[ClusterRow]
    passages: Sequence[Passage]
    words: int

    @cached_property
    def stories(self) -> dict[str, str]:
        """The story of each article."""
        return {row.article: row.story for row in self.clusters}

    def run_between(self, one: str, other: str) -> int:
        """The words of the shortest run that counts between two articles."""
        # Reports of one story may be edited throughout, so that shorter runs are evidence enough.
        is_one_story = self.stories.get(one) == self.stories.get(other)
        return _SHORTEST_RUN if is_one_story else self.words


def carry_gold(
    press: ReprintCorpus, gold: Iterable[Gold], annotations: Iterable[Annotation], before: Iterable[ProjectedRow] = ()
) -> list[ProjectedRow]:
    """Carry gold to the articles that share text with it and that nobody has annotated.

    An article gets the gold of those that share most with it, of its own story first; each adds spans only in words
    that the ones before it do not have. What was carried to an article that a person has annotated since stays as it
    was: it is what that person was shown. A reprint of an article that was skipped or ruled out gets an empty row, so
    that it no longer waits.

    Gold of the fullest article marks `Chad` in words that its reprint has, and `joint` in words that it does not have:
    `Chad` is carried, `joint` stays behind.

    Args:
        press: The articles and what they share.
        gold: What people agree on.
        annotations: All there are, for which articles people are done with.
        before: The rows of the last time.

    Returns:
        Rows sorted by article and source.
    """
    done = finished_articles(annotations)
    # Rows and gold of an earlier text of an article are left out.
    sources = {each.article: each for each in gold if each.usable and _is_current(each.article, each.digest, press)}
    kept = [row for row in before if row.article in done and _is_current(row.article, row.digest, press)]
    open_ones = [name for name in press.articles if name not in done]
    # Only articles that are still open get something new.
    made = [
        row
        for name, ranked in _rank_sources(press, sources, open_ones)
        for row in _carry_to_article(name, ranked, press, sources)
    ]
    # Of two rows of one pair the later one counts: what was made now.
    rows = {(row.article, row.source): row for row in [*_empty_rows(press, done - sources.keys()), *kept, *made]}
    return [rows[key] for key in sorted(rows)]


def finished_articles(annotations: Iterable[Annotation]) -> set[str]:
    """The articles that some person is done with: submitted or skipped."""
    return {each.article for each in annotations if each.by_person and each.state in _DONE and not each.open}


def compute_savings(carried: Iterable[ProjectedRow], gold: Iterable[Gold]) -> list[SourceSaving]:
    """What each annotated article saved, those that saved most first.

    Args:
        carried: All rows of ``projected.jsonl``.
        gold: The gold of today; a carried span is accepted where gold has it, to the character and with its label.
    """
    marked = {each.article: {(span.start, span.end, span.label) for span in each.spans} for each in gold}
    by_source: defaultdict[str, list[ProjectedRow]] = defaultdict(list)
    for row in carried:
        by_source[row.source].append(row)
    # An article that helped nobody saved nothing, and is not listed.
    found = [_source_saving(source, rows, marked) for source, rows in by_source.items()]
    return sorted((each for each in found if each.spans), key=lambda each: (-each.spans, each.source))


def put_leads_first(articles: Iterable[str], clusters: Iterable[ClusterRow]) -> list[str]:
    """The ids of articles, the fullest of each story first, then their reprints; otherwise in the order given."""
    # An article that `cluster` does not know yet counts as a lead. Sorting is stable: the order stays otherwise.
    reprints = {row.article for row in clusters if not row.lead}
    return sorted(articles, key=lambda article: article in reprints)


def find_waiting_reprints(clusters: Iterable[ClusterRow], carried: Iterable[ProjectedRow]) -> set[str]:
    """The reprints to which nothing was carried from their own story yet: annotating these now is work done twice."""
    story = {row.article: row.story for row in clusters if not row.lead}
    members = {row.article: row.story for row in clusters}
    # A row from another story is a help, but the reprint's own lead has more.
    ready = {row.article for row in carried if members.get(row.source) == members.get(row.article)}
    return story.keys() - ready


def overlaps_any(place: tuple[int, int], others: Iterable[tuple[int, int]]) -> bool:
    """Whether a half-open interval has a code point in common with one of the others."""
    return any(overlaps(*place, *other) for other in others)


def _is_current(name: str, digest: str, press: ReprintCorpus) -> bool:
    return name in press.articles and press.articles[name].digest == digest


def _empty_rows(press: ReprintCorpus, dropped: Collection[str]) -> Iterator[ProjectedRow]:
    """Empty rows for the reprints of articles that people are done with and that have no gold."""
    leads = {row.story: row.article for row in press.clusters if row.lead}
    for row in press.clusters:
        if row.article in press.articles and not row.lead and leads.get(row.story) in dropped:
            digest = press.articles[row.article].digest
            yield ProjectedRow(article=row.article, digest=digest, source=leads[row.story], said=0)


def _rank_sources(
    press: ReprintCorpus, sources: Collection[str], targets: Collection[str]
) -> Iterator[tuple[str, list[str]]]:
    """The articles to carry to, each with its sources: its story's lead, others of its story, then the others.

    Among these, those that share most come first, and of two that share as much the one with the lesser id.
    """
    story, leads = press.stories, {row.article for row in press.clusters if row.lead}
    shared = count_shared(press.passages, targets, sources)

    def rank(name: str, other: str) -> tuple[bool, bool, int, str]:
        abroad = story.get(other) != story.get(name)
        return abroad or other not in leads, abroad, -shared[name][other], other

    for name in sorted(shared):
        yield name, sorted(shared[name], key=partial(rank, name))[:_SOURCES]


def _carry_to_article(
    name: str, ranked: Iterable[str], press: ReprintCorpus, sources: Mapping[str, Gold]
) -> Iterator[ProjectedRow]:
    """What each source adds: spans in words that no source before it has."""
    target = press.articles[name]
    covered: list[tuple[int, int]] = []
    for source in ranked:
        alignment = align_texts(press.articles[source].text, target.text, press.run_between(source, name))
        carried = project_annotation(_gold_annotation(sources[source]), target, alignment)
        spans = tuple(span for span in carried.spans if not overlaps_any((span.start, span.end), covered))
        ids = {span.id for span in spans}
        stretches = tuple(each for each in alignment.stretches() if not overlaps_any(each, covered))
        # Where a source has the words its silence counts as well, so stretches are taken and not only spans.
        covered += stretches
        yield ProjectedRow(
            article=name,
            digest=target.digest,
            source=source,
            said=len(sources[source].spans),
            stretches=stretches,
            spans=spans,
            relations=tuple(each for each in carried.relations if {each.head, each.tail} <= ids),
        )


def _gold_annotation(gold: Gold) -> Annotation:
    spans = tuple(
        Span(id=span.id, start=span.start, end=span.end, label=span.label, unsure=span.unsure) for span in gold.spans
    )
    return Annotation(article=gold.article, digest=gold.digest, annotator="gold", spans=spans, relations=gold.relations)


def _source_saving(
    source: str, rows: Sequence[ProjectedRow], gold: Mapping[str, set[tuple[int, int, str]]]
) -> SourceSaving:
    # Whoever has annotated an article since has seen what was carried to it.
    checked = [row for row in rows if row.article in gold]
    return SourceSaving(
        source=source,
        articles=sum(bool(row.spans) for row in rows),
        by_hand=max(row.said for row in rows),
        spans=sum(len(row.spans) for row in rows),
        checked=sum(len(row.spans) for row in checked),
        accepted=sum((span.start, span.end, span.label) in gold[row.article] for row in checked for span in row.spans),
    )
