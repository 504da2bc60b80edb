"""Values that many tests make, each with the fields that the test is about."""

from __future__ import annotations

from typing import Any

from labeling.articles import Article
from labeling.values import digest_of


def article(name: str, text: str, **fields: Any) -> Article:
    """An article of that id and text, with the digest that belongs to the text."""
    return Article(id=name, text=text, digest=digest_of(text), **fields)
