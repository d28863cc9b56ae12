"""A first ``reroute.toml``: every key with its default and its meaning, made from the settings classes themselves."""

from __future__ import annotations

import json
import os
import textwrap
from collections.abc import Iterator
from pathlib import Path

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from reroute.errors import UsageError
from reroute.settings import FILE_NAME, Settings, SourceSettings

_WIDTH = 100
_LIKELY = {"claude-code": ".claude/projects", "codex": ".codex/sessions"}
_HEAD = """\
# Reroute's settings. Every key stands here with its default, commented out: what you leave alone follows Reroute.
# Secrets are never here; they come from the environment.
"""
_SOURCES = """\
# Where traces come from. `reroute collect` reads every source; `reroute look PATH` needs none of this.
"""


def likely_sources(home: Path) -> dict[str, Path]:
    """The trace folders of known agents that exist under ``home``, by a name for the source."""
    return {name: home / place for name, place in _LIKELY.items() if (home / place).is_dir()}


def text(found: dict[str, Path]) -> str:
    """The file's text; ``found`` sources are proposed, commented out."""
    sections = {
        name: info.annotation
        for name, info in Settings.model_fields.items()
        if isinstance(info.annotation, type) and issubclass(info.annotation, BaseModel)
    }
    plain = {name: info for name, info in Settings.model_fields.items() if name not in {*sections, "sources"}}
    note = "#\n# Found on this machine; remove the # of those that you want.\n" if found else ""
    meanings = "\n".join(_comment(f"{name}: {info.description}") for name, info in SourceSettings.model_fields.items())
    proposed = (found or {"my-agent": Path("traces")}).items()
    blocks = [f"# [[sources]]\n# name = {_toml(name)}\n# path = {_toml(os.fspath(path))}\n" for name, path in proposed]
    parts = [_HEAD, *_keys(plain), f"{_SOURCES}{meanings}\n{note}" + "\n".join(blocks)]
    parts += [f"[{name}]\n" + "\n".join(_keys(section.model_fields)) for name, section in sections.items()]
    return "\n".join(parts)


def write(folder: Path) -> Path:
    """Write the file into ``folder``.

    Raises UsageError where there is one already: it is never overwritten.
    """
    path = folder / FILE_NAME
    try:
        with path.open("x", encoding="utf-8") as file:
            file.write(text(likely_sources(Path.home())))
    except FileExistsError as error:
        raise UsageError(
            f"Writing {path}: there is one already, and it stays as it is. `reroute init --print` shows every key."
        ) from error
    except OSError as error:
        raise UsageError(f"Writing {path}: {error.strerror}. Go to a folder that you may write to.") from error
    return path


def _keys(fields: dict[str, FieldInfo]) -> Iterator[str]:
    """Each key with its default, commented out, below its meaning."""
    for name, info in fields.items():
        default = info.get_default(call_default_factory=True, validated_data={})
        unset = default is None
        line = f'# {name} = ""  # not set' if unset else f"# {name} = {_toml(default)}"
        yield f"{_comment(info.description or '')}\n{line}\n"


def _comment(words: str) -> str:
    return textwrap.fill(
        " ".join(words.replace("``", "`").split()), _WIDTH, initial_indent="# ", subsequent_indent="# "
    )


def _toml(value: object) -> str:
    # JSON's strings, numbers, booleans and flat lists are written the same way in TOML.
    return json.dumps(value, ensure_ascii=False)
