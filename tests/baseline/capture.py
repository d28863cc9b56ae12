"""What a night makes of a corpus, reduced to what may not change: rows of every table, lines of every dataset.

    python tests/baseline/capture.py CORPUS_FOLDER [--rows FOLDER]

The command is run as a person runs it (collect, tag, review plan, export) in a scratch project with one fixed
redaction key, then every table of the store is read. A table is reduced to its number of rows and a hash of its sorted
canonical rows; a dataset to the hash of its files' bytes. Times, names of parts and of feature files, hashes of code
and manifests are left out: they say how and when something was made. ``--rows`` also writes the canonical rows, one
file a table, so that two versions of the code can be compared with ``diff``.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path

import duckdb

KEY = bytes(range(32))
RECIPES = ("recovery-sft", "recovery-rft")
LEFT_OUT = {"migrations", "tagged_parts", "parts", "fits", "alarms", "journaled", "redaction_keys"}
"""Tables that say when and with which code something was done."""
LEFT_OUT_COLUMNS = {
    "part", "fit", "manifest", "folder", "batch", "outbox_file", "mtime_ns", "reader_version",
    "redaction_version", "weight",
}  # fmt: skip
TIMES_OF_TRACES = {"started_at", "ended_at", "failed_at"}
VERSIONED = {"datasets", "dataset_rows", "dropped"}
"""Tables whose ``version`` hashes the code that made the dataset."""


Renames = Mapping[str, tuple[str, Mapping[str, str]]]
"""Table -> the name that it had when the hashes were written, and its renamed columns with theirs."""


def capture(corpus: Path, rows: Path | None = None, renames: Renames | None = None) -> dict[str, dict[str, object]]:
    """Table or dataset file -> number of rows and hash, for one folder of traces, by former names."""
    with tempfile.TemporaryDirectory() as scratch:
        home = Path(scratch)
        _night(home, corpus)
        store = home / "data" / "reroute.duckdb"
        found = {name: _reduced(lines, rows, name) for name, lines in tables(store, renames or {})}
        for path in sorted((home / "data" / "datasets").rglob("*.jsonl")):
            lines = path.read_text("utf-8").splitlines()
            found[f"{path.parent.parent.name}/{path.name}"] = _reduced(
                lines, rows, f"{path.parent.parent.name}-{path.stem}"
            )
        return found


def _night(home: Path, corpus: Path) -> None:
    (home / "reroute.toml").write_text(f'[[sources]]\nname = "corpus"\npath = {json.dumps(str(corpus.resolve()))}\n')
    key = home / "data" / "keys" / "redaction.key"
    key.parent.mkdir(parents=True)
    key.write_bytes(KEY)
    key.chmod(0o600)
    for verb in (["collect"], ["tag"], ["review", "plan"], *(["export", recipe] for recipe in RECIPES)):
        command = [sys.executable, "-c", "from reroute.cli import main; main()", *verb]
        done = subprocess.run(command, check=False, cwd=home, capture_output=True, text=True)
        if done.returncode not in (0, 3):
            raise SystemExit(f"{' '.join(verb)} ended with {done.returncode}:\n{done.stderr[-4000:]}")


def tables(store: Path, renames: Renames) -> Iterator[tuple[str, list[str]]]:
    """Each table that counts, by its former name, with its sorted canonical rows."""
    with duckdb.connect(str(store), read_only=True) as connection:
        connection.execute("set timezone = 'UTC'")
        for (table,) in connection.execute("select table_name from duckdb_tables() order by table_name").fetchall():
            former_table, former = renames.get(table, (table, {}))
            if former_table in LEFT_OUT:
                continue
            kinds = connection.execute(
                "select column_name, data_type from duckdb_columns() where table_name = ?", [table]
            ).fetchall()
            # Former name -> name: a row is written in the order of the former names.
            columns = {
                former.get(name, name): name
                for name, kind in sorted(kinds, key=lambda one: former.get(one[0], one[0]))
                if former.get(name, name) not in LEFT_OUT_COLUMNS
                and not (kind == "TIMESTAMP WITH TIME ZONE" and former.get(name, name) not in TIMES_OF_TRACES)
                and not (former_table in VERSIONED and former.get(name, name) == "version")
            }
            listed = ", ".join('"' + name.replace('"', '""') + '"' for name in columns.values())
            values = connection.execute(f'select {listed} from "{table}"').fetchall()
            yield former_table, sorted(json.dumps(dict(zip(columns, row, strict=True)), default=str) for row in values)


def _reduced(lines: list[str], rows: Path | None, name: str) -> dict[str, object]:
    if rows is not None:
        rows.mkdir(parents=True, exist_ok=True)
        (rows / f"{name}.jsonl").write_text("".join(f"{line}\n" for line in lines), "utf-8")
    total = hashlib.blake2b("\n".join(lines).encode(), digest_size=16)
    return {"rows": len(lines), "hash": total.hexdigest()}


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("corpus", type=Path)
    parser.add_argument("--rows", type=Path)
    asked = parser.parse_args()
    print(json.dumps(capture(asked.corpus, asked.rows), indent=1, sort_keys=True))
