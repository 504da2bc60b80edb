"""Twenty-four sample articles of our own writing, the annotations of two sample annotators, and who decides.

They imitate agency copy, warts included: glued sentences, handles and hashtags, curly quotes, date lines, an emoji,
CRLF, a byte order mark, Windows-1252. Places and institutions are real; persons and events are invented. Three press
releases appear in several outlets each, and two bulletins of one outlet share a footer and nothing else.

``ana`` annotated all articles; ``ben`` was given nine, skipped one, and differs from her here and there. ``lead`` is
their adjudicator, who goes by the guidelines.
"""

from pathlib import Path

from labeling.annotations import Annotation
from labeling.workspace.rows.decision_row import Decision
from labeling.workspace.storage import read_rows

_HERE = Path(__file__).parent


def articles_folder() -> Path:
    """The folder to ingest: text files by outlet, a web page, JSON lines and CSV."""
    return _HERE / "articles"


def load_sample_annotations() -> list[Annotation]:
    """The annotations of ``ana`` and ``ben``, sorted by article and annotator, offsets in the ingested texts."""
    return list(read_rows(_HERE / "annotations.jsonl", Annotation))


def load_sample_decisions() -> list[Decision]:
    """What ``lead`` decides of each conflict of ``ana`` and ``ben``, by article and place."""
    return list(read_rows(_HERE / "decisions.jsonl", Decision))
