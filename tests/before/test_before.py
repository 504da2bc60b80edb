"""The code does what that of commit 1c51789 did, file by file and word by word, and goes on with what is old.

What was kept of that commit: `digests.json` (`keep.py` tells of it), `command_line.json` (`command_line.py`) and
`kept.tar.xz` (`pack.py`). Of `labeling` only what users were promised is used here: its command line, the imports and
entry points that the README and trained models name.
"""

from __future__ import annotations

import gzip
import json
import platform
import re
import shutil
import subprocess
import sys
import tarfile
from fnmatch import fnmatch
from importlib import import_module
from importlib.metadata import entry_points, version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from command_line import served
from keep import HERE, NOT_KEPT, ROOT, SHARED, WRITERS, hand, without_sentences

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from keep import Json, Run

    from labeling.studio.server.credentials import Credentials

# What is no longer what it was, and why: by a pattern of its name in `digests.json`, or of `kept/...` in the archive.
EXCEPTIONS: dict[str, str] = {
    "odd/gold.jsonl": "an import speaks only of the labels its source had: its articles are incomplete for the others",
    "*: import*": "an import says besides what the offsets of its files count, and what is doubtful about them",
    "odd/annotations.jsonl": "an answer of which nothing is left is a draft: nobody said that there is nothing",
    "*/conflicts.jsonl": "a conflict has an id, by which it is decided, and relations in dispute name their ends",
    "*agreement.json": "it has alpha_U, groups, views, confusions and disagreements besides; an empty usable is a yes",
    "*: agree": "the same, told; and the most telling disagreements come last",
    "samples/*/README.md": "the card says on whose words agreement was measured, and how people agree after settling",
    "re3d/dataset/README.md": "the same card, of a dataset whose annotations were imported",
    "samples/*/manifest.json": "the digest of that card, and of agreement.json",
    "joined*/dataset/manifest.json": "the same digests, of a dataset that was joined from a release of the samples",
    "re3d/dataset/manifest.json": "the same digests of that dataset",
    "*/spacy/tokenizer/tokenizer": "a new workspace has the second rules for tokens (labeling.newswire.v2), by name",
    "varied/dataset/manifest.json": "it names these rules, and the digest of that file",
    "real/dataset/manifest.json": "the same rules, and the digest of that file",
    "*/release*/release.json": "it names these rules, by which whoever joins it cuts the texts",
    "re3d/dataset/huggingface/*train*": "the last dot of its one `a.m.` is a token of its own",
    "re3d/dataset/spacy/train/*": "the same token, in the same article",
    "*: verify": "it names the dataset by its digest, which is that of the manifest",
    "*: adjudicate": "it counts the decisions of adjudicators besides; in `odd` no article of that import is complete",
    "*: report": "what it prints as JSON is all that the page shows, and not the path of the page alone",
}
# Keys that came since to what `--json` prints, by verb.
FURTHER = {
    "status": (
        "files[]",
        "files",
        "next",
        "readers",
        "readers[]",
        "read_by_more",
        "read_by_fewer",
        "slips",
        "forgotten",
    ),
    "adjudicate": ("decided", "idle"),
    "report": (
        *("project", "dataset", "how_far", "how_fast", "when_done", "what_next", "which_conflicts", "weak_labels"),
        *("more_worth_it", "test_set", "who_did_what", "how_good", "model_errors", "changes"),
        *("removed", "removed[]", "quarantine", "quarantine[]", "scores", "scores[]", "rounds", "rounds[]"),
        *("agreement", "agreement_stale", "ledger", "leakage", "audit", "rejects", "rejects[]"),
        *("families", "families[]", "shared_pairs", "shared_pairs[]", "savings", "savings[]"),
    ),
    "train": ("lost",),  # what cannot be learned where PyTorch is missing
    "import": ("offsets", "doubts", "doubts[]", "columns", "columns[]"),
    "agree": (
        "measured_on",
        "first_words",
        "unitizing",
        "settled",
        "suggestions",
        "models",
        "adjudicators",
        "gold_questions",
        "reprints",
    ),
}
# What is other only because it holds the digest of one of those: a manifest, what names a dataset. And why.
FOLLOWING: dict[str, str] = {
    name: "it names a dataset of the samples or of re3d, by a digest that is that of another card"
    for road in ("samples", "re3d")
    for name in (
        f"{road}/release*/README.md",
        f"{road}/release*/release.json",
        f"{road}/scores.json",
        f"{road}: compile",
        f"{road}: evaluate",
        f"{road}: release*",
    )
} | {
    "samples: by two processes": "the same dataset, and so the same digest",
    "samples: part": "a dataset of a part of gold, with the same card",
    "samples: with unusable": "a dataset of all of gold, with the same card",
    "joined*: join": "it names the dataset that is joined",
    "real/release*/README.md": "it names a dataset by its digest, and that has the second rules for tokens",
    "real: release*": "the same digest, in what is said",
    "real: compile": "the same digest, in what is said",
    "varied: compile": "the digest of a dataset that has the second rules for tokens",
}

