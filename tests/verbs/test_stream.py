"""`labeling split` with `[learning]`: the stream is drawn once, remembered, and refused where it cannot do its part."""

from __future__ import annotations

import dataclasses
import json
from collections import Counter
from typing import TYPE_CHECKING

import made
import pytest
from click.testing import CliRunner
from in_custody import walk_the_road

from labeling.annotations import Gold, GoldSpan, Span
from labeling.cli import cli
from labeling.corpora.compile_dataset import compile_dataset
from labeling.corpora.verify import verify
from labeling.errors import Altered, ProjectFileError
from labeling.evaluation.reliance import describe_reliance
from labeling.project import LearningSection, Project, load_project, shipped_config
from labeling.splits.split import split
from labeling.values import digest_of
from labeling.workspace.rows.first_submission import FirstSubmission
from labeling.workspace.rows.learning_rows import BegunRow
from labeling.workspace.rows.passage import ClusterRow
from labeling.workspace.rows.stream_row import StreamRow

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

# `printf 1:stream:a00 | sha256sum` begins with a figure of 0 to 7 for these of a00 to a19.
DRAWN = {"a00", "a01", "a02", "a05", "a07", "a08", "a09", "a10", "a12", "a14", "a15", "a16", "a19"}


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """A project with a stream of a half, and twenty gold articles of different text."""
    project = load_project(workspace=tmp_path)
    write_articles(project, [f"a{n:02}" for n in range(20)])
    return learning_with(project, stream=0.5)


def learning_with(project: Project, *, stream: float) -> Project:
    """The project with a stream of this share."""
    file = project.file.model_copy(update={"learning": LearningSection(stream=stream)})
    return dataclasses.replace(project, file=file)


def write_articles(project: Project, names: Iterable[str], *, without_gold: Iterable[str] = ()) -> None:
    """Articles whose texts say their names, and gold for all but some of them."""
    articles = [made.article(name, f"text {name}") for name in sorted(names)]
    project.workspace.articles.write(articles)
    gold = [each for each in articles if each.id not in set(without_gold)]
    project.workspace.gold.write(Gold(article=each.id, digest=each.digest, complete=True) for each in gold)


def placed(project: Project) -> dict[str, str | None]:
    """Article to split, as written."""
    return {row.article: row.split for row in project.workspace.splits.rows()}


def test_dev_and_test_come_from_the_stream(project: Project) -> None:
    """Of twenty articles three are dev and three test, all of them drawn; the file says of each what was drawn."""
    result = split(project)

    tested = {name for name, where in placed(project).items() if where != "train"}
    assert (result.train, result.dev, result.test, result.from_stream) == (14, 3, 3, 6)
    assert tested < DRAWN
    assert {row.article for row in project.workspace.stream.rows() if row.drawn} == DRAWN
    assert {row.article for row in project.workspace.splits.rows() if row.stream} == DRAWN


def test_rerun_changes_no_byte(project: Project) -> None:
    """Splitting twice draws nothing anew."""
    files = (project.workspace.stream.path, project.workspace.splits.path)
    split(project)
    before = [path.read_bytes() for path in files]

    split(project)

    assert [path.read_bytes() for path in files] == before


def test_without_learning_nothing_is_drawn(project: Project) -> None:
    """No file, no key in what the command writes or says."""
    workspace = project.workspace

    result = CliRunner().invoke(cli, ["--workspace", str(workspace.root), "split", "--json"], standalone_mode=False)

    assert "from_stream" not in json.loads(result.stdout)
    assert b"stream" not in workspace.splits.path.read_bytes()
    assert not workspace.stream.exists()


@pytest.mark.usefixtures("written_by_hand")
def test_project_of_before_keeps_its_dev_and_test(project: Project) -> None:
    """What was split without a stream stays where it is, drawn or not, and what comes since is drawn."""
    split(dataclasses.replace(project, file=project.file.model_copy(update={"learning": None})))
    before = placed(project)
    write_articles(project, [*before, *(f"b{n:02}" for n in range(40))])

    result = split(project)

    after = placed(project)
    assert before.items() <= after.items()
    assert {before[name] for name in before if name not in DRAWN} == {"train", "dev", "test"}
    drawn = {row.article for row in project.workspace.stream.rows() if row.drawn}
    tested = {name for name in after if name not in before and after[name] != "train"}
    assert tested < drawn
    assert result.from_stream == len(tested) == result.dev + result.test - 6


