"""What leakage does to a score: a tagger trained and tested on a random split and on ours, on a corpus with reprints.

    python scripts/leakage_measured.py [--json] [--steps N] [--seeds N,N,N] [RE3D-FOLDER]

The corpus is re3d (UK government and CENTCOM releases), each release with two reprints: other outlets that cut
sentences, as outlets do, under a date line of their own; people's spans stay where they were. A fifth of the leak
groups is put aside first, without reprints: news nobody has seen. What is left is split twice, at random and by leak
group, into parts of the same sizes. A split is honest when its test score is what the tagger then does on the news put
aside.

Then the size of a corpus: the same number of articles to train on, once of many leak groups and once of a third of
them, each with its reprints.

Each seed puts other news aside, splits otherwise and begins with other weights. An interval is the middle 95 % of the
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
from labeling.splits.assign import assign_splits
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
    """A tagger trained on so many articles: F1 in per cent on its test split, if it has one, and on news put aside."""

    articles: int
    test: float | None
    aside: float

    @property
    def too_much(self) -> float:
        """By how much the test split flatters the tagger."""
        return (self.test or 0.0) - self.aside


@dataclass(frozen=True)
class Told:
    """An article with what people marked in it; no span crosses another."""

    article: Article
    spans: tuple[Span, ...]


def releases(folder: Path) -> list[Told]:
    """re3d as it stands: of spans that cross or nest the longest."""
    files = [path.read_text(encoding="utf-8") for path in sorted(folder.glob("*.jsonl"))]
    rows = [json.loads(line) for text in files for line in text.split("\n") if line]
    return [_told(row["id"], row["text"], row["spans"]) for row in rows]


def reprint(told: Told, outlet: str, seed: str) -> Told:
    """The release as another outlet prints it: some sentences are cut, a date line comes first."""
    dice = random.Random(seed)  # noqa: S311 - a reprint is no secret
    cuts = [match.end() for match in re.finditer(r"(?<=[.!?])\s+|\n+", told.article.text)]
    whole = [cut for cut in cuts if not any(span.start < cut < span.end for span in told.spans)]
    text, spans = f"{outlet} - ", list[Span]()
    for start, end in pairwise([0, *whole, len(told.article.text)]):
        if dice.random() < 0.7:  # noqa: PLR2004 - outlets keep most of it
            shift = len(text) - start
            spans += [
                span.model_copy(update={"start": span.start + shift, "end": span.end + shift})
                for span in told.spans
                if start <= span.start and span.end <= end
            ]
            text += told.article.text[start:end]
    name = f"{told.article.id}/{outlet.split(',', maxsplit=1)[0]}"
    return Told(Article(id=name, text=text, digest=digest_of(text), source=outlet), tuple(spans))


def leak_groups(corpus: Sequence[Told]) -> dict[str, str]:
    """What `labeling cluster` finds."""
    size = CorpusSize(len(corpus), sum(len(told.article.text) for told in corpus))
    found = find_passages(frame_articles([told.article for told in corpus]), size, PassageRules())
    return {row.article: row.leak_group for row in found.clusters}


def held_out(corpus: Sequence[Told], groups: Mapping[str, str], seed: str) -> tuple[list[Told], list[Told]]:
    """A fifth of the articles, whole leak groups in the order of a seeded hash; and the rest."""
    order = sorted({groups[told.article.id] for told in corpus}, key=lambda group: digest_of(f"{seed}:{group}"))
    aside = list[Told]()
    for group in order:
        if len(aside) * 5 < len(corpus):
            aside += [told for told in corpus if groups[told.article.id] == group]
    return aside, [told for told in corpus if told not in aside]


def by_group(corpus: Sequence[Told], seed: str) -> dict[str, str]:
    """Our split: article to train or test."""
    rows = assign_splits(leak_groups(corpus), [told.article.id for told in corpus], [], SHARES, seed)
    return {row.article: row.split or "" for row in rows}


def at_random(split_of: Mapping[str, str], seed: str) -> dict[str, str]:
    """The same sizes, dealt at random."""
    dealt = list(split_of.values())
    random.Random(seed).shuffle(dealt)  # noqa: S311 - the same
    return dict(zip(sorted(split_of), dealt, strict=True))


def trained(corpus: Sequence[Told], steps: int, seed: int) -> Language:
    """SpaCy's named entity recogniser, from nothing, for so many batches of four articles."""
    from thinc.api import fix_random_seed

    fix_random_seed(seed)
    nlp = make_tokenizer("en")
    nlp.add_pipe("ner")
    examples = [_example(nlp, told) for told in corpus]
    nlp.initialize(lambda: examples)
    dice = random.Random(seed)  # noqa: S311 - the same
    for _ in range(steps):
        nlp.update(dice.sample(examples, 4), drop=0.2)
    return nlp


def score(nlp: Language, corpus: Sequence[Told]) -> float:
    """F1 of exact spans, in per cent."""
    scored = [
        ScoredArticle(
            told.article,
            told.article.id,
            _annotation(told.article, told.spans),
            _annotation(told.article, _said(nlp, told.article.text)),
        )
        for told in corpus
    ]
    return 100 * (score_spans("ner", scored, LABELS).exact.micro.f1 or 0.0)


