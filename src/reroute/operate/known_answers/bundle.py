"""Two hundred simulated runs with their answers, as one archive that the demo unpacks; `make simulate` writes it."""

from __future__ import annotations

import tarfile
import zlib
from pathlib import Path

from reroute.errors import ConfigError

BUNDLE = Path(__file__).with_name("runs.tar.gz")


def unpack(folder: Path, bundle: Path = BUNDLE) -> None:
    """Write the bundle's plain files under ``folder``: traces in ``traces/``, what is known in ``answers/``.

    Raises ConfigError where the archive is missing or broken, or holds anything but plain files that belong there.
    """
    root = folder.resolve()
    try:
        with tarfile.open(bundle, "r:gz") as archive:
            for member in archive:
                place = (root / member.name).resolve()
                data = archive.extractfile(member) if member.isreg() else None
                if data is None or not place.is_relative_to(root):
                    raise ConfigError(f"Unpacking {bundle}: {member.name!r} is no plain file below {folder}; {_REMEDY}")
                place.parent.mkdir(parents=True, exist_ok=True)
                place.write_bytes(data.read())
    except (FileNotFoundError, EOFError, tarfile.TarError, zlib.error) as error:
        raise ConfigError(f"Unpacking {bundle}: {error}; {_REMEDY}") from error


_REMEDY = "install Reroute again."
