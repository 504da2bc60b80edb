"""Twenty-four sample articles of our own writing, and what two sample annotators say about them.

They are in the manner of agency copy, warts included: glued sentences, handles and hashtags, curly quotes, date lines,
an emoji, CRLF, a byte order mark, Windows-1252. Places and institutions are real; persons and events are invented.
Three press releases stand in several outlets each, and two bulletins of one outlet share a footer and nothing else.

``ana`` annotated all articles; ``ben`` nine, of which he skipped one, and differs from her here and there.
"""

from pathlib import Path

from labeling.annotations import Annotation
from labeling.workspace.storage import read_rows

_HERE = Path(__file__).parent


def articles_folder() -> Path:
    """The folder to ingest: text files by outlet, a web page, JSON lines and CSV."""
    return _HERE / "articles"


def load_sample_annotations() -> list[Annotation]:
    """What ``ana`` and ``ben`` say, sorted by article and annotator; offsets are code points of the ingested text."""
    return list(read_rows(_HERE / "annotations.jsonl", Annotation))
