"""Running ``flows/nightly.py`` from the command, with Prefect in this process and nothing sent anywhere."""

from __future__ import annotations

import importlib.util
import os
from typing import TYPE_CHECKING

from reroute import content
from reroute.progress import say

if TYPE_CHECKING:
    from reroute.settings import Project

_PREFECT = {
    "DO_NOT_TRACK": "1",
    "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
    # The temporary server is for this one run: no pages, and none of the services that a deployment needs.
    "PREFECT_SERVER_UI_ENABLED": "false",
    "PREFECT_SERVER_EPHEMERAL_STARTUP_TIMEOUT_SECONDS": "120",
    "PREFECT_LOGGING_LEVEL": "WARNING",
}


def run_nightly(project: Project) -> None:
    """Run the nightly flow on a project. Raises what the flow raises."""
    for name, value in _PREFECT.items():
        os.environ.setdefault(name, value)
    os.environ.setdefault("PREFECT_HOME", str(project.root / ".prefect"))
    if "PREFECT_API_URL" not in os.environ:
        say("Starting Prefect on a temporary server (about ten seconds).")
    path = content.find("flows/nightly.py", project.root)
    spec = importlib.util.spec_from_file_location("reroute_flows_nightly", path)
    if spec is None or spec.loader is None:
        raise ImportError(f"{path} cannot be loaded as a flow")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    module.nightly(str(project.root))
