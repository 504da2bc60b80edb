"""A model that is asked for labels, tiny and of random weights, made here; `make torch` installs GLiNER and runs it."""

from __future__ import annotations

import json
import random
import shutil
import sys
from dataclasses import replace
from itertools import pairwise
from typing import TYPE_CHECKING, Any, TypeAlias

import made
import pytest
import spacy
from hypothesis import given
from hypothesis import strategies as st
from tokenizers import Tokenizer, models, pre_tokenizers

from labeling.adjudication.checks import check_annotation
from labeling.errors import ProjectFileError, ZeroShotUnavailable
from labeling.project import Project, SuggestSection, load_project
from labeling.suggestions.suggest import suggest
from labeling.suggestions.suggester import SuggestionSettings, read_suggestion_settings, suggest_annotations
from labeling.suggestions.zero_shot import ProbableSpan, ZeroShot, drop_less_sure, plan_windows, put_in_words

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

# What GLiNER is made of says so of itself.
pytestmark = pytest.mark.filterwarnings("ignore:`torch.jit.script` is deprecated:DeprecationWarning")

WORDS = ("Minister", "Oslo", "Malé", "😀", "visited", "the", "of", "Anna", "talks", "treaty", ",", ".", "UN", "1999")
Place: TypeAlias = tuple[int, int, str]  # and the label
PUNCTUATION = "!\"#$%&'()*+,-./:;<=>?@[]^_`{|}~"
SIGNS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789" + PUNCTUATION


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """The shipped project with two articles, asking no one yet."""
    project = load_project(workspace=tmp_path / "work")
    project.workspace.articles.write([made.article("a", "Anna met the Minister."), made.article("b", "Oslo")])
    return project


def asking(project: Project, **section: Any) -> Project:
    """The project with another [suggest] table."""
    return replace(project, file=project.file.model_copy(update={"suggest": SuggestSection(rules="", **section)}))


# Without a model -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "definition", "words"),
    [
        ("PERSON", "The name of one human being.", "person: The name of one human being"),
        ("GOV_BODY", "An organ\n of one state, e.g. the U.N.", "gov body: An organ of one state, e.g. the U.N"),
        ("Größe in m", "", "größe in m"),
        ("_", "A dash.", "_: A dash"),
    ],
)
def test_a_label_is_asked_for_by_name_and_definition(name: str, definition: str, words: str) -> None:
    """The name comes first, as people write names."""
    assert put_in_words(name, definition) == words


@given(st.lists(st.integers(1, 30), max_size=80), st.integers(1, 12), st.integers(1, 40), st.integers(0, 20))
def test_each_word_counts_in_one_window(pieces: list[int], most: int, room: int, shared: int) -> None:
    """The own words of the windows are all words in their order; no window has more than the model reads."""
    windows = [*plan_windows(pieces, most=most, room=room, shared=shared)]

    assert [word for window in windows for word in window.own] == [*range(len(pieces))]
    for window in windows:
        assert window.begin <= window.own.start <= window.own.stop <= window.end
        size = window.end - window.begin
        assert size == 1 or (size <= most and sum(pieces[window.begin : window.end]) <= room)
    for one, other in pairwise(windows):
        assert one.begin < other.begin
        assert one.end - other.begin <= shared


