"""What this machine has, for whatever takes more where there is more."""

import os
from pathlib import Path

MB = 1024 * 1024
# What a container may take at most (control groups, version 2 and 1).
_LIMITS = (Path("/sys/fs/cgroup/memory.max"), Path("/sys/fs/cgroup/memory/memory.limit_in_bytes"))


def memory_of_machine() -> int:
    """Bytes that this machine, or the container this runs in, may use."""
    found = [os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")]
    for file in _LIMITS:
        try:
            found.append(int(file.read_text(encoding="ascii")))
        except (OSError, ValueError):  # there is no such file, or it says "max"
            continue
    return min(found)
