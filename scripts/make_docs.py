"""Write docs/ anew from the code: commands from --help, files from the models, errors from the tree, guidelines.

python scripts/make_docs.py            write the pages
python scripts/make_docs.py --check    write nothing; exit 1 and name the pages that are stale
"""

from __future__ import annotations

import inspect
import json
import re
import sys
import types
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal, Union, get_args, get_origin

import click
from architecture import architecture_page
from pydantic import BaseModel, RootModel

import labeling
from labeling import cli as command_line
from labeling import errors
from labeling.annotations import Annotation, Gold, GoldSpan, LedgerRow, QuarantineRow, Relation, Span
from labeling.articles import Article, Reject
from labeling.corpora.manifest import Manifest
from labeling.corpora.release.release import Release, ReleaseLine
from labeling.exports.export_formats import EXPORT_FORMATS
from labeling.guidelines import render_guidelines
from labeling.imports.formats import IMPORT_FORMATS
from labeling.project import ProjectFile, load_project, shipped_config
from labeling.schema import Label, Schema
from labeling.studio.server.credentials import Credentials
from labeling.training.extractors import Extractor
from labeling.values import canonical_json, digest_of
from labeling.workspace.rows.asked_item import AskAgainRow, AskedItem, ImportedScope
from labeling.workspace.rows.assignment import SplitAssignment
from labeling.workspace.rows.conflict import Conflict, Reading, SpanItem, make_conflict_id
from labeling.workspace.rows.decision_row import Decision
from labeling.workspace.rows.doubt import Doubt
from labeling.workspace.rows.first_submission import FirstSubmission
from labeling.workspace.rows.guideline_version import GuidelineVersion
from labeling.workspace.rows.kept_row import AuditLine, KeptRow
from labeling.workspace.rows.passage import ClusterRow, Passage, Place
from labeling.workspace.rows.reader_assignment import Assignment
from labeling.workspace.rows.relation_slip import RelationSlip
from labeling.workspace.rows.reprint import ProjectedRow
from labeling.workspace.rows.server_state import PulledAnnotation, PulledTask, PushedTask
from labeling.workspace.rows.signed_words import SignedWords
from labeling.workspace.storage import write_text
from labeling.workspace.table import Rows, Value, described

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

DOCS = Path(__file__).parents[1] / "docs"
MADE = "<!-- Made by scripts/make_docs.py from the code; change the code, then run `make fix`. -->\n"
WIDTH = 100  # of the help texts, whatever the terminal
ABOUT_FILES = """\
The files between the steps are the database. All are UTF-8 and end lines with LF; `.jsonl` files hold one JSON value a
line with its keys in order, the same bytes on every rerun. Offsets count Unicode code points, half open:
`text[start:end]`. An unknown field, or one of a wrong type, is refused.
"""
ABOUT_FORMATS = """\
`labeling import FORMAT` takes in what was annotated elsewhere, `labeling export FORMAT` writes gold, or what one
annotator said, in the files of another tool. Nothing is dropped in silence. What has no place here is in
`quarantine.jsonl`, and what has no place there in `not-held.jsonl` beside the export: a thing a line, with what was
said and the reason. Both are counted, and the status is 3.

An export, imported again, gives the same annotations for all that its format keeps. Articles are known by the digest
of their texts, under whatever name a file has them. `articles.jsonl`, which lies beside where a format does not keep
ids, titles, dates or texts, can be ingested first. Of gold, the stretches on which nothing is known are listed
(`open`) for every format: none tells "not known" from "nothing there". Blanks in labels are
`_` where a format has none in names, and are found again. `export.json` has the counts
and the digest of each file.
"""

TEXT = "Anna Berg met the Maldives\u2019 minister."
DIGEST = digest_of(TEXT)
SPANS = (
    Span(id="x1", start=0, end=9, label="PERSON"),
    Span(id="x2", start=18, end=26, label="COUNTRY", unsure=True, note="or the ministry?"),
)
ARTICLE = Article(id="toi/maldives-jwg", text=TEXT, digest=DIGEST, source="toi", published="2023-07-25")
HERE, ANA, BEN, LEAD = ARTICLE.id, "ana@desk.example", "ben@desk.example", "lead@desk.example"
CONFLICT = make_conflict_id(HERE, DIGEST, "span", [SpanItem(start=18, end=26, label="COUNTRY")])
ANNOTATION = Annotation(
    article=HERE,
    digest=DIGEST,
    annotator=ANA,
    spans=SPANS,
    relations=(Relation(head="x1", tail="x2", label="REPRESENTS"),),
    choices={"event": ("CONSULT",), "usable": ("yes",)},
    seconds=41.2,
    updated="2026-11-22T09:03:00Z",
    task=17,
    server_id=23,
)


