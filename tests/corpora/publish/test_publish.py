"""`labeling publish` to a folder: loaded by `load_dataset`, without words where no licence is stated, without names."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow.parquet as pq
import pytest
import yaml
from click.testing import CliRunner
from datasets import load_dataset

from labeling.cli import cli
from labeling.corpora.build.build import build_dataset
from labeling.corpora.manifest import dataset_digest
from labeling.corpora.publish import publish as publishing
from labeling.corpora.publish.publication import Publication, is_licence_stated
from labeling.corpora.publish.publish import PublishTerms, publish
from labeling.corpora.release.join import join
from labeling.errors import CorpusChanged, LabelingError, MissingInput, NoRoom, UsageError
from labeling.project import CompileSection, PeopleSection, Project, PublishSection, SuggestSection
from labeling.workspace.checksums import describe_output
from labeling.workspace.storage import read_value
from labeling.workspace.table import Workspace

if TYPE_CHECKING:
    from collections.abc import Callable

    from labeling.annotations import Gold
    from labeling.articles import Article
    from tests.corpora.conftest import Making

TERMS = PublishTerms("2026-11-30")
READER, EMAIL = "zwetschge", "zwetschge@desk.example"


@pytest.fixture
def project(tmp_path: Path, minister: tuple[Article, Gold], making: Making) -> Project:
    """An article with everything, and one with an open question; their licence is stated, their author a pen name."""
    asked = making.article("Japan asked.", "asked")
    gold = making.gold(asked, (0, 5, "COUNTRY"), open=((6, 11),))
    made = making.workspace(tmp_path / "workspace", [(*minister, "train"), (asked, gold, "dev")])
    file = made.file.model_copy(update={"compile": CompileSection(targets=("huggingface",))})
    return licensed(replace(made, file=file), "CC-BY-4.0")


@pytest.fixture
def dataset(project: Project, tmp_path: Path) -> Path:
    """The dataset of the project."""
    return built(project, tmp_path / "dataset")


def built(project: Project, folder: Path) -> Path:
    """A dataset in a folder."""
    folder.mkdir()
    build_dataset(project, folder)
    return folder


def licensed(project: Project, licence: str, **told: Any) -> Project:
    """The same project, with another licence, and whatever else it says of itself."""
    section = project.file.project.model_copy(update={"licence": licence, **told})
    return replace(project, file=project.file.model_copy(update={"project": section}))


def read_table(path: Path) -> Any:
    """A table; pyarrow is untyped."""
    return pq.read_table(path)  # type: ignore[no-untyped-call]


def contents(folder: Path) -> dict[str, bytes]:
    """Every file of a publication, by its path, tables with all their cells in plain sight."""
    found = {path.relative_to(folder).as_posix(): path for path in sorted(folder.rglob("*")) if path.is_file()}
    return {
        name: path.read_bytes() + (repr(read_table(path).to_pydict()).encode() if name.endswith(".parquet") else b"")
        for name, path in found.items()
    }


def test_a_folder_is_loaded_as_it_is(
    project: Project, dataset: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`load_dataset` has every column of the dataset's own table, split by split; a split without rows is left out."""
    made = publish(project, tmp_path / "news", TERMS, dataset)
    monkeypatch.setattr("datasets.config.HF_DATASETS_CACHE", tmp_path / "cache")
    loaded = load_dataset(str(tmp_path / "news"), cache_dir=str(tmp_path / "cache"))

    assert (made.texts, made.why, made.articles, made.dataset) == (True, "", 2, dataset_digest(dataset))
    assert list(loaded) == ["train", "dev"]
    for split in loaded:
        own = read_table(dataset / "huggingface" / "parquet" / f"{split}.parquet")
        assert loaded[split].to_list() == own.to_pylist()
        assert loaded[split].features["tags"].feature.names[1] == "B-PERSON"
    card = (tmp_path / "news" / "README.md").read_text(encoding="utf-8")
    assert "No article is in test, so that there is no file of it." in card
    assert "no licence" not in card


