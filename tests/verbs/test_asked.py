"""A label added after 20 of 40 articles: push, pull, adjudicate, compile, evaluate, each number checked by hand."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import made
import pytest
import spacy
from click.testing import CliRunner
from datasets import load_from_disk
from spacy.tokens import Doc, DocBin

from labeling.adjudication.adjudicate import AdjudicateResult, adjudicate
from labeling.annotations import Annotation, Relation, Span
from labeling.cli import cli
from labeling.corpora.compile_dataset import compile_dataset
from labeling.corpora.manifest import MANIFEST, Manifest
from labeling.corpora.release.join import join
from labeling.corpora.release.release import release
from labeling.evaluation.agree import agree
from labeling.project import Project, load_project
from labeling.splits.split import split
from labeling.studio.api.connect import connect_to
from labeling.studio.api.signup import add_user
from labeling.studio.sync.pull import pull
from labeling.studio.sync.push import push
from labeling.studio.sync.status import StatusResult, status
from labeling.training.evaluate import evaluate
from labeling.workspace.storage import read_value

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from labeling.annotations import Gold
    from labeling.articles import Article
    from labeling.studio.api.client import Studio
    from labeling.studio.server.credentials import Credentials
    from labeling.workspace.rows.asked_item import AskAgainRow, AskedItem

# Articles are written by hand between the verbs, which is not the subject here.
pytestmark = [pytest.mark.studio, pytest.mark.usefixtures("written_by_hand")]

# "Anna met Bob in Rome on Monday 07.": people mark Anna, Bob and Rome, and Monday once there is a label for it.
TEXT = "Anna met Bob in Rome on Monday {:02}."
ARTICLES = [made.article(f"a{n:02}", TEXT.format(n)) for n in range(40)]
OLD = (
    Span(id="anna", start=0, end=4, label="PERSON"),
    Span(id="bob", start=9, end=12, label="PERSON"),
    Span(id="rome", start=16, end=20, label="PLACE"),
)
MONDAY = Span(id="monday", start=24, end=30, label="WHEN")
MET, ON = Relation(head="anna", tail="bob", label="MET"), Relation(head="anna", tail="monday", label="ON")
NEW_ITEMS = ("label WHEN", "relation ON", "choice event=VISIT")
# Sent again under the new schema: by their author 0 and 1, by another reader 3. Nobody else says anything of WHEN
# in the first twenty.
ASKED_AFTER_ALL = {"a00", "a01", "a03"}
BEFORE = {f"a{n:02}" for n in range(20)} - ASKED_AFTER_ALL
COMPILE = '[compile]\ntargets = ["spacy", "huggingface", "conll", "prodigy"]\n'


def label(name: str, key: str) -> str:
    """A label of the project file."""
    return (
        f'[[labels]]\nname = "{name}"\ndefinition = "A {name}."\nexamples = ["x"]\n'
        f'color = "#{ord(key):06x}"\nhotkey = "{key}"\n'
    )


def relation(name: str, head: str, tail: str) -> str:
    """A relation type of the project file."""
    ends = f'head = ["{head}"]\ntail = ["{tail}"]\n'
    return f'[[relations]]\nname = "{name}"\ndefinition = "{name}"\nexample = "x"\n{ends}'


def choice(*options: str) -> str:
    """The question `event`, with several answers."""
    listed = "".join(f'[[choices.options]]\nname = "{name}"\ndefinition = "{name}"\n' for name in options)
    return f'[[choices]]\nname = "event"\nquestion = "What?"\nmultiple = true\n{listed}'


HEAD = f'[project]\nname = "asked"\n{COMPILE}'
FIRST = HEAD + label("PERSON", "p") + label("PLACE", "l") + relation("MET", "PERSON", "PERSON") + choice("TALK")
SECOND = (
    HEAD
    + label("PERSON", "p")
    + label("PLACE", "l")
    + label("WHEN", "w")
    + relation("MET", "PERSON", "PERSON")
    + relation("ON", "PERSON", "WHEN")
    + choice("TALK", "VISIT")
)


def judged(article: Article, *, late: bool) -> Annotation:
    """What a reader marks, by the first schema or by the second."""
    return Annotation(
        article=article.id,
        digest=article.digest,
        annotator="",
        spans=(*OLD, MONDAY) if late else OLD,
        relations=(MET, ON) if late else (MET,),
        choices={"event": ("TALK", "VISIT") if late else ("TALK",)},
        seconds=20.0 if late else 10.0,
    )


@dataclass
class Journey:
    """A project after everything was pulled, and what was seen on the way."""

    project: Project
    asked: list[AskedItem]
    listed: list[AskAgainRow]
    page: str
    pushed: int
    left: list[AskAgainRow]
    standing: StatusResult
    adjudicated: AdjudicateResult

    @property
    def gold(self) -> Mapping[str, Gold]:
        """Gold by article."""
        return {row.article: row for row in self.project.workspace.gold.rows()}

    @property
    def before(self) -> dict[str, set[str]]:
        """The articles that were judged before, by split."""
        found: dict[str, set[str]] = {"train": set(), "dev": set(), "test": set()}
        for row in self.project.workspace.splits.rows():
            if row.article in BEFORE:
                found[str(row.split)].add(row.article)
        return found


def number_of(studio: Studio, task: int) -> int:
    """The number of the first annotation of a task."""
    answer = studio.transport.read(f"api/tasks/{task}/", "read a task").json()
    return min(int(each["id"]) for each in answer["annotations"])


def change(studio: Studio, annotation: int, body: Any) -> None:
    """Change an annotation as the page does."""
    studio.transport.write("PATCH", f"api/annotations/{annotation}/", "change an annotation", json=body)


@pytest.fixture(scope="module")
def journey(studio: Credentials, tmp_path_factory: pytest.TempPathFactory) -> Journey:
    """Twenty articles judged, a label, a relation and an option added, and the other twenty judged."""
    folder = tmp_path_factory.mktemp("asked")
    config = folder / "asked.toml"
    config.write_text(FIRST, encoding="utf-8")
    project = load_project(config, folder / "workspace")
    project.workspace.articles.write(ARTICLES)
    push(project, server=studio)
    tasks = {row.article: row.task or 0 for row in project.workspace.pushed.rows()}
    with connect_to(studio.url, studio.api_key) as owner:
        for article in ARTICLES[:20]:
            owner.annotate(tasks[article.id], judged(article, late=False), article)
        pull(project, server=studio)

        config.write_text(SECOND, encoding="utf-8")
        project = load_project(config, folder / "workspace")
        done = push(project, server=studio)
        asked, listed = list(project.workspace.asked.rows()), list(project.workspace.ask_again.rows())
        page = project.workspace.ask_again_page.read_text(encoding="utf-8")
        # The server tells its time to the second, and who submits within that second is asked again.
        time.sleep(2.1)
        for article in ARTICLES[20:]:
            owner.annotate(tasks[article.id], judged(article, late=True), article)
        again(owner, tasks)
        # A star changes the time, and no word.
        change(owner, number_of(owner, tasks["a02"]), {"ground_truth": True})
    key = add_user(studio, "ben.asked@desk.example", "Kestrel-2031-asked")
    with connect_to(studio.url, key) as ben:
        ben.annotate(tasks["a03"], judged(ARTICLES[3], late=True), ARTICLES[3])
    pull(project, server=studio)
    left = list(project.workspace.ask_again.rows())
    standing = status(project, server=studio)
    result = adjudicate(project)
    split(project)
    compile_dataset(project)
    return Journey(project, asked, listed, page, done.ask_again, left, standing, result)


def again(owner: Studio, tasks: Mapping[str, int]) -> None:
    """Send articles 0 and 1 again, with what they have of the new: in the second there is nothing new to mark."""
    for name, late in (("a00", True), ("a01", False)):
        annotation = number_of(owner, tasks[name])
        article = ARTICLES[int(name[1:])]
        other = owner.annotate(tasks[name], judged(article, late=late), article)
        result = owner.transport.read(f"api/annotations/{other}/", "read it").json()["result"]
        owner.transport.write("DELETE", f"api/annotations/{other}/", "remove it")
        change(owner, annotation, {"result": result, "lead_time": 33.0})


def test_push_records_since_when_each_item_is_asked(journey: Journey) -> None:
    """What the first page had is asked since the project was made, the rest since the second push."""
    since = {row.item: row.since for row in journey.asked}
    created = journey.project.workspace.studio_link.value().created

    assert len(since) == 3 + 2 + 2
    assert {item for item, instant in since.items() if instant != created} == set(NEW_ITEMS)
    assert all(since[item] > created for item in NEW_ITEMS)
    assert {len(row.schema_digest) for row in journey.asked} == {64}
    assert "schema" in json.loads(journey.project.workspace.asked.path.read_text("utf-8").splitlines()[0])


def test_push_lists_whom_to_ask_again(journey: Journey) -> None:
    """Twenty articles, three items each, with a link to each task; fourteen readers' rows end with a submission."""
    assert journey.pushed == len(journey.listed) == 20 * 3
    assert {row.article for row in journey.listed} == {article.id for article in ARTICLES[:20]}
    assert {row.what for row in journey.listed} == set(NEW_ITEMS)
    assert journey.page.count("<li>") == journey.page.count("/data?task=") == 20 * 3