@dataclass(frozen=True)
class Kind:
    """A kind of file of a workspace: who writes it, what to know of it, the model of its values, and one of them."""

    name: str
    verb: str
    help: str
    model: type[BaseModel] | None = None
    example: BaseModel | None = None


# One row of each file of the table.
EXAMPLES: dict[str, BaseModel] = {
    "articles.jsonl": ARTICLE,
    "rejects.jsonl": Reject(
        where="wire.jsonl:3", id="a17", kind="empty", reason="nothing but blanks", todo="put the text there"
    ),
    "layer.jsonl": KeptRow(kind="refused", email=ANA, account=3, task=17, at="2026-11-22T09:01:12.4Z", why="no name"),
    "audit.jsonl": AuditLine(
        at="2026-11-22T09:03:00.120000Z",
        email=ANA,
        method="POST",
        path="/api/tasks/17/annotations",
        status=201,
        account=3,
        project=1,
        task=17,
    ),
    "suggestions.jsonl": Annotation(article=HERE, digest=DIGEST, annotator="model:rules", spans=SPANS[:1]),
    "assignments.jsonl": Assignment(article=HERE, reader=ANA, part="first", order=12),
    "pushed.jsonl": PushedTask(article=HERE, digest=DIGEST, task=17, suggested={"model:rules": "5a1f3c9e0b7d2468"}),
    "asked.jsonl": AskedItem(
        item="label PERSON", since="2026-11-22T08:59:31Z", schema_digest=DIGEST, guidelines=digest_of("guidelines")
    ),
    "guideline-versions.jsonl": GuidelineVersion(
        digest=digest_of("guidelines"),
        text="# How to annotate: Oslo\n",
        rules=Schema(
            labels=(Label(name="PERSON", definition="A human being.", examples=("[Anna]",), color="#b4c369"),)
        ),
    ),
    "ask-again.jsonl": AskAgainRow(
        article=HERE, reader=ANA, what="label WHEN", why="asked since 2026-11-29", since="2026-11-29T10:15:02Z"
    ),
    "imported.jsonl": ImportedScope(article=HERE, annotator=ANA, items=("label COUNTRY", "label PERSON")),
    "annotations.jsonl": ANNOTATION,
    "quarantine.jsonl": QuarantineRow(
        article=HERE,
        annotator=BEN,
        what="span",
        id="q7",
        kind="unknown label",
        reason="'SHIP' is no label",
        task=17,
    ),
    "slips.jsonl": RelationSlip(
        reader=ANA,
        article=HERE,
        relation="PARTY_TO: 'Norway' to 'Oslo'",
        why="PARTY_TO may not join COUNTRY to LOCATION",
        link="http://localhost:8080/projects/3/data?task=17",
    ),
    "pulled.jsonl": PulledTask(
        task=17,
        article=HERE,
        updated="2026-11-22T09:03:00.120000Z",
        said=(
            PulledAnnotation(
                id=23, by=ANA, state="submitted", digest="9b1f0c4de2a87335", updated="2026-11-22T09:03:00Z"
            ),
        ),
    ),
    "signed.jsonl": SignedWords(task=17, annotation=23, by=ANA, words="4f0e9a7c31d2b865"),
    "first.jsonl": FirstSubmission(
        article=HERE,
        annotator=ANA,
        at="2026-11-22T09:03:00Z",
        kept_by="pull",
        digest=DIGEST,
        spans=SPANS[:1],
        seconds=41.5,
        task=17,
        server_id=23,
    ),
    "passages.jsonl": Passage(
        passage="p17",
        words=38,
        kind="reprint",
        places=(Place(article=HERE, start=120, end=391), Place(article="wire/talks-0311", start=98, end=369)),
    ),
    "clusters.jsonl": ClusterRow(article=HERE, story="s3", leak_group="g2", lead=True),
    "projected.jsonl": ProjectedRow(
        article=HERE,
        digest=DIGEST,
        source="dhaka-times/talks",
        said=7,
        stretches=((0, 36),),
        spans=SPANS[:1],
    ),
    "gold.jsonl": Gold(
        article=HERE,
        digest=DIGEST,
        complete=False,
        annotators=(ANA, BEN),
        spans=(GoldSpan(id="x1", start=0, end=9, label="PERSON", rule="unanimous", by=(ANA, BEN)),),
        open=((18, 26),),
    ),
    "doubts.jsonl": Doubt(
        kind="rare reading",
        kinds=("rare reading", "model"),
        article=HERE,
        digest=DIGEST,
        start=18,
        end=26,
        text="Maldives",
        label="LOCATION",
        instead="COUNTRY",
        score=0.61,
        why="COUNTRY in 19 of 20 places of these words; models trained on other articles say COUNTRY, 93% sure",
    ),
    "conflicts.jsonl": Conflict(
        article=HERE,
        kind="missed",
        start=18,
        end=26,
        readings=(Reading(annotator=ANA, id="x2", start=18, end=26, label="COUNTRY"),),
        missed_by=(BEN,),
        task=17,
        id=CONFLICT,
        digest=DIGEST,
    ),
    "decisions.jsonl": Decision(
        conflict=CONFLICT,
        article=HERE,
        digest=DIGEST,
        what="span",
        start=18,
        end=26,
        judged=(SpanItem(start=18, end=26, label="COUNTRY"),),
        accepted=(SpanItem(start=18, end=26, label="COUNTRY"),),
        decision="a",
        by=LEAD,
        why="slip",
        at="2026-11-23T10:12:00Z",
        task=311,
        server_id=402,
    ),
    "ledger.jsonl": LedgerRow(
        article=HERE, annotator=BEN, what="span", id="y1", stage="gold", outcome="merged", reason="same as x1"
    ),
    "splits.jsonl": SplitAssignment(article=HERE, leak_group="g2", split="train"),
}
RELEASED = Kind(
    "releases/<digest>/spans.jsonl",
    "release",
    "A line an article, without its text; with texts in `releases/<digest>-texts`. `join` makes a dataset of it.",
    ReleaseLine,
    ReleaseLine(
        article=HERE,
        digest=DIGEST,
        split="train",
        source="toi",
        published="2023-07-25",
        url="",
        complete=True,
        spans=SPANS[:1],
        relations=(),
        choices={"event": ("CONSULT",)},
        open=(),
        open_choices=(),
    ),
)
VALUES = (
    Kind("corpora/<digest>/manifest.json", "compile", "Everything that made the dataset.", Manifest),
    Kind("releases/<digest>/release.json", "release", "What `spans.jsonl` beside it is of.", Release),
    Kind("models/<name>/extractor.json", "train", "Beside the spaCy pipeline itself.", Extractor),
    Kind("studio/credentials.json", "serve", "Readable by its owner alone.", Credentials),
)
OTHERS = (
    Kind("pulls/<time>.json.gz", "pull", "The server's answer as it came, one file a pull."),
    Kind("pulls/<time>.changes.json.gz", "pull", "The tasks that had changed since; `pulled.json` lists what belongs."),
    Kind("restored-people.json", "restore", "Passwords of those who were let in anew; readable by its owner alone."),
    Kind("corpora/<digest>/spacy/", "compile", "`train.spacy`, `dev.spacy`, `test.spacy`: one `Doc` an article."),
    Kind("corpora/<digest>/huggingface/", "compile", "A `DatasetDict`: one row an article."),
    Kind("corpora/<digest>/ledger.jsonl", "compile", "The ledger of the dataset."),
    Kind("corpora/<digest>/README.md", "compile", "The dataset card."),
    Kind("corpora/latest", "compile", "A link to the newest dataset, moved when it is complete."),
    Kind(
        "exports/<format>-<who>/",
        "export",
        "What was said, in the files of another tool; `not-held.jsonl`, `export.json` and, for some, `articles.jsonl`.",
    ),
    Kind(
        "decided.html",
        "push",
        "What was decided on each reader's articles, where no layer tells them.",
    ),
    Kind("ask-again.html", "push", "The rows of `ask-again.jsonl` with links to their tasks; `pull` keeps it up."),
    Kind(
        "guidelines.md", "guidelines", "How to annotate, made of the schema; `guidelines.html` is the same as a page."
    ),
    Kind(
        "guideline-gaps.md", "guidelines", "What was decided where the guidelines are silent, for whoever writes them."
    ),
    Kind("report.html", "report", "The numbers on one page."),
    Kind("studio/", "serve", "The embedded server's database and log."),
    Kind("nightly.log", "nightly.sh", "What each verb of a night said, and how each night ended."),
)


