"""The row of ``stream.jsonl``: which articles a hash chose, and which of them are read without suggestions."""

from __future__ import annotations

from dataclasses import dataclass

from labeling.values import Frozen


@dataclass(frozen=True)
class StreamPlace:
    """Whether an article is of the random stream, and whether suggestions are shown with it."""

    drawn: bool
    assisted: bool


class StreamRow(Frozen):
    """One line of ``stream.jsonl``: an article and what was drawn for its leak group.

    Attributes:
        article: Its id.
        leak_group: The name by which its group was drawn: that of the day, whatever the group is called now.
        drawn: Whether it is of the random stream, which no model chooses.
        assisted: Whether suggestions are shown with it.
    """

    article: str
    leak_group: str
    drawn: bool
    assisted: bool = True

    @property
    def place(self) -> StreamPlace:
        """What was drawn."""
        return StreamPlace(self.drawn, self.assisted)

    @classmethod
    def of(cls, article: str, leak_group: str, place: StreamPlace) -> StreamRow:
        """The row of an article with this place."""
        return cls(article=article, leak_group=leak_group, drawn=place.drawn, assisted=place.assisted)
