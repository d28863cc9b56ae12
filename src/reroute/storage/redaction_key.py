"""The redaction key of a project: the one that its store was written with, or an error before anything is written.

The key lies in a file outside the store; the store holds its fingerprint. A key that is lost or another one would give
the same address, task or annotator another placeholder than before, without a word.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from reroute import redact
from reroute.errors import KeyMismatch, UsageError
from reroute.storage import journal, store

if TYPE_CHECKING:
    import duckdb

    from reroute.settings import Project

_WRITTEN = "select (select count(*) from parts) + (select count(*) from annotations)"
_NOTE = "insert or replace into redaction_keys values (?, now())"


@dataclass(frozen=True)
class Trouble:
    """Why the key must not be used, and what to do."""

    found: str
    remedy: str


def load(project: Project) -> bytes:
    """The key to write with; made where nothing was written yet. The store has its fingerprint from here on.

    Raises KeyMismatch where the store was written with another key or the file is gone, ConfigError where it is no key.
    """
    with store.of(project).read() as connection:
        wrong, known = trouble(project, connection), _fingerprint(connection)
    if wrong is None:
        key = redact.load_key(project.key_path)
        if known is None:
            with store.of(project).write() as connection:
                known = _fingerprint(connection)  # another process may have been here meanwhile
                if known is None:
                    connection.execute(_NOTE, [redact.fingerprint(key)])
                    journal.note(project, connection, {"redaction_keys": None})
        if known in {None, redact.fingerprint(key)}:
            return key
        with store.of(project).read() as connection:
            wrong = trouble(project, connection)
    assert wrong is not None
    raise KeyMismatch(
        f"Opening the redaction key {project.key_path}: {wrong.found}. With another key the same address or task would "
        "get another placeholder than in what is there, so runs of one task could fall into training and validation "
        f"alike, and one annotator would count as two. Nothing was written. {wrong.remedy}"
    )


def trouble(project: Project, connection: duckdb.DuckDBPyConnection) -> Trouble | None:
    """What is wrong with the key, as the store sees it; None where all is well or nothing was written yet.

    Raises ConfigError where the file is no key.
    """
    known, path = _fingerprint(connection), project.key_path
    written = connection.execute(_WRITTEN).fetchone()
    if not path.exists():
        if known is None and not (written and written[0]):
            return None
        found = f"there is no such file, and {project.store_path} was written with that key"
    elif known in {None, redact.fingerprint(redact.load_key(path))}:
        return None
    else:
        found = f"it is not the key that {project.store_path} was written with"
    named = f" (its fingerprint is {known})" if known else ""
    return Trouble(
        found,
        f"Restore the key{named} from a backup of {path.parent}. If it is lost for good, `reroute redact --new-key` "
        "goes on with a new one.",
    )


def renew(project: Project) -> str:
    """Go on with the key in the file, or with a new one where there is none; every source is read anew with it.

    Returns what was done. Raises UsageError, and changes nothing, where the key is the store's own.
    """
    with store.of(project).read() as connection:
        wrong = trouble(project, connection)
    path = project.key_path
    if wrong is None:
        raise UsageError(
            f"Changing the redaction key {path}: it is the key that the store was written with, or nothing was written "
            "yet; nothing was changed. To give up a good key, move its file away first."
        )
    key = redact.load_key(path) if path.exists() else redact.random_key()
    with store.of(project).write() as connection:
        connection.execute(_NOTE, [redact.fingerprint(key)])
        connection.execute("update files set redaction_version = 0")
        connection.execute("update parts set redaction_version = 0")
        journal.note(project, connection, {"redaction_keys": None, "files": None, "parts": None})
    redact.make_key(path, key)
    return (
        f"The redaction key is now the one in {path}, with the fingerprint {redact.fingerprint(key)}: back it up. The "
        "next `reroute collect` reads every source again with it. Runs whose files are gone keep their placeholders, "
        "and annotators get new pseudonyms."
    )


def _fingerprint(connection: duckdb.DuckDBPyConnection) -> str | None:
    row = connection.execute("select fingerprint from redaction_keys order by since desc limit 1").fetchone()
    return row[0] if row else None
