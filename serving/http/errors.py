"""Errors of requests that several services share."""

from __future__ import annotations

from features.errors import GoldenKeyError


class InvalidError(GoldenKeyError):
    """A request whose values have the wrong form; the sentence names the field, never the value."""

    http_status = 422


class TooLargeError(GoldenKeyError):
    """A request body beyond the limit."""

    http_status = 413