ALONE = "02"  # the call that is the program's name alone
BEFORE: Json = json.loads((HERE / "digests.json").read_text(encoding="utf-8"))
COMMANDS: Json = json.loads((HERE / "command_line.json").read_text(encoding="utf-8"))
ROADS = ("samples", "joined", "joined in part", "varied", "doccano", "odd", "real", "re3d")
NEEDS = {"real": SHARED / "articles", "re3d": SHARED / "corpora" / "re3d"}
FEW = ("--training.max_steps", "2", "--training.eval_frequency", "2", "--output", "training")


def ran(*words: str | Path, cwd: Path) -> None:
    """See that a program ends well."""
    done = subprocess.run(words, check=False, capture_output=True, text=True, cwd=cwd)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.fixture(scope="module")
def now(tmp_path_factory: pytest.TempPathFactory) -> Json:
    """What the code makes now, as `keep.py` writes it down."""
    folder = tmp_path_factory.mktemp("now") / "roads"
    ran(sys.executable, HERE / "keep.py", folder, cwd=HERE)
    found: Json = json.loads((folder / "digests.json").read_text(encoding="utf-8"))
    return {**found, "folder": folder}


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The archive, unpacked: to be read only."""
    folder = tmp_path_factory.mktemp("kept")
    with tarfile.open(HERE / "kept.tar.xz") as archive:
        archive.extractall(folder, filter="data")
    return folder / "kept"


@pytest.fixture
def old(kept: Path, tmp_path: Path) -> Path:
    """A copy of it to go on with."""
    return Path(shutil.copytree(kept, tmp_path / "old", symlinks=True))


@pytest.fixture(scope="module")
def serving(kept: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, Run]]:
    """Another copy, with its server running, and the program in its folder."""
    folder = Path(shutil.copytree(kept, tmp_path_factory.mktemp("serving") / "old", symlinks=True))
    with hand(folder, ROOT) as run, served(run, "workspace"):
        yield folder, run


def part_of(found: Json, road: str) -> dict[str, Any]:
    """What was written down of one road: of files by their paths, of what was said by the command."""
    files = {name: told for name, told in found["files"].items() if name.startswith(f"{road}/")}
    return files | {name: told for name, told in found["said"].items() if name.startswith(f"{road}: ")}


def needed(road: str) -> None:
    """Skip, saying so, where the input is absent, or another version of what writes the files is installed."""
    if road in NEEDS and not NEEDS[road].is_dir():
        pytest.skip(f"the input of {road} is not here: it lies in ../shared")
    for name in WRITERS:
        if version(name) != BEFORE["versions"][name]:
            pytest.skip(f"the digests were made with {name} {BEFORE['versions'][name]}, and {version(name)} is here")


def changed(before: Json, after: Json, read: Callable[[Any], object], *excepted: dict[str, str]) -> list[str]:
    """What is new, gone or changed, but for the exceptions."""
    names = [name for name in sorted(before | after) if read(before.get(name)) != read(after.get(name))]
    return [name for name in names if not any(fnmatch(name, pattern) for some in excepted for pattern in some)]


def as_it_is(told: object) -> object:
    """The digests, of manifests too."""
    return told


def without_python(told: Json | None) -> object:
    """The digests of a file, or of what a command said, without what follows from the version of Python."""
    if told is None:
        return None
    if "status" in told:
        return told["status"], without_python(told["stdout"])
    return told.get("calm", told.get("sha256"))


@pytest.mark.parametrize("road", ROADS)
def test_the_same_is_made_and_said(now: Json, road: str) -> None:
    """Each file and each answer of each command is what the old code made of the same input, to the byte."""
    needed(road)
    before = part_of(BEFORE, road)

    assert len(before) >= 5
    other = changed(before, part_of(now, road), without_python, EXCEPTIONS)
    assert not other, "\n".join([f"see {now['folder']} and its said/:", *other])


@pytest.mark.parametrize("road", ROADS)
def test_the_same_is_made_digests_of_datasets_and_all(now: Json, road: str) -> None:
    """With the same Python, that holds of manifests as well, and so of the names of datasets."""
    needed(road)
    if platform.python_version() != BEFORE["versions"]["python"]:
        pytest.skip(f"manifests name Python's version, and were made with {BEFORE['versions']['python']}")

    other = changed(part_of(BEFORE, road), part_of(now, road), as_it_is, EXCEPTIONS, FOLLOWING)
    assert not other, "\n".join(other)


def test_every_exception_is_one(kept: Path) -> None:
    """An exception names something that was kept, and says why it may be another."""
    names = [*BEFORE["files"], *BEFORE["said"], *contents(kept / "workspace")]
    for pattern, reason in (EXCEPTIONS | FOLLOWING).items():
        assert any(fnmatch(name, pattern) for name in names), pattern
        assert len(reason) > 20, pattern


def test_two_processes_made_what_one_made() -> None:
    """What was kept says so itself: each file is the same by one process and by two."""
    one, two = (
        {name.removeprefix(folder): told for name, told in BEFORE["files"].items() if name.startswith(folder)}
        for folder in ("samples/dataset/", "samples/by two processes/")
    )

    assert len(one) > 25
    assert {name: told["sha256"] for name, told in one.items()} == {name: told["sha256"] for name, told in two.items()}


def contents(workspace: Path) -> dict[str, bytes]:
    """Every file of an old workspace, but for lock, page and the server, under `kept/`."""
    files = (path for path in workspace.rglob("*") if path.is_file() and not path.is_symlink())
    names = {f"kept/{path.relative_to(workspace).as_posix()}": path for path in files}
    # The others remember who wrote what and whose words count, or tell of scores: they are younger than what was kept.
    younger = ("kept/custody.jsonl", "kept/signed.jsonl", "kept/trust.json", "kept/mistakes.jsonl")
    left_out = ("kept/.", "kept/studio/", "kept/report.html", *younger)
    return {name: without_sentences(path.read_bytes()) for name, path in names.items() if not name.startswith(left_out)}


def made_here(folder: Path) -> bool:
    """Whether the dataset was made with the very versions that are here, so that it would be called the same."""
    manifest = json.loads((folder / "manifest.json").read_bytes())
    here = {"python": platform.python_version(), **{name: version(name) for name in WRITERS}}
    return {name: manifest["versions"][name] for name in here} == here


def test_an_old_workspace_goes_on(old: Path) -> None:
    """Everything that can be done again without a server leaves every file of the workspace as it was, to the byte."""
    workspace = old / "workspace"
    before = contents(workspace)
    again = ("compile",) if made_here(workspace / "corpora" / "latest") else ()
    with hand(old, ROOT) as run:
        # Agreement has more to say now: what it was measured on before goes into the dataset as it is.
        first = ("cluster", "suggest", "adjudicate", "audit", "carry", "split")
        for verb in (*first, *again, "verify", "evaluate", "release", "report", "agree"):
            status, _, err = run(["--workspace", "workspace", verb])
            assert status == 0, err

    other = changed(before, contents(workspace), as_it_is, EXCEPTIONS, FOLLOWING)
    assert not other, "\n".join(other)


def test_an_old_model_says_what_it_said(old: Path) -> None:
    """All that the old code let its model say of the samples: spans, relations and choices."""
    (model,) = (old / "workspace" / "models").iterdir()
    with hand(old, ROOT) as run:
        status, out, _ = run(["--workspace", "workspace", "predict", str(model)])

    said = (old / "predictions.jsonl").read_text(encoding="utf-8")
    assert status == 0
    assert said.count('"label"') > 500
    assert out == said


def spacy(folder: Path, *words: str) -> None:
    """Run the program of spaCy in a folder, without a word of ours."""
    ran(sys.executable, "-m", "spacy", *words, cwd=folder)


@pytest.mark.parametrize("config", ["relations", "ner"])
def test_spacy_trains_in_an_old_dataset(old: Path, config: str) -> None:
    """A few steps, with the config and the code that lie in the dataset, as its project.yml says."""
    folder = old / "workspace" / "corpora" / "latest" / "spacy"
    code = ["--code", "relations.py"] if config == "relations" else []

    spacy(folder, "train", f"configs/{config}.cfg", *code, *FEW)

    assert (folder / "training" / "model-best" / "config.cfg").exists()


@pytest.mark.parametrize("rules", ["labeling.newswire.v1", "labeling.newswire.v2"])
def test_spacy_trains_with_a_config_we_ship(old: Path, rules: str) -> None:
    """In an old dataset, too: by the entry points spaCy finds the tokenizer's rules, those of then and those of now."""
    folder = old / "workspace" / "corpora" / "latest" / "spacy"
    spacy(folder, "init", "fill-config", str(ROOT / "configs" / "ner.cfg"), "filled.cfg")
    text = (folder / "filled.cfg").read_text(encoding="utf-8")
    assert "labeling.newswire.v2" in text
    (folder / "filled.cfg").write_text(text.replace("labeling.newswire.v2", rules), encoding="utf-8")

    spacy(folder, "train", "filled.cfg", "--paths.train", "train", "--paths.dev", "dev", *FEW)

    tokenizer = (folder / "tokenizer" / "tokenizer").read_bytes()
    same = (folder / "training" / "model-best" / "tokenizer").read_bytes() == tokenizer
    assert same == (rules == "labeling.newswire.v1")


