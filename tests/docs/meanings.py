"""What a column means, read from where it is declared: docstrings below fields, comments of the migrations."""

from __future__ import annotations

import ast
import inspect
import re
from dataclasses import dataclass, field
from pathlib import Path

MIGRATIONS = Path(__file__).parents[2] / "sql" / "store"
_STATEMENT = re.compile(r"^(create (?:table|view)|alter table) (\w+)(?: (add column|rename to) (\w+))?")
_COLUMN = re.compile(r"^    (\w+)\b")


@dataclass
class Table:
    """What one row is, and the meaning of each column that has one."""

    row: str = ""
    columns: dict[str, str] = field(default_factory=dict)


def of_fields(record: type) -> dict[str, str]:
    """The docstring below each field of a class, as one line."""
    (tree,) = ast.parse(inspect.getsource(record)).body
    assert isinstance(tree, ast.ClassDef)
    pairs = zip(tree.body, tree.body[1:], strict=False)
    return {
        name.target.id: " ".join(text.value.value.replace("``", "`").split())
        for name, text in pairs
        if isinstance(name, ast.AnnAssign) and isinstance(name.target, ast.Name)
        if isinstance(text, ast.Expr) and isinstance(text.value, ast.Constant)
    }


def of_store() -> dict[str, Table]:
    """The store's tables by name, in the order of their migrations; a later migration adds to them or renames one.

    A column's comment stands behind it, or alone in the lines above it. A table's comment stands above it.
    """
    tables: dict[str, Table] = {}
    for path in sorted(MIGRATIONS.glob("*.sql")):
        _read(path.read_text("utf-8"), tables)
    return dict(sorted(tables.items()))


def _read(sql: str, tables: dict[str, Table]) -> None:
    above: list[str] = []
    current = Table()
    for line in sql.splitlines():
        comment = line.partition("-- ")[2].strip()
        if not line.strip():
            above = []
        elif line.lstrip().startswith("--"):
            above.append(comment)
        elif found := _STATEMENT.match(line):
            create, name, change, other = found.groups()
            if change == "add column":
                tables[name].columns[other] = comment or " ".join(above)
                above = []
            elif change == "rename to":
                tables[other] = tables.pop(name)
            elif create != "alter table":
                current = tables[name] = Table(row=" ".join(above))
                above = []
        elif column := _COLUMN.match(line):
            current.columns.setdefault(column[1], comment or " ".join(above))
            above = []
