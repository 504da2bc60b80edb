"""`labeling release` and `labeling join`: a dataset without its texts, and the same dataset with them again."""

from __future__ import annotations

import json
import re
import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner

from labeling.adjudication.adjudicate import adjudicate
from labeling.cli import cli
from labeling.corpora.build.subset import Subset
from labeling.corpora.compile_dataset import compile_dataset as compiled_from
from labeling.corpora.manifest import Manifest, verify_dataset
from labeling.corpora.release.join import join
from labeling.corpora.release.release import Release, release
from labeling.corpora.release.release import ReleaseLine as Line
from labeling.errors import CorpusChanged, MissingInput, NothingToCompile, UsageError
from labeling.passages.cluster import cluster
from labeling.project import CompileSection, Project, load_project
from labeling.samples import sample_data
from labeling.sources.ingest import ingest
from labeling.splits.split import split
from labeling.values import digest_of
from labeling.workspace.checksums import describe_output
from labeling.workspace.custody import sign_change
from labeling.workspace.storage import read_rows, read_value, write_json, write_rows
from labeling.workspace.table import Workspace


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """The shipped project with its samples, compiled."""
    project = load_project(workspace=tmp_path_factory.mktemp("ours"))
    ingest(project, [str(sample_data.articles_folder())])
    project.workspace.annotations.write(sample_data.load_sample_annotations())
    adjudicate(project)
    cluster(project)
    split(project)
    compiled_from(project)
    return project


@pytest.fixture
def other(project: Project, tmp_path: Path) -> Project:
    """Somebody else's workspace, with all texts and nothing more."""
    other = replace(project, workspace=Workspace(tmp_path / "theirs"))
    other.workspace.articles.write(project.workspace.articles.rows())
    return other


def _texts(folder: Path) -> str:
    return "".join(path.read_text(encoding="utf-8") for path in folder.iterdir())


def _data(folder: Path) -> dict[str, bytes]:
    """The files of both targets, by their path."""
    paths = [path for target in ("spacy", "huggingface") for path in (folder / target).rglob("*") if path.is_file()]
    return {str(path.relative_to(folder)): path.read_bytes() for path in paths}


def test_release_contains_no_word_of_the_articles(project: Project) -> None:
    """No title and no sentence of any article is in it, but every span of the dataset is."""
    made = release(project)
    everything = _texts(project.workspace.releases / "latest")
    manifest = verify_dataset(project.workspace.latest)

    assert (made.articles, made.spans, made.relations, made.choices) == (
        manifest.proof.articles,
        manifest.proof.spans,
        manifest.proof.relations,
        manifest.proof.choices,
    )
    lines = list(read_rows(project.workspace.releases / "latest" / "spans.jsonl", Line))
    assert sum(len(line.spans) for line in lines) == made.spans > 600
    for article in project.workspace.articles.rows():
        assert article.title == "" or article.title not in everything
        words = article.text.split()
        assert not [words[at : at + 6] for at in range(len(words) - 6) if " ".join(words[at : at + 6]) in everything]


def test_joined_dataset_is_the_same_to_the_byte(project: Project, other: Project) -> None:
    """Every file of both targets, as it was compiled by those who have the annotations."""
    folder = release(project).folder
    joined = join(other, project.workspace.root / "releases" / "latest")

    assert folder.endswith(joined_name := project.workspace.latest.resolve().name)
    assert other.workspace.latest.resolve().name == joined.digest[:16] != joined_name
    assert _data(other.workspace.latest) == _data(project.workspace.latest)
    assert verify_dataset(other.workspace.latest).proof == verify_dataset(project.workspace.latest).proof
    assert joined.refused == {}


def test_the_rules_for_tokens_travel_with_the_workspace_and_with_the_release(project: Project, tmp_path: Path) -> None:
    """A workspace goes on with those of its last dataset, until its project file names others; a release names them.

    What names none is of before there were others: it means the first.
    """
    first, second = "labeling.newswire.v1", "labeling.newswire.v2"
    shutil.copytree(project.workspace.root, tmp_path / "ours", symlinks=True)
    plain = replace(project, workspace=Workspace(tmp_path / "ours"))
    old, new = (_named(plain, rules) for rules in (first, second))
    made = [(compiled_from(each).digest, _manifest(each).tokenizer) for each in (plain, old, plain, new, plain)]

    assert [rules for _, rules in made] == [second, first, first, second, second]
    assert made[1] == made[2] != made[3] == made[4] == made[0]
    for each, rules in ((old, first), (new, second)):
        compiled_from(each)
        released = release(each)
        told = json.loads((Path(released.folder) / "release.json").read_text(encoding="utf-8"))["project"]
        assert told.get("compile") == (None if rules == first else {"targets": [], "tokenizer": second})
        theirs = replace(project, workspace=Workspace(tmp_path / f"theirs {rules}"))
        theirs.workspace.articles.write(plain.workspace.articles.rows())
        assert (
            Path(join(theirs, Path(released.folder)).folder, "spacy", "tokenizer", "tokenizer").read_bytes()
            == (each.workspace.latest / "spacy" / "tokenizer" / "tokenizer").read_bytes()
        )


