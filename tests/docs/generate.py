"""Write the generated reference pages: `make docs`. A test compares them with what stands in docs/reference."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import click
import typer

from reroute.cli import app, load_chapters
from reroute.trace import steps_schema, trajectories_schema

sys.path.append(str(Path(__file__).parents[1] / "quality"))
from page import quality

REFERENCE = Path(__file__).parents[2] / "docs" / "reference"


def commands() -> str:
    """Every verb with its help, arguments and options."""
    if not app.registered_commands:
        load_chapters()
    lines = ["# Commands", "", "Generated from the command's own help by `make docs`.", ""]
    for path, command in _verbs(typer.main.get_command(app), "reroute"):
        lines += [f"## {path}", "", (command.help or "").strip(), ""]
        lines += [f"- `{_name(p)}`{_default(p)} {p.help or ''}".rstrip() for p in command.params if _shown(p)]
        lines.append("")
    return "\n".join(lines).rstrip() + "\n"


def columns() -> str:
    """The columns of the lake's two tables."""
    lines = ["# Columns of the lake", "", "Generated from `src/reroute/trace.py` by `make docs`.", ""]
    for name, schema in (("steps", steps_schema()), ("trajectories", trajectories_schema())):
        lines += [f"## {name}", "", "| column | type |", "|---|---|"]
        lines += [f"| {field.name} | {field.type} |" for field in schema]
        lines.append("")
    return "\n".join(lines).rstrip() + "\n"


PAGES = {"commands.md": commands, "columns.md": columns, "quality.md": quality}


def _verbs(command: click.Command, path: str) -> Iterator[tuple[str, click.Command]]:
    for name, child in getattr(command, "commands", {}).items():
        if hasattr(child, "commands"):
            yield from _verbs(child, f"{path} {name}")
        else:
            yield f"{path} {name}", child


def _name(parameter: click.Parameter) -> str:
    return ", ".join(parameter.opts) if parameter.param_type_name == "option" else (parameter.name or "").upper()


def _default(parameter: click.Parameter) -> str:
    default = parameter.default
    plain = isinstance(default, str | int | float) and not isinstance(default, bool) and default != ""
    return f" (default {default})" if plain else ""


def _shown(parameter: click.Parameter) -> bool:
    return parameter.name != "help"


if __name__ == "__main__":
    REFERENCE.mkdir(parents=True, exist_ok=True)
    for page, make in PAGES.items():
        (REFERENCE / page).write_text(make(), "utf-8")
        print(f"wrote docs/reference/{page}")