def commands_page() -> str:
    """Every verb's ``--help``."""
    top = click.Context(command_line.cli, info_name="labeling", terminal_width=WIDTH)
    verbs = [(verb, command_line.cli.get_command(top, verb)) for verb in command_line.VERBS]
    helps = [(verb, _help_texts(command, verb, top)) for verb, command in verbs if command]
    statuses = inspect.cleandoc(command_line.__doc__ or "").partition("\n\n")[2]
    sections = [f"## {verb}\n\n```text\n{text}\n```\n" for verb, text in helps]
    return "\n".join(["# Commands\n", f"{statuses}\n", f"```text\n{top.get_help()}\n```\n", *sections])


def _help_texts(command: click.Command, name: str, parent: click.Context) -> str:
    """The help of a command, then of each that it has below it."""
    here = click.Context(command, parent=parent, info_name=name, terminal_width=WIDTH)
    below = command.commands.items() if isinstance(command, click.Group) else ()
    return "\n\n".join([command.get_help(here), *(_help_texts(each, name, here) for name, each in below)])


def errors_page() -> str:
    """The tree of errors as it is drawn, and each with its status and when it happens."""
    drawing = (errors.__doc__ or "").partition("::\n\n")[2].rstrip()
    rows = [f"| `{kind.__name__}` | {_status(kind)} | {_prose(kind)} |" for kind in _tree(errors.LabelingError)]
    return "\n".join(
        [
            "# Errors\n",
            "Every refusal has a name. The message says what happened, where and why, and then what to do.\n",
            f"```text\n{inspect.cleandoc(drawing)}\n```\n",
            "| error | exit status | when |\n| --- | --- | --- |",
            *rows,
            "",
        ]
    )


