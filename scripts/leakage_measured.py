"""What leakage does to a score: a tagger trained and tested on a random split and on ours, on a corpus with reprints.

    python scripts/leakage_measured.py [--json] [--steps N] [--seeds N,N,N] [RE3D-FOLDER]

The corpus is re3d (UK government and CENTCOM releases), each release with two reprints: other outlets that cut
sentences, as outlets do, under a date line of their own; people's spans stay where they were. A fifth of the leak
groups is held out first, without reprints: news nobody has seen. What is left is split twice, at random and by leak
group, into parts of the same sizes. A split is honest when its test score is what the tagger then does on the held-out
news.

Then the size of a corpus: the same number of articles to train on, once of many leak groups and once of a third of
them, each with its reprints.

Each seed holds other news out, splits otherwise and begins with other weights. An interval is the middle 95 % of the
means of seeds drawn anew, ten thousand times.
"""

from __future__ import annotations

import json
import random
import re
import sys
from dataclasses import asdict, dataclass
from itertools import pairwise
from pathlib import Path
from statistics import mean
from typing import TYPE_CHECKING

import click

from labeling.annotations import Annotation, Span, overlaps
from labeling.articles import Article
from labeling.evaluation.scores import ScoredArticle, score_spans
from labeling.passages.find import CorpusSize, find_passages, frame_articles
from labeling.project import PassageRules
from labeling.splits.placement import assign_splits
from labeling.tokens import make_tokenizer
from labeling.values import digest_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from spacy.language import Language
    from spacy.training import Example

    from labeling.workspace.rows.assignment import SplitName

LABELS = ("Organisation", "Location", "Person", "Temporal", "Nationality")
SHARES: dict[SplitName, float] = {"train": 0.7, "dev": 0.0, "test": 0.3}
_OUTLETS = ("GENEVA, 4 May", "LAGOS, 5 May")
_SURE = 0.5  # the corpus's own advice


@dataclass(frozen=True)
class Claim:
    """A tagger trained on so many articles: F1 in per cent on its test split, if it has one, and on held-out news."""

    articles: int
    test: float | None
    aside: float

    @property
    def too_much(self) -> float:
        """By how much the test split flatters the tagger."""
        return (self.test or 0.0) - self.aside


@dataclass(frozen=True)
class MarkedArticle:
    """An article with what people marked in it; no span crosses another."""

    article: Article
    spans: tuple[Span, ...]


def read_releases(folder: Path) -> list[MarkedArticle]:
    """re3d as it is, but of spans that cross or nest only the longest."""
    files = [path.read_text(encoding="utf-8") for path in sorted(folder.glob("*.jsonl"))]
    rows = [json.loads(line) for text in files for line in text.split("\n") if line]
    return [_mark_longest(row["id"], row["text"], row["spans"]) for row in rows]


def make_reprint(release: MarkedArticle, outlet: str, seed: str) -> MarkedArticle:
    """The release as another outlet prints it: some sentences are cut, a date line comes first."""
    dice = random.Random(seed)  # noqa: S311 - a reprint is not a secret
    cuts = [match.end() for match in re.finditer(r"(?<=[.!?])\s+|\n+", release.article.text)]
    whole = [cut for cut in cuts if not any(span.start < cut < span.end for span in release.spans)]
    text, spans = f"{outlet} - ", list[Span]()
    for start, end in pairwise([0, *whole, len(release.article.text)]):
        if dice.random() < 0.7:  # noqa: PLR2004 - outlets keep most of it
            shift = len(text) - start
            spans += [
                span.model_copy(update={"start": span.start + shift, "end": span.end + shift})
                for span in release.spans
                if start <= span.start and span.end <= end
            ]
            text += release.article.text[start:end]
    name = f"{release.article.id}/{outlet.split(',', maxsplit=1)[0]}"
    return MarkedArticle(Article(id=name, text=text, digest=digest_of(text), source=outlet), tuple(spans))


def find_leak_groups(corpus: Sequence[MarkedArticle]) -> dict[str, str]:
    """What `labeling cluster` finds."""
    size = CorpusSize(len(corpus), sum(len(each.article.text) for each in corpus))
    found = find_passages(frame_articles([each.article for each in corpus]), size, PassageRules())
    return {row.article: row.leak_group for row in found.clusters}


