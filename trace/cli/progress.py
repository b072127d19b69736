"""What a start prints: steps with their time, and the addresses and sign-ins at the end. Nothing is decided here."""

import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TextIO


@contextmanager
def step(title: str, out: TextIO = sys.stdout) -> Iterator[None]:
    """Print ``title`` when it lasts longer than a moment, the seconds as they pass, and the time it took.

    On a terminal one line counts; in a log it is one line at the begin of a long step and one at its end.
    """
    started = time.monotonic()
    done = threading.Event()
    live = out.isatty()

    def tell() -> None:
        if done.wait(0.4):
            return
        print(f"  {title} …", end="" if live else "\n", file=out, flush=True)
        while live and not done.wait(1.0):
            print(f"\r  {title} … {time.monotonic() - started:.0f} s", end="", file=out, flush=True)

    teller = threading.Thread(target=tell, daemon=True)
    teller.start()
    try:
        yield
    except BaseException:  # Ctrl+C and an exit end the line too; all are raised again
        done.set()
        teller.join()
        if live:
            print(file=out)
        raise
    done.set()
    teller.join()
    print(f"{chr(13) if live else ''}  {title}: {time.monotonic() - started:.1f} s", file=out, flush=True)
