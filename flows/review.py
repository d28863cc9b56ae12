"""Choose the doubtful episodes and hand them to people."""

from __future__ import annotations

from pathlib import Path

from prefect import flow, task
from prefect.cache_policies import NO_CACHE

from reroute import pipeline, settings


@task(
    name="review",
    retries=2,
    retry_delay_seconds=[30, 120],
    retry_condition_fn=pipeline.passing,
    cache_policy=NO_CACHE,
)
def send_to_review(project: settings.Project) -> str:
    """The stage; tried again where another process held the store or a disk or network failed for a moment."""
    return pipeline.send_to_review(project)


@flow(name="review")
def review(project_dir: str = ".") -> str:
    """Choose the doubtful episodes and hand them to people. ``project_dir`` is the folder of reroute.toml."""
    return send_to_review(settings.load(Path(project_dir)))


if __name__ == "__main__":
    review()
