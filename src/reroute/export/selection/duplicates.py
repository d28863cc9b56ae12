"""Rows that say the same: exactly, or nearly, in what is particular to each."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from reroute.export.candidates import Drop, drop
from reroute.export.dialects import Dialect
from reroute.export.gates.row_rules import Repeats
from reroute.export.rows.row import Row

PERMUTATIONS = 128
BANDS = 32
SHINGLE = 3
"""Words of a shingle."""


def without_duplicates(rows: Sequence[Row], threshold: float, dialect: Dialect) -> tuple[list[Row], list[Drop]]:
    """The rows without those that repeat an earlier one; rows come most wanted first.

    Exact: equal text of their own, or an equal line in the dialect. Near: estimated Jaccard similarity of their word
    shingles at ``threshold`` or above.
    """
    from rensa import RMinHash, RMinHashLSH

    exact, near, distinct = list[Drop](), list[Drop](), list[Row]()
    digests, repeats = dict[str, Row](), Repeats()
    index = RMinHashLSH(threshold=threshold, num_perm=PERMUTATIONS, num_bands=BANDS)
    sketches: list[RMinHash] = []
    for row in rows:
        digest = hashlib.sha256(row.own_text.encode("utf-8", "replace")).hexdigest()
        if first := digests.get(digest):
            exact.append(drop(row.candidate, "duplicate", f"the same text as {first.candidate.id}"))
            continue
        if problem := repeats.problem(row, dialect.line(row)):
            exact.append(drop(row.candidate, problem.rule, problem.text))
            continue
        digests[digest] = row
        sketch = RMinHash(num_perm=PERMUTATIONS, seed=1)
        sketch.update(shingles(row.own_text))
        if alike := [at for at in index.query(sketch) if sketches[at].jaccard(sketch) >= threshold]:
            first_id = distinct[min(alike)].candidate.id
            near.append(drop(row.candidate, "near_duplicate", f"nearly the same text as {first_id}"))
            continue
        index.insert(len(distinct), sketch)
        sketches.append(sketch)
        distinct.append(row)
    return distinct, exact + near


def shingles(text: str) -> list[str]:
    """The distinct runs of :data:`SHINGLE` words of a text, sorted; the whole text where it is shorter."""
    words = text.casefold().split()
    if len(words) < SHINGLE:
        return [" ".join(words)]
    return sorted({" ".join(words[at : at + SHINGLE]) for at in range(len(words) - SHINGLE + 1)})
