"""Suggestions: spans that rules, and models if any are named, find in each article before people look at it.

Each suggester is one more annotator, ``model:rules`` or ``model:<pipeline or model>``: its annotations have the same
form as a person's and pass the same checks.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from functools import partial
from importlib.metadata import version
from importlib.util import find_spec
from itertools import islice
from operator import itemgetter
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from pydantic import Field

import labeling
from labeling.adjudication.checks import check_annotation
from labeling.annotations import MODEL, Annotation, QuarantineRow, Span
from labeling.errors import ProjectFileError
from labeling.project import shipped_config
from labeling.suggestions.finder import Finder, FoundSpan
from labeling.suggestions.latest_model import find_latest_model, open_latest_model
from labeling.suggestions.own_models import is_own_model, open_own_model
from labeling.suggestions.rule_file import Rules, read_rules
from labeling.suggestions.zero_shot import ProbableSpan, ZeroShot
from labeling.values import Frozen, canonical_json, digest_of
from labeling.workspace.flow.article_flow import WorkOrder
from labeling.workspace.flow.parts import Made
from labeling.workspace.storage import folder_digest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from pydantic import JsonValue
    from spacy.language import Language

    from labeling.articles import Article
    from labeling.project import Project
    from labeling.schema import Schema
    from labeling.suggestions.own_models import ScoredSpan
    from labeling.workspace.flow.article_flow import Worker

    # The annotator, and a function that finds spans in each of several texts.
    FoundByAny: TypeAlias = FoundSpan | ScoredSpan | ProbableSpan
    Suggester: TypeAlias = tuple[str, Callable[[Iterable[str]], Iterator[Sequence[FoundByAny] | Annotation]]]

__all__ = [
    "REFUSED_SPANS",
    "RULES_ANNOTATOR",
    "SuggestionSettings",
    "order_suggestions",
    "read_suggestion_settings",
    "suggest_annotations",
]

RULES_ANNOTATOR = MODEL + "rules"
_AT_ONCE = 100  # articles that a suggester is asked about together
REFUSED_SPANS = ""  # counts refused spans in a tally, in the place of a label: no label is empty


def _names_no_folder(name: str) -> bool:
    return not name


class SuggestionSettings(Frozen):
    """The suggesters: rules, or None; a spaCy pipeline or a model of ours, or "", with the map from its labels.

    ``latest`` is the folder of a model of ours whose relations and choices are suggested, too, without a map.
    ``zero_shot`` is a GLiNER model, a folder or a name on the Hub, or "": see `ZeroShot`.
    """

    language: str = "en"
    rules: Rules | None = None
    pipeline: str = ""
    label_map: dict[str, str] = {}
    zero_shot: str = ""
    zero_shot_threshold: float = 0.5
    latest: str = Field(default="", exclude_if=_names_no_folder)  # the folder of the latest model of ours


def read_suggestion_settings(project: Project) -> SuggestionSettings:
    """The settings of a project file, its rules file read: the one next to it, or else the shipped one of that name.

    Raises:
        ProjectFileError: The rules file is missing or has a fault.
        MissingInput: The latest model is asked, and none was trained on the latest dataset.
    """
    chosen = project.file.suggest
    rules = None
    if chosen.rules:
        own = project.path.parent / chosen.rules
        rules = read_rules(own if own.is_file() else shipped_config(chosen.rules))
    # Another machine of a cluster has another folder of its own to begin at.
    own_model = bool(chosen.pipeline) and is_own_model(Path(chosen.pipeline))
    return SuggestionSettings(
        language=project.file.project.language,
        rules=rules,
        pipeline=str(Path(chosen.pipeline).absolute()) if own_model else chosen.pipeline,
        label_map=chosen.label_map,
        zero_shot=_find_zero_shot(project),
        zero_shot_threshold=chosen.zero_shot_threshold,
        latest=find_latest_model(project.workspace) if chosen.model == "latest" else "",
    )


def _find_zero_shot(project: Project) -> str:
    """The model's folder in full, so that all processes find it, next to the project file, or from here; or a name."""
    name = project.file.suggest.zero_shot
    folders = (project.path.parent / name, Path(name)) if name else ()
    return next((str(folder.resolve()) for folder in folders if folder.is_dir()), name)


