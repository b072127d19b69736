"""How much of the machine the embedded PostgreSQL takes: its own defaults are for one that is small."""

import os
import shutil
from pathlib import Path

MB = 1024 * 1024
# The larger, the fewer pages are read from files again and again; the rest of the memory is for everything else.
SMALLEST_BUFFERS, LARGEST_BUFFERS = 128 * MB, 2048 * MB
PART_OF_MEMORY = 8
# Between two checkpoints each page is written whole once: with little room for the log, again and again under load.
LOG_WHERE_DISK_IS_SMALL, LOG = 256 * MB, 1024 * MB
LARGE_DISK = 20 * 1024 * MB
# What a container may take at most (control groups, version 2 and 1).
_LIMITS = (Path("/sys/fs/cgroup/memory.max"), Path("/sys/fs/cgroup/memory/memory.limit_in_bytes"))


def settings_for(memory: int, disk: int) -> dict[str, str]:
    """Settings of PostgreSQL for so many bytes of memory and of free disk."""
    buffers = min(max(memory // PART_OF_MEMORY, SMALLEST_BUFFERS), LARGEST_BUFFERS)
    log = LOG if disk >= LARGE_DISK else LOG_WHERE_DISK_IS_SMALL
    return {"shared_buffers": f"{buffers // MB}MB", "max_wal_size": f"{log // MB}MB"}


def memory_of_machine() -> int:
    """Bytes that this machine, or the container this runs in, may use."""
    found = [os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")]
    for file in _LIMITS:
        try:
            found.append(int(file.read_text(encoding="ascii")))
        except (OSError, ValueError):  # there is no such file, or it says "max"
            continue
    return min(found)


def free_disk(folder: Path) -> int:
    """Bytes free where ``folder`` is."""
    return shutil.disk_usage(folder).free