@pytest.mark.usefixtures("written_by_hand")
def test_group_that_is_renamed_keeps_what_was_drawn(project: Project) -> None:
    """An older article joins one that a model chose, whose group now bears a name that is drawn: it trains still."""
    chosen = next(name for name in sorted(placed_names(project)) if name not in DRAWN)
    renamed = next(f"Z{n}" for n in range(50) if is_drawn(f"Z{n}"))
    names = [*placed_names(project), renamed]
    write_articles(project, names, without_gold=[chosen, renamed])
    clusters = [ClusterRow(article=name, story=name, leak_group=name, lead=True) for name in sorted(names)]
    project.workspace.clusters.write(clusters)
    split(project)
    write_articles(project, names)
    joined = [row.model_copy(update={"leak_group": renamed}) if row.article == chosen else row for row in clusters]
    project.workspace.clusters.write(joined)

    split(project)

    assert [placed(project)[name] for name in (chosen, renamed)] == ["train", "train"]
    rows = {row.article: row for row in project.workspace.stream.rows()}
    assert rows[chosen] == StreamRow(article=chosen, leak_group=chosen, drawn=False)


def placed_names(project: Project) -> list[str]:
    """The ids of all articles."""
    return [article.id for article in project.workspace.articles.rows()]


def is_drawn(group: str) -> bool:
    """Whether a leak group of this name is drawn for a half."""
    return digest_of(f"1:stream:{group}")[0] in "01234567"


@pytest.mark.usefixtures("written_by_hand")
def test_card_tells_where_dev_and_test_come_from(tmp_path: Path) -> None:
    """In a workspace of before none of it was drawn, and the card says so; of new articles there is all of it."""
    before = walk_the_road(tmp_path)
    text = (before.workspace.latest / "README.md").read_text(encoding="utf-8")
    later = learning_with(before, stream=0.3)
    split(later)
    compile_dataset(later)
    card = (before.workspace.latest / "README.md").read_text(encoding="utf-8")

    assert "models in the loop" not in text
    sizes = Counter(placed(before).values())
    assert f"Of the articles here, 0 of {sizes['dev']} in dev and 0 of {sizes['test']} in test came from it" in card
    few = "too little to say (leak groups: 0, and it takes 10)"
    assert f"| missed, of gold's spans that the model missed | {few} | {few} | {few} |" in card
    assert "reliance.json" in (before.workspace.latest / "manifest.json").read_text(encoding="utf-8")
    before.workspace.splits.write([])
    split(later)
    compile_dataset(later)
    card = (before.workspace.latest / "README.md").read_text(encoding="utf-8")
    sizes = Counter(placed(before).values())
    shares = f"{sizes['dev']} of {sizes['dev']} in dev and {sizes['test']} of {sizes['test']} in test came from it"
    assert f"Of the articles here, {shares}" in card
    verify(later)


def test_command_tells_what_suggestions_do(project: Project) -> None:
    """A line for each rate; programs read the file."""
    config = project.workspace.root.parent / "mine.toml"
    config.write_text(shipped_config("diplomatic.toml").read_text(encoding="utf-8") + "[learning]\n", encoding="utf-8")
    command = ["--config", str(config), "--workspace", str(project.workspace.root), "split"]

    table = CliRunner().invoke(cli, command, standalone_mode=False).stdout
    rows = json.loads(CliRunner().invoke(cli, [*command, "--json"], standalone_mode=False).stdout)

    assert "missed of what the model missed" in table
    assert rows["from_stream"] == rows["dev"] + rows["test"] > 0
    assert "missed of what the model missed" not in rows


