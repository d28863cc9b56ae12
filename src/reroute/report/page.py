"""Writing the report's page: one self-contained HTML file, the same bytes for the same tables."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from reroute.report import figures

if TYPE_CHECKING:
    from reroute.settings import Project

FILE_NAME = "report.html"


def write(project: Project) -> Path:
    """Write ``reports/report.html`` from the latest published tables and return its path.

    Raises UsageError where nothing was published yet.
    """
    from reroute.storage.publish import connect

    connection = connect(project)
    tables = {name: figures.query(connection, name, project) for name in _QUERIES}
    connection.close()
    page = render(tables, project.root.name)
    path = project.reports / FILE_NAME
    path.parent.mkdir(parents=True, exist_ok=True)
    if not path.exists() or path.read_text("utf-8") != page:
        partial = path.with_suffix(".partial")
        partial.write_text(page, "utf-8")
        partial.replace(path)
    return path


def render(tables: dict[str, figures.Table], name: str) -> str:
    """The page as text; everything that came from a trace is escaped by jinja2's autoescape."""
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=PackageLoader("reroute", "report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template("page.html.j2").render(
        name=name,
        tables=tables,
        heat=figures.heat_map(tables["kinds_by_outcome"]),
        recoveries=figures.recoveries(tables["recoveries_by_kind"]),
    )


_QUERIES = (
    "collected", "fidelity", "kinds_by_outcome", "recoveries_by_kind", "fits", "reliability", "datasets_written",
    "drops", "quarantined",
)  # fmt: skip
