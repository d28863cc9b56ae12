"""Find failure-and-recovery episodes in what is new."""

from __future__ import annotations

from pathlib import Path

from prefect import flow, task
from prefect.cache_policies import NO_CACHE

from reroute import pipeline, settings


@task(
    name="tag",
    retries=2,
    retry_delay_seconds=[30, 120],
    retry_condition_fn=pipeline.passing,
    cache_policy=NO_CACHE,
)
def tag_episodes(project: settings.Project) -> str:
    """The stage; tried again where another process held the store or a disk or network failed for a moment."""
    return pipeline.tag_episodes(project)


@flow(name="tag")
def tag(project_dir: str = ".") -> str:
    """Find failure-and-recovery episodes in what is new. ``project_dir`` is the folder of reroute.toml."""
    return tag_episodes(settings.load(Path(project_dir)))


if __name__ == "__main__":
    tag()
