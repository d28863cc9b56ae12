"""Write every configured recipe as a dataset."""

from __future__ import annotations

from pathlib import Path

from prefect import flow, task
from prefect.cache_policies import NO_CACHE

from reroute import pipeline, settings


@task(
    name="export",
    retries=2,
    retry_delay_seconds=[30, 120],
    retry_condition_fn=pipeline.passing,
    cache_policy=NO_CACHE,
)
def export_datasets(project: settings.Project) -> str:
    """The stage; tried again where another process held the store or a disk or network failed for a moment."""
    return pipeline.export_datasets(project)


@flow(name="export")
def export(project_dir: str = ".") -> str:
    """Write every configured recipe as a dataset. ``project_dir`` is the folder of reroute.toml."""
    return export_datasets(settings.load(Path(project_dir)))


if __name__ == "__main__":
    export()
