"""Where a pool keeps its files: one Parquet part per table and batch, one JSON manifest per batch."""

from __future__ import annotations

from pathlib import Path

from features.pool.manifests import Manifest, read_manifests


class PoolFiles:
    """The folder `home/pool`, made by the first batch: names of the parts, manifests of the batches, and no rows.

    Attributes:
        root: the folder itself.
        manifests_folder: the folder of the manifests inside it.
    """

    def __init__(self, home: Path) -> None:
        self.root = Path(home) / "pool"
        self.manifests_folder = self.root / "batches"

    def part_path(self, table: str, seq: int) -> Path:
        """Path of the Parquet part of a table in a batch."""
        return self.root / table / f"b{seq:06d}.parquet"

    def batches(self) -> tuple[Manifest, ...]:
        """Every committed batch, oldest first."""
        return read_manifests(self.manifests_folder)

    @property
    def state(self) -> int:
        """Number of the last committed batch; 0 when the pool is empty."""
        return max((manifest.seq for manifest in self.batches()), default=0)

    def remove_orphans(self, seq: int) -> None:
        """Remove parts a crash left behind for a batch never committed."""
        for path in self.root.glob(f"*/b{seq:06d}.parquet"):
            path.unlink()