@given(st.integers(1, 300), st.integers(4, 50), st.data())
def test_what_begins_in_a_window_ends_in_it(words: int, most: int, data: st.DataObject) -> None:
    """If it is no longer than half of what windows share, which is no more than half of one."""
    shared = data.draw(st.integers(0, most // 2))
    for window in plan_windows([1] * words, most=most, room=words, shared=shared):
        assert window.end == words or window.own.stop - 1 + shared // 2 <= window.end


@pytest.mark.parametrize("pieces", [[1] * 20_000, [1, 500] * 10_000, [500] * 20_000])
def test_long_articles_are_read_about_twice(pieces: list[int]) -> None:
    """However long the words: windows of one word share nothing, and those of two no more than one."""
    windows = plan_windows(pieces, most=384, room=512, shared=64)

    assert sum(window.end - window.begin for window in windows) <= 2 * len(pieces)


SPANS = st.builds(
    lambda start, length, label, score: ProbableSpan(start, start + length, label, score),
    *(st.integers(0, 12), st.integers(1, 8), st.sampled_from("AB"), st.sampled_from((0.5, 0.6, 0.9))),
)


@given(st.lists(SPANS, max_size=12))
def test_the_surer_of_two_that_cross_is_kept(spans: list[ProbableSpan]) -> None:
    """As if each were held against all that were kept before it; nested spans both stay."""
    kept = list[ProbableSpan]()
    for one in sorted(spans, key=lambda each: (-each.score, each)):
        crossing = [
            other
            for other in kept
            if one.start < other.start < one.end < other.end
            or other.start < one.start < other.end < one.end
            or (one.start, one.end) == (other.start, other.end)
        ]
        if not crossing:
            kept.append(one)

    assert [*drop_less_sure(spans)] == kept


def test_without_gliner_the_way_out_is_named(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is missing, and that it belongs into an environment of its own; what was suggested before stays."""
    monkeypatch.setitem(sys.modules, "gliner", None)
    suggest(asking(project))
    before = project.workspace.suggestions.path.read_bytes()

    with pytest.raises(ZeroShotUnavailable, match="needs GLiNER, which cannot be imported") as refusal:
        suggest(asking(project, zero_shot="urchade/gliner_small-v2.1"))

    assert "pip install gliner" in refusal.value.todo
    assert "environment of its own" in refusal.value.todo
    assert project.workspace.suggestions.path.read_bytes() == before


@pytest.mark.parametrize("threshold", ["0", "1.0", "-0.1", "nan", '"high"'])
def test_a_threshold_is_a_probability(tmp_path: Path, threshold: str) -> None:
    """At 0 every stretch would be suggested, at 1 nothing."""
    shipped = load_project().path.read_text(encoding="utf-8")
    path = tmp_path / "p.toml"
    line = "# zero_shot_threshold = 0.5"
    assert line in shipped
    path.write_text(shipped.replace(line, f"zero_shot_threshold = {threshold}"), "utf-8")

    with pytest.raises(ProjectFileError, match="zero_shot_threshold"):
        load_project(path)


def test_a_folder_is_looked_for_beside_the_project_file(project: Project, tmp_path: Path) -> None:
    """Then in the working folder, as it stands for every process; what is not a folder is a name on the Hub."""
    beside = tmp_path / "desk"
    (beside / "models" / "tiny").mkdir(parents=True)
    there = replace(asking(project, zero_shot="models/tiny/"), path=beside / "p.toml")

    assert read_suggestion_settings(there).zero_shot == str((beside / "models" / "tiny").resolve())
    assert read_suggestion_settings(replace(there, path=tmp_path / "p.toml")).zero_shot == "models/tiny/"
    assert read_suggestion_settings(asking(project)).zero_shot == ""


# With one ------------------------------------------------------------------------------------------------------------


def _make_model(folder: Path, places: int = 4096, *, anywhere: bool = True, **settings: Any) -> str:
    """A model to which a word means the same ``anywhere``, so that what it finds does not hang on windows; or not."""
    import torch
    from gliner import GLiNER, GLiNERConfig
    from transformers import PreTrainedTokenizerFast

    fast: Any = PreTrainedTokenizerFast
    special = {"pad_token": "[PAD]", "unk_token": "[UNK]", "cls_token": "[CLS]", "sep_token": "[SEP]"}
    vocabulary = [*special.values(), *SIGNS, *(f"##{sign}" for sign in SIGNS)]
    pieces = Tokenizer(models.WordPiece({each: n for n, each in enumerate(vocabulary)}, unk_token="[UNK]"))
    pieces.pre_tokenizer = pre_tokenizers.Whitespace()
    fast(tokenizer_object=pieces, **special).save_pretrained(folder)
    encoder = {"model_type": "bert", "vocab_size": len(vocabulary), "max_position_embeddings": places}
    encoder |= {"hidden_size": 16, "num_hidden_layers": 0, "num_attention_heads": 2, "intermediate_size": 16}
    ours = {"model_name": str(folder), "encoder_config": encoder, "hidden_size": 16, "num_rnn_layers": 0}
    ours |= {"max_width": 4, "max_len": 40, "subtoken_pooling": "mean", "embed_ent_token": False}
    torch.manual_seed(1)
    model = GLiNER.from_config(GLiNERConfig(**ours | settings), backbone_from_pretrained=False)
    for name, weights in model.model.named_parameters():
        if "position_embeddings" in name:
            weights.data.mul_(0.0 if anywhere else 30.0)
        elif "span_rep" in name or "prompt_rep" in name:
            weights.data.mul_(3.0)  # random weights are never sure, and so these are
    model.save_pretrained(folder, safe_serialization=True)
    return str(folder)


def _text(words: int, seed: int) -> str:
    """Words with numbers, so that places do not repeat, of one sign and of two, in lines of both kinds."""
    drawn = random.Random(seed)  # noqa: S311 - words, not secrets
    gaps = (" ", "  ", "\r\n")
    return "".join(f"{drawn.choice(WORDS)}{drawn.randrange(99)}{drawn.choice(gaps)}" for _ in range(words))


def _read_at_once(folder: str, questions: Sequence[Mapping[str, str]], text: str, threshold: float) -> set[Place]:
    """What GLiNER itself finds, question by question, when it may read an article of any length at once."""
    from gliner import GLiNER

    model = GLiNER.from_pretrained(folder)
    model.config.max_len = 10**6
    found = [
        ProbableSpan(one["start"], one["end"], question[one["label"]], one["score"])
        for question in questions
        for one in model.predict_entities(text, [*question], threshold=threshold, flat_ner=False)
    ]
    return {one[:3] for one in drop_less_sure(found)}


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The folder of a model that reads forty words at once."""
    return _make_model(tmp_path_factory.mktemp("models") / "tiny")


@pytest.mark.torch
@pytest.mark.gliner
@pytest.mark.parametrize(("words", "threshold"), [(3, 0.6), (30, 0.9), (250, 0.9), (250, 0.99)])
def test_windows_find_what_one_reading_finds(tiny: str, project: Project, words: int, threshold: float) -> None:
    """The same spans with the same labels at the same code points, nested ones too."""
    text = _text(words, seed=words)

    found = ZeroShot(tiny, project.schema, threshold)(text)

    labels = {put_in_words(label.name, label.definition): label.name for label in project.schema.labels}
    assert {one[:3] for one in found} == _read_at_once(tiny, [labels], text, threshold)
    assert len({one.label for one in found}) > 1
    assert all(threshold <= one.score <= 1 for one in found)
    if words > 100:
        assert any(out.start <= one.start < one.end < out.end for one in found for out in found)


@pytest.mark.torch
@pytest.mark.gliner
def test_what_begins_at_a_windows_rim_is_another_windows(tmp_path: Path, project: Project) -> None:
    """To this model a word's place in the window is everything, and no place is read twice."""
    from gliner import GLiNER

    folder = _make_model(tmp_path / "places", anywhere=False, max_len=200)
    words = " ".join(["Oslo"] * 500)
    labels = {put_in_words(label.name, label.definition): label.name for label in project.schema.labels}
    model = GLiNER.from_pretrained(folder)
    # 200 words a window, 64 of them shared: a word is five signs away from the next.
    expected = [
        ProbableSpan(5 * begin + one["start"], 5 * begin + one["end"], labels[one["label"]], round(one["score"], 4))
        for begin, own in ((0, range(168)), (136, range(168, 304)), (272, range(304, 440)), (408, range(440, 500)))
        for one in model.predict_entities(words[5 * begin : 5 * begin + 999], [*labels], threshold=0.6, flat_ner=False)
        if begin + one["start"] // 5 in own
    ]

    found = ZeroShot(folder, project.schema, 0.6)(words)

    assert len({one.start for one in expected}) > 20
    assert {*found} == {*drop_less_sure(expected)}


@pytest.mark.torch
@pytest.mark.gliner
def test_a_tokenizer_with_an_end_reads_all(tmp_path: Path, tiny: str, project: Project) -> None:
    """One that cuts off what is longer than the prompts and forty words: windows are shorter, prompts are fewer."""
    text = _text(120, seed=5)
    shutil.copytree(tiny, tmp_path / "small")
    config = tmp_path / "small" / "tokenizer_config.json"
    settings = json.loads(config.read_text(encoding="utf-8")) | {"model_max_length": 400}
    config.write_text(json.dumps(settings), encoding="utf-8")
    small = ZeroShot(str(tmp_path / "small"), project.schema, 0.9)

    assert len(small._questions) > 2
    assert {one[:3] for one in small(text)} == _read_at_once(tiny, small._questions, text, 0.9)


@pytest.mark.torch
@pytest.mark.gliner
def test_an_encoder_with_few_places_reads_all(tmp_path: Path, project: Project) -> None:
    """Its tokenizer says nothing of an end, and at the first word behind it the encoder would fail."""
    folder = _make_model(tmp_path / "small", places=400)
    text = _text(120, seed=5)

    found = ZeroShot(folder, project.schema, 0.6)(text)

    assert min(one.start for one in found) < len(text) // 10
    assert max(one.end for one in found) > len(text) * 9 // 10


@pytest.mark.torch
@pytest.mark.gliner
def test_more_labels_than_the_model_knows_at_once(tmp_path: Path, tiny: str, project: Project) -> None:
    """They are asked for in turns, and of two turns the surer spans are kept."""
    text = _text(60, seed=6)
    few = ZeroShot(_make_model(tmp_path / "few", max_types=5), project.schema, 0.9)

    assert [len(question) for question in few._questions] == [5, 5, 2]
    assert few(text) == ZeroShot(tiny, project.schema, 0.9)(text)


@pytest.mark.torch
@pytest.mark.gliner
def test_a_definition_without_end_is_not_asked(tmp_path: Path, project: Project) -> None:
    """It would leave no room for the article; the label's name is asked alone, and names of one spelling both are."""
    first, second, *_ = project.schema.labels
    endless = first.model_copy(update={"definition": "Somebody or other " * 400})
    labels = (endless, second, second.model_copy(update={"name": second.name.lower()}))

    asked = ZeroShot(
        _make_model(tmp_path / "m", places=1000), project.schema.model_copy(update={"labels": labels}), 0.9
    )._questions

    ((one, other, same),) = map(list, asked)
    assert (one, same) == ("person", f"{other}.")


@pytest.mark.torch
@pytest.mark.gliner
def test_suggestions_of_a_model_are_signed_and_checked(tiny: str, project: Project) -> None:
    """One annotator more; each row passes every check, and a second run writes the same bytes."""
    articles = [made.article("a", _text(90, seed=7)), made.article("b", "x"), made.article("c", "😀\r\n" * 50)]
    project.workspace.articles.write(articles)
    asked = asking(project, zero_shot=tiny, zero_shot_threshold=0.9)

    summary = suggest(asked)

    rows = [*project.workspace.suggestions.rows()]
    assert [(row.article, row.annotator) for row in rows] == [(name, "model:tiny") for name in "abc"]
    assert [check_annotation(row, one, project.schema)[1] for row, one in zip(rows, articles, strict=True)] == [()] * 3
    assert sum(summary.spans["model:tiny"].values()) == sum(len(row.spans) for row in rows) > 20
    assert all(span.score is not None and span.score >= 0.9 for row in rows for span in row.spans)
    before = project.workspace.suggestions.path.read_bytes()
    suggest(asked)
    assert project.workspace.suggestions.path.read_bytes() == before


@pytest.mark.torch
@pytest.mark.gliner
def test_two_suggesters_do_not_sign_alike(tiny: str, project: Project, tmp_path: Path) -> None:
    """A pipeline in a folder of the same name is refused, or each article would have two rows of one annotator."""
    nlp = spacy.blank("en")
    nlp.add_pipe("entity_ruler").add_patterns([{"label": "PERSON", "pattern": "Anna"}])  # type: ignore[attr-defined]
    nlp.to_disk(tmp_path / "tiny")
    both = SuggestionSettings(pipeline=str(tmp_path / "tiny"), label_map={"PERSON": "PERSON"}, zero_shot=tiny)

    with pytest.raises(ProjectFileError, match="2 suggesters would sign as model:tiny"):
        [*suggest_annotations([made.article("a", "Anna")], project.schema, both)]


def _spoil(file: str, content: bytes | None) -> Callable[[Path], None]:
    def spoil(folder: Path) -> None:
        (folder / file).unlink()
        if content is not None:
            (folder / file).write_bytes(content)

    return spoil


@pytest.mark.torch
@pytest.mark.gliner
@pytest.mark.parametrize(
    ("spoil", "fault"),
    [
        (_spoil("gliner_config.json", None), "is not a model of GLiNER's: it has no gliner_config.json"),
        (_spoil("gliner_config.json", b"{"), "GLiNER cannot open"),
        (_spoil("gliner_config.json", b"[]"), "GLiNER cannot open"),
        (_spoil("gliner_config.json", b'{"encoder_config": {"model_type": "?"}}'), "GLiNER cannot open"),
        (_spoil("model.safetensors", None), "GLiNER cannot open"),
        (_spoil("model.safetensors", b"cut short"), "GLiNER cannot open"),
        (_spoil("tokenizer.json", b'{"x": 1}'), "GLiNER cannot open"),
    ],
)
def test_a_folder_of_another_kind_is_refused(
    project: Project, tmp_path: Path, spoil: Callable[[Path], None], fault: str
) -> None:
    """Files that are missing, cut short or of something else: by name, and nothing is suggested."""
    folder = _make_model(tmp_path / "spoilt")
    spoil(tmp_path / "spoilt")

    with pytest.raises(ZeroShotUnavailable, match=fault) as refusal:
        suggest(asking(project, zero_shot=folder))

    assert folder in str(refusal.value)
    assert not project.workspace.suggestions.path.exists()


@pytest.mark.torch
@pytest.mark.gliner
def test_a_model_with_labels_of_its_own_is_refused(tmp_path: Path, project: Project) -> None:
    """It would answer with those, whatever it is asked for."""
    folder = _make_model(tmp_path / "own")
    config = tmp_path / "own" / "gliner_config.json"
    settings = json.loads(config.read_text(encoding="utf-8"))
    assert settings["precomputed_prompts_mode"] is None
    config.write_text(json.dumps(settings | {"precomputed_prompts_mode": True}), encoding="utf-8")

    with pytest.raises(ZeroShotUnavailable, match="has labels of its own built in"):
        ZeroShot(folder, project.schema, 0.5)


@pytest.mark.torch
@pytest.mark.gliner
@pytest.mark.parametrize("name", ["nobody/has-this", "no such folder", "a/b/c"])
def test_without_a_hub_the_model_is_named(project: Project, name: str) -> None:
    """The tests reach no hub: neither a name of it nor a folder that is not there is found."""
    with pytest.raises(ZeroShotUnavailable, match=f"{name} is not a folder, and cannot be had from the Hub") as refusal:
        suggest(asking(project, zero_shot=name))

    assert "reaches the Hub" in refusal.value.todo
