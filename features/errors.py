"""Base class of every error shown to a user: one sentence, an exit status and an HTTP status."""

from __future__ import annotations


class GoldenKeyError(Exception):
    """An error whose message is one sentence: what, where, what was expected, what was got.

    Attributes:
        exit_status: 2 for bad input (the default), 1 for a fault of ours.
        http_status: status of the HTTP response.
    """

    exit_status = 2
    http_status = 400


class NotFoundError(GoldenKeyError):
    """A case, score, model or batch that does not exist."""

    http_status = 404


class NotEnoughDataError(GoldenKeyError):
    """The data is not enough for what was asked (no labels yet, nothing eligible)."""

    http_status = 409