def test_pull_ends_the_rows_of_who_has_submitted_since(journey: Journey) -> None:
    """Articles 0 and 1 were sent again; the star on 2 is no answer, nor is another reader's word on 3."""
    assert {row.article for row in journey.left} == {f"a{n:02}" for n in range(2, 20)}
    assert len(journey.left) == 18 * 3


def test_status_counts_articles_judged_before(journey: Journey) -> None:
    """Seventeen articles: twenty, without two sent again and one that another reader judged since."""
    assert journey.standing.judged_before == dict.fromkeys(NEW_ITEMS, 17)


def test_a_star_is_dated_by_the_words(journey: Journey) -> None:
    """The server's time of article 2 is the star's; its words are older."""
    (row,) = (row for row in journey.project.workspace.annotations.rows() if row.article == "a02")

    assert row.ground_truth
    assert row.sent
    assert row.sent < row.updated


def test_silence_makes_no_conflict_and_no_complete_gold(journey: Journey) -> None:
    """Of 40 articles 17 are not complete, none is in conflict; on article 3 the second reader's words are gold."""
    assert (journey.adjudicated.articles, journey.adjudicated.complete, journey.adjudicated.conflicts) == (40, 23, 0)
    assert {name for name, gold in journey.gold.items() if gold.unasked} == BEFORE
    for name, gold in journey.gold.items():
        late = name in {"a00", "a03"} or int(name[1:]) >= 20
        assert len(gold.spans) == (4 if late else 3), name
        assert gold.open == ()
        assert gold.complete == (name not in BEFORE)
        assert gold.unasked == (NEW_ITEMS if name in BEFORE else ())
        assert gold.open_choices == (("event=VISIT",) if name in BEFORE else ())
    both = {span.label: span.by for span in journey.gold["a03"].spans}
    assert len(both["WHEN"]) == 1
    assert len(both["PERSON"]) == 2