def test_the_imports_of_before_work(old: Path) -> None:
    """Those of the README, which scripts of users have; and the one by which a model with relations opens."""
    code = """
from labeling.project import load_project
from labeling.verbs.compile import compile
from labeling.verbs.pull import pull
import labeling.relations, spacy, sys

assert callable(compile) and callable(pull)
assert load_project().schema.label_names[0] == "PERSON"
assert spacy.Language.has_factory("labeling_relations")
assert spacy.registry.has("architectures", "labeling.PairClassifier.v1")
nlp = spacy.load(sys.argv[1])
assert nlp.pipe_names == ["ner", "relations", "textcat_multilabel"]
assert nlp("Norway and Chad met in Oslo on Monday.").ents
"""
    (model,) = (old / "workspace" / "models").iterdir()

    ran(sys.executable, "-c", code, model, cwd=old)


def test_the_entry_points_of_before_lead_somewhere() -> None:
    """Installed anew, the package says where the tokenizer's rules and the program are, by the names of before."""
    (rules,) = entry_points(group="spacy_callbacks", name="labeling.newswire.v1")
    (program,) = entry_points(group="console_scripts", name="labeling")

    assert callable(rules.load())
    assert program.load() is import_module("labeling.cli").main


@pytest.fixture(scope="module")
def commands(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Json]:
    """A part of the command line as it is now, as `command_line.py` writes it down."""

    def part(name: str) -> Json:
        folder = tmp_path_factory.mktemp("commands") / name
        ran(sys.executable, HERE / "command_line.py", folder, name, cwd=HERE)
        found: Json = json.loads((folder / "command_line.json").read_text(encoding="utf-8"))[name]
        return found

    return part


