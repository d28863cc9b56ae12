"""The dataset card: what a person should know before training on it."""

from __future__ import annotations

from pathlib import Path

from reroute.export.draft import Draft

JSON = dict[str, object]


def render(draft: Draft, manifest: JSON) -> str:
    """The card in Markdown; text from traces never stands in it, names of kinds and formats do."""
    from jinja2 import Environment, StrictUndefined

    environment = Environment(undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True, autoescape=True)
    template = environment.from_string((Path(__file__).parent / "card.md.j2").read_text("utf-8"))
    return template.render(m=manifest, recipe=draft.recipe, select=draft.recipe.select)