def suggest_annotations(
    articles: Iterable[Article], schema: Schema, settings: SuggestionSettings
) -> Iterator[Annotation]:
    """Each suggester's annotation of each article, with or without spans, in the order given.

    Offsets are code points; the ids of the spans count them in the order of the text. Labels that the schema does not
    have are not suggested, and what a person's annotation could not hold (see `check_annotation`) is left out.

    Raises:
        ProjectFileError: A rule has a fault, the pipeline is not installed, or the label map does not fit it.
        ZeroShotUnavailable: The model for `zero_shot` cannot be used.
    """
    suggesters = _suggesters(schema, settings)
    waiting = iter(articles)
    while some := [*islice(waiting, _AT_ONCE)]:
        yield from (sound for sound, _ in _ask_suggesters(some, suggesters, schema))


def order_suggestions(schema: Schema, settings: SuggestionSettings) -> WorkOrder:
    """`suggest_annotations` as work for a flow; it counts spans by annotator and label, and those that were refused.

    Raises:
        ProjectFileError: The pipeline is not installed.
    """
    decides: dict[str, JsonValue] = {
        "versions": [labeling.__version__, version("spacy")],
        "schema": schema.model_dump(mode="json"),
        "settings": settings.model_dump(mode="json"),
        "pipeline": _pipeline_digest(settings.pipeline),
        "zero_shot": folder_digest(Path(settings.zero_shot)) if Path(settings.zero_shot).is_absolute() else "",
    }
    if settings.latest:
        decides["latest"] = folder_digest(Path(settings.latest))
    return WorkOrder(digest_of(canonical_json(decides)), partial(_open_suggesting, schema, settings))


def _open_suggesting(schema: Schema, settings: SuggestionSettings) -> Worker:
    # Rows are sorted by article and annotator.
    suggesters = sorted(_suggesters(schema, settings), key=itemgetter(0))

    def suggest_rows(articles: Sequence[Article]) -> Made:
        lines, tally = list[str](), defaultdict[str, Counter[str]](Counter)
        for annotation, refused in _ask_suggesters(articles, suggesters, schema):
            lines.append(canonical_json(annotation.model_dump(mode="json")) + "\n")
            counts = tally[annotation.annotator]
            counts.update(span.label for span in annotation.spans)
            counts[REFUSED_SPANS] += len(refused)
        return Made("".join(lines).encode(), {name: dict(counts) for name, counts in tally.items()})

    return suggest_rows


def _pipeline_digest(pipeline: str) -> str:
    """The digest of a pipeline's files, wherever spaCy finds it; empty for one that it will not find."""
    folder = Path(pipeline)
    if pipeline and not folder.is_dir() and pipeline.isidentifier():
        spec = find_spec(pipeline)
        folder = Path(spec.origin).parent if spec and spec.origin else folder
    return folder_digest(folder) if pipeline and folder.is_dir() else ""


def _ask_suggesters(
    articles: Sequence[Article], suggesters: Iterable[Suggester], schema: Schema
) -> Iterator[tuple[Annotation, tuple[QuarantineRow, ...]]]:
    """Each suggester's annotation of each article, checked like a person's, with what failed the check."""
    answers = [(annotator, find(article.text for article in articles)) for annotator, find in suggesters]
    for article in articles:
        for annotator, found in answers:
            words, bare = next(found), Annotation(article=article.id, digest=article.digest, annotator=annotator)
            if isinstance(words, Annotation):
                said = {"spans": words.spans, "relations": words.relations, "choices": words.choices}
            else:
                # Ids count the spans, so that the same text gives the same ids.
                said = {"spans": tuple(Span(id=f"s{n}", **one._asdict()) for n, one in enumerate(words, start=1))}
            yield check_annotation(bare.model_copy(update=said), article, schema)