def _without_new_choices(now: Json, before: Json) -> Json:
    """An option or argument as it is now, with those of its choices that it had before."""
    kind = now.get("type") if isinstance(now, dict) else None
    if not isinstance(kind, dict) or "choices" not in kind:
        return now
    known = [choice for choice in kind["choices"] if choice in before["type"].get("choices", ())]
    return {**now, "type": {**kind, "choices": known}}


def test_verbs_and_options_are_what_they_were(commands: Callable[[str], Json]) -> None:
    """Each has its names, type, default and arguments still; there may be further verbs, options and choices."""
    now = commands("verbs")
    # A labeling.toml comes before the project file that was the default, and is looked for when a command runs.
    now["labeling"]["--config"].setdefault("default", "configs/diplomatic.toml")

    assert [verb for verb in now if verb in COMMANDS["verbs"]] == [*COMMANDS["verbs"]]
    for verb, before in COMMANDS["verbs"].items():
        assert {name: _without_new_choices(now[verb].get(name), was) for name, was in before.items()} == before, verb
        further = [name for name in now[verb] if name not in before]
        assert [name for name in further if not name.startswith("-") or now[verb][name].get("required")] == [], verb


def test_exit_statuses_are_what_they_were(commands: Callable[[str], Json]) -> None:
    """Of sixty calls, good, refused, wrong and partly refused; and those that said nothing on stdout say nothing."""
    assert {status for status, _ in COMMANDS["statuses"].values()} == {0, 1, 2, 3}
    # Nothing but the program's name was used wrongly; it says now how to begin, or where the work stands.
    assert commands("statuses") == COMMANDS["statuses"] | {ALONE: [0, "says something"]}