def hold_out(
    corpus: Sequence[MarkedArticle], groups: Mapping[str, str], seed: str
) -> tuple[list[MarkedArticle], list[MarkedArticle]]:
    """A fifth of the articles, whole leak groups in the order of a seeded hash; and the rest."""
    order = sorted({groups[each.article.id] for each in corpus}, key=lambda group: digest_of(f"{seed}:{group}"))
    aside = list[MarkedArticle]()
    for group in order:
        if len(aside) * 5 < len(corpus):
            aside += [each for each in corpus if groups[each.article.id] == group]
    return aside, [each for each in corpus if each not in aside]


def split_by_group(corpus: Sequence[MarkedArticle], seed: str) -> dict[str, str]:
    """Our split: article to train or test."""
    rows = assign_splits(find_leak_groups(corpus), [each.article.id for each in corpus], [], SHARES, seed)
    return {row.article: row.split or "" for row in rows}


def split_at_random(split_of: Mapping[str, str], seed: str) -> dict[str, str]:
    """A split of the same sizes, dealt at random."""
    dealt = list(split_of.values())
    random.Random(seed).shuffle(dealt)  # noqa: S311 - the same
    return dict(zip(sorted(split_of), dealt, strict=True))


def train_tagger(corpus: Sequence[MarkedArticle], steps: int, seed: int) -> Language:
    """SpaCy's named entity recogniser, from nothing, for so many batches of four articles."""
    from thinc.api import fix_random_seed

    fix_random_seed(seed)
    nlp = make_tokenizer("en")
    nlp.add_pipe("ner")
    examples = [_example(nlp, each) for each in corpus]
    nlp.initialize(lambda: examples)
    dice = random.Random(seed)  # noqa: S311 - the same
    for _ in range(steps):
        nlp.update(dice.sample(examples, 4), drop=0.2)
    return nlp


def score_tagger(nlp: Language, corpus: Sequence[MarkedArticle]) -> float:
    """F1 of exact spans, in per cent."""
    scored = [
        ScoredArticle(
            each.article,
            each.article.id,
            _annotation(each.article, each.spans),
            _annotation(each.article, _predict_spans(nlp, each.article.text)),
        )
        for each in corpus
    ]
    return 100 * (score_spans("ner", scored, LABELS).exact.micro.f1 or 0.0)


def _annotation(article: Article, spans: Iterable[Span]) -> Annotation:
    return Annotation(article=article.id, digest=article.digest, annotator="re3d", spans=tuple(spans))


def measure_honesty(
    corpus: Sequence[MarkedArticle], aside: Sequence[MarkedArticle], steps: int, seed: int
) -> dict[str, Claim]:
    """What each split claims, and what its tagger then does on the held-out news."""
    ours = split_by_group(corpus, str(seed))
    claims = {}
    for name, split_of in (("random split", split_at_random(ours, str(seed))), ("split by leak group", ours)):
        parts = {part: [each for each in corpus if split_of[each.article.id] == part] for part in ("train", "test")}
        nlp = train_tagger(parts["train"], steps, seed)
        claims[name] = Claim(len(parts["train"]), score_tagger(nlp, parts["test"]), score_tagger(nlp, aside))
    return claims


