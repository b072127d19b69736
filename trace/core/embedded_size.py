"""How much of the machine the embedded PostgreSQL takes: its own defaults are for one that is small."""

import shutil
from pathlib import Path

from trace.core.machine import MB

# The larger, the fewer pages are read from files again and again; the rest of the memory is for everything else.
SMALLEST_BUFFERS, LARGEST_BUFFERS = 128 * MB, 2048 * MB
PART_OF_MEMORY = 8
# Between two checkpoints each page is written whole once: with little room for the log, again and again under load.
LOG_WHERE_DISK_IS_SMALL, LOG = 256 * MB, 1024 * MB
LARGE_DISK = 20 * 1024 * MB


def settings_for(memory: int, disk: int) -> dict[str, str]:
    """Settings of PostgreSQL for so many bytes of memory and of free disk."""
    buffers = min(max(memory // PART_OF_MEMORY, SMALLEST_BUFFERS), LARGEST_BUFFERS)
    log = LOG if disk >= LARGE_DISK else LOG_WHERE_DISK_IS_SMALL
    return {"shared_buffers": f"{buffers // MB}MB", "max_wal_size": f"{log // MB}MB"}


def free_disk(folder: Path) -> int:
    """Bytes free where ``folder`` is."""
    return shutil.disk_usage(folder).free