def test_what_lies_there_is_what_the_publication_lists(project: Project, dataset: Path, tmp_path: Path) -> None:
    """Each file by size and digest, and no other; published on one day, it is the same to the byte."""
    first, again = tmp_path / "first", tmp_path / "again"
    assert publish(project, first, TERMS, dataset).files == 7
    publish(project, again, TERMS, dataset)

    listed = read_value(first / "publication.json", Publication)
    assert listed.files == {
        name: describe_output(first / name) for name in contents(first) if name != "publication.json"
    }
    assert contents(first) == contents(again)


def test_what_states_no_licence() -> None:
    """Nothing, blanks and signs, and the words of people who do not know; what names terms in any words does."""
    unstated = ["", " ", "\t", "unknown", "Unknown.", "TODO", "?", "not stated", "n/a", "other", "-", "None", "(tbd)"]

    assert [licence for licence in unstated if is_licence_stated(licence)] == []
    assert all(map(is_licence_stated, ["CC-BY-4.0", "by arrangement", "unlicense", "\N{CJK UNIFIED IDEOGRAPH-4F60}"]))


@pytest.mark.parametrize("licence", ["", "unknown"])
def test_without_a_licence_no_word_is_published(
    project: Project, dataset: Path, tmp_path: Path, licence: str, minister: tuple[Article, Gold]
) -> None:
    """Neither text, headline nor token; not in the tables, the ledger's reasons or the card."""
    made = publish(licensed(project, licence), tmp_path / "news", TERMS, dataset)
    published = contents(tmp_path / "news")

    assert (made.texts, made.why) == (False, "the project file states no licence for the articles")
    assert "ledger.jsonl" not in published
    words = {*re.findall(r"\w{4,}", minister[0].text), minister[0].title}
    schema = json.dumps(project.schema.model_dump(mode="json"))
    told = {word for word in words if word not in schema}
    assert len(told) > 3
    assert [(name, word) for name, data in published.items() for word in told if word.encode() in data] == []
    head = yaml.safe_load(published["README.md"].decode().split("---")[1])
    assert (head["license"], head["license_name"]) == ("other", "not-stated")
    assert b"ledger.jsonl" not in published["README.md"]


def test_a_stand_off_publication_is_joined_to_the_same_dataset(project: Project, dataset: Path, tmp_path: Path) -> None:
    """`load_dataset` takes its tables, and `labeling join` makes the same files of both splits, with the texts."""
    plain = licensed(project, "")
    publish(plain, tmp_path / "news", TERMS, dataset)
    loaded = load_dataset(str(tmp_path / "news"), cache_dir=str(tmp_path / "cache"))
    assert {name: len(rows) for name, rows in loaded.items()} == {"train": 1, "dev": 1}
    assert {"text", "title", "tokens"}.isdisjoint(loaded["train"].column_names)

    theirs = replace(plain, workspace=Workspace(tmp_path / "theirs"))
    theirs.workspace.articles.write(project.workspace.articles.rows())
    joined = join(theirs, tmp_path / "news" / "release")
    for split in ("train", "dev"):
        name = f"huggingface/parquet/{split}.parquet"
        assert (Path(joined.folder) / name).read_bytes() == (dataset / name).read_bytes()
    # Who has the texts by a licence of theirs may publish them in turn; of people that dataset knows nothing.
    again = publish(licensed(theirs, "CC-BY-4.0"), tmp_path / "again", TERMS)
    told = json.loads((tmp_path / "again" / "croissant.json").read_text(encoding="utf-8"))
    assert (again.texts, again.articles) == (True, 2)
    assert "rai:annotationsPerItem" not in told


