"""What `tag.py` measures: a project of seeded steps in lake and store, and jobs over it, each a process of its own."""

from __future__ import annotations

import hashlib
import multiprocessing
import os
import random
import sys
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pyarrow as pa

    from reroute.settings import Project
    from reroute.tag.parts import Job

PART_STEPS = 40_000
_LATE = "late"
"""The name of the part that comes later."""


def write(folder: Path, steps: int, *, shuffled: bool, late: int = 0) -> float:
    """A project with seeded steps in lake and store, ``late`` more in a part that :func:`arrive` adds; megabytes."""
    import pyarrow as pa
    import pyarrow.compute as pc
    import pyarrow.parquet as pq
    from corpus import Corpus

    (folder / "data/lake/steps").mkdir(parents=True)
    size = 0
    for number, part in enumerate(_ordered(Corpus(seed=7).parts(steps, PART_STEPS), shuffled=shuffled)):
        size += sum(pc.sum(pc.binary_length(part[name])).as_py() or 0 for name in ("content", "arguments"))
        _add(folder, f"{number:04}", part)
    if late:
        table = pa.concat_tables(Corpus(seed=8).parts(late, late))
        names = pa.array([f"late{name.as_py()}" for name in table["trajectory_id"]], pa.string())
        table = table.set_column(table.schema.get_field_index("trajectory_id"), "trajectory_id", names)
        pq.write_table(table, folder / f"data/lake/steps/{_LATE}.parquet", compression="zstd")
    return size / 1e6


def arrive(folder: Path) -> None:
    """The late part is collected."""
    import pyarrow.parquet as pq

    _add(folder, _LATE, pq.read_table(folder / f"data/lake/steps/{_LATE}.parquet"))


def _ordered(parts: Iterator[pa.Table], *, shuffled: bool) -> Iterator[pa.Table]:
    """``shuffled``: the trajectories of each part in no order, as where sources are read in turns."""
    for part in parts:
        if not shuffled:
            yield part
            continue
        starts = [at for at, step in enumerate(part["step"].to_pylist()) if step == 0]
        runs = list(zip(starts, [*starts[1:], part.num_rows], strict=True))
        random.Random(3).shuffle(runs)
        yield part.take([at for start, end in runs for at in range(start, end)])


def _add(folder: Path, name: str, part: pa.Table) -> None:
    import pyarrow.parquet as pq

    from reroute.storage import store
    from reroute.storage.lake.columns import up_to_date
    from reroute.trace import trajectories_schema

    pq.write_table(part, folder / f"data/lake/steps/{name}.parquet", compression="zstd")
    with store.of(_project(folder)).write() as connection:
        connection.register("rows", part.select(["trajectory_id", "version"]))
        connection.execute(
            "insert into trajectories by name select trajectory_id, version, ? as part, 'bench' as source, '' as path,"
            " 'bench' as format, 1 as reader_version, count(*) as steps, 0 as source_index, '{}' as metadata,"
            " true as is_current, false as conflict, now() as collected_at from rows group by trajectory_id, version",
            [name],
        )
        connection.execute(
            "insert into parts by name select ? as part, count(distinct trajectory_id) as trajectories,"
            " count(*) as steps, 0 as bytes, 1 as schema_version, 1 as redaction_version, now() as committed_at"
            " from rows",
            [name],
        )
    headers = part.group_by(["trajectory_id", "version"]).aggregate([])
    (folder / "data/lake/trajectories").mkdir(exist_ok=True)
    pq.write_table(up_to_date(headers, trajectories_schema()), folder / f"data/lake/trajectories/{name}.parquet")


def _project(folder: Path) -> Project:
    from reroute.settings import Project, Settings

    return Project(folder, Settings())


def scan(folder: Path) -> None:
    """Read every part and hash every text."""
    _each(_scanned, [(folder, part) for part in _parts(folder)])


def features(folder: Path) -> None:
    """Read every part and build its features."""
    _each(_built, [(folder, part) for part in _parts(folder)])


def sql(folder: Path) -> None:
    """The models over features that lie there."""
    from reroute.storage.store import of
    from reroute.tag.parts import Rules, jobs

    project = _project(folder)
    with of(project).read() as connection:
        steps = dict(connection.execute("select part, steps from parts").fetchall())
    _each(_modelled, jobs(project, Rules.current(project).features, steps, min(len(steps), os.cpu_count() or 1)))


def tag(folder: Path) -> None:
    """`reroute tag` over everything, features built anew."""
    from reroute.tag.tagging import tag as run

    for path in (folder / "data/lake/features").glob("*"):
        path.unlink()
    run(_project(folder), full_refresh=True)


def add(folder: Path) -> None:
    """`reroute tag` over what is new."""
    from reroute.tag.tagging import tag as run

    run(_project(folder))


def tables(folder: Path) -> None:
    """Print a hash of every table that tagging wrote."""
    from reroute.storage.store import of
    from reroute.tag.parts import TABLES

    with of(_project(folder)).read() as connection:
        for name in (*TABLES, "labels"):
            rows = sorted(map(repr, connection.table(name).fetchall()))
            print(name, len(rows), hashlib.blake2b("\n".join(rows).encode(), digest_size=8).hexdigest())


def _parts(folder: Path) -> list[str]:
    return sorted(path.stem for path in (folder / "data/lake/steps").glob("*.parquet") if path.stem != _LATE)


def _each(work: Callable[..., None], given: Sequence[object]) -> None:
    with ProcessPoolExecutor(os.cpu_count(), mp_context=multiprocessing.get_context("spawn")) as pool:
        list(pool.map(work, given))


def _scanned(place: tuple[Path, str]) -> None:
    import pyarrow.parquet as pq

    table = pq.read_table(place[0] / f"data/lake/steps/{place[1]}.parquet", columns=["content", "arguments"])
    digest = hashlib.blake2b()
    for name in table.column_names:
        for text in table[name].to_pylist():
            digest.update((text or "").encode())


def _built(place: tuple[Path, str]) -> None:
    os.environ["POLARS_MAX_THREADS"] = "1"
    import pyarrow.parquet as pq

    from reroute.storage.lake.columns import up_to_date
    from reroute.tag.features import COLUMNS, build
    from reroute.trace import steps_schema

    steps = pq.read_table(place[0] / f"data/lake/steps/{place[1]}.parquet")
    build(up_to_date(steps, steps_schema()).select(list(COLUMNS)))


def _modelled(job: Job) -> None:
    from reroute.tag.parts import tag_parts

    tag_parts(job)


if __name__ == "__main__":
    {"scan": scan, "features": features, "sql": sql, "tag": tag, "add": add, "tables": tables}[sys.argv[1]](
        Path(sys.argv[2])
    )
