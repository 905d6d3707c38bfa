"""Begin a batch of the pool, retrying for two seconds while another process is writing."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from features.errors import GoldenKeyError
from features.pool.manifests import Delivery
from features.pool.pool import BatchWriter, Pool

TRIES, PAUSE_SECONDS = 20, 0.1
"""Number of attempts to begin a batch, and seconds between them."""


class BusyError(GoldenKeyError):
    """Another delivery is being written."""

    http_status = 503


@contextmanager
def writing_batch(pool: Pool, delivery: Delivery, replaces: int | None = None) -> Iterator[BatchWriter]:
    """Begin a batch (see `Pool.begin`), waiting shortly for another writer; BusyError when that one takes longer."""
    with ExitStack() as stack:
        for attempt in range(TRIES):
            try:
                batch = stack.enter_context(pool.begin(delivery, replaces))
                break
            except GoldenKeyError as error:
                if attempt + 1 == TRIES:
                    raise BusyError(str(error)) from error
                time.sleep(PAUSE_SECONDS)
        yield batch