@pytest.mark.studio
def test_what_json_prints_has_the_form_it_had(commands: Callable[[str], Json]) -> None:
    """The keys and types of what each verb prints, on the kept workspace and its server; none goes, few came."""
    now = commands("json")

    for verb, before in COMMANDS["json"].items():
        after = {path: kind for path, kind in now[verb].items() if path.split(".")[0] not in FURTHER.get(verb, ())}
        assert _same_words(after) == _same_words(before), verb


def _same_words(form: Json) -> Json:
    """The form of what JSON prints, but for numbers that a better notion of "the same words" filled."""
    return {path: kind for path, kind in form.items() if not NOT_KEPT & set(path.replace("[]", "").split("."))}


@pytest.mark.studio
def test_an_old_server_says_what_it_said(serving: tuple[Path, Run], kept: Path) -> None:
    """It is served and pulled from: its answer, and all that is read from it, but for where and when."""
    folder, run = serving
    workspace, before = folder / "workspace", contents(kept / "workspace")
    (answer,) = (name for name in before if name.startswith("kept/pulls/"))
    names = ("annotations.jsonl", "quarantine.jsonl", "pulled.jsonl", "pulled.json", "users.json")
    for name in (*names, answer.removeprefix("kept/")):
        (workspace / name).unlink()

    assert run(["--workspace", "workspace", "pull"])[0] == 0

    after = contents(workspace)
    # Since then each first submission is kept.
    first = [json.loads(line) for line in after.pop("kept/first.jsonl").splitlines()]
    assert {(row["article"], row["annotator"]) for row in first} == submitted(workspace)
    (again,) = (name for name in after if name.startswith("kept/pulls/"))
    assert unaged(after.pop(again)) == unaged(before.pop(answer))
    times = {"seen": "", "answers": [], "url": ""}
    for name in ("kept/pulled.json", "kept/studio.json"):
        assert json.loads(after.pop(name)) | times == json.loads(before.pop(name)) | times
    assert changed(before, after, as_it_is, EXCEPTIONS) == []


def submitted(workspace: Path) -> set[tuple[str, str]]:
    """Whose submissions of which articles are there."""
    rows = map(json.loads, (workspace / "annotations.jsonl").read_bytes().splitlines())
    return {(row["article"], row["annotator"]) for row in rows if row["state"] == "submitted"}


def unaged(answer: bytes) -> list[Json]:
    """A server's answer without how long ago a draft was made."""
    tasks: list[Json] = json.loads(gzip.decompress(answer))
    for draft in (draft for task in tasks for draft in task["drafts"]):
        draft.pop("created_ago")
    return tasks


@pytest.mark.studio
@pytest.mark.parametrize(("words", "name"), [(["status"], "status"), (["push", "--dry-run"], "push")])
def test_an_old_server_stands_as_it_stood(serving: tuple[Path, Run], words: list[str], name: str) -> None:
    """Every article is there with its suggestions, and is annotated as it was; the page alone is to be sent.

    It lays out each paragraph in its own direction since then.
    """
    folder, run = serving
    status, out, err = run(["--workspace", "workspace", *words, "--json"])

    assert status == 0, err
    before = json.loads((folder / f"{name}.json").read_text(encoding="utf-8"))
    after = {key: value for key, value in json.loads(out).items() if key not in FURTHER.get(name, ())}
    # A push without a dry run sends it; how `status` counts what is to be sent has no page.
    assert after.get("page", True) is True
    assert after | {"url": "", "page": False} == before | {"url": "", "page": False}


