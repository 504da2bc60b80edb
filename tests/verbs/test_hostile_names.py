"""Names from elsewhere, of files, articles, sources, annotators: shown as they are, they never act."""

from __future__ import annotations

import ast
import json
import os
import sys
from pathlib import Path

import made
import pytest
from click.testing import CliRunner

from labeling.annotations import Annotation, Span
from labeling.cli import cli, main
from labeling.corpora.template_environment import escape_markdown, make_template_environment, quote_code
from labeling.errors import escape_controls
from labeling.project import load_project

PACKAGE = Path(__file__).parents[2] / "labeling"
NASTY = "\x1b[2J\x9b31m\u202eevil\x07<script>|[x](javascript:y)`"


def test_only_one_place_prints() -> None:
    """Each verb tells what it has to tell by `tell`, which escapes it; the command line's own are errors of ours."""
    printing = {}
    for path in sorted(PACKAGE.rglob("*.py")):
        calls = [
            node.func for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))) if isinstance(node, ast.Call)
        ]
        echoes = [call for call in calls if isinstance(call, ast.Attribute) and call.attr in ("echo", "secho")]
        if echoes:
            printing[path.relative_to(PACKAGE).as_posix()] = len(echoes)

    assert printing == {"cli.py": 3, "verbs/options.py": 2}


@pytest.mark.parametrize(
    "verb", ["status", "agree", "adjudicate", "audit", "split", "compile", "report", "doctor", "carry", "cluster"]
)
def test_no_verb_hands_a_name_on_to_the_terminal(verb: str, tmp_path: Path) -> None:
    """Articles, sources and annotators with control characters in them, in a folder that has some too."""
    root = tmp_path / "work\x1b[31m"
    workspace = load_project(workspace=root).workspace
    articles = [
        made.article(f"a{number}{NASTY}", f"{number}: The Ministry replied.", source=NASTY, title=NASTY)
        for number in range(4)
    ]
    workspace.articles.write(articles)
    workspace.annotations.write(
        Annotation(
            article=each.id,
            digest=each.digest,
            annotator=name,
            spans=(Span(id="1", start=start, end=15, label="GOV_BODY"),),
        )
        for each in articles
        for name, start in ((f"ana{NASTY}", 7), (f"ben{NASTY}", 3))
    )
    if verb in ("audit", "split", "compile"):
        CliRunner().invoke(cli, ["--workspace", str(root), "adjudicate"])

    for options in ([], ["--json"]):
        told = CliRunner().invoke(cli, ["--workspace", str(root), verb, *options], standalone_mode=False)
        said = f"{told.output}{told.exception or ''}"
        assert escape_controls(said) == said
        assert said


@pytest.mark.parametrize("words", [["assign"], ["people", "list"], ["people", "remove", f"ana{NASTY}@desk.example"]])
def test_no_verb_of_a_team_hands_a_name_on_to_the_terminal(words: list[str], tmp_path: Path) -> None:
    """With a plan, in a folder and a project file with control characters; a wrong address is shown."""
    root, config = tmp_path / "work\x1b[31m", tmp_path / "desk\x1b[31m.toml"
    shipped = load_project().path.read_text(encoding="utf-8")
    config.write_text(f'{shipped}\n[[people.reader]]\nemail = "ana\u202e[31m@desk.example"\n', encoding="utf-8")
    assert escape_controls(str(shown := CliRunner().invoke(cli, ["--config", str(config), *words]).output)) == shown
    config.write_text(f'{shipped}\n[[people.reader]]\nemail = "ana<b>|`@desk.example"\n', encoding="utf-8")
    workspace = load_project(config, root).workspace
    workspace.articles.write([made.article(f"a{NASTY}", "The Ministry replied.", source=NASTY, title=NASTY)])
    where = ["--config", str(config), "--workspace", str(root)]
    CliRunner().invoke(cli, [*where, "cluster"])

    for options in ([], ["--json"]):
        told = CliRunner().invoke(cli, [*where, *words, *options], standalone_mode=False)
        said = f"{told.output}{told.exception or ''}"
        assert escape_controls(said) == said
        assert said


def test_names_of_files_that_are_not_unicode_are_printed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """And so are those with control characters, where they are refused as arguments."""
    folder = os.fsdecode(os.fsencode(tmp_path) + b"/\xff\x1b[2J")
    for words in (["ingest", folder], ["evaluate", folder], ["--config", folder, "status"]):
        monkeypatch.setattr(sys, "argv", ["labeling", "--workspace", str(tmp_path / "workspace"), *words])
        with pytest.raises(SystemExit) as ended:
            main()
        shown = capsys.readouterr()
        assert ended.value.code in (1, 2)
        assert escape_controls(shown.err + shown.out) == shown.err + shown.out
        shown.err.encode()


def test_signs_that_the_output_has_no_code_for_are_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The encoding was set by hand: it is an error of ours."""

    def tell(*_: object, **__: object) -> None:
        "é".encode("ascii")

    monkeypatch.setattr(cli, "main", tell)
    monkeypatch.setattr(sys, "argv", ["labeling", "--workspace", str(tmp_path), "status"])
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 1
    assert "PYTHONIOENCODING" in capsys.readouterr().err


def test_names_in_code_stay_in_it() -> None:
    """Backticks end nothing, lines and cells stay what they are; in the head of a card a word is a value."""
    assert quote_code("wire/1") == "`wire/1`"
    assert quote_code("a`b``c\nd") == "```a`b``c d```"
    assert quote_code("`a|b`") == "`` `a\\|b` ``"
    assert escape_markdown("\x1b[2J") == "\\\\u001b\\[2J"
    word = make_template_environment().from_string("{{ name | word }}")
    assert word.render(name="en") == "en"
    assert json.loads(word.render(name="en\n---\n# Evil")) == "en\n---\n# Evil"


def test_a_dataset_card_and_a_release_are_not_marked_up_by_names(tmp_path: Path) -> None:
    """The project's name, a source and an article that has no split."""
    config = tmp_path / "evil.toml"
    shipped = load_project().path.read_text(encoding="utf-8")
    name = json.dumps("<img src=x>\n# Evil [x](y)")
    config.write_text(
        shipped.replace(f'name = "{load_project().file.project.name}"', f"name = {name}"), encoding="utf-8"
    )
    workspace = load_project(config, tmp_path / "workspace").workspace
    articles = [
        made.article(f"a{number}`<b>", f"{number}: The Ministry replied.", source="<i>|`x`") for number in range(9)
    ]
    workspace.articles.write(articles)
    workspace.annotations.write(
        Annotation(article=each.id, digest=each.digest, annotator="ana", choices={"usable": ("yes",)}, spans=())
        for each in articles
    )
    for verb in ("adjudicate", "cluster", "split", "compile", "release"):
        told = CliRunner().invoke(
            cli, ["--config", str(config), "--workspace", str(workspace.root), verb], standalone_mode=False
        )
        assert told.exception is None, (verb, told.exception)

    for page in (workspace.latest / "README.md", workspace.releases / "latest" / "README.md"):
        text = page.read_text(encoding="utf-8")
        body = text.split("\n---\n", 1)[-1]
        assert "<img" not in body
        assert "<i>" not in body
        assert "\n# Evil" not in body
