"""Whether the files of a part are those that were committed: every read of the lake goes through here."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from reroute.errors import PartDamaged
from reroute.progress import warn
from reroute.safe_text import one_line

if TYPE_CHECKING:
    import duckdb

    from reroute.settings import Project

# The store is imported where it is used: every decoding process imports this package.

_SOURCES_NAMED = 3


class Files(NamedTuple):
    """The two files of a part."""

    steps: Path
    trajectories: Path


class Sums(NamedTuple):
    """What the files of a part hash to (SHA-256, hex); None: committed before parts had checksums."""

    steps: str | None
    trajectories: str | None


_hashed: dict[Path, tuple[int, int, str]] = {}
"""Files that this process hashed: size, mtime in ns, SHA-256. As long as the first two stay, it is not hashed again."""
_expected: dict[Path, dict[str, Sums]] = {}
"""By lake: what its parts must hash to, as the store said last."""


def files(project: Project, part: str) -> Files:
    """Where a part's files lie; nothing is looked at."""
    return Files(project.lake / "steps" / f"{part}.parquet", project.lake / "trajectories" / f"{part}.parquet")


def whole(project: Project, part: str) -> Files:
    """The files of a committed part, each as it was committed; this process hashes a file once.

    Raises PartDamaged where one is missing or another, or the part is not in the store.
    """
    known = _expected.setdefault(project.lake, {})
    if part not in known or _wrong(files(project, part), known[part]):
        fresh = parts(project)  # a part that was made anew has other sums than this process knows
        known.pop(part, None)
        known.update(fresh)
    wrong = _wrong(files(project, part), known[part]) if part in known else f"The lake part {part} is not in the store"
    if wrong:
        from reroute.storage import store

        with store.of(project).read() as connection:
            raise _damaged(part, wrong, connection)
    return files(project, part)


def expect(project: Project, sums: Mapping[str, Sums]) -> None:
    """Let this process know what parts must hash to, so that it need not open the store to check them."""
    _expected.setdefault(project.lake, {}).update(sums)


def parts(project: Project) -> dict[str, Sums]:
    """The committed parts in the order of their names, and what the files of each must hash to."""
    from reroute.storage import store

    with store.of(project).read() as connection:
        rows = connection.execute("select part, steps_sha256, trajectories_sha256 from parts order by part").fetchall()
    return {part: Sums(*sums) for part, *sums in rows}


def sha256(path: Path) -> str:
    """The hash of a file's bytes (hex). Raises OSError where it cannot be read."""
    stat = path.stat()
    size, mtime, digest = _hashed.get(path, (-1, -1, ""))
    if (size, mtime) != (stat.st_size, stat.st_mtime_ns):
        with path.open("rb") as stream:
            digest = hashlib.file_digest(stream, "sha256").hexdigest()
        _hashed[path] = (stat.st_size, stat.st_mtime_ns, digest)
    return digest


def check(project: Project, sums: Mapping[str, Sums], connection: duckdb.DuckDBPyConnection) -> None:
    """Check these parts; ``connection`` has the table ``trajectories``, to say where a damaged one came from.

    Raises PartDamaged.
    """
    for part, expected in sums.items():
        if wrong := _wrong(files(project, part), expected):
            raise _damaged(part, wrong, connection)


def faults(project: Project, *, deep: bool) -> Iterator[tuple[str, str | None]]:
    """Every committed part, and what is wrong with its files (None: nothing).

    ``deep`` reads every byte; else files are looked for, and their size is compared.
    """
    from reroute.storage import store

    with store.of(project).read() as connection:
        rows = connection.execute(
            "select part, bytes, trajectories, steps, steps_sha256, trajectories_sha256 from parts order by part"
        ).fetchall()
    for part, size, trajectories, steps, *sums in rows:
        both = files(project, part)
        wrong = next((f"{path} is missing" for path in both if not path.is_file()), None)
        if not wrong and size and (found := sum(path.stat().st_size for path in both)) != size:
            wrong = f"{both.steps} and its header file have {found:,} bytes together where {size:,} were committed"
        if not wrong and deep:
            wrong = _wrong(both, Sums(*sums)) or (None if all(sums) else _unreadable(both, trajectories, steps))
        yield part, wrong


def seal(project: Project) -> None:
    """Give parts that were committed before there were checksums theirs, once all of each was read."""
    from reroute.storage import journal, store

    with store.of(project).read() as connection:
        rows = connection.execute(
            "select part, trajectories, steps from parts where steps_sha256 is null order by part"
        ).fetchall()
    sealed = []
    for part, trajectories, steps in rows:
        both = files(project, part)
        if wrong := _unreadable(both, trajectories, steps):
            with store.of(project).read() as connection:
                warn(str(_damaged(part, wrong, connection)))
        else:
            sealed.append([sha256(both.steps), sha256(both.trajectories), part])
    if sealed:
        with store.of(project).write() as connection:
            change = "update parts set steps_sha256 = ?, trajectories_sha256 = ? where part = ?"
            connection.executemany(change, sealed)
            journal.note(project, connection, {"parts": [(part,) for *_, part in sealed]})


def _damaged(part: str, wrong: str, connection: duckdb.DuckDBPyConnection) -> PartDamaged:
    """The error about a part, with the files that its runs came from, as the table ``trajectories`` has them."""
    rows = connection.execute(
        "select source, path, count(*) from trajectories where part = ? group by all order by all", [part]
    ).fetchall()
    named = ", ".join(one_line(f"{source}: {path}", 200) for source, path, _ in rows[:_SOURCES_NAMED])
    more = f" and {len(rows) - _SOURCES_NAMED:,} more files" if len(rows) > _SOURCES_NAMED else ""
    runs = sum(count for *_, count in rows)
    origin = f" Its {runs:,} runs came from {named}{more}." if rows else ""
    return PartDamaged(
        f"Reading the lake part {part}: {wrong}.{origin} `reroute rebuild --part {part}` reads them again and writes "
        "the part anew."
    )


def _wrong(both: Files, sums: Sums) -> str | None:
    return fault(both.steps, sums.steps) or fault(both.trajectories, sums.trajectories)


def fault(path: Path, expected: str | None) -> str | None:
    """What is wrong with a Parquet file that must hash to ``expected``.

    None: that is not known, and only what is no whole Parquet file is seen.
    """
    try:
        if expected is None:
            import pyarrow as pa
            import pyarrow.parquet as pq

            try:
                with pq.ParquetFile(path):
                    pass
            except pa.ArrowException as error:
                return f"{path} cannot be read (it is no whole Parquet file: {error})"
        elif (found := sha256(path)) != expected:
            size = path.stat().st_size
            return (
                f"{path} is not the file that was written: its {size:,} bytes have the checksum {found[:12]}, "
                f"expected {expected[:12]}"
            )
    except FileNotFoundError:
        return f"{path} is missing"
    except OSError as error:
        return f"{path} cannot be read ({error.strerror or error})"
    return None


def _unreadable(both: Files, trajectories: int, steps: int) -> str | None:
    """What is wrong with a part that has no checksum, once everything in it is read."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    for path, expected in ((both.steps, steps), (both.trajectories, trajectories)):
        try:
            found = sum(batch.num_rows for batch in pq.ParquetFile(path).iter_batches())
        except (pa.ArrowException, OSError) as error:
            return f"{path} cannot be read ({error})"
        if found != expected:
            return f"{path} has {found:,} rows where {expected:,} were committed"
    return None
