"""Steps in, actions and notes out; and what these depend on besides the steps."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl

from reroute.tag.features import assemble, forks, lanes, notes, observations, pages, pairing, uses
from reroute.tag.features.rules import digest, load
from reroute.tag.features.schema import STEPS

if TYPE_CHECKING:
    import pyarrow as pa

_LIBRARIES = ("polars", "tree-sitter", "tree-sitter-bash")


@dataclass(frozen=True)
class Features:
    """The two tables of ``schema.py``."""

    actions: pa.Table
    notes: pa.Table


def build(steps: pa.Table | pl.DataFrame, project: Path | None = None) -> Features:
    """The features of one part's steps (``trace.steps_schema``), whole trajectories in order.

    Pure and deterministic; ``project``: the folder whose lexicons win over the shipped ones. Raises ConfigError for a
    broken lexicon.
    """
    rules = load(project)
    given = steps if isinstance(steps, pl.DataFrame) else pl.DataFrame(pl.from_arrow(steps))
    frame = pairing.located(given.select(STEPS))
    found = pages.shown(observations.observed(pairing.actions(frame), rules), rules)
    status, code = pl.col("result_status"), pl.col("result_exit_code")
    ran = [tool for tool, row in rules.tools.items() if "errs_after" in row.flags]
    failed = (status == "error") | (code != 0)
    refused = (status == "denied") | ((status == "error") & code.is_null() & ~pl.col("tool").is_in(ran))
    taken_back = notes.announced(frame, rules).with_columns(taken_back=pl.lit(value=True))
    announced = found.join(taken_back, on=["lane_key", "action"], how="left", maintain_order="left")
    columns = announced.select(
        "lane_key",
        "tool",
        "arguments",
        failed=failed.fill_null(value=False),
        missing=(failed & pl.col("obs").str.contains(rules.phrases.missing_file)).fill_null(value=False),
        refused=refused.fill_null(value=False),
        taken_back=pl.col("taken_back").fill_null(value=False),
        folder=pl.col("obs").str.tail(400).str.extract(rules.phrases.shell_reset),
    )
    walked = lanes.walk((lanes.Call(*row) for row in columns.rows()), rules, forks.starts(frame))
    used = uses.uses(frame, found, walked, rules)
    found = found.join(used, on=["lane_key", "action"], how="left", maintain_order="left")
    return Features(
        assemble.actions(found, walked, pairing.turn_sums(frame), notes.person_messages(frame, rules), rules),
        notes.notes(frame, rules),
    )


def code_hash(project: Path | None = None) -> str:
    """A hash of this package's code, the lexicons, the thresholds and the libraries that hash and parse."""
    own = hashlib.blake2b(digest_size=8)
    here = Path(__file__).parent
    for path in sorted(here.rglob("*.py")):
        own.update(path.relative_to(here).as_posix().encode() + b"\0" + path.read_bytes())
    for library in _LIBRARIES:
        own.update(f"{library} {version(library)}".encode())
    return hashlib.blake2b((own.hexdigest() + digest(project)).encode(), digest_size=8).hexdigest()
