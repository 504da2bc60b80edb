"""The rules by which articles are said to share text, to be one story, or to share boilerplate only."""

from __future__ import annotations

from pydantic import Field

from labeling.values import Frozen


class PassageRules(Frozen):
    """``[passages]``: what counts as shared. The defaults are argued for in ``docs/passages.md``."""

    words: int = Field(default=12, ge=6, le=100)  # a shared run of so many words joins, a shorter one does not
    story_coverage: float = Field(default=0.4, gt=0, le=1)  # of the shorter one's words, in passages of both
    rerun_coverage: float = Field(default=0.9, gt=0, le=1)  # the same, for two articles of one source
    story_days: int = Field(default=3, ge=0)  # a reprint comes within so many days
    boilerplate_dates: int = Field(default=5, ge=2)  # what one source prints on so many days is boilerplate
    boilerplate: tuple[str, ...] = ()  # footers and agency tags, word for word
    memory: int = Field(default=8_000, gt=0)  # MB; a corpus that needs more is refused before it is read
    ray: str = ""  # the address of a Ray cluster, for instance "ray://head:10001"; "local" starts one; "" for none
