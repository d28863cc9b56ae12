"""The bundle that the demo unpacks: the same bytes for the same files."""

from __future__ import annotations

import gzip
import io
import tarfile
from pathlib import Path


def pack(folder: Path, bundle: Path) -> None:
    """Write every file under ``folder`` to the archive ``bundle``, in the order of names, without owner and time."""
    with bundle.open("wb") as file, gzip.GzipFile("", "wb", 9, file, mtime=0) as packed:  # noqa: SIM117
        with tarfile.open(fileobj=packed, mode="w", format=tarfile.USTAR_FORMAT) as archive:
            for path in sorted(path for path in folder.rglob("*") if path.is_file()):
                data = path.read_bytes()
                member = tarfile.TarInfo(path.relative_to(folder).as_posix())
                member.size = len(data)
                archive.addfile(member, io.BytesIO(data))
