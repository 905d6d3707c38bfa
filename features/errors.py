"""The one base class of every error a user may meet: a sentence, and how serious it is."""

from __future__ import annotations


class GoldenKeyError(Exception):
    """An error told in one sentence: what, where, what was expected, what was got.

    Attributes:
        exit_status: 2 for bad input (the default), 1 for a fault of ours.
        http_status: the status the service answers with.
    """

    exit_status = 2
    http_status = 400


class NotFoundError(GoldenKeyError):
    """A case, score, model or batch that is not there."""

    http_status = 404


class NotEnoughDataError(GoldenKeyError):
    """The data cannot carry what was asked (no labels yet, nothing eligible)."""

    http_status = 409