def test_texts_may_be_left_out_whatever_the_licence(project: Project, dataset: Path, tmp_path: Path) -> None:
    """They are not asked for, and the reason says so; a licence that is in words counts, and the Hub calls it other."""
    worded = licensed(project, "by arrangement with the wire")
    assert publish(worded, tmp_path / "with", TERMS, dataset).texts
    left = publish(worded, tmp_path / "without", replace(TERMS, texts=False), dataset)

    assert (left.texts, left.why) == (False, "they were not asked for")
    head = yaml.safe_load((tmp_path / "with" / "README.md").read_text(encoding="utf-8").split("---")[1])
    assert (head["license"], head["license_name"]) == ("other", "by-arrangement-with-the-wire")


def test_what_a_project_says_of_itself_cannot_break_the_card(project: Project, tmp_path: Path) -> None:
    """Headings, lines and numbers in a description stay in it; what is said of files is told once, and is true."""
    words = "A.\n\n---\n\n## About\n\n3 news articles with 7 spans\n\n## Load it\n\nnot so"
    ours = licensed(project, "CC0-1.0", description=words)
    publish(ours, tmp_path / "news", TERMS, built(ours, tmp_path / "dataset"))
    card = (tmp_path / "news" / "README.md").read_text(encoding="utf-8")

    assert words in card
    assert card.count("## Load it") == 2
    assert card.count("load_dataset(") == 1
    assert "Train from it" not in card


def named(project: Project, **people: Any) -> Project:
    """A project in which a reader with a rare name did everything, and left it wherever a name can be left."""
    workspace = project.workspace
    workspace.annotations.write(row.model_copy(update={"annotator": READER}) for row in [*workspace.annotations.rows()])
    workspace.gold.write(
        gold.model_copy(
            update={"annotators": (READER,), "spans": tuple(s.model_copy(update={"by": (READER,)}) for s in gold.spans)}
        )
        for gold in [*workspace.gold.rows()]
    )
    rows = [
        row.model_copy(update={"annotator": READER, "reason": f"{READER} said so"}) for row in workspace.ledger.rows()
    ]
    workspace.ledger.write(rows)
    changed = {
        "suggest": SuggestSection(rules=f"/home/{READER}/rules.toml", zero_shot=f"/home/{READER}/gliner"),
        "passages": project.file.passages.model_copy(update={"ray": f"ray://{READER}:10001"}),
        "people": PeopleSection(adjudicators=(EMAIL,), **people) if people else None,
    }
    file = project.file.model_copy(update=changed)
    words = {"name": f"News of {READER}", "description": f"Read by {READER.title()} ({EMAIL})"}
    return licensed(replace(project, file=file), "CC0-1.0", **words)


