"""Token classifiers of transformers that earlier versions trained: made here with weights set by hand, and read."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Any

import made
import pytest
from tiny_encoder import cut_into_words
from tokenizers import Regex, pre_tokenizers

from labeling.adjudication.adjudicate import adjudicate
from labeling.adjudication.checks import check_annotation
from labeling.annotations import Annotation, Span
from labeling.corpora.compile_dataset import compile_dataset
from labeling.errors import TrainingError
from labeling.project import Project, load_project
from labeling.splits.split import split
from labeling.suggestions.own_models import open_own_model
from labeling.training.evaluate import evaluate
from labeling.training.extractors import EXTRACTOR_CARD, corpus_digest, read_extractor
from labeling.training.open_extractors import open_extractor, predict_annotations
from labeling.training.predict import predict
from labeling.training.token_classifier import open_classifier
from labeling.workspace.rows.assignment import SplitAssignment

if TYPE_CHECKING:
    from pathlib import Path

    from labeling.articles import Article

CITIES, COUNTRIES = ("Oslo", "Rome", "Lima", "Cairo"), ("Chad", "Peru", "Oman", "Togo")
WORDS = ("Envoys", "of", "met", "in", "on", "Monday", ",", "and", "not", ".", *CITIES, *COUNTRIES)
TAGS = ("O", "B-COUNTRY", "I-COUNTRY", "B-LOCATION", "I-LOCATION")


def _article(number: int) -> tuple[Article, Annotation]:
    """Envoys of a country met in a city, so often that some articles are longer than the model reads at once."""
    city, country = CITIES[number % 4], COUNTRIES[(number // 4 + number) % 4]
    text = " ".join([f"Envoys of {country} met in {city} on Monday, and not in {city}."] * (1 + number % 3))
    spans = tuple(
        Span(id=f"{word} {start}", start=start, end=start + len(word), label=label)
        for word, label in ((city, "LOCATION"), (country, "COUNTRY"))
        for start in range(len(text))
        if text.startswith(word, start)
    )
    article = made.article(f"a{number:02}", text)
    return article, Annotation(article=article.id, digest=article.digest, annotator="ana", spans=spans)


PAIRS = [_article(number) for number in range(12)]


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """Six articles to train on, three for dev and three for test, compiled."""
    project = load_project(workspace=tmp_path_factory.mktemp("classifiers"))
    project.workspace.articles.write([article for article, _ in PAIRS])
    project.workspace.annotations.write([annotation for _, annotation in PAIRS])
    adjudicate(project)
    project.workspace.splits.write(
        [
            SplitAssignment(article=each.id, leak_group=each.id, split="train" if n < 6 else "dev" if n < 9 else "test")
            for n, (each, _) in enumerate(PAIRS)
        ],
    )
    split(project)
    compile_dataset(project)
    return project


def _write_classifier(folder: Path, corpus: str = "0123456789abcdef") -> Path:
    """A model as an earlier version left it: it reads 24 pieces at once, and each word it knows has its tag."""
    import torch
    from transformers import BertConfig, BertForTokenClassification

    tokenizer = cut_into_words(WORDS)
    tokenizer.save_pretrained(folder)
    names = tokenizer.convert_ids_to_tokens(list(range(len(tokenizer))))
    config = BertConfig(
        vocab_size=len(names),
        hidden_size=32,
        num_hidden_layers=0,
        num_attention_heads=2,
        max_position_embeddings=24,
        id2label=dict(enumerate(TAGS)),
        label2id={tag: number for number, tag in enumerate(TAGS)},
    )
    model: Any = BertForTokenClassification(config)
    with torch.no_grad():
        for weight in model.parameters():
            weight.zero_()
        model.bert.embeddings.LayerNorm.weight.fill_(1.0)
        # A word is a place of its own, and the last layer knows which tag is due there.
        model.bert.embeddings.word_embeddings.weight.copy_(torch.eye(len(names), 32))
        for number, name in enumerate(names):
            tag = "B-LOCATION" if name in CITIES else "B-COUNTRY" if name in COUNTRIES else "O"
            model.classifier.weight[TAGS.index(tag), number] = 1.0
    model.save_pretrained(folder)
    card = {
        "name": folder.name,
        "corpus": corpus,
        "config": "f" * 64,
        "seed": 1,
        "steps": 0,
        "checkpoint": "models/tiny-bert",
        "symmetric": [],
        "exclusive": [],
    }
    (folder / EXTRACTOR_CARD).write_text(json.dumps(card), encoding="utf-8")
    return folder


@pytest.mark.torch
def test_a_classifier_of_before_predicts_and_is_scored(project: Project) -> None:
    """It finds places in articles longer than it reads at once, soundly, and `evaluate` measures it."""
    latest, models = project.workspace.latest, project.workspace.models
    folder = _write_classifier(models / "tiny-bert-0123456789ab", corpus_digest(latest))

    predicted = list(predict(project, folder))

    card = read_extractor(folder)
    assert (card.architecture, card.checkpoint) == ("", "models/tiny-bert")
    assert open_extractor(folder).labels == ("COUNTRY", "LOCATION")
    for annotation, (article, gold) in zip(predicted, PAIRS, strict=True):
        assert check_annotation(annotation, article, project.schema) == (annotation, ())
        assert [(span.start, span.end, span.label, span.score) for span in annotation.spans] == sorted(
            (span.start, span.end, span.label, None) for span in gold.spans
        )
    assert annotation.annotator == "model:tiny-bert-0123456789ab"
    assert evaluate(project).scores[card.annotator].exact.micro.f1 == 1.0
    suggested = list(open_own_model(folder, {}, project.schema)(article.text for article, _ in PAIRS))
    assert [[place[:3] for place in found] for found in suggested] == [
        [(span.start, span.end, span.label) for span in annotation.spans] for annotation in predicted
    ]


@pytest.mark.torch
def test_a_blank_is_not_a_span(tmp_path: Path) -> None:
    """A tokenizer may have pieces that are blanks alone; a model that labels one has marked nothing."""
    from transformers import AutoModelForTokenClassification, AutoTokenizer

    folder = _write_classifier(tmp_path / "blanks-0123456789ab")
    model = AutoModelForTokenClassification.from_pretrained(folder)
    model.classifier.weight.data.zero_()
    model.classifier.bias.data[TAGS.index("B-LOCATION")] = 1.0
    tokenizer = AutoTokenizer.from_pretrained(folder)
    # Words and blanks, each a piece of its own, and the model predicts for each that a LOCATION begins there.
    tokenizer.backend_tokenizer.pre_tokenizer = pre_tokenizers.Split(Regex(r"\s"), "isolated")
    for each in (model, tokenizer):
        each.save_pretrained(folder)

    places = open_classifier(folder).find("Oslo Rome")

    assert places == [(0, 4, "LOCATION"), (5, 9, "LOCATION")]


@pytest.mark.torch
@pytest.mark.parametrize(
    ("file", "content", "fault"),
    [
        ("model.safetensors", b"cut short", "transformers cannot open"),
        ("model.safetensors", None, "transformers cannot open"),
        ("config.json", b"{", "transformers cannot open"),
        ("tokenizer.json", b'{"x": 1}', "transformers cannot open"),
        ("tokenizer*", None, "tokenizer of .* has no words"),
    ],
)
def test_a_classifier_that_is_damaged_is_refused(tmp_path: Path, file: str, content: bytes | None, fault: str) -> None:
    """A file that is not there, cut short or of another kind: by name."""
    folder = _write_classifier(tmp_path / "damaged-0123456789ab")
    for path in folder.glob(file):
        path.unlink()
    if content is not None:
        (folder / file).write_bytes(content)

    with pytest.raises(TrainingError, match=fault):
        next(predict_annotations(folder, []))


def test_without_torch_the_missing_package_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The message names the package that is missing and the extra that has the rest."""
    monkeypatch.setitem(sys.modules, "torch", None)

    with pytest.raises(TrainingError, match="needs torch, which is not installed") as refusal:
        open_classifier(tmp_path)

    assert "labeling[transformers]" in refusal.value.todo