def asked(server: dict[str, str], path: str, body: Json | None = None) -> Any:
    """A server's answer, past the program."""
    headers = {"Authorization": f"Token {server['api_key']}"}
    method = "GET" if body is None else "POST"
    answer = httpx.request(method, server["url"] + path, json=body, headers=headers, trust_env=False, timeout=60)
    return answer.raise_for_status().json()


def shown(server: dict[str, str], project: int) -> tuple[Json, dict[str, Json]]:
    """What a project shows to people: its page, and by article the task with its suggestions."""
    page = asked(server, f"/api/projects/{project}")
    names = ("title", "description", "label_config", "expert_instruction", "model_version")
    flags = ("show_instruction", "show_skip_button", "enable_empty_annotation", "show_collab_predictions")
    rows = asked(server, f"/api/tasks?project={project}&fields=all&page_size=100")["tasks"]
    return {name: page[name] for name in names + flags}, {row["data"]["article"]: row for row in rows}


def unstyled(page: Json) -> Json:
    """A project's settings without the style sheet of its page."""
    config, sheets = re.subn(r"<Style>.*?</Style>", "", page["label_config"], flags=re.DOTALL)
    assert sheets
    return page | {"label_config": config}


def suggested(tasks: dict[str, Json]) -> dict[str, Json]:
    """Of tasks what `push` sent: what they show, and what models say there."""
    names = ("model_version", "result", "score")
    said = {name: [{key: each[key] for key in names} for each in row["predictions"]] for name, row in tasks.items()}
    return {name: {"data": row["data"], "predictions": said[name]} for name, row in tasks.items()}


@pytest.mark.studio
def test_what_is_sent_and_read_is_what_it_was(serving: tuple[Path, Run], studio: Credentials, tmp_path: Path) -> None:
    """On a fresh server: the page, tasks and suggestions of `push` are the old ones, and so is what `pull` reads.

    What ana and ben submitted to the old server is submitted anew, by one user; numbers, instants and names apart.
    """
    workspace, fresh = tmp_path / "new", {"url": studio.url, "api_key": studio.api_key}
    before = json.loads((serving[0] / "workspace" / "studio" / "credentials.json").read_bytes())
    workspace.mkdir()
    for name in ("articles.jsonl", "suggestions.jsonl", "clusters.jsonl"):
        shutil.copyfile(serving[0] / "workspace" / name, workspace / name)
    with hand(tmp_path, ROOT, LABEL_STUDIO_URL=studio.url, LABEL_STUDIO_API_KEY=studio.api_key) as run:
        assert run(["--workspace", "new", "push"])[0] == 0
        page, tasks = shown(before, 1)
        new_page, new_tasks = shown(fresh, json.loads((workspace / "studio.json").read_bytes())["project"])
        submit(fresh, tasks, new_tasks)
        assert run(["--workspace", "new", "pull"])[0] == 0

    # The looks alone are others: each paragraph has its own direction since.
    assert unstyled(new_page) == unstyled(page)
    assert suggested(new_tasks) == suggested(tasks)
    assert read(workspace) == read(serving[0] / "workspace")
    assert (workspace / "quarantine.jsonl").read_bytes() == b""


def submit(server: dict[str, str], tasks: dict[str, Json], new_tasks: dict[str, Json]) -> None:
    """Submit what is in some tasks to others of the same articles."""
    for name, row in tasks.items():
        for said in row["annotations"]:
            sent = {key: said[key] for key in ("result", "was_cancelled", "ground_truth", "lead_time")}
            asked(server, f"/api/tasks/{new_tasks[name]['id']}/annotations", sent)


def read(workspace: Path) -> list[Json]:
    """The annotations of a workspace that were finished, in one order, without names, numbers and instants."""
    rows = [json.loads(line) for line in (workspace / "annotations.jsonl").read_text(encoding="utf-8").splitlines()]
    masked = {"annotator": "", "task": 0, "server_id": 0, "updated": ""}
    return sorted((row | masked for row in rows if row["state"] != "draft"), key=json.dumps)