def measure_worth(
    originals: Sequence[MarkedArticle], aside: Sequence[MarkedArticle], steps: int, seed: int
) -> dict[str, Claim]:
    """As many articles of all leak groups, and of a third of them with reprints: what the tagger does with each."""
    dice = random.Random(seed)  # noqa: S311 - the same
    some = dice.sample(originals, len(originals) // 3)
    corpora = {
        f"{3 * len(some)} releases": dice.sample(originals, 3 * len(some)),
        f"{len(some)} releases and {2 * len(some)} reprints": add_reprints(some),
        f"{len(some)} releases": some,
    }
    return {
        name: Claim(len(corpus), None, score_tagger(train_tagger(corpus, steps, seed), aside))
        for name, corpus in corpora.items()
    }


def add_reprints(corpus: Sequence[MarkedArticle]) -> list[MarkedArticle]:
    """Each article, and its reprints."""
    return [*corpus, *(make_reprint(each, outlet, each.article.id + outlet) for each in corpus for outlet in _OUTLETS)]


def measure_seed(originals: Sequence[MarkedArticle], steps: int, seed: int) -> dict[str, Claim]:
    """All claims of one seed."""
    print(f"  seed {seed}", file=sys.stderr)
    aside, rest = hold_out(originals, find_leak_groups(originals), str(seed))
    return {**measure_honesty(add_reprints(rest), aside, steps, seed), **measure_worth(rest, aside, steps, seed)}


@click.command()
@click.argument("folder", default="../shared/corpora/re3d", type=click.Path(path_type=Path, exists=True))
@click.option("--steps", default=150, show_default=True, type=click.IntRange(min=1), help="Batches of each training.")
@click.option("--seeds", "listed", default="1,2,3,4,5,6", show_default=True, metavar="N,N,N", help="One run each.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON in place of a table.")
def main(folder: Path, steps: int, listed: str, *, as_json: bool) -> None:
    """Train, measure, and print a table or JSON; FOLDER holds re3d."""
    seeds = [int(seed) for seed in listed.split(",")]
    originals = read_releases(folder)
    runs = [measure_seed(originals, steps, seed) for seed in seeds]
    # By place: how many releases are put aside, and so what is left, differs a little between seeds.
    claims = {name: [list(run.values())[place] for run in runs] for place, name in enumerate(runs[0])}
    if as_json:
        print(json.dumps({name: [asdict(claim) for claim in each] for name, each in claims.items()}))
        return
    print(f"F1 of exact spans in per cent, mean of {len(seeds)} seeds with its 95 % interval; {steps} batches\n")
    print(f"{'trained on':32}{'articles':>9}   {'F1 on its test split':24}{'F1 on held-out news':24}{'too much':24}")
    for name, each in claims.items():
        claimed = [claim.test for claim in each if claim.test is not None]
        cells = [
            _mean(claimed),
            _mean([claim.aside for claim in each]),
            _mean([claim.too_much for claim in each if claimed]),
        ]
        print(f"{name:32}{each[0].articles:9}   " + "".join(f"{cell:24}" for cell in cells).rstrip())
    chance, ours, many, few, alone = claims.values()
    print("\nmore than by leak group a random split overstates F1 by", _beyond(chance, ours, "too_much"))
    print("releases are worth more than as many articles with reprints by", _beyond(many, few, "aside"))
    print("reprints add to their releases", _beyond(few, alone, "aside"))


def _beyond(one: Sequence[Claim], other: Sequence[Claim], what: str) -> str:
    """The mean difference, seed by seed."""
    return _mean([getattr(left, what) - getattr(right, what) for left, right in zip(one, other, strict=True)])


def _mean(values: Sequence[float]) -> str:
    if not values:
        return ""
    dice = random.Random(1)  # noqa: S311 - the same intervals in every run
    means = sorted(mean(dice.choices(values, k=len(values))) for _ in range(10_000))
    return f"{mean(values):.1f} ({means[250]:.1f} to {means[9749]:.1f})"


def _mark_longest(name: str, text: str, rows: Iterable[Mapping[str, object]]) -> MarkedArticle:
    sure = [row for row in rows if row["label"] in LABELS and float(str(row["confidence"])) >= _SURE]
    spans = [
        Span.model_validate({"id": f"s{number}", "start": row["start"], "end": row["end"], "label": row["label"]})
        for number, row in enumerate(sure)
    ]
    kept = list[Span]()
    for span in sorted(spans, key=lambda span: (span.start - span.end, span.start, span.label)):
        if not any(overlaps(span.start, span.end, other.start, other.end) for other in kept):
            kept.append(span)
    return MarkedArticle(
        Article(id=name, text=text, digest=digest_of(text)), tuple(sorted(kept, key=lambda span: span.start))
    )


def _example(nlp: Language, marked: MarkedArticle) -> Example:
    from spacy.training import Example
    from spacy.util import filter_spans

    doc = nlp.make_doc(marked.article.text)
    spans = [doc.char_span(span.start, span.end, span.label, alignment_mode="expand") for span in marked.spans]
    doc.ents = filter_spans(span for span in spans if span)
    return Example(nlp.make_doc(marked.article.text), doc)


def _predict_spans(nlp: Language, text: str) -> list[Span]:
    return [
        Span(id=f"m{number}", start=each.start_char, end=each.end_char, label=each.label_)
        for number, each in enumerate(nlp(text).ents)
    ]


if __name__ == "__main__":
    main()
