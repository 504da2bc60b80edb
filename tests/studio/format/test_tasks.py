"""What a suggestion becomes on its way to the server."""

from __future__ import annotations

import made

from labeling.annotations import Annotation, Relation, Span
from labeling.studio.format.tasks import digest_result, result_of


def test_scores_stay_at_home() -> None:
    """How sure a model is changes nothing of what is sent, so that nothing is sent again for it."""
    article = made.article("a", "Oslo met Rome.")
    spans = (Span(id="1", start=0, end=4, label="LOCATION"), Span(id="2", start=9, end=13, label="MEETING"))
    relation = Relation(head="2", tail="1", label="HELD_AT")
    said = Annotation(article="a", digest=article.digest, annotator="model:m", spans=spans, relations=(relation,))
    scored = said.model_copy(
        update={
            "spans": tuple(span.model_copy(update={"score": 0.5}) for span in spans),
            "relations": (relation.model_copy(update={"score": 0.25}),),
        }
    )

    assert result_of(scored, article) == result_of(said, article)
    assert digest_result(result_of(scored, article)) == digest_result(result_of(said, article))
