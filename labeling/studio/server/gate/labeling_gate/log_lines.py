"""What stands in the server's log of an address: nothing that lets anybody in."""

from __future__ import annotations

import logging
import re

# What an address may carry that is as good as a key: invitations, and keys themselves.
_SECRET = re.compile(r"(?<=[?&]token=)[^&\s\"']+|(?<=[?&]access_token=)[^&\s\"']+|(?<=[?&]key=)[^&\s\"']+", re.ASCII)


class HideTokens(logging.Filter):
    """Puts dots in the place of each token, wherever it stands in a line."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Every line passes."""
        if isinstance(record.args, tuple):
            record.args = tuple(hide_tokens(each) if isinstance(each, str) else each for each in record.args)
        if isinstance(record.msg, str):
            record.msg = hide_tokens(record.msg)
        return True


def hide_tokens(line: str) -> str:
    """A line without tokens.

    >>> hide_tokens("GET /user/signup/?token=abc:def&next=/ HTTP/1.1")
    'GET /user/signup/?token=...&next=/ HTTP/1.1'
    """
    return _SECRET.sub("...", line)