@pytest.mark.parametrize("licence", ["CC0-1.0", ""])
@pytest.mark.parametrize("plan", [{}, {"publish_names": False}])
def test_no_file_has_the_name_of_a_reader(project: Project, tmp_path: Path, licence: str, plan: dict[str, Any]) -> None:
    """Not in the ledger, a reason, a path of the project file or the card, whether or not there is a plan."""
    ours = licensed(named(project, **plan), licence, description=f"Read by {READER.title()} ({EMAIL})")
    dataset = built(ours, tmp_path / "dataset")
    card = (dataset / "README.md").read_text(encoding="utf-8")
    signed = f"## Changed by hand\n\n| `gold.jsonl` | {READER} withdrew it |\n\n## Limits"
    (dataset / "README.md").write_text(card.replace("## Limits", signed), encoding="utf-8")
    manifest = json.loads((dataset / "manifest.json").read_text(encoding="utf-8"))
    manifest["outputs"]["README.md"] = describe_output(dataset / "README.md").model_dump()
    (dataset / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    publish(ours, tmp_path / "news", TERMS, dataset)
    published = contents(tmp_path / "news")

    assert [name for name, data in published.items() if READER in data.decode("utf-8", "replace").casefold()] == []
    assert "withdrew it" in published["README.md"].decode()
    if licence:
        # As the dataset has them where it has pseudonyms itself: nobody has two.
        people = {json.loads(line)["annotator"] for line in published["ledger.jsonl"].splitlines()}
        again = {json.loads(line)["annotator"] for line in (dataset / "ledger.jsonl").read_text().splitlines()}
        assert len(people - {""}) == 1
        assert (people == again) == bool(plan)


def test_ids_and_sources_have_no_name_either(project: Project, making: Making, tmp_path: Path) -> None:
    """Articles that were taken in from a reader's folder bear its name in id, source and address of the file."""
    rows = []
    for number, split in ((1, "train"), (2, "dev")):
        article = making.article(f"Japan asked {number}.", f"{READER}/{number}")
        article = article.model_copy(
            update={"title": "Talks", "source": READER, "url": f"file:///home/{READER}/{number}.txt"}
        )
        rows.append((article, making.gold(article, (0, 5, "COUNTRY")), split))
    other = making.workspace(tmp_path / "other", rows)
    ours = named(replace(other, file=project.file))
    dataset = built(ours, tmp_path / "dataset")
    for licence in ("CC0-1.0", ""):
        folder = tmp_path / f"news{licence}"
        publish(licensed(ours, licence, description=""), folder, TERMS, dataset)
        found = [
            name for name, data in contents(folder).items() if READER in data.decode("utf-8", "replace").casefold()
        ]
        assert found == []
        tables = [read_table(folder / f"data/{split}.parquet") for split in ("train", "dev")]
        names = [name for table in tables for name in table["id"].to_pylist()]
        assert [name.rsplit("/", 1)[1] for name in names] == ["1", "2"]


def test_names_are_published_where_the_project_file_says_so(project: Project, tmp_path: Path) -> None:
    """`publish_names` is a decision of its own."""
    ours = named(project, publish_names=True)
    publish(ours, tmp_path / "news", TERMS, built(ours, tmp_path / "dataset"))

    assert f'"annotator":"{READER}"' in (tmp_path / "news" / "ledger.jsonl").read_text(encoding="utf-8")


def _file(place: Path) -> None:
    place.write_text("kept", encoding="utf-8")


def _folder(place: Path) -> None:
    place.mkdir()
    (place / "kept").write_text("kept", encoding="utf-8")


def _hidden(place: Path) -> None:
    place.mkdir()
    (place / ".git").mkdir()


def _link(place: Path) -> None:
    place.with_name("elsewhere").mkdir()
    place.symlink_to("elsewhere")


def _loose_link(place: Path) -> None:
    place.symlink_to("gone")


@pytest.mark.parametrize("make", [_file, _folder, _hidden, _link, _loose_link])
def test_what_is_there_is_never_written_over(
    project: Project, dataset: Path, tmp_path: Path, make: Callable[[Path], None]
) -> None:
    """A file, a folder with something in it, a link: status 2, and all of it is as it was."""
    make(tmp_path / "news")
    before = sorted(
        (path, path.is_symlink(), path.is_file()) for path in tmp_path.rglob("*") if "workspace" not in str(path)
    )
    with pytest.raises(UsageError, match="there is something in"):
        publish(project, tmp_path / "news", TERMS, dataset)

    assert before == sorted(
        (path, path.is_symlink(), path.is_file()) for path in tmp_path.rglob("*") if "workspace" not in str(path)
    )


def test_an_empty_folder_and_new_parents_are_taken(
    project: Project, dataset: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Named from where one stands, too; a place within the workspace is refused."""
    (tmp_path / "empty").mkdir()
    monkeypatch.chdir(tmp_path)
    for name in ("empty", "a/b/c"):
        publish(project, Path(name), TERMS, dataset)
        assert (tmp_path / name / "README.md").exists()
    for place in (project.workspace.root, project.workspace.root / "news", Path("workspace/x")):
        with pytest.raises(UsageError, match="within the workspace"):
            publish(project, place, TERMS, dataset)


KILLED = """
import os, signal, sys
from labeling.corpora.publish import publish as publishing
from labeling.cli import cli
publishing.describe_publication = lambda *_, **__: os.kill(os.getpid(), signal.SIGKILL)
cli(sys.argv[1:])
"""


def test_one_that_was_killed_leaves_nothing_under_its_name(project: Project, dataset: Path, tmp_path: Path) -> None:
    """What is left beside it is removed by the next one, which is whole."""
    config = tmp_path / "small.toml"
    config.write_text(_toml(project), encoding="utf-8")
    options = ["--config", str(config), "--workspace", str(project.workspace.root), "publish", str(tmp_path / "news")]
    options += ["--dataset", str(dataset), "--date", "2026-11-30"]
    run = subprocess.run([sys.executable, "-c", KILLED, *options], check=False, capture_output=True)
    assert run.returncode == -signal.SIGKILL, run.stderr
    assert not (tmp_path / "news").exists()
    assert (tmp_path / ".news.halfdone" / "CITATION.cff").exists()
    done = CliRunner().invoke(cli, options)

    assert done.exit_code == 0, done.output
    assert not (tmp_path / ".news.halfdone").exists()
    assert len(contents(tmp_path / "news")) == 7


def _toml(project: Project) -> str:
    """The project as a file."""
    import tomlkit

    return tomlkit.dumps(json.loads(project.file.model_dump_json(exclude_none=True)))


@pytest.mark.parametrize(
    "name", ["write_tables", "write_rows", "write_text", "describe_croissant", "close_to_everybody"]
)
def test_one_that_fails_leaves_nothing_at_all(
    project: Project, dataset: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    """Whichever file it was at: neither the folder, nor what it is made in beside it."""

    def full(*_: object, **__: object) -> None:
        raise NoRoom("the disk is full", todo="make room")

    monkeypatch.setattr(publishing, name, full)
    with pytest.raises(NoRoom):
        publish(project, tmp_path / "news", TERMS, dataset)

    assert [path.name for path in tmp_path.iterdir() if "news" in path.name] == []


def test_only_a_whole_dataset_of_this_project_is_published(project: Project, dataset: Path, tmp_path: Path) -> None:
    """A damaged one, one of another schema, one without Hugging Face's files, and a folder without any."""
    labels = project.file.labels[:2]
    other = replace(project, file=project.file.model_copy(update={"labels": labels}))
    other = replace(other, schema=project.schema.model_copy(update={"labels": labels}))
    shutil.copytree(dataset, tmp_path / "damaged")
    with (tmp_path / "damaged" / "ledger.jsonl").open("a", encoding="utf-8") as ledger:
        ledger.write("\n")
    texts = replace(project, file=project.file.model_copy(update={"compile": CompileSection(targets=("spacy",))}))
    built(texts, tmp_path / "texts")
    cases: list[tuple[Project, Path, type[LabelingError]]] = [
        (other, dataset, CorpusChanged),
        (project, tmp_path / "damaged", CorpusChanged),
        (texts, tmp_path / "texts", MissingInput),
        (project, tmp_path / "nothing", UsageError),
    ]
    for ours, folder, fault in cases:
        with pytest.raises(fault):
            publish(ours, tmp_path / "news", TERMS, folder)
    with pytest.raises(MissingInput):
        publish(project, tmp_path / "news", TERMS)
    assert [path.name for path in tmp_path.iterdir() if "news" in path.name] == []


def test_the_citation_names_authors_as_they_are_written(project: Project, dataset: Path, tmp_path: Path) -> None:
    """A person by family and given name, a group by its own; the licence as SPDX writes it; none without texts."""
    section = PublishSection(authors=("Silva, Ana", "The Desk: news & more", "No, é 😀"), version="2.0.1")
    project = replace(project, file=project.file.model_copy(update={"publish": section}))
    publish(licensed(project, "cc-by-4.0"), tmp_path / "news", TERMS, dataset)
    cited = yaml.safe_load((tmp_path / "news" / "CITATION.cff").read_text(encoding="utf-8"))
    publish(licensed(project, ""), tmp_path / "bare", TERMS, dataset)
    bare = yaml.safe_load((tmp_path / "bare" / "CITATION.cff").read_text(encoding="utf-8"))

    assert cited["authors"] == [
        {"family-names": "Silva", "given-names": "Ana"},
        {"name": "The Desk: news & more"},
        {"family-names": "No", "given-names": "é 😀"},
    ]
    assert (cited["cff-version"], cited["type"], cited["title"], cited["version"], cited["license"]) == (
        *("1.2.0", "dataset", "small", "2.0.1", "CC-BY-4.0"),
    )
    assert cited["date-released"] == "2026-11-30"
    assert cited["identifiers"][0]["value"] == f"sha256:{dataset_digest(dataset)}"
    assert "license" not in bare


VALIDATE = """
import json, sys
import mlcroissant as mlc
for place in sys.argv[1:]:
    found = mlc.Dataset(place)
    rows = {split: [row[f"{split}/digest"].decode() for row in found.records(split)] for split in ("train", "dev")}
    told, day = found.metadata, slice(10)
    days = [str(each)[day] for each in told.data_collection_timeframe or ()]
    print(json.dumps([told.ctx.issues.report(), rows, told.annotations_per_item, told.data_collection, days,
                      told.data_limitations, told.license]))
"""


def test_croissant_is_sound_and_has_what_was_measured(
    project: Project, making: Making, minister: tuple[Article, Gold], tmp_path: Path
) -> None:
    """By MLCommons' own program, in a process of its own: no error, no warning, and the rows are read by it."""
    asked = making.article("Japan asked.", "asked").model_copy(update={"published": "2024-02-29"})
    gold = making.gold(asked, (0, 5, "COUNTRY"), open=((6, 11),), annotators=("ana", "ben"))
    other = making.workspace(tmp_path / "other", [(*minister, "train"), (asked, gold, "dev")])
    other = replace(other, file=project.file)
    dataset = built(other, tmp_path / "dataset")
    for licence in ("cc-by-4.0", ""):
        publish(licensed(other, licence), tmp_path / f"news{licence}", TERMS, dataset)
    places = [str(tmp_path / f"news{licence}" / "croissant.json") for licence in ("cc-by-4.0", "")]
    quiet = {**os.environ, "PYTHONWARNINGS": "ignore"}
    run = subprocess.run(
        [sys.executable, "-c", VALIDATE, *places], check=False, capture_output=True, text=True, env=quiet
    )

    assert run.returncode == 0, run.stderr
    for line, stated in zip(run.stdout.splitlines(), ("CC-BY-4.0", "not stated"), strict=True):
        issues, rows, readings, sources, days, limits, licences = json.loads(line)
        assert issues == ""
        assert rows == {"train": [minister[0].digest], "dev": [asked.digest]}
        assert readings == "1 articles by 1 person; 1 articles by 2 people"
        assert sources.startswith("2 news articles, by source: ")
        assert days[0] == days[-1] == "2024-02-29"
        assert "In 1 articles annotators left something open: nothing is known there." in limits
        assert licences == [stated]


def test_what_was_measured_on_other_files_is_not_told(project: Project, dataset: Path, tmp_path: Path) -> None:
    """Gold that has changed since the dataset was compiled says nothing of it."""
    publish(project, tmp_path / "before", TERMS, dataset)
    project.workspace.gold.write([*project.workspace.gold.rows()][:1])
    publish(project, tmp_path / "after", TERMS, dataset)
    told = [
        json.loads((tmp_path / name / "croissant.json").read_text(encoding="utf-8")) for name in ("before", "after")
    ]

    assert ["rai:annotationsPerItem" in each for each in told] == [True, False]
    assert all("rai:dataCollection" in each for each in told)