def test_a_damaged_last_dataset_names_no_rules(project: Project, tmp_path: Path) -> None:
    """It is about to be replaced: by the newest ones."""
    shutil.copytree(project.workspace.root, tmp_path / "ours", symlinks=True)
    ours = replace(project, workspace=Workspace(tmp_path / "ours"))
    compiled_from(_named(ours, "labeling.newswire.v1"))
    (ours.workspace.latest / "manifest.json").write_text("{", encoding="utf-8")
    compiled_from(ours)

    assert _manifest(ours).tokenizer == "labeling.newswire.v2"


def _named(project: Project, rules: str) -> Project:
    section = CompileSection.model_validate({"tokenizer": rules})
    return replace(project, file=project.file.model_copy(update={"compile": section}))


def _manifest(project: Project) -> Manifest:
    return read_value(project.workspace.latest / "manifest.json", Manifest)


def test_releasing_is_idempotent(project: Project) -> None:
    """The same folder and bytes; nothing else lies beside it."""
    first = release(project)
    before = _texts(project.workspace.releases / "latest")

    assert release(project) == first
    assert _texts(project.workspace.releases / "latest") == before


def test_join_refuses_a_text_with_another_digest(project: Project, other: Project) -> None:
    """One sign more, or no text at all: refused by name and counted; under another id, a text is found all the same."""
    release(project)
    changed, renamed, gone, *rest = list(other.workspace.articles.rows())
    text = f"{changed.text} "
    mine = [
        changed.model_copy(update={"text": text, "digest": digest_of(text)}),
        renamed.model_copy(update={"id": "zz/mine"}),
        *rest,
    ]
    other.workspace.articles.write(mine)
    joined = join(other, project.workspace.releases / "latest")
    manifest = verify_dataset(other.workspace.latest)

    assert joined.refused == {
        changed.id: "the text at hand is another one: its digest differs",
        gone.id: "no text at hand",
    }
    assert sum(joined.articles.values()) == 23 - 2
    assert (
        joined.spans + sum(each.spans for each in manifest.left_out)
        == verify_dataset(project.workspace.latest).proof.spans
    )


def test_release_of_a_subset_joins_to_the_subset(project: Project, other: Project) -> None:
    """Its labels are those that were asked for; the dataset that was compiled is named, not the latest."""
    whole = project.workspace.latest.resolve()
    part = compiled_from(project, Subset(labels=("COUNTRY", "PERSON")))
    try:
        release(project)
        joined = join(other, project.workspace.releases / "latest")
        assert joined.spans == part.spans
        assert verify_dataset(other.workspace.latest).schema_names.labels == ("PERSON", "COUNTRY")
        assert release(project, whole).dataset.startswith(whole.name)
    finally:
        compiled_from(project)


def test_release_with_texts_is_plain_json_lines(project: Project) -> None:
    """For those who may have the texts: a line an article, and `text[start:end]` is the span."""
    made = release(project, texts=True)
    lines = list(read_rows(project.workspace.releases / "latest-texts" / "spans.jsonl", Line))
    articles = {article.id: article for article in project.workspace.articles.rows()}

    assert made.folder.endswith("-texts")
    assert all((line.text, line.title) == (articles[line.article].text, articles[line.article].title) for line in lines)


def test_the_latest_release_never_has_texts(project: Project) -> None:
    """Who mails `releases/latest` mails no article, whichever release was made last."""
    release(project)
    made = release(project, texts=True)
    latest, with_texts = project.workspace.releases / "latest", project.workspace.releases / "latest-texts"

    assert {line.text for line in read_rows(latest / "spans.jsonl", Line)} == {None}
    assert with_texts.resolve() == Path(made.folder).resolve()
    release(project)
    assert with_texts.resolve() == Path(made.folder).resolve()


