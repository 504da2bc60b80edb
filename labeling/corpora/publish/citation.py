"""``CITATION.cff``: how a published dataset is to be cited, in the Citation File Format 1.2."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pydantic import JsonValue

    from labeling.project import ProjectFile


def list_creators(file: ProjectFile) -> list[str]:
    """Whom the project file names as authors; without any, the project's own team."""
    return list(file.publish.authors) or [f"The annotators of {file.project.name}"]


def cite(file: ProjectFile, dataset: str, day: str, *, description: str, texts: bool) -> str:
    """The text of the citation file.

    Args:
        file: The project file.
        dataset: The dataset's digest.
        day: When it is published, as ``2026-11-30``.
        description: What it is, in a sentence or two.
        texts: Whether the articles' words are in it.
    """
    import yaml

    fields: dict[str, JsonValue] = {
        "cff-version": "1.2.0",
        "message": "If you use this dataset, please cite it as below.",
        "type": "dataset",
        "title": file.project.name,
        "abstract": description,
        "authors": [_author(name) for name in list_creators(file)],
        "version": file.publish.version,
        "date-released": day,
        "identifiers": [{"type": "other", "value": f"sha256:{dataset}", "description": "the digest of its manifest"}],
        "keywords": ["news", "span annotation", "nested entities"],
    }
    # A licence of the articles says nothing of a publication that has none of their words.
    if texts and (licence := spdx_id(file.project.licence)):
        fields["license"] = licence
    if file.publish.url:
        fields["url"] = file.publish.url
    text: str = yaml.safe_dump(
        {name: value for name, value in fields.items() if value}, allow_unicode=True, sort_keys=False
    )
    return text


def _author(name: str) -> dict[str, JsonValue]:
    """``Silva, Ana`` is a person; everything else the name of a group."""
    family, _, given = (part.strip() for part in name.partition(","))
    return {"family-names": family, "given-names": given} if family and given else {"name": name.strip()}


def spdx_id(licence: str) -> str:
    """The SPDX identifier that a project file states, as SPDX writes it; "" where it states something else.

    >>> spdx_id("cc-by-4.0"), spdx_id("by arrangement")
    ('CC-BY-4.0', '')
    """
    from packaging.licenses import InvalidLicenseExpression, canonicalize_license_expression

    try:
        found = str(canonicalize_license_expression(licence.strip()))
    except InvalidLicenseExpression:
        return ""
    # An expression of several, or a name of somebody's own, is not in the format's list.
    return "" if " " in found or found.startswith("LicenseRef-") else found
