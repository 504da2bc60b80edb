"""The card of a publication: the dataset's own, as it was compiled, with what is said of files as they lie here."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from labeling.corpora.build.card import find_licence_id
from labeling.corpora.publish.citation import spdx_id
from labeling.corpora.publish.publication import is_licence_stated
from labeling.corpora.publish.published_tables import DATA, list_filled_splits
from labeling.corpora.template_environment import make_template_environment
from labeling.workspace.rows.assignment import SPLITS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from labeling.corpora.manifest import Manifest
    from labeling.corpora.publish.readers_hidden import ReaderHider
    from labeling.project import ProjectFile

_HEAD = re.compile(r"\A---\n(.*?)\n---\n", re.DOTALL)
# What the dataset's card says of files that are not here, or that lie elsewhere.
_OTHER_FILES = ("Load it", "Train from it", "What is in a row")


@dataclass(frozen=True)
class PublishedCard:
    """What a publication's card is made of; ``card`` is the dataset's own, ``place`` where it will be loaded from."""

    card: str
    file: ProjectFile
    manifest: Manifest
    dataset: str
    columns: Sequence[str]
    place: str
    texts: bool

    def render(self, hider: ReaderHider) -> str:
        """The text of ``README.md``."""
        import yaml

        head = _HEAD.match(self.card)
        values: dict[str, Any] = {**(yaml.safe_load(head[1]) if head else {}), **self._head_values()}
        if values["license"] != "other":
            values.pop("license_name", None)
        said, rest = self._part(self.card[head.end() if head else 0 :])
        intro, *sections = re.split(r"^## ", rest, flags=re.MULTILINE)
        kept = [_hide_in_section(f"## {text}", hider) for text in sections if _title(text) not in _OTHER_FILES]
        environment = make_template_environment("labeling.corpora.publish")
        own = environment.get_template("files.md.j2").render(
            **vars(self), empty=[name for name in SPLITS if name not in list_filled_splits(self.manifest)]
        )
        body = hider.hide_in(said) + intro + own + "".join(kept)
        written = yaml.safe_dump(values, allow_unicode=True, sort_keys=False)
        return f"---\n{written}---\n{self._mend(body)}"

    def _part(self, body: str) -> tuple[str, str]:
        """What the project says of itself, in words of its own, and all from the line of numbers on, which is ours."""
        proof = self.manifest.proof
        at = max(body.find(f"\n{proof.articles} news articles with {proof.spans} spans"), 0)
        return body[:at], body[at:]

    def _head_values(self) -> dict[str, Any]:
        licence = self.file.project.licence.strip()
        # The Hub writes SPDX's names small.
        known = find_licence_id(spdx_id(licence).casefold() or licence) if is_licence_stated(licence) else "other"
        paths = [{"split": name, "path": f"{DATA}/{name}.parquet"} for name in list_filled_splits(self.manifest)]
        return {
            "license": known,
            "pretty_name": self.file.project.name,
            **({"license_name": _slug(licence)} if known == "other" else {}),
            "configs": [{"config_name": "default", "data_files": paths}],
        }

    def _mend(self, body: str) -> str:
        """Take out what is not true of the files here."""
        if is_licence_stated(self.file.project.licence):
            body = re.sub(r"^\* The project file states no licence .*\n", "", body, flags=re.MULTILINE)
        body = re.sub(r"^\* `manifest\.json` has what .*\n?", "", body, flags=re.MULTILINE)
        if not self.texts:
            body = body.replace("One line each stands in `ledger.jsonl`. ", "")
            body = body.replace("`ledger.jsonl` has the reason of each; ", "")
        return body


def _title(section: str) -> str:
    return section.split("\n", 1)[0].strip()


def _slug(licence: str) -> str:
    """What the Hub takes for the name of a licence of one's own; the card has it in full."""
    if not is_licence_stated(licence):
        return "not-stated"
    return "-".join(re.findall(r"[a-z0-9.]+", licence.casefold())) or "see-card"


def _hide_in_section(section: str, hider: ReaderHider) -> str:
    """Names in reasons that people gave, and in sources and ids; our own words and the schema's stay as they are."""
    title = _title(section.removeprefix("## "))
    if title in ("Changed by hand", "Sources"):
        return hider.hide_in(section)
    if title != "Splits":
        return section
    return "".join(line if line.startswith("|") else hider.hide_in(line) for line in section.splitlines(keepends=True))