def test_gold_without_unasked_items_has_no_such_key(journey: Journey) -> None:
    """The lines of articles that were asked for everything are those of before."""
    lines = journey.project.workspace.gold.path.read_text(encoding="utf-8").splitlines()

    assert sum('"unasked"' in line for line in lines) == 17


def read_all(folder: Path) -> dict[str, tuple[str, Doc]]:
    """The docs of the spaCy dataset by article, each with the kind of folder it lies in."""
    vocab = spacy.blank("en").vocab
    return {
        doc.user_data["article"]: (path.parent.name, doc)
        for path in sorted(folder.rglob("*.spacy"))
        for doc in DocBin().from_disk(path).get_docs(vocab)
    }


def test_spacy_takes_unmarked_tokens_for_unknown(journey: Journey) -> None:
    """Of an article judged before, all but its three names are missing, and it stays out of span categorisation."""
    docs = read_all(journey.project.workspace.latest / "spacy")

    assert {name for name, (kind, _) in docs.items() if kind == "open"} == BEFORE
    for name, (_, doc) in docs.items():
        marked = {token.text for token in doc if token.ent_iob_ in ("B", "I")}
        unknown = {token.text for token in doc if token.ent_iob_ == ""}
        outside = {token.text for token in doc if token.ent_iob_ == "O"}
        assert {"Anna", "Bob", "Rome"} <= marked
        assert bool(unknown) == (name in BEFORE)
        assert bool(outside) == (name not in BEFORE)
        assert ("Monday" in unknown) == (name in BEFORE)
        assert doc.cats == ({"event=TALK": 1.0} if name in BEFORE else doc.cats)
        assert len(doc.cats) == (1 if name in BEFORE else 2)


def test_huggingface_takes_unmarked_tokens_for_unknown(journey: Journey) -> None:
    """-1 on every token but the three names, in each layer; and a column with what was not asked for."""
    loaded = load_from_disk(journey.project.workspace.latest / "huggingface" / "arrow")
    rows = [row for part in loaded.values() for row in part]

    assert len(rows) == 40
    for row in rows:
        tags = dict(zip(row["tokens"], row["tags"], strict=True))
        unknown = {token for token, tag in tags.items() if tag == -1}
        assert {token for token in ("Anna", "Bob", "Rome") if tags[token] > 0} == {"Anna", "Bob", "Rome"}
        assert unknown == (set(tags) - {"Anna", "Bob", "Rome"} if row["id"] in BEFORE else set())
        assert set(row["unasked"]) == (set(NEW_ITEMS) if row["id"] in BEFORE else set())
        assert {*row["tag_layers"][1]} == ({-1} if row["id"] in BEFORE else {0})


