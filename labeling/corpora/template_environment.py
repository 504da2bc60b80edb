"""How templates are rendered, for cards, files of spaCy and the report: strictly, with one set of filters."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

from labeling.errors import escape_controls
from labeling.values import format_percent

if TYPE_CHECKING:
    from collections.abc import Mapping

    from jinja2 import Environment


# What YAML takes for a truth value, for nothing or for a number.
_NO_WORD = re.compile(r"(?i)y|n|yes|no|on|off|true|false|null|nan|inf|[\d_+.e-]+|0[xo][\da-f_]+|-.*")


def make_template_environment(
    *packages: str, prefixed: Mapping[str, str] | None = None, html: bool = False, undefined: str = "undefined"
) -> Environment:
    """An environment in which a name that the template is not given is an error.

    Its filters are ``percent``, a ratio as our tables have it, ``cell``, text that stays in its cell of a Markdown
    table, ``plain``, text that is not markup either, ``code``, text between backticks, and ``word``, a value in the
    head of a card.

    Args:
        packages: Whose ``templates/`` folders hold the templates.
        prefixed: Packages whose templates are named after a prefix: ``spacy/card.md.j2``.
        html: Escape what is put in, and leave out the line end behind each template.
        undefined: What ``percent`` writes for a ratio without a value.
    """
    from jinja2 import ChoiceLoader, Environment, PackageLoader, PrefixLoader, StrictUndefined

    # Templates of our own by their plain names first, those of others behind a prefix.
    own = [PackageLoader(package) for package in packages]
    others = PrefixLoader({prefix: PackageLoader(package) for prefix, package in (prefixed or {}).items()})
    environment = Environment(
        loader=ChoiceLoader([*own, others]),
        autoescape=html,  # noqa: S701 - Markdown and YAML are not HTML; the report asks for it
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=not html,
    )
    environment.filters["percent"] = lambda ratio: format_percent(ratio, undefined)
    environment.filters["cell"] = escape_cell
    environment.filters["plain"] = escape_markdown
    environment.filters["code"] = quote_code
    environment.filters["word"] = quote_word
    return environment


def quote_word(text: str) -> str:
    """A value in the head of a card: in quotes where YAML would not take it for a word, as ``no`` for Norwegian.

    >>> quote_word("en"), quote_word("no")
    ('en', '"no"')
    """
    is_word = re.fullmatch(r"[\w-]+", text) and not _NO_WORD.fullmatch(text)
    return text if is_word else json.dumps(text)


def escape_cell(text: str) -> str:
    r"""Text that stays in its cell of a Markdown table: ``a|b`` becomes ``a\|b``, a line end a blank."""
    return text.replace("|", "\\|").replace("\n", " ")


def escape_markdown(text: str) -> str:
    r"""Text in one line in which nothing is markup of Markdown or HTML: ``<b>`` becomes ``&lt;b>``, ``[a]`` ``\[a\]``.

    >>> escape_markdown("Times of India & Sons_2 (Delhi)")
    'Times of India & Sons_2 (Delhi)'
    """
    line = escape_controls(" ".join(text.splitlines()))
    for sign in "\\`*[]|":
        line = line.replace(sign, f"\\{sign}")
    # What would be read as a character's name is not one.
    return re.sub(r"&(?=[a-zA-Z#][a-zA-Z0-9]*;)", "&amp;", line).replace("<", "&lt;")


def quote_code(text: str) -> str:
    r"""Text in one line between so many backticks that its own end nothing: ``a`b`` becomes ` ``a`b`` `.

    >>> quote_code("wire/1")
    '`wire/1`'
    """
    line = escape_controls(" ".join(text.splitlines())).replace("|", "\\|")
    longest = max(map(len, re.findall("`+", line)), default=0)
    blank = " " if line[:1] == "`" or line[-1:] == "`" else ""
    return f"{'`' * (longest + 1)}{blank}{line}{blank}{'`' * (longest + 1)}"
