"""The fidelity ledger in the store: what became of each file's records; and drift, what a format does not know."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from reroute.collect.messages import Chunk, Decoded, Read
from reroute.collect.rows import as_table
from reroute.formats import formats, is_known
from reroute.storage import journal, store

if TYPE_CHECKING:
    import duckdb

    from reroute.settings import Project

RECORD_TYPE, NEW_KEY, MISSING_KEY = "record type", "new key", "missing key"
OUT_OF_BOUNDS = "out of bounds"
_SUMS = """
    select
        format, unit,
        if(unit = 'value', record_type, reason) as what,
        sum(records)::bigint as records,
    from fidelity
    where format is not null
    group by all
    order by format, records desc, what
"""
_FEW = 3
"""In fewer files than this a key may be missing by chance."""


def write_fidelity(connection: duckdb.DuckDBPyConnection, chunks: list[Chunk], decoded: Decoded) -> None:
    """Replace what is known of the chunks that were read; their rows in ``files`` are written before."""
    rows: list[tuple[str, str, int, str | None, str, str, str | None, int]] = []
    done = [(c, r) for c, r in zip(chunks, decoded.reads, strict=True) if not (r.problem or r.unchanged)]
    for chunk, read in done:
        place = (chunk.source, chunk.name, chunk.start, read.format)
        rows += [(*place, "record", kind, reason, number) for kind, reason, number in read.fidelity]
        rows += [(*place, "value", what, OUT_OF_BOUNDS, number) for what, number in read.left_out.items()]
        if read.format is None:
            rows.append((*place, "file", "file", read.passed_by, 1))
    places: dict[str, Sequence[object]] = {
        "source": [chunk.source for chunk, _ in done],
        "path": [chunk.name for chunk, _ in done],
        "start_byte": [chunk.start for chunk, _ in done],
    }
    as_table(connection, "measured", places)
    connection.execute(
        "delete from fidelity f using measured m where f.source = m.source and f.path = m.path"
        " and (f.start_byte = m.start_byte or not exists (from files k where k.source = f.source and k.path = f.path"
        " and k.start_byte = f.start_byte))"
    )
    names = ("source", "path", "start_byte", "format", "unit", "record_type", "reason", "records")
    as_table(connection, "ledger", {name: [row[at] for row in rows] for at, name in enumerate(names)})
    connection.execute("insert into fidelity by name from ledger")


@dataclass
class Drift:
    """What the formats did not know of the files of one run of collect."""

    found: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    """Format, what and name: records of the type, or files."""
    _paths: dict[tuple[str, str, str], str] = field(default_factory=dict)
    _files: Counter[str] = field(default_factory=Counter)

    def add(self, chunk: Chunk, read: Read) -> None:
        """Take in what was read of a chunk."""
        if read.format is None or read.unchanged or read.problem:
            return
        fmt = formats()[read.format]
        unknown = [(kind, number) for kind, _, number in read.fidelity if not is_known(fmt, kind)]
        self._files[read.format] += 1
        names = [(RECORD_TYPE, kind, number) for kind, number in unknown]
        names += [(NEW_KEY, key, 1) for key in read.new_keys] + [(MISSING_KEY, key, 1) for key in read.missing_keys]
        for what, name, number in names:
            self.found[read.format, what, name] += number
            self._paths.setdefault((read.format, what, name), chunk.name)

    def note(self, project: Project) -> tuple[list[str], list[str]]:
        """Note in the store what was not known before; the sentences about that, and about all of it.

        A key is missing where several files were read, and none of them has it.
        """
        found = {
            key: number
            for key, number in sorted(self.found.items())
            if key[1] != MISSING_KEY or number == self._files[key[0]] >= _FEW
        }
        if not found:
            return [], []
        with store.of(project).read() as connection:
            before = set(connection.execute("select format, what, name from drift").fetchall())
        new = {key: number for key, number in found.items() if key not in before}
        if new:
            with store.of(project).write() as connection:
                connection.executemany(
                    "insert or ignore into drift values (?, ?, ?, ?, ?, now())",
                    [[*key, number, self._paths[key]] for key, number in new.items()],
                )
                journal.note(project, connection, {"drift": list(new)})
        return sentences(new), sentences(found)


@dataclass
class Sums:
    """What became of the records of all files of a format, as they were last read."""

    records: int = 0
    in_steps: int = 0
    left_out: dict[str, int] = field(default_factory=dict)
    """Records in no step, by the reason; with those in steps they are all."""
    out_of_bounds: dict[str, int] = field(default_factory=dict)
    """Values left out of steps that stay, by what they are."""


def by_format(project: Project) -> dict[str, Sums]:
    """The sums of each format, by its name."""
    found: dict[str, Sums] = {}
    with store.of(project).read() as connection:
        rows = connection.execute(_SUMS).fetchall()
    for name, unit, what, number in rows:
        sums = found.setdefault(name, Sums())
        if unit == "value":
            sums.out_of_bounds[what] = number
            continue
        sums.records += number
        if what is None:
            sums.in_steps = number
        else:
            sums.left_out[what] = number
    return found


def still_unknown(found: dict[tuple[str, str, str], int]) -> dict[tuple[str, str, str], int]:
    """Of drift that was found, what the readers of today do not know either."""
    left = {}
    for (name, what, thing), number in found.items():
        fmt = formats().get(name)
        declared = getattr(fmt, "KEYS", ()) if what == NEW_KEY else getattr(fmt, "STAPLES", ())
        known = is_known(fmt, thing) if what == RECORD_TYPE else (thing in declared) == (what == NEW_KEY)
        if fmt is not None and not known:
            left[name, what, thing] = number
    return left


def sentences(found: dict[tuple[str, str, str], int]) -> list[str]:
    """Drift in words, a line a format and thing: such as `claude-code: 3 records of a type that is not known: X`."""
    lines = []
    for (name, what, thing), number in sorted(found.items()):
        some = f"{number:,} record{'s' if number > 1 else ''}" if what == RECORD_TYPE else ""
        files = f"{number:,} file{'s' if number > 1 else ''}"
        words = {
            RECORD_TYPE: f"{some} of a type that is not known: {thing}",
            NEW_KEY: f"records of {files} have a key that is not known: {thing}",
            MISSING_KEY: f"no record looked at in {files} has the key {thing}",
        }
        lines.append(f"{name}: {words[what]}")
    return lines