def test_rates_are_measured_on_what_was_read(project: Project) -> None:
    """Two readers of each article of the stream miss the half of what the model missed when they see its words."""
    words = [Span(id=f"s{n}", start=n, end=n + 1, label="PERSON") for n in range(3)]
    readings = [(name, by, number) for number, name in enumerate(sorted(DRAWN)) for by in ("ana", "ben")]
    articles = project.workspace.articles.by("id")
    project.workspace.begun.write(
        BegunRow(article=name, digest=articles[name].digest, source="model:m", shown=number > 0, spans=(words[0],))
        for number, name in enumerate(sorted(DRAWN))
    )
    project.workspace.first.write(
        FirstSubmission(
            article=name,
            annotator=by,
            at="2024-01-01T12:00:00Z",
            kept_by="pull",
            digest=articles[name].digest,
            spans=tuple(words if by == "ana" or number % 2 else words[:1]),
            task=number,
        )
        for name, by, number in readings
    )
    gold_spans = tuple(
        GoldSpan(**span.model_dump(exclude={"note"}), rule="adjudicated", by=("lead",)) for span in words
    )
    project.workspace.gold.write(
        row.model_copy(update={"spans": gold_spans, "annotators": ("ana", "ben")})
        for row in [*project.workspace.gold.rows()]
    )

    split(project)

    found = project.workspace.reliance.value()
    # Of 12 articles with suggestions both read two spans that the model missed; Ben missed those of every second.
    assert (found.assisted.readings, found.unassisted.readings) == (24, 2)
    assert found.assisted.missed.items == 48
    assert found.assisted.missed.value == 12 / 48
    told = describe_reliance(found)
    assert told["of the random stream, dev"] == "3 of 3 articles"
    assert told["missed of what the model missed"].startswith("25.0 (")
    few = "too little to say (leak groups: 1, and it takes 10)"
    assert told["missed of what the model missed"].endswith(f" with suggestions, {few} without; difference {few}")


def test_stream_that_was_changed_is_refused(project: Project) -> None:
    """By hand, a model's choice could be made a test article."""
    split(project)
    rows = [row.model_copy(update={"drawn": True}) for row in project.workspace.stream.rows()]
    project.workspace.stream.write(rows)

    with pytest.raises(Altered, match=r"stream\.jsonl"):
        split(project)


def test_stream_that_is_gone_is_refused(project: Project) -> None:
    """Drawn anew, what a model chose might be of it."""
    split(project)
    project.workspace.stream.path.unlink()

    with pytest.raises(Altered, match=r"stream\.jsonl"):
        split(project)


@pytest.mark.parametrize(
    ("splits", "learning", "fault"),
    [
        ({}, "stream = 0.29", "learning: stream = 0.29 is too little: .* they have 0.3 of all articles"),
        ({"train": "0.5", "dev": "0.25", "test": "0.25"}, "", "learning: stream = 0.3 is too little: .* 0.5 of all"),
        ({"dev_from": '"2024-01-02"', "test_from": '"2024-01-03"'}, "", r"learning: .* \[splits\] divides by days"),
        ({}, "stream = 0", "learning.stream"),
        ({}, "unassisted = 1.5", "learning.unassisted"),
    ],
)
def test_stream_that_cannot_do_its_part_is_refused(
    tmp_path: Path, splits: dict[str, str], learning: str, fault: str
) -> None:
    """One that is smaller than dev and test are to be, and one beside splits by day; each with the key."""
    lines = shipped_config("diplomatic.toml").read_text(encoding="utf-8").splitlines()
    lines = [next((f"{key} = {splits[key]}" for key in splits if each.startswith(f"{key} = ")), each) for each in lines]
    (tmp_path / "mine.toml").write_text("\n".join([*lines, "[learning]", learning]), encoding="utf-8")

    with pytest.raises(ProjectFileError, match=fault):
        load_project(tmp_path / "mine.toml")


@pytest.mark.parametrize("learning", ["", "stream = 0.3", "stream = 1.0\nunassisted = 0.0"])
def test_stream_that_is_enough_is_read(tmp_path: Path, learning: str) -> None:
    """By default it is just what dev and test need by default."""
    text = shipped_config("diplomatic.toml").read_text(encoding="utf-8")
    (tmp_path / "mine.toml").write_text(f"{text}\n[learning]\n{learning}\n", encoding="utf-8")

    section = load_project(tmp_path / "mine.toml").file.learning

    assert section is not None
    assert section.stream >= 0.3
