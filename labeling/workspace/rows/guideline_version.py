"""A row of ``guideline-versions.jsonl``: guidelines that people had before them, whole."""

from __future__ import annotations

from pydantic import ConfigDict, Field

from labeling.schema import Schema
from labeling.values import Frozen


class GuidelineVersion(Frozen):
    """One version of the guidelines: ``digest`` is the SHA-256 of ``text``, the Markdown made of ``schema``."""

    # `schema` is the name of a method of pydantic's models.
    model_config = ConfigDict(serialize_by_alias=True, validate_by_name=True)

    digest: str
    text: str
    rules: Schema = Field(alias="schema")
