"""One course through a pool: read a batch, train on all that was read, order what is open, until the F1 is reached."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import pairwise
from typing import TYPE_CHECKING, Final

from labeling.annotations import Annotation, Span
from labeling.learning.expected_misses import MissRates, ReadText, expect_misses, learn_misses
from labeling.learning.reading_queue import OpenArticle, plan_queue
from labeling.reprints.projection import align_texts, project_annotation
from labeling.values import digest_of
from simulated.correcting import CorrectingReader
from simulated.readers import SimulatedReader
from simulated.token_tagger import TokenTagger

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from simulated.arms import Arm
    from simulated.pools import Place, Pool
    from simulated.token_tagger import FoundSpan

# What part of the pool has been read after each round.
SCHEDULE: Final = (0.07, 0.15, 0.25, 0.38, 0.55, 0.75, 1.0)
# F1 that is short of the aim by less is as good: the same articles in another order differ by as much.
TOLERANCE: Final = 0.01
_PASSAGE: Final = 12
_SHORT_PASSAGE: Final = 5  # between reports of one story, as `labeling.reprints` has it


@dataclass(frozen=True)
class ErringReader:
    """How often a reader slips, and takes a wrong offer for right; ``seed`` draws which."""

    slips: float
    accepts: float
    seed: int


@dataclass(frozen=True)
class Milestone:
    """Where a course stood after a round."""

    articles: int
    actions: int
    f1: float


@dataclass
class Course:
    """A course of an arm; ``aim`` ends it when two rounds in a row have reached it, None goes on to the end."""

    pool: Pool
    arm: Arm
    errors: ErringReader
    aim: float | None = None
    schedule: Sequence[float] = SCHEDULE
    milestones: list[Milestone] = field(default_factory=list)
    _read: dict[str, set[Place]] = field(default_factory=dict)
    _found: dict[str, list[FoundSpan]] = field(default_factory=dict)
    _experience: list[ReadText] = field(default_factory=list)
    _actions: int = 0

    def run(self) -> list[Milestone]:
        """Go through the pool."""
        reader = SimulatedReader("ana", self.errors.slips, self.errors.seed, self.pool.labels)
        person = CorrectingReader(reader, self.errors.accepts, self.arm.mentions)
        tagger = TokenTagger(self.pool.labels)
        for share in self.schedule:
            number = max(1, round(share * len(self.pool.open))) - len(self._read)
            self._read_batch(self._order()[:number], person)
            self._train(tagger)
            self.milestones.append(Milestone(len(self._read), self._actions, self._score(tagger)))
            if self.aim is not None and len(self.milestones) > 1 and all(self._reaches(n) for n in (-2, -1)):
                break
            if self.arm.needs_model:
                left = [name for name in self.pool.open if name not in self._read]
                self._found = dict(zip(left, self._find(tagger, left), strict=True))
        return self.milestones

    def _reaches(self, number: int) -> bool:
        return self.aim is not None and self.milestones[number].f1 >= self.aim - TOLERANCE

    def _read_batch(self, batch: Sequence[str], person: CorrectingReader) -> None:
        # What is carried comes from rounds before: gold of this one is not there yet.
        offers = {name: self._offer(name) for name in batch}
        for name in batch:
            places, counts = person.work(self.pool.articles[name], self.pool.truths[name], offers[name])
            self._actions += counts.weight
            self._read[name] = places
            if self.arm.misses and name in self._found:
                self._experience.append(
                    ReadText(
                        self.pool.articles[name].text,
                        [(span.start, span.end) for span in self._found[name]],
                        [(start, end) for start, end, _ in places],
                    )
                )

    def _offer(self, name: str) -> set[Place]:
        """What is shown with an article: what was carried to it, and elsewhere the model's spans."""
        carried, known = self._carry(name) if self.arm.projection else (set(), [])
        if not self.arm.suggestions:
            return carried
        taken = [*known, *((start, end) for start, end, _ in carried)]
        return carried | {
            (span.start, span.end, span.label)
            for span in self._found.get(name, ())
            if not any(span.start < end and start < span.end for start, end in taken)
        }

    def _carry(self, name: str) -> tuple[set[Place], list[tuple[int, int]]]:
        """Spans of the read article of its story that shares most with it, and where it shares words."""
        row, article = self.pool.clusters[name], self.pool.articles[name]
        aligned = [
            (align_texts(self.pool.articles[other].text, article.text, _SHORT_PASSAGE), other)
            for other in sorted(self._read)
            if self.pool.clusters[other].story == row.story
        ]
        if not aligned:
            return set(), []
        alignment, source = max(aligned, key=lambda each: each[0].words)
        spans = (
            Span(id=f"s{n}", start=start, end=end, label=label)
            for n, (start, end, label) in enumerate(sorted(self._read[source]))
        )
        truth = Annotation(article=source, digest=article.digest, annotator="ana", spans=tuple(spans))
        carried = project_annotation(truth, article, alignment).spans
        return {(span.start, span.end, span.label) for span in carried}, [*alignment.stretches()]

    def _train(self, tagger: TokenTagger) -> None:
        texts = [(each, sorted(self._read[name])) for name in sorted(self._read) for each in self.pool.sentences[name]]
        tagger.train([text for text, _ in texts], [tagger.write_tags(text, places) for text, places in texts])

    def _find(self, tagger: TokenTagger, names: Sequence[str], *, scored: bool = True) -> Iterator[list[FoundSpan]]:
        texts = [each for name in names for each in self.pool.sentences[name]]
        found = iter(tagger.find(texts, scored=scored))
        for name in names:
            yield [span for _ in self.pool.sentences[name] for span in next(found)]

    def _score(self, tagger: TokenTagger) -> float:
        """F1 on test, exact."""
        right = said = true = 0
        for name, spans in zip(self.pool.test, self._find(tagger, self.pool.test, scored=False), strict=True):
            places = self.pool.places(name)
            said, true = said + len(spans), true + len(places)
            right += sum((span.start, span.end, span.label) in places for span in spans)
        return 2 * right / max(said + true, 1)

    def _order(self) -> list[str]:
        left = [name for name in self.pool.open if name not in self._read]
        seed = str(self.errors.seed)
        if self.arm.order == "plain" and self._found:
            return sorted(left, key=lambda name: (self._mean_score(name), digest_of(seed + name)))
        rates = learn_misses(self._experience) if self.arm.misses else MissRates()
        rows = [self._describe(name, rates) for name in left]
        clusters = self.pool.clusters if self.arm.spreading else {}
        labelled = {clusters[name].leak_group for name in self._read if name in clusters}
        stories = {clusters[name].story for name in self._read if name in clusters}
        return [row.article for row in plan_queue(rows, labelled, stories, share=0.0, seed=seed)]

    def _describe(self, name: str, rates: MissRates) -> OpenArticle:
        row, found = self.pool.clusters[name], self._found.get(name, ()) if self.arm.order == "doubt" else ()
        places = [(span.start, span.end) for span in found]
        spread = self.arm.spreading
        return OpenArticle(
            id=name,
            story=row.story if spread else name,
            leak_group=row.leak_group if spread else name,
            tokens=self.pool.tokens(name),
            span_scores=tuple(span.score for span in found),
            expected_misses=expect_misses(self.pool.articles[name].text, places, rates) if rates.met else 0.0,
        )

    def _mean_score(self, name: str) -> float:
        found = self._found[name]
        return sum(span.score for span in found) / len(found) if found else 1.0


def find_goal(milestones: Sequence[Milestone], aim: float) -> tuple[float, float] | None:
    """The articles and actions at which a course reached an F1 that it kept for a round; straight between rounds.

    With an aim of 0.51, rounds at 100 actions with 0.4, at 200 with 0.6 and at 300 with 0.6 have reached it at 150, for
    0.5 is near enough; None where it was not reached.
    """
    before = Milestone(0, 0, 0.0)
    goal = aim - TOLERANCE
    for now, later in pairwise([*milestones, milestones[-1]]):
        if now.f1 >= goal and later.f1 >= goal:
            part = min(max((goal - before.f1) / (now.f1 - before.f1), 0.0), 1.0) if now.f1 > before.f1 else 1.0
            articles = before.articles + part * (now.articles - before.articles)
            return articles, before.actions + part * (now.actions - before.actions)
        before = now
    return None