def test_release_with_texts_joins_without_articles(project: Project, tmp_path: Path) -> None:
    """Its own texts are joined to it, in a workspace that has none; a text that was changed in it is refused."""
    folder, empty = Path(release(project, texts=True).folder), Workspace(tmp_path / "empty")
    joined = join(replace(project, workspace=empty), folder)

    assert joined.refused == {}
    assert joined.spans == verify_dataset(project.workspace.latest).proof.spans
    assert _data(empty.latest) == _data(project.workspace.latest)

    copy = tmp_path / "copy"
    shutil.copytree(folder, copy)
    first, *rest = read_rows(copy / "spans.jsonl", Line)
    write_rows(copy / "spans.jsonl", [first.model_copy(update={"text": f"{first.text}!"}), *rest])
    printed = read_value(copy / "release.json", Release).model_copy(
        update={"lines": describe_output(copy / "spans.jsonl")}
    )
    write_json(copy / "release.json", printed.model_dump(mode="json"))

    assert [*join(replace(project, workspace=empty), copy).refused] == [first.article]


@pytest.mark.parametrize("verb", ["verify", "release", "join", "predict"])
def test_mistyped_folder_is_a_usage_error(tmp_path: Path, verb: str) -> None:
    """A named folder that is not there, or is another one: status 2, and nothing is made in the workspace."""
    empty = tmp_path / "workspace"
    for folder in (tmp_path / "nowhere", *([] if verb == "predict" else [tmp_path])):
        words = ["--workspace", str(empty), verb, str(folder)]
        with pytest.raises(UsageError, match=str(folder)) as refusal:
            CliRunner().invoke(cli, words, standalone_mode=False, catch_exceptions=False)

        assert refusal.value.exit_status == 2
        assert "that `labeling" in refusal.value.todo
    assert not empty.exists()


def test_empty_workspace_is_left_as_it_is(project: Project, tmp_path: Path) -> None:
    """What cannot be done leaves no folder behind in a workspace that was mistyped."""
    empty = replace(project, workspace=Workspace(tmp_path / "mistyped"))

    with pytest.raises(MissingInput, match=r"manifest\.json"):
        release(empty)
    with pytest.raises(MissingInput, match=r"articles\.jsonl"):
        join(empty, Path(release(project).folder))

    assert not empty.workspace.root.exists()


def test_release_and_join_print_tables(project: Project, other: Project) -> None:
    """No brackets and braces of Python in them."""
    ours, theirs = str(project.workspace.root), str(other.workspace.root)
    made = CliRunner().invoke(cli, ["--workspace", ours, "release"], standalone_mode=False).stdout
    folder = str(project.workspace.releases / "latest")
    joined = CliRunner().invoke(cli, ["--workspace", theirs, "join", folder], standalone_mode=False).stdout

    assert "texts      not in it" in made
    assert re.search(r"articles +\d+ train, \d+ dev, \d+ test\n", joined)
    assert not set("{}[]()") & {*made, *joined}


def test_release_and_join_refuse_what_does_not_fit(project: Project, other: Project, tmp_path: Path) -> None:
    """No dataset, another schema than it was compiled with, a changed line, no text at all."""
    with pytest.raises(MissingInput):
        release(other)
    schema = project.schema.model_copy(update={"labels": project.schema.labels[:-1]})
    with pytest.raises(CorpusChanged, match="with another schema"):
        release(replace(project, schema=schema))
    folder = tmp_path / "copy"
    folder.mkdir()
    for path in (project.workspace.root / release(project).folder).iterdir():
        (folder / path.name).write_bytes(path.read_bytes())
    other.workspace.articles.write([])
    with pytest.raises(NothingToCompile, match="not one of the 23 texts"):
        join(other, folder)
    (folder / "spans.jsonl").write_text("", encoding="utf-8")
    with pytest.raises(CorpusChanged, match=r"spans\.jsonl is not what release\.json describes"):
        join(other, folder)


def test_release_and_join_at_the_command_line(project: Project, other: Project) -> None:
    """`release` prints where it lies, `join` takes that folder; a refused text makes status 3."""
    printed = CliRunner().invoke(
        cli, ["--workspace", str(project.workspace.root), "release", "--json"], catch_exceptions=False
    )
    folder = json.loads(printed.stdout)["folder"]
    words = ["--workspace", str(other.workspace.root), "join", folder]
    whole = CliRunner().invoke(cli, words, standalone_mode=False)
    other.workspace.articles.write(list(other.workspace.articles.rows())[1:])
    sign_change(other.workspace, "articles.jsonl", "one has no licence")
    part = CliRunner().invoke(cli, words, standalone_mode=False)

    assert (whole.return_value, part.return_value) == (0, 3)
    assert "no text at hand" in part.stderr
