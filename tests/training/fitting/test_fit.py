"""A tagger on forty short texts: trained, written, opened elsewhere, asked about texts of any length."""

from __future__ import annotations

import io
import json
import shutil
import subprocess
import sys
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from tiny_encoder import write_encoder

from labeling import tokens
from labeling.corpora.word_vectors.word_vectors import WordVectors
from labeling.errors import NothingToLearn, TrainingError
from labeling.training.fitting.examples import Example
from labeling.training.fitting.tagger_settings import ENCODER_SETTINGS, WORD_SETTINGS
from labeling.training.fitting.tagger_task import FitReport, Foundation, TaggerTask
from labeling.training.tagger.questions import Question

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

pytestmark = pytest.mark.torch

CITIES = ("Oslo", "Rome", "Lima", "Cairo", "Delhi", "Quito", "Hanoi", "Tunis")
NAMES = ("Ana Diaz", "Bo Lund", "Cy Marsh", "Dee Okoro", "Eli Roth")
PIECES = ("The", "mayor", "of", *CITIES, "met", "paid", "warmly", "in", "haste", ".")
QUESTIONS = (
    Question("event", ("TALKS", "AID"), exclusive=True),
    Question("tone", ("WARM", "HURRIED")),
)
TASK = TaggerTask((), (), ("CITY", "MAYOR"), QUESTIONS)
SETTINGS = replace(WORD_SETTINGS, rounds=8, lstm=16, dropout=0.2, window=24, margin=8, batch=64, rate=1e-2)


