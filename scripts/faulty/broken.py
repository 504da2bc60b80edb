"""The error of a promise that was not kept."""


class Broken(Exception):
    """A promise was broken: the message says which."""
