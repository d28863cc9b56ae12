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

    @property
    def named(self) -> list[dict[str, object]]:
        """The rows, each cell under its column's name."""
        return [dict(zip(self.columns, row, strict=True)) for row in self.rows]


@dataclass(frozen=True)
class HeatMap:
    """Episodes by kind (rows) and episode outcome (columns); ``most`` is the largest count."""

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
    share: float
    """0..1; 0 where there is no episode."""
    low: float
    high: float
    tiers: tuple[int, int, int]
    """Recoveries of tier A, B and C."""
    undecided: int
    """Nominations about which nobody has decided."""


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
    """One Recovery a kind, from the rows of ``recoveries_by_kind``."""
    found = []
    for kind, *cells in table.rows:
        episodes, recovered, tier_a, tier_b, tier_c, undecided = (int(str(cell)) for cell in cells)
        low, high = wilson(recovered, episodes)
        found.append(
            Recovery(
                kind=str(kind),
                episodes=episodes,
                recovered=recovered,
                share=recovered / episodes if episodes else 0.0,
                low=low,
                high=high,
                tiers=(tier_a, tier_b, tier_c),
                undecided=undecided,
            )
        )
    return found


def _by_total(counts: dict[tuple[str, str], int], axis: int) -> tuple[str, ...]:
    """The kinds (axis 0) or outcomes (axis 1), the one with most episodes first."""
    totals: dict[str, int] = {}
    for key, n in counts.items():
        totals[key[axis]] = totals.get(key[axis], 0) + n
    return tuple(sorted(totals, key=lambda name: (-totals[name], name)))
