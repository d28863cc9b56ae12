"""The dataset card: what a person should know before training on it."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from reroute.export.draft import Draft

if TYPE_CHECKING:
    from jinja2 import Template

JSON = dict[str, object]


def render(draft: Draft, manifest: JSON) -> str:
    """The card in Markdown; text from traces never stands in it, names of kinds and formats do."""
    return _template().render(m=manifest, recipe=draft.recipe, select=draft.recipe.select)


@cache
def _template() -> Template:
    from jinja2 import Environment, StrictUndefined

    environment = Environment(undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True, autoescape=True)
    return environment.from_string((Path(__file__).parent / "card.md.j2").read_text("utf-8"))