def _annotation(article: Article, spans: Iterable[Span]) -> Annotation:
    return Annotation(article=article.id, digest=article.digest, annotator="re3d", spans=tuple(spans))


def honesty(corpus: Sequence[Told], aside: Sequence[Told], steps: int, seed: int) -> dict[str, Claim]:
    """What each split claims, and what its tagger then does on the news put aside."""
    ours = by_group(corpus, str(seed))
    claims = {}
    for name, split_of in (("random split", at_random(ours, str(seed))), ("split by leak group", ours)):
        parts = {part: [told for told in corpus if split_of[told.article.id] == part] for part in ("train", "test")}
        nlp = trained(parts["train"], steps, seed)
        claims[name] = Claim(len(parts["train"]), score(nlp, parts["test"]), score(nlp, aside))
    return claims


def worth(originals: Sequence[Told], aside: Sequence[Told], steps: int, seed: int) -> dict[str, Claim]:
    """As many articles of all leak groups, and of a third of them with reprints: what the tagger does with each."""
    dice = random.Random(seed)  # noqa: S311 - the same
    some = dice.sample(originals, len(originals) // 3)
    corpora = {
        f"{3 * len(some)} releases": dice.sample(originals, 3 * len(some)),
        f"{len(some)} releases and {2 * len(some)} reprints": with_reprints(some),
        f"{len(some)} releases": some,
    }
    return {
        name: Claim(len(corpus), None, score(trained(corpus, steps, seed), aside)) for name, corpus in corpora.items()
    }


def with_reprints(corpus: Sequence[Told]) -> list[Told]:
    """Each article, and its reprints."""
    return [*corpus, *(reprint(told, outlet, told.article.id + outlet) for told in corpus for outlet in _OUTLETS)]


def measured(originals: Sequence[Told], steps: int, seed: int) -> dict[str, Claim]:
    """All claims of one seed."""
    print(f"  seed {seed}", file=sys.stderr)
    aside, rest = held_out(originals, leak_groups(originals), str(seed))
    return {**honesty(with_reprints(rest), aside, steps, seed), **worth(rest, aside, steps, seed)}


@click.command()
@click.argument("folder", default="../shared/corpora/re3d", type=click.Path(path_type=Path, exists=True))
@click.option("--steps", default=150, show_default=True, type=click.IntRange(min=1), help="Batches of each training.")
@click.option("--seeds", "listed", default="1,2,3,4,5,6", show_default=True, metavar="N,N,N", help="One run each.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON in place of a table.")
def main(folder: Path, steps: int, listed: str, *, as_json: bool) -> None:
    """Train, measure, and print a table or JSON; FOLDER holds re3d."""
    seeds = [int(seed) for seed in listed.split(",")]
    originals = releases(folder)
    runs = [measured(originals, steps, seed) for seed in seeds]
    # By place: how many releases are put aside, and so what is left, differs a little between seeds.
    claims = {name: [list(run.values())[place] for run in runs] for place, name in enumerate(runs[0])}
    if as_json:
        print(json.dumps({name: [asdict(claim) for claim in each] for name, each in claims.items()}))
        return
    print(f"F1 of exact spans in per cent, mean of {len(seeds)} seeds with its 95 % interval; {steps} batches\n")
    print(f"{'trained on':32}{'articles':>9}   {'its test split says':24}{'on news put aside':24}{'too much':24}")
    for name, each in claims.items():
        told = [claim.test for claim in each if claim.test is not None]
        cells = [_mean(told), _mean([claim.aside for claim in each]), _mean([claim.too_much for claim in each if told])]
        print(f"{name:32}{each[0].articles:9}   " + "".join(f"{cell:24}" for cell in cells).rstrip())
    chance, ours, many, few, alone = claims.values()
    print("\nmore than by leak group a random split says too much by", _beyond(chance, ours, "too_much"))
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


def _told(name: str, text: str, rows: Iterable[Mapping[str, object]]) -> Told:
    sure = [row for row in rows if row["label"] in LABELS and float(str(row["confidence"])) >= _SURE]
    spans = [
        Span.model_validate({"id": f"s{number}", "start": row["start"], "end": row["end"], "label": row["label"]})
        for number, row in enumerate(sure)
    ]
    kept = list[Span]()
    for span in sorted(spans, key=lambda span: (span.start - span.end, span.start, span.label)):
        if not any(overlaps(span.start, span.end, other.start, other.end) for other in kept):
            kept.append(span)
    return Told(Article(id=name, text=text, digest=digest_of(text)), tuple(sorted(kept, key=lambda span: span.start)))


def _example(nlp: Language, told: Told) -> Example:
    from spacy.training import Example
    from spacy.util import filter_spans

    doc = nlp.make_doc(told.article.text)
    spans = [doc.char_span(span.start, span.end, span.label, alignment_mode="expand") for span in told.spans]
    doc.ents = filter_spans(span for span in spans if span)
    return Example(nlp.make_doc(told.article.text), doc)


def _said(nlp: Language, text: str) -> list[Span]:
    return [
        Span(id=f"m{number}", start=each.start_char, end=each.end_char, label=each.label_)
        for number, each in enumerate(nlp(text).ents)
    ]


if __name__ == "__main__":
    main()