def test_conll_and_prodigy_leave_such_articles_out_of_training(journey: Journey) -> None:
    """CoNLL has 23 sentences, Prodigy accepts 23 lines."""
    latest = journey.project.workspace.latest
    conll = "".join(path.read_text(encoding="utf-8") for path in sorted((latest / "conll").glob("*.conll")))
    files = (latest / "prodigy").glob("*.jsonl")
    prodigy = [json.loads(line) for path in files for line in path.read_text(encoding="utf-8").splitlines()]

    assert conll.count("\nAnna") == 23
    assert {line["meta"]["id"] for line in prodigy if line["answer"] == "ignore"} == BEFORE
    assert len(prodigy) == 40


def test_the_card_and_the_manifest_count_it(journey: Journey) -> None:
    """By split and item; the relation and the option like the label."""
    latest = journey.project.workspace.latest
    manifest = read_value(latest / MANIFEST, Manifest)
    numbers = {name: len(articles) for name, articles in journey.before.items()}
    card = (latest / "README.md").read_text(encoding="utf-8")

    assert sum(numbers.values()) == 17
    for name, number in numbers.items():
        assert manifest.splits[name].unasked == (dict.fromkeys(sorted(NEW_ITEMS), number) if number else {})
        assert manifest.splits[name].complete == manifest.splits[name].articles - number
    row = f"| label WHEN | {numbers['train']} | {numbers['dev']} | {numbers['test']} |"
    assert "## Asked for later\n" in card
    assert row in card


def test_evaluate_leaves_the_label_out_where_it_was_not_asked(journey: Journey) -> None:
    """Who marks everything everywhere is right: a WHEN in an article judged before counts for nothing, nor against."""
    predictions = [judged(article, late=True).model_copy(update={"annotator": "model:all"}) for article in ARTICLES]
    test = {row.article for row in journey.project.workspace.splits.rows() if row.split == "test"}
    known = test - BEFORE - {"a01"}

    score = evaluate(journey.project, {"model:all": predictions}).scores["model:all"]

    wrong = len(test & {"a01"})  # where somebody looked, and found no WHEN
    micro, when = score.exact.micro, score.exact.labels["WHEN"]
    assert (micro.gold, micro.pairs, micro.predicted) == (
        3 * len(test) + len(known),
        3 * len(test) + len(known),
        3 * len(test) + len(known) + wrong,
    )
    assert (when.gold, when.predicted) == (len(known), len(known) + wrong)
    assert score.relations is not None
    ons = score.relations.labels["ON"]
    assert (ons.gold, ons.predicted) == (len(known), len(known) + wrong)
    assert score.choices is not None
    visits = score.choices.labels["event=VISIT"]
    assert (visits.gold, visits.predicted) == (len(known), len(known) + wrong)


def test_agreement_leaves_out_what_one_of_two_was_not_asked(journey: Journey) -> None:
    """On article 3 both have the same three names; the WHEN of the second reader is no disagreement."""
    found = agree(journey.project)

    assert found.articles == 1
    assert [each["exact"] for each in found.f1.values()] == [1.0]


def test_a_release_carries_it_along(journey: Journey, tmp_path: Path) -> None:
    """The dataset that is joined of a release has the same tags: its Hugging Face files are the same."""
    workspace = journey.project.workspace
    release(journey.project)
    other = load_project(journey.project.path, tmp_path / "other")
    other.workspace.articles.write(ARTICLES)

    joined = join(other, workspace.releases / "latest")

    before = read_value(workspace.latest / MANIFEST, Manifest)
    after = read_value(other.workspace.corpora / joined.digest[:16] / MANIFEST, Manifest)
    assert after.proof == before.proof
    assert {name: each for name, each in after.outputs.items() if name.startswith("huggingface/")} == {
        name: each for name, each in before.outputs.items() if name.startswith("huggingface/")
    }


def test_a_subset_without_the_label_is_complete(journey: Journey) -> None:
    """For PERSON alone everybody was asked: all 40 articles are complete."""
    words = ["--config", str(journey.project.path), "--workspace", str(journey.project.workspace.root)]
    done = CliRunner().invoke(cli, [*words, "compile", "--label", "PERSON", "--json"])

    assert done.exit_code == 0, done.output
    made_of = json.loads(done.stdout)
    folder = journey.project.workspace.corpora / made_of["digest"][:16]
    manifest = read_value(folder / MANIFEST, Manifest)
    assert sum(each.complete for each in manifest.splits.values()) == 40
    compile_dataset(journey.project)