def _suggesters(schema: Schema, settings: SuggestionSettings) -> list[Suggester]:
    suggesters: list[Suggester] = []
    if settings.rules is not None:
        # Rules may know more labels than this schema has.
        finder, known = Finder(settings.rules, settings.language), set(schema.label_names)
        suggesters.append((RULES_ANNOTATOR, partial(_find_known, finder, known)))
    if settings.pipeline:
        folder = Path(settings.pipeline)
        find = open_own_model(folder, settings.label_map, schema) if is_own_model(folder) else None
        suggesters.append((MODEL + folder.name, find or _pipeline_suggester(schema, settings)))
    if settings.latest:
        suggesters.append((MODEL + Path(settings.latest).name, open_latest_model(Path(settings.latest), schema)))
    if settings.zero_shot:
        model = ZeroShot(settings.zero_shot, schema, settings.zero_shot_threshold)
        suggesters.append((MODEL + Path(settings.zero_shot).name, partial(map, model)))
    _refuse_one_name_for_two(suggesters)
    return suggesters


def _refuse_one_name_for_two(suggesters: Iterable[Suggester]) -> None:
    """Two that sign with one name would be one annotator, who has two annotations of each article."""
    for annotator, times in Counter(annotator for annotator, _ in suggesters).items():
        if times > 1:
            raise ProjectFileError(
                f"{times} suggesters would sign as {annotator}",
                todo="rename the folder of one: a suggester signs with the last part of its name",
                where="suggest",
            )


def _find_known(finder: Finder, known: set[str], texts: Iterable[str]) -> Iterator[list[FoundSpan]]:
    for found in finder.find_all(texts):
        yield [each for each in found if each.label in known]


def _pipeline_suggester(
    schema: Schema, settings: SuggestionSettings
) -> Callable[[Iterable[str]], Iterator[list[FoundSpan]]]:
    """The spaCy pipeline as a suggester: it finds the entities whose labels are in the map."""
    nlp = _load_spacy_pipeline(settings.pipeline)
    label_map = _check_label_map(settings.label_map, nlp, schema, settings.pipeline)

    def find(texts: Iterable[str]) -> Iterator[list[FoundSpan]]:
        for doc in nlp.pipe(texts):
            ents = ((ent.start_char, ent.end_char, label_map.get(ent.label_)) for ent in doc.ents)
            yield sorted(FoundSpan(start, end, label) for start, end, label in ents if label is not None)

    return find


def _load_spacy_pipeline(pipeline: str) -> Language:
    import spacy

    try:
        return spacy.load(pipeline)
    except (OSError, ImportError, ValueError) as error:
        raise ProjectFileError(
            f"the spaCy pipeline {pipeline!r} cannot be loaded: {error}",
            todo=f'install it (`python -m spacy download {pipeline}`), or set pipeline = "" in [suggest]',
            where="suggest.pipeline",
        ) from None


def _check_label_map(label_map: dict[str, str], nlp: Language, schema: Schema, pipeline: str) -> dict[str, str]:
    """The label map, if it leads from labels of the pipeline to labels of the schema."""
    theirs = sorted({label for labels in nlp.pipe_labels.values() for label in labels})
    # Labels that neither side has are typos: they would suggest nothing, in silence.
    faults = [f"{label!r} is not a label of {pipeline}" for label in label_map if label not in theirs]
    faults += [
        f"{label!r} is not a label of the schema" for label in label_map.values() if label not in schema.label_names
    ]
    if faults or not label_map:
        raise ProjectFileError(
            "suggest.label_map: " + ("; ".join(faults) or "it is empty, so nothing would be suggested"),
            todo=f"map labels of {pipeline} ({', '.join(theirs) or 'it has none'}) to labels of the schema",
            where="suggest.label_map",
        )
    return label_map
