"""The generated part of ``sql/README.md``: which model reads which; run as a module, this rewrites it."""

from __future__ import annotations

from collections.abc import Iterator

from reroute import content
from reroute.tag import models

_LAYERS = ("features", "episodes", "across")
BEGIN, END = "<!-- models: begin -->", "<!-- models: end -->"


def page() -> str:
    """The README with the generated part as the models are now."""
    text = content.find("sql/README.md").read_text("utf-8")
    before, after = text.split(BEGIN)[0], text.split(END)[-1]
    return before + BEGIN + "\n\n" + "\n".join(_lines()) + "\n\n" + END + after


def _lines() -> Iterator[str]:
    known = models.models(_LAYERS)
    for layer in _LAYERS:
        yield f"**{layer}/**"
        yield ""
        yield "| model | one row | reads |"
        yield "|---|---|---|"
        for model in known.values():
            if model.layer == layer:
                reads = ", ".join(sorted(model.reads)) or "nothing"
                yield f"| `{model.name}` | {_one_row(model)} | {reads} |"
        yield ""


def _one_row(model: models.Model) -> str:
    """The first sentence of the model's header, without "One row"."""
    comments = []
    for line in model.sql.splitlines():
        if not line.startswith("--") or line.startswith(("-- Grain", "-- Reason")):
            break
        comments.append(line.removeprefix("--").strip())
    sentence = " ".join(comments).removeprefix("One row").strip(" :")
    return sentence.removesuffix(".")


if __name__ == "__main__":
    content.find("sql/README.md").write_text(page(), "utf-8")
