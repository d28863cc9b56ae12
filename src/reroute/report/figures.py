"""The report's figures: each is the result of one query in ``sql/reports``."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from reroute import content
from reroute.shares import wilson
from reroute.storage.publish import check_steps

if TYPE_CHECKING:
    import duckdb

    from reroute.settings import Project


@dataclass(frozen=True)
class Table:
    """Columns and rows of one query; a row's cells are in the order of the columns."""

    columns: tuple[str, ...]
    rows: tuple[tuple[object, ...], ...]


@dataclass(frozen=True)
class HeatMap:
    """Episodes by kind (rows) and outcome (columns); ``most`` is the largest count."""

    kinds: tuple[str, ...]
    outcomes: tuple[str, ...]
    counts: dict[tuple[str, str], int]
    most: int


@dataclass(frozen=True)
class Recovery:
    """How often episodes of a kind recovered locally, with the 95 % Wilson interval of that share."""

    kind: str
    episodes: int
    recovered: int
    low: float
    high: float
    tiers: tuple[int, int, int]
    undecided: int

    @property
    def share(self) -> float:
        return self.recovered / self.episodes if self.episodes else 0.0


def query(connection: duckdb.DuckDBPyConnection, name: str, project: Project) -> Table:
    """The result of ``sql/reports/<name>.sql``. Raises PartDamaged where it reads steps and a lake part is damaged."""
    text = content.find(f"sql/reports/{name}.sql", project.root).read_text("utf-8")
    check_steps(project, connection, text)
    cursor = connection.execute(text)
    columns = tuple(column[0] for column in cursor.description or [])
    return Table(columns, tuple(cursor.fetchall()))


def heat_map(table: Table) -> HeatMap:
    """The counts of ``kinds_by_outcome``, kinds by their number of episodes, outcomes by theirs."""
    counts = {(str(kind), str(outcome)): int(str(n)) for kind, outcome, n in table.rows}
    kinds = _by_total(counts, 0)
    return HeatMap(kinds, _by_total(counts, 1), counts, max(counts.values(), default=0))


def recoveries(table: Table) -> list[Recovery]:
    """One Recovery a kind."""
    return [_recovery(str(row[0]), [int(str(cell)) for cell in row[1:]]) for row in table.rows]


def _recovery(kind: str, counts: list[int]) -> Recovery:
    episodes, recovered, tier_a, tier_b, tier_c, undecided = counts
    low, high = wilson(recovered, episodes)
    return Recovery(kind, episodes, recovered, low, high, (tier_a, tier_b, tier_c), undecided)


def _by_total(counts: dict[tuple[str, str], int], axis: int) -> tuple[str, ...]:
    totals: dict[str, int] = {}
    for key, n in counts.items():
        totals[key[axis]] = totals.get(key[axis], 0) + n
    return tuple(sorted(totals, key=lambda name: (-totals[name], name)))
