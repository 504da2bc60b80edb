"""How good are the rules of `labeling suggest`? Precision and recall on the samples and, where it is at hand, on re3d.

    python scripts/score_suggestions.py [--json] [RE3D-FOLDER]

The samples' gold is what their two sample annotators agree on. re3d (UK government and CENTCOM releases) is another
schema: it marks places and countries alike, pronouns ("we") and descriptions ("the enemy") too, and roles as persons.
So labels are grouped until they mean about the same, annotations with a confidence under 0.5 are left out, and recall
on re3d cannot be high. Both were read while the rules were written, so neither is a held-out test: expect less on
articles never seen. It needs neither a model nor a server.
"""

from __future__ import annotations

import json
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from labeling.adjudication.adjudicate import read_adjudication_rules
from labeling.adjudication.gold import reconcile_annotations
from labeling.annotations import Annotation, Span
from labeling.articles import Article
from labeling.evaluation.scores import ScoredArticle, score_spans
from labeling.project import load_project
from labeling.samples import sample_data
from labeling.sources.ingest import ingest
from labeling.suggestions.suggester import RULES_ANNOTATOR, read_suggestion_settings, suggest_annotations
from labeling.values import digest_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from labeling.project import Project
    from labeling.workspace.rows.score import Measure, Score

# From re3d's labels and from ours to one that covers both. A label that is not listed is not compared.
COVERING = {
    "Person": "person",
    "PERSON": "person",
    "Location": "place or country",
    "Nationality": "place or country",
    "LOCATION": "place or country",
    "COUNTRY": "place or country",
    "Organisation": "organisation",
    "GOV_BODY": "organisation",
    "INTL_ORG": "organisation",
    "ARMED_GROUP": "organisation",
    "Temporal": "date",
    "DATE": "date",
}


def on_samples(project: Project) -> Score:
    """The rules against the sample annotators' gold, on all labels of the schema."""
    ingest(project, [str(sample_data.articles_folder())])
    articles = {article.id: article for article in project.workspace.articles.rows()}
    rules = read_adjudication_rules(project)
    found = reconcile_annotations(sample_data.load_sample_annotations(), [], articles, rules)
    gold = {each.article: each for each in found.gold if each.usable}
    suggestions = suggest_annotations(
        (articles[name] for name in sorted(gold)), project.schema, read_suggestion_settings(project)
    )
    scored = [ScoredArticle(articles[each.article], each.article, gold[each.article], each) for each in suggestions]
    return score_spans(RULES_ANNOTATOR, scored, project.schema.label_names)


def on_re3d(project: Project, folder: Path) -> Score:
    """The rules against re3d, with labels that cover both schemas."""
    rows = [json.loads(line) for path in sorted(folder.glob("*.jsonl")) for line in path.open(encoding="utf-8")]
    articles = [Article(id=row["id"], text=row["text"], digest=digest_of(row["text"])) for row in rows]
    suggestions = suggest_annotations(articles, project.schema, read_suggestion_settings(project))
    scored = []
    for row, article, suggestion in zip(rows, articles, suggestions, strict=True):
        gold = suggestion.model_copy(update={"annotator": "re3d", "spans": tuple(_gold(row["spans"]))})
        covering = suggestion.model_copy(update={"spans": tuple(_covering(suggestion))})
        scored.append(ScoredArticle(article, article.id, gold, covering))
    return score_spans(RULES_ANNOTATOR, scored, sorted(set(COVERING.values())))


def _gold(spans: Iterable[Mapping[str, object]]) -> Iterator[Span]:
    """re3d's spans; of one place and label one only."""
    confident = [span for span in spans if isinstance(sure := span["confidence"], int | float) and not sure < 0.5]  # noqa: PLR2004 - the corpus's own advice
    places = {(span["start"], span["end"], COVERING.get(str(span["label"]))) for span in confident}
    return _numbered(places)


def _covering(annotation: Annotation) -> Iterator[Span]:
    return _numbered({(span.start, span.end, COVERING.get(span.label)) for span in annotation.spans})


def _numbered(places: Iterable[tuple[object, object, str | None]]) -> Iterator[Span]:
    rows = ({"id": f"g{n}", "start": a, "end": b, "label": label} for n, (a, b, label) in enumerate(places) if label)
    return (Span.model_validate(row) for row in rows)


def _table(title: str, score: Score) -> Iterator[str]:
    yield f"{title}: {score.articles} articles; {score.exact.signature}"
    yield f"{'':18}{'gold':>6}{'ours':>6} | exact:  P        R     F1 | overlap: P       R     F1"
    for label, exact in [*score.exact.labels.items(), ("all", score.exact.micro)]:
        loose = score.overlapping.micro if label == "all" else score.overlapping.labels[label]
        yield f"{label:18}{exact.gold:6}{exact.predicted:6} |{_numbers(exact)} |{_numbers(loose)}"
    yield f"{'':18}95 % of F1 over all, resampled by article: {score.exact.micro.f1_interval}\n"


def _numbers(measure: Measure) -> str:
    values = (measure.precision, measure.recall, measure.f1)
    return "".join(
        f"{'-' if value is None else f'{value:.2f}':>{width}}" for value, width in zip(values, (9, 9, 7), strict=True)
    )


def main(arguments: Sequence[str]) -> None:
    """Score, and print a table or JSON."""
    folders = [Path(name) for name in arguments if not name.startswith("--")] or [Path("../shared/corpora/re3d")]
    with tempfile.TemporaryDirectory() as scratch:
        project = load_project(workspace=Path(scratch))
        scores = {"samples": on_samples(project)}
        if folders[0].is_dir():
            scores["re3d"] = on_re3d(project, folders[0])
    if "--json" in arguments:
        print(json.dumps({name: score.model_dump(mode="json") for name, score in scores.items()}))
    else:
        print("\n".join(line for name, score in scores.items() for line in _table(name, score)))


if __name__ == "__main__":
    main(sys.argv[1:])