def example(number: int) -> Example:
    """One to three lines ``The mayor of Oslo met Bo Lund warmly.``: a MAYOR that holds a CITY, and what it is about."""
    talks, warm = number % 2 == 0, (number // 2) % 2 == 0
    lines, spans = list[str](), list[tuple[int, int, str]]()
    for line in range(1 + number % 3):
        city, name = CITIES[(number + 3 * line) % 8], NAMES[(number + line) % 5]
        at = sum(len(each) + 1 for each in lines)
        spans += [(at + 4, at + 13 + len(city), "MAYOR"), (at + 13, at + 13 + len(city), "CITY")]
        lines.append(f"The mayor of {city} {'met' if talks else 'paid'} {name} {'warmly' if warm else 'in haste'}.")
    answers = {"event": {"TALKS": talks, "AID": not talks}, "tone": {"WARM": warm, "HURRIED": not warm}}
    return Example("\n".join(lines), tuple(spans), answers=answers)


def fit(folder: Path, **changes: Any) -> FitReport:
    """Train on thirty-two texts, choose by eight."""
    from labeling.training.fitting.fit import fit_tagger

    task = replace(TASK, train=[example(n) for n in range(32)], dev=[example(n) for n in range(32, 40)])
    return fit_tagger(task, folder, **{"settings": SETTINGS, "log": io.StringIO(), **changes})


@pytest.fixture(scope="module", autouse=True)
def _one_thread() -> Iterator[None]:
    """On a busy machine threads wait for each other longer than they work."""
    torch = pytest.importorskip("torch")
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a trained tagger."""
    folder = tmp_path_factory.mktemp("tagger") / "model"
    report = fit(folder)
    assert report.f1 == {"spans": 1.0, "choices": 1.0}
    assert report.layers == 2
    assert report.unheld == report.cut == 0
    return folder


def places(model: Path, texts: Sequence[str]) -> list[list[tuple[str, str]]]:
    """Label and words of each span of each text."""
    from labeling.training.tagger import load

    return [
        [(span.label, text[span.start : span.end]) for span in read.spans]
        for text, read in zip(texts, load(model).read(texts), strict=True)
    ]


def test_nested_spans_and_choices_are_found(model: Path) -> None:
    """In a text that was not trained on: the MAYOR and the CITY in it, the best option and the likely one."""
    from labeling.training.tagger import load

    text = "The mayor of Lima met Bo Lund warmly."
    [read] = load(model).read([text])

    assert [(span.start, span.end, span.label) for span in read.spans] == [(4, 17, "MAYOR"), (13, 17, "CITY")]
    assert all(0 < span.score <= 1 for span in read.spans)
    assert read.answers == {"event": ("TALKS",), "tone": ("WARM",)}
    assert sum(read.choices["event"].values()) == pytest.approx(1)


def test_a_model_opens_where_nothing_of_ours_is_installed(model: Path) -> None:
    """Five lines, in a process that refuses to import this package."""
    program = f"""
import sys
sys.modules["labeling"] = None
sys.path.insert(0, {str(model)!r})
import tagger
[read] = tagger.load({str(model)!r}).read(["The mayor of Lima met Bo Lund warmly."])
print(*[span.label for span in read.spans])
"""
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)

    assert run.stdout.split() == ["MAYOR", "CITY"], run.stderr


@pytest.mark.parametrize("encoder", [False, True])
def test_the_same_seed_is_the_same_bytes(tmp_path: Path, encoder: bool) -> None:  # noqa: FBT001 - a case
    """And the caller's random numbers go on as if nothing had been drawn; another seed is another model."""
    import torch

    from labeling.training.tagger import load

    checkpoint = str(write_encoder(tmp_path / "bert", PIECES, longest=20)) if encoder else ""
    short = replace(ENCODER_SETTINGS if encoder else SETTINGS, rounds=2, batch=64)
    torch.manual_seed(8)
    expected = torch.rand(1).item()
    torch.manual_seed(8)
    for name, seed in (("a", 1), ("b", 1), ("c", 2)):
        fit(tmp_path / name, settings=short, seed=seed, foundation=Foundation(checkpoint=checkpoint))
    load(tmp_path / "a")

    assert torch.rand(1).item() == expected
    first, second, other = ({n: (tmp_path / name / n).read_bytes() for n in names(tmp_path / name)} for name in "abc")
    assert first == second
    assert first.keys() == other.keys()
    assert first["weights.safetensors"] != other["weights.safetensors"]


def names(folder: Path) -> list[str]:
    """All files of a model but what Python makes of the package."""
    paths = (path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())
    return sorted(path for path in paths if "__pycache__" not in path)


def test_a_long_text_is_read_like_its_parts(model: Path) -> None:
    """Thirty-six lines, in a dozen windows: each has the MAYOR and the CITY that it has in a text of its own."""
    parts = [example(number).text for number in range(2, 38, 2)]
    alone = [span for found in places(model, parts) for span in found]

    [together] = places(model, ["\n".join(parts)])

    assert together == alone
    assert len(alone) == 2 * sum(len(part.split("\n")) for part in parts)


def test_texts_of_any_length(model: Path) -> None:
    """Nothing, blanks, one token, an emoji, 20,000 tokens: an answer each, in order, with spans inside the text."""
    from labeling.training.tagger import load

    texts = ["", " \n ", "Oslo", "\U0001f600", "Oslo " * 20_000, "The mayor of Lima met Bo Lund warmly."]
    read = list(load(model).read(texts))

    assert len(read) == 6
    assert read[0].spans == read[1].spans == ()
    assert set(read[0].answers) == {"event", "tone"}
    assert [span.label for span in read[5].spans] == ["MAYOR", "CITY"]
    for text, each in zip(texts, read, strict=True):
        assert all(text[span.start : span.end].strip() == text[span.start : span.end] != "" for span in each.spans)


@pytest.mark.parametrize("name", ["tagger.json", "weights.safetensors", "words.json", "tokenizer/tokenizer"])
@pytest.mark.parametrize("damage", ["missing", "cut", "empty", "other"])
def test_a_damaged_model_is_named(model: Path, tmp_path: Path, name: str, damage: str) -> None:
    """A plain ValueError, with the file."""
    from labeling.training.tagger import load

    copy = tmp_path / "model"
    shutil.copytree(model, copy)
    path = copy / name
    content = path.read_bytes()
    path.unlink()
    if damage != "missing":
        path.write_bytes({"cut": content[: len(content) // 2], "empty": b"", "other": b"[]\n" + content[:-9]}[damage])

    with pytest.raises(ValueError, match=name.replace(".", r"\.")):
        load(copy)


def test_a_card_of_another_model_is_named(model: Path, tmp_path: Path) -> None:
    """Labels that the weights do not have, a field more, another format: each a ValueError, with the file."""
    from labeling.training.tagger import load

    for number, (old, new) in enumerate(
        [
            ('"lstm": 16', '"lstm": 8'),
            ('"members": 1', '"members": 2'),
            ('"format": 1', '"format": 2'),
            ('"own"', '"o"'),
        ]
    ):
        copy = tmp_path / str(number)
        shutil.copytree(model, copy)
        card = (copy / "tagger.json").read_text(encoding="utf-8")
        assert old in card
        (copy / "tagger.json").write_text(card.replace(old, new), encoding="utf-8")

        with pytest.raises(ValueError, match=r"tagger\.json"):
            load(copy)


def test_two_networks_answer_together(tmp_path: Path) -> None:
    """Trained with seeds of their own, kept in one folder, opened as one."""
    report = fit(tmp_path / "two", settings=replace(SETTINGS, members=2))

    assert len(report.rounds) == 2
    assert report.f1["spans"] > 0.9
    assert places(tmp_path / "two", ["The mayor of Lima met Bo Lund warmly."])[0][1] == ("CITY", "Lima")


def test_tokens_are_cut_as_in_the_dataset() -> None:
    """A dataset made by the rules of before goes on with these."""
    from labeling.training.fitting.ground import lay_ground

    def words(rules: str) -> list[str]:
        task = replace(TASK, tokenizer=rules)
        ground = lay_ground(task, Foundation(), SETTINGS)
        [prepared] = ground.preparer.prepare(["terrorists.[1]"])
        return [prepared.text[start:end] for start, end in zip(prepared.starts, prepared.ends, strict=True)]

    assert words(tokens.NEWSWIRE)[0] == "terrorists"
    assert words("labeling.newswire.v1") != words(tokens.NEWSWIRE)


def test_choices_alone_are_learned(tmp_path: Path) -> None:
    """A schema without labels, and texts of which some have no answer."""
    from labeling.training.fitting.fit import fit_tagger

    examples = [replace(example(n), spans=()) if n % 5 else Example("Nothing is known.") for n in range(40)]
    task = replace(TASK, labels=(), train=examples[:32], dev=examples[32:])

    report = fit_tagger(task, tmp_path / "model", settings=SETTINGS, log=io.StringIO())

    assert report.f1 == {"choices": 1.0}
    assert places(tmp_path / "model", ["The mayor of Lima met Bo Lund warmly."]) == [[]]


def test_nothing_to_learn_is_refused(tmp_path: Path) -> None:
    """No text to train on, or none to choose by; nothing is written."""
    from labeling.training.fitting.fit import fit_tagger

    for task in (replace(TASK, dev=(example(1),)), replace(TASK, train=(example(1), Example(" ")))):
        with pytest.raises(NothingToLearn):
            fit_tagger(task, tmp_path / "model", log=io.StringIO())
    assert not (tmp_path / "model").exists()


def test_a_checkpoint_that_cannot_be_used_is_refused(tmp_path: Path) -> None:
    """A folder that is empty, or has no fast tokenizer."""
    (tmp_path / "empty").mkdir()

    with pytest.raises(TrainingError, match="empty"):
        fit(tmp_path / "model", foundation=Foundation(checkpoint=str(tmp_path / "empty")))


def test_an_encoder_travels_in_the_model(tmp_path: Path) -> None:
    """Fine-tuned beside the rest; the model opens, and reads texts longer than the encoder, without its checkpoint."""
    checkpoint = write_encoder(tmp_path / "bert", PIECES, longest=20)
    settings = replace(ENCODER_SETTINGS, rounds=10, window=24, margin=8, batch=64, rate=1e-2, encoder_rate=1e-3)

    report = fit(tmp_path / "model", foundation=Foundation(checkpoint=str(checkpoint)), settings=settings)
    shutil.rmtree(checkpoint)

    assert report.f1["spans"] > 0.9
    text = "\n".join(example(number).text for number in range(12))
    [found] = places(tmp_path / "model", [text])
    assert ("CITY", "Lima") in found
    assert str(tmp_path) not in "".join(
        path.read_text(encoding="utf-8") for path in (tmp_path / "model").rglob("*.json")
    )


@pytest.mark.parametrize("good", [True, False])
def test_networks_of_words_answer_where_dev_is_no_worse_for_it(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    good: bool,  # noqa: FBT001 - a case
) -> None:
    """Beside one with an encoder that learned little; those that ruin what it found are not kept."""
    from labeling.training.fitting import fit as fitting

    checkpoint = write_encoder(tmp_path / "bert", PIECES, longest=20)
    little = replace(SETTINGS, rounds=3 if good else 8, word_members=1)
    how = {"rounds": 8} if good else {"rounds": 1, "rate": 50.0, "clip": 1e9}
    monkeypatch.setattr(fitting, "without_encoder", lambda settings: replace(settings, **how))
    log = io.StringIO()

    foundation = Foundation(vectors=city_vectors(), checkpoint=str(checkpoint))
    report = fit(tmp_path / "model", foundation=foundation, settings=little, log=log)

    card = json.loads((tmp_path / "model" / "tagger.json").read_text(encoding="utf-8"))
    assert (card["members"], card["word_members"]) == (1, 1 if good else 0)
    assert len(report.rounds) == (2 if good else 1)
    assert "with the networks of words alone" in log.getvalue()
    assert ("CITY", "Lima") in places(tmp_path / "model", ["The mayor of Lima met Bo Lund warmly."])[0]


@pytest.mark.parametrize("share", [0.0, 0.5])
def test_a_round_reads_other_names_and_dev_its_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, share: float
) -> None:
    """In some of the texts of train, in each round anew; without a share nothing is made anew."""
    from labeling.training.fitting import fit as fitting
    from labeling.training.fitting import lessons

    read = list[Example]()

    def reading(example: Example, *more: Any) -> Any:
        read.append(example)
        return lessons.make_lesson(example, *more)

    monkeypatch.setattr(fitting, "make_lesson", reading)
    flat = [replace(example(n), spans=example(n).spans[1::2]) for n in range(40)]
    task = replace(TASK, train=flat[:32], dev=flat[32:])
    settings = replace(SETTINGS, rounds=2, swapped=share)
    fitting.fit_tagger(task, tmp_path / "model", settings=settings, log=io.StringIO())

    assert read[:40] == flat
    changed = {each.text for each in read[40:]} - {each.text for each in flat[:32]}
    assert bool(changed) == bool(read[40:]) == bool(share)
    assert len(changed) >= len(read[40:]) / 2
    for each in read[40:]:
        assert {each.text[start:end] for start, end, _ in each.spans} <= set(CITIES)
        assert each.answers in [other.answers for other in flat[:32]]


def test_without_vectors_an_encoder_answers_alone(tmp_path: Path) -> None:
    """Networks of words have nothing to start from."""
    checkpoint = write_encoder(tmp_path / "bert", PIECES, longest=20)
    settings = replace(SETTINGS, rounds=2, word_members=2)

    report = fit(tmp_path / "model", foundation=Foundation(checkpoint=str(checkpoint)), settings=settings)

    assert len(report.rounds) == 1


def test_a_card_of_before_has_no_networks_of_words(model: Path, tmp_path: Path) -> None:
    """It does not name them, and its model opens as it did."""
    copy = shutil.copytree(model, tmp_path / "model")
    card = json.loads((copy / "tagger.json").read_text(encoding="utf-8"))
    del card["word_members"]
    (copy / "tagger.json").write_text(json.dumps(card), encoding="utf-8")

    text = "The mayor of Lima met Bo Lund warmly."
    assert places(copy, [text]) == places(model, [text])


def city_vectors() -> WordVectors:
    """Cities are alike, and unlike two verbs."""
    rows = np.zeros((len(CITIES) + 2, 4), np.float32)
    rows[: len(CITIES), 0] = 3
    return WordVectors("tiny", (*(city.lower() for city in CITIES), "met", "paid"), rows)


def test_vectors_are_kept_in_the_model(tmp_path: Path) -> None:
    """In half precision, with their words; a word that was not in train is known by its vector."""
    vectors = city_vectors()

    fit(tmp_path / "model", foundation=Foundation(vectors=vectors))

    assert json.loads((tmp_path / "model" / "words.json").read_text(encoding="utf-8")) == list(vectors.words)
    from safetensors.numpy import load_file

    kept = load_file(tmp_path / "model" / "weights.safetensors")["words.weight"]
    assert kept.dtype == np.float16
    assert kept.shape == (12, 4)
    assert (kept[2:10] == kept[2]).all()
