"""Small Python projects, one module each, found by their presence here: each offers ``PROJECT``."""

from __future__ import annotations

import importlib
import pkgutil
from functools import cache

from simulator.shell.project import Project


@cache
def projects() -> dict[str, Project]:
    """Every project by name, in name order."""
    names = sorted(module.name for module in pkgutil.iter_modules(__path__))
    found = [importlib.import_module(f"{__name__}.{name}").PROJECT for name in names]
    return {project.name: project for project in found}