def files_page() -> str:
    """Every file of a workspace, and the project file, with their fields."""
    told: list[type[BaseModel]] = []
    return "\n".join(
        [
            f"# Files\n\n{ABOUT_FILES}",
            "## The project file\n",
            *_models(ProjectFile, told),
            "## The workspace: JSON lines\n",
            *(part for kind in (*_described(Rows), RELEASED) for part in _section(kind, told)),
            "## The workspace: single values\n",
            *(part for kind in (*_described(Value), *VALUES) for part in _section(kind, told)),
            "## The workspace: everything else\n",
            "| file | written by | what |\n| --- | --- | --- |",
            *(f"| `{kind.name}` | `{kind.verb}` | {kind.help} |" for kind in OTHERS),
            "",
        ]
    )


def _described(form: type[Rows[BaseModel] | Value[BaseModel]]) -> Iterator[Kind]:
    """The files of the table that have that form."""
    for _, file in described():
        if isinstance(file, form):
            yield Kind(file.name, file.verb, file.help, file.model, EXAMPLES.get(file.name))


def formats_page() -> str:
    """What comes along from each format, and what each keeps of what goes out."""
    rows = [
        f"| `{name}` | {IMPORT_FORMATS[name].help} | {IMPORT_FORMATS[name].brings} | {_told_of_export(name)} |"
        for name in IMPORT_FORMATS
    ]
    return "\n".join(
        [
            f"# Formats\n\n{ABOUT_FORMATS}",
            "| format | files | `import` brings | `export` keeps |\n| --- | --- | --- | --- |",
            *rows,
            "",
        ]
    )


def _told_of_export(name: str) -> str:
    """What exports to a format keep; by name where it has several forms (``cas-xmi``, ``cas-json``)."""
    forms = [each for each in EXPORT_FORMATS if each == name or each.startswith(f"{name}-")]
    return "; ".join(f"`{each}`: {_told_of_form(each)}" if len(forms) > 1 else _told_of_form(each) for each in forms)


