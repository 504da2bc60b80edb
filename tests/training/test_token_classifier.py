"""A token classifier of transformers, on a tiny BERT built here; `make torch` installs PyTorch and runs these tests."""

from __future__ import annotations

import io
import shutil
import sys
from typing import TYPE_CHECKING

import made
import pytest
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors

from labeling.adjudication.adjudicate import adjudicate
from labeling.adjudication.checks import check_annotation
from labeling.annotations import Annotation, Span
from labeling.corpora.compile_dataset import compile_dataset
from labeling.errors import TrainingError
from labeling.project import Project, load_project
from labeling.splits.split import split
from labeling.training.evaluate import evaluate
from labeling.training.extractors import corpus_digest, read_extractor, train_token_classifier
from labeling.training.open_extractors import predict_annotations
from labeling.training.token_classifier import Settings, open_classifier
from labeling.workspace.rows.assignment import SplitAssignment

if TYPE_CHECKING:
    from pathlib import Path

    from labeling.articles import Article

CITIES = ("Oslo", "Rome", "Lima", "Cairo", "Delhi", "Quito", "Hanoi", "Tunis")
WORDS = ("Envoys", "met", "in", "on", "Monday", ",", "and", "not", "at", "the", "summit", ".", *CITIES)


def _article(number: int) -> tuple[Article, Annotation]:
    """Envoys met in one city and not in another, so often that the article is longer than the model reads at once."""
    here, there = CITIES[number % 8], CITIES[(number + 3 + number // 8) % 8]
    text = " ".join([f"Envoys met in {here} on Monday, and not at the {there} summit."] * (1 + number % 3))
    spans = tuple(
        Span(id=f"{city} {start}", start=start, end=start + len(city), label=label)
        for city, label in ((here, "LOCATION"), (there, "COUNTRY"))
        for start in range(len(text))
        if text.startswith(city, start)
    )
    article = made.article(f"a{number:02}", text)
    return article, Annotation(article=article.id, digest=article.digest, annotator="ana", spans=spans)


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """Twelve articles to train on, four for dev and four for test, compiled."""
    project = load_project(workspace=tmp_path_factory.mktemp("classifiers"))
    pairs = [_article(number) for number in range(20)]
    project.workspace.articles.write([article for article, _ in pairs])
    project.workspace.annotations.write([annotation for _, annotation in pairs])
    adjudicate(project)
    project.workspace.splits.write(
        [
            SplitAssignment(
                article=each.id, leak_group=each.id, split="train" if n < 12 else "dev" if n < 16 else "test"
            )
            for n, (each, _) in enumerate(pairs)
        ],
    )
    split(project)
    compile_dataset(project)
    return project


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A BERT of two small layers that reads 24 pieces at once, with a WordPiece tokenizer of a few words; untrained."""
    import torch
    from transformers import BertConfig, BertModel, PreTrainedTokenizerFast

    torch.manual_seed(1)
    folder = tmp_path_factory.mktemp("checkpoint") / "tiny-bert"
    names = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", *WORDS]
    inner = Tokenizer(models.WordPiece({name: number for number, name in enumerate(names)}, unk_token="[UNK]"))
    inner.normalizer = normalizers.BertNormalizer(lowercase=False)
    inner.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    inner.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]", special_tokens=[("[CLS]", 2), ("[SEP]", 3)]
    )
    fast = PreTrainedTokenizerFast(  # type: ignore[no-untyped-call]
        tokenizer_object=inner, unk_token="[UNK]", pad_token="[PAD]", cls_token="[CLS]", sep_token="[SEP]"
    )
    fast.save_pretrained(folder)
    config = BertConfig(
        vocab_size=len(names),
        hidden_size=32,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=64,
        max_position_embeddings=24,
    )
    BertModel(config).save_pretrained(folder)
    return folder


@pytest.mark.torch
def test_a_classifier_learns_and_is_scored(project: Project, checkpoint: Path) -> None:
    """Fine-tuned, it finds places in articles longer than it reads at once, soundly, and `evaluate` measures it."""
    settings = Settings(epochs=30, batch=4, rate=5e-3)
    pairs, log = [_article(number) for number in range(16, 20)], io.StringIO()

    folder = train_token_classifier(
        str(checkpoint), project.workspace.latest, project.workspace.models, settings=settings, log=log
    )
    predicted = list(predict_annotations(folder, [article for article, _ in pairs]))

    card = read_extractor(folder)
    assert folder.name == card.name
    assert card.name.startswith("tiny-bert-")
    assert (card.corpus, card.checkpoint) == (corpus_digest(project.workspace.latest), str(checkpoint))
    assert "F1 on dev" in log.getvalue()
    for annotation, (article, gold) in zip(predicted, pairs, strict=True):
        assert check_annotation(annotation, article, project.schema) == (annotation, ())
        places = [(span.start, span.end, span.label) for span in annotation.spans]
        assert places == sorted((span.start, span.end, span.label) for span in gold.spans)
    assert evaluate(project).scores[card.annotator].exact.micro.f1 == 1.0


@pytest.mark.torch
def test_a_classifier_can_be_fine_tuned_again(project: Project, checkpoint: Path, tmp_path: Path) -> None:
    """A model that was trained for other tags gets a new last layer, and the same seed gives the same predictions."""
    import torch
    from transformers import AutoModelForTokenClassification, AutoTokenizer

    torch.manual_seed(1)
    other = AutoModelForTokenClassification.from_pretrained(checkpoint, num_labels=3)
    other.save_pretrained(tmp_path / "other")
    AutoTokenizer.from_pretrained(checkpoint).save_pretrained(tmp_path / "other")
    settings, articles = Settings(epochs=30, batch=4, rate=5e-3, steps=40), [_article(number)[0] for number in (16, 17)]

    def predicted(folder: str) -> list[Annotation]:
        latest, log = project.workspace.latest, io.StringIO()
        model = train_token_classifier(str(tmp_path / "other"), latest, tmp_path / folder, settings=settings, log=log)
        assert "step 40 of 40" in log.getvalue()
        return list(predict_annotations(model, articles))

    first = predicted("one")
    assert first == predicted("two")
    assert {span.label for annotation in first for span in annotation.spans} <= set(project.schema.label_names)


@pytest.mark.torch
def test_a_blank_is_not_a_span(checkpoint: Path, tmp_path: Path) -> None:
    """A tokenizer may have pieces that are blanks alone; a model that labels one has marked nothing."""
    from tokenizers import Regex
    from transformers import AutoModelForTokenClassification, AutoTokenizer

    names = ["O", "B-LOCATION", "I-LOCATION"]
    model = AutoModelForTokenClassification.from_pretrained(
        checkpoint, id2label=dict(enumerate(names)), label2id={name: number for number, name in enumerate(names)}
    )
    model.classifier.weight.data.zero_()
    model.classifier.bias.data.copy_(model.classifier.bias.new_tensor([0.0, 1.0, 0.0]))
    tokenizer = AutoTokenizer.from_pretrained(checkpoint)
    # Words and blanks, each a piece of its own, and the model predicts for each that a LOCATION begins there.
    tokenizer.backend_tokenizer.pre_tokenizer = pre_tokenizers.Split(Regex(r"\s"), "isolated")
    for each in (model, tokenizer):
        each.save_pretrained(tmp_path / "blanks")

    places = open_classifier(tmp_path / "blanks")("Oslo Rome")

    assert places == [(0, 4, "LOCATION"), (5, 9, "LOCATION")]


@pytest.mark.torch
def test_a_folder_without_a_checkpoint_is_refused(project: Project, tmp_path: Path) -> None:
    """An empty folder is named, and nothing is left behind."""
    (tmp_path / "empty").mkdir()

    with pytest.raises(TrainingError, match="transformers cannot open"):
        train_token_classifier(
            str(tmp_path / "empty"), project.workspace.latest, tmp_path / "models", log=io.StringIO()
        )

    assert list((tmp_path / "models").iterdir()) == []


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
def test_a_checkpoint_that_is_damaged_is_refused(
    project: Project, checkpoint: Path, tmp_path: Path, file: str, content: bytes | None, fault: str
) -> None:
    """A file that is not there, cut short or of another kind: by name, and nothing is left behind."""
    shutil.copytree(checkpoint, tmp_path / "damaged")
    for path in (tmp_path / "damaged").glob(file):
        path.unlink()
    if content is not None:
        (tmp_path / "damaged" / file).write_bytes(content)

    with pytest.raises(TrainingError, match=fault):
        train_token_classifier(
            str(tmp_path / "damaged"), project.workspace.latest, tmp_path / "models", log=io.StringIO()
        )

    assert list((tmp_path / "models").iterdir()) == []


def test_without_torch_the_missing_package_is_named(
    project: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The message names the package that is missing and the extra that has the rest."""
    monkeypatch.setitem(sys.modules, "torch", None)

    with pytest.raises(TrainingError, match="needs torch, which is not installed") as refusal:
        train_token_classifier("any", project.workspace.latest, tmp_path / "models", log=io.StringIO())

    assert "labeling[transformers]" in refusal.value.todo
