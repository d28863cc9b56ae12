"""Read new traces of every configured source into the lake."""

from __future__ import annotations

from pathlib import Path

from prefect import flow, task
from prefect.cache_policies import NO_CACHE

from reroute import pipeline, settings


@task(
    name="collect",
    retries=2,
    retry_delay_seconds=[30, 120],
    retry_condition_fn=pipeline.passing,
    cache_policy=NO_CACHE,
)
def collect_traces(project: settings.Project) -> str:
    """The stage; tried again where another process held the store or a disk or network failed for a moment."""
    return pipeline.collect_traces(project)


@flow(name="collect")
def collect(project_dir: str = ".") -> str:
    """Read new traces of every configured source into the lake. ``project_dir`` is the folder of reroute.toml."""
    return collect_traces(settings.load(Path(project_dir)))


if __name__ == "__main__":
    collect()