def _told_of_form(name: str) -> str:
    found = EXPORT_FORMATS[name]
    beside = "" if found.has_articles else "; what is known of the articles lies beside"
    return ("all but " + ", ".join(found.lacks) if found.lacks else "everything") + beside


def python_page() -> str:
    """Every public name: the functions with their signatures, then the rows, then the errors."""
    functions, rows, failures = list[str](), list[str](), list[str]()
    for name in sorted(labeling.__all__, key=str.casefold):
        value = getattr(labeling, name)
        if inspect.isfunction(value):
            functions.append(f"### `{name}`\n\n```python\n{name}{_signature(value)}\n```\n\n{_sections(value)}\n")
        elif issubclass(value, errors.LabelingError):
            failures.append(f"`{name}`")
        else:
            rows.append(f"| `{name}` | {_prose(value).splitlines()[0]} |")
    head, _, example = inspect.cleandoc(labeling.__doc__ or "").partition("::\n\n")
    return "\n".join(
        [
            f"# Python\n\n{re.sub('``', '`', head)}:\n\n```python\n{inspect.cleandoc(example)}\n```\n",
            "## Functions\n",
            *functions,
            "## Values\n\n| class | what it is |\n| --- | --- |",
            *rows,
            "\n## Errors\n",
            f"All of [errors.md](errors.md), by name: {', '.join(failures)}.\n",
        ]
    )


def _signature(function: Callable[..., object]) -> str:
    """The parameters with their types as they are written; what is returned after the arrow."""
    signature = inspect.signature(function)
    plain = []
    for each in signature.parameters.values():
        # A stream or a function has no text that is the same tomorrow, nor has what holds one.
        text = "" if each.default is each.empty else repr(each.default)
        default = _Written("...") if text.startswith("<") or " at 0x" in text else each.default
        plain.append(each.replace(annotation=_Written(str(each.annotation)), default=default))
    return str(signature.replace(parameters=plain, return_annotation=_Written(str(signature.return_annotation))))


def _sections(function: Callable[..., object]) -> str:
    """A function's docstring in Markdown: paragraphs, then a list for each of its sections."""
    head, *rest = re.split(r"\n\n?(Args|Returns|Yields|Raises):\n", inspect.cleandoc(function.__doc__ or ""))
    parts = ["\n\n".join(" ".join(paragraph.split()) for paragraph in head.split("\n\n"))]
    for title, body in zip(rest[::2], rest[1::2], strict=True):
        # A line that is indented further goes on with the item before it.
        items = re.sub(r"\n\s{5,}", " ", body.rstrip()).splitlines()
        parts.append(f"{title}:\n\n" + "\n".join(f"* {item.strip()}" for item in items if item.strip()))
    return re.sub("``", "`", "\n\n".join(parts))


class _Written(str):
    """A type as the source has it, which prints without quotes."""

    __slots__ = ()

    def __repr__(self) -> str:
        return str(self)


def guidelines_page() -> str:
    """The shipped schema's guidelines."""
    project = load_project(shipped_config("diplomatic.toml"))
    return render_guidelines(project.schema, project.file.project.name)


def _section(kind: Kind, told: list[type[BaseModel]]) -> Iterator[str]:
    yield f"### `{kind.name}`\n"
    yield f"Written by `{kind.verb}`. {kind.help}\n"
    if kind.example:
        yield f"```json\n{canonical_json(kind.example.model_dump(mode='json'))}\n```\n"
    if kind.model:
        # A map of values is told by what it maps to.
        (model,) = _inside(kind.model) if issubclass(kind.model, RootModel) else [kind.model]
        if model not in told:
            yield from _models(model, told)


def _models(model: type[BaseModel], told: list[type[BaseModel]]) -> Iterator[str]:
    """A model and those inside it that were not told of before."""
    yield from _fields(model)
    told.append(model)
    for inner in _inside(model):
        if inner not in told:
            yield f"**`{inner.__name__}`**\n"
            yield from _models(inner, told)


