"""What people were asked, since when, and what they are to be asked again: rows of three files.

An item is ``label PERSON``, ``relation PARTY_TO`` or ``choice event=CONSULT``.
"""

from __future__ import annotations

from datetime import datetime

from pydantic import ConfigDict, Field, field_validator

from labeling.values import Frozen

# The item of a row that says no more than which guidelines are in force since then.
GUIDELINES_ITEM = "guidelines"


class AskedItem(Frozen):
    """An item of the schema, and since when the page on the server asks for it: an ISO instant of the server.

    ``schema`` and ``guidelines`` are the digests of both when it was first asked for. The item ``guidelines`` asks for
    nothing: since then others are in force.
    """

    # `schema` is the name of a method of pydantic's models.
    model_config = ConfigDict(serialize_by_alias=True, validate_by_name=True)

    item: str
    since: str
    schema_digest: str = Field(alias="schema")
    guidelines: str

    @field_validator("since")
    @classmethod
    def _is_instant(cls, since: str) -> str:
        datetime.fromisoformat(since)
        return since


def _is_unknown(value: str) -> bool:
    return not value


class AskAgainRow(Frozen):
    """A reader who judged an article before an item was asked for: ``what`` is the item, or a span of a split label.

    ``since`` is when the item came to be asked for, an ISO instant of the server. Of a span that is to be judged anew
    since the guidelines changed, ``guidelines`` is the digest of those in force since then.
    """

    article: str
    reader: str
    what: str
    why: str
    since: str
    # Left out where it is not needed: such a row is the same line that it was before there was this key.
    guidelines: str = Field(default="", exclude_if=_is_unknown)


class ImportedScope(Frozen):
    """The items that the source of an imported annotation had: of all others the annotation says nothing.

    ``email`` is the address that its annotator had there, if the source told it.
    """

    article: str
    annotator: str
    items: tuple[str, ...]
    # Left out where it is not known: such a row is the same line that it was before there was this key.
    email: str = Field(default="", exclude_if=_is_unknown)
