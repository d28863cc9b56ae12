"""Ask the providers how the submitted jobs are doing. Nothing is submitted here: that takes a person's ``--yes``."""

from __future__ import annotations

from pathlib import Path

from prefect import flow, task
from prefect.cache_policies import NO_CACHE

from reroute import pipeline, settings


@task(name="tune", retries=3, retry_delay_seconds=[60, 300, 900], cache_policy=NO_CACHE)
def follow_jobs(project: settings.Project) -> str:
    """The stage; tried again for as long as a provider is likely to be unwell."""
    return pipeline.follow_jobs(project)


@flow(name="tune")
def tune(project_dir: str = ".") -> str:
    """Ask the providers how the submitted jobs are doing. ``project_dir`` is the folder of reroute.toml."""
    return follow_jobs(settings.load(Path(project_dir)))


if __name__ == "__main__":
    tune()
