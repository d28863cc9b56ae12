"""One collect at a time in a data_dir."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from reroute.errors import StoreBusy

_NAME = "collect.lock"


@contextmanager
def one_at_a_time(data_dir: Path) -> Iterator[None]:
    """Hold the lock of ``data_dir``; it ends with this process, however that ends.

    Raises StoreBusy that names the process which holds it.
    """
    data_dir.mkdir(parents=True, exist_ok=True)
    with (data_dir / _NAME).open("a+") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            file.seek(0)
            raise StoreBusy(
                f"Collecting into {data_dir}: process {file.read().strip() or 'of unknown id'} is collecting into it "
                "already. Wait for it or end it, then run this again."
            ) from error
        file.truncate(0)
        file.write(str(os.getpid()))
        file.flush()
        try:
            yield
        finally:
            file.truncate(0)