def _fields(model: type[BaseModel]) -> Iterator[str]:
    yield f"{_prose(model)}\n"
    yield "| field | holds | if left out |\n| --- | --- | --- |"
    properties = model.model_json_schema()["properties"]
    for attribute, field in model.model_fields.items():
        # As the file has it.
        name = field.alias or attribute
        default = "" if field.is_required() else _default(field.get_default(call_default_factory=True))
        yield f"| `{name}` | {_words(field.annotation)}{_limits(properties[name])} | {default} |"
    yield ""


def _default(value: object) -> str:
    return "its defaults" if isinstance(value, BaseModel) else f"`{json.dumps(value, ensure_ascii=False)}`"


_LIMITS = {
    "minLength": "at least {} long",
    "maxLength": "at most {} long",
    "minItems": "at least {}",
    "exclusiveMinimum": "above {}",
    "minimum": "at least {}",
    "pattern": "matching `{}`",
}


def _limits(field: dict[str, object]) -> str:
    """What a value must satisfy besides its type."""
    limits = [words.format(field[key]) for key, words in _LIMITS.items() if key in field]
    return ", ".join(["", *limits])


def _inside(model: type[BaseModel]) -> list[type[BaseModel]]:
    return [inner for field in model.model_fields.values() for inner in _models_in(field.annotation)]


def _models_in(kind: object) -> list[type[BaseModel]]:
    if isinstance(kind, type) and issubclass(kind, BaseModel):
        return [kind]
    return [model for part in get_args(kind) for model in _models_in(part)]


_PLAIN = {str: "text", int: "whole number", float: "number", bool: "true or false", type(None): "null"}


def _words(kind: object) -> str:
    """A type in words."""
    origin, parts = get_origin(kind), get_args(kind)
    if origin in _COMPOUND:
        return _COMPOUND[origin](parts)
    return _PLAIN.get(kind, f"`{kind.__name__}`") if isinstance(kind, type) else "any JSON"


def _tuple(parts: tuple[object, ...]) -> str:
    return f"list of {_words(parts[0])}" if parts[-1] is ... else f"[{', '.join(map(_words, parts))}]"


def _either(parts: tuple[object, ...]) -> str:
    return " or ".join(map(_words, parts))


_COMPOUND: dict[object, Callable[[tuple[object, ...]], str]] = {
    Annotated: lambda parts: _words(parts[0]),
    Literal: lambda parts: ", ".join(f"`{json.dumps(part)}`" for part in parts),
    Union: _either,
    types.UnionType: _either,
    tuple: _tuple,
    dict: lambda parts: f"map of {_words(parts[0])} to {_words(parts[1])}",
}


def _prose(thing: object) -> str:
    """A docstring as one paragraph a paragraph, in Markdown."""
    paragraphs = inspect.cleandoc(thing.__doc__ or "").replace("``", "`").split("\n\n")
    return "\n\n".join(" ".join(paragraph.split()) for paragraph in paragraphs)


def _tree(kind: type[errors.LabelingError]) -> Iterator[type[errors.LabelingError]]:
    yield kind
    for child in kind.__subclasses__():
        yield from _tree(child)


def _status(kind: type[errors.LabelingError]) -> str:
    return "3, the others go on" if issubclass(kind, errors.ArticleError) else str(kind.exit_status)


PAGES = {
    "commands.md": lambda: MADE + commands_page(),
    "errors.md": lambda: MADE + errors_page(),
    "architecture.md": lambda: MADE + architecture_page(),
    "files.md": lambda: MADE + files_page(),
    "formats.md": lambda: MADE + formats_page(),
    "python.md": lambda: MADE + python_page(),
    "guidelines.md": guidelines_page,
}


def stale() -> dict[Path, str]:
    """The pages that are not what the code says, with what they should be."""
    wanted = {DOCS / name: page() for name, page in PAGES.items()}
    return {
        path: text for path, text in wanted.items() if not path.exists() or path.read_text(encoding="utf-8") != text
    }


def main() -> int:
    """Write the stale pages, or only name them; 1 when checking finds any."""
    pages = stale()
    if "--check" in sys.argv[1:]:
        for path in pages:
            print(f"stale: docs/{path.name}: run `make fix`", file=sys.stderr)
        return 1 if pages else 0
    for path, text in pages.items():
        write_text(path, text)
        print(f"written: docs/{path.name}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
