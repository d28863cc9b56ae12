"""The generated part of ``sql/README.md``: which model reads which; run as a module, this rewrites it."""

from __future__ import annotations

from reroute import content
from reroute.tag import models

_LAYERS = ("features", "episodes", "across")
BEGIN, END = "<!-- models: begin -->", "<!-- models: end -->"


def page() -> str:
    """The README with the generated part as the models are now: of each what one row is, and what it reads.

    What one row is stands in the comment that opens a model, up to its line ``Grain`` or ``Reason``.
    """
    lines: list[str] = []
    for layer in _LAYERS:
        lines += [f"**{layer}/**", "", "| model | one row | reads |", "|---|---|---|"]
        for model in models.models(_LAYERS).values():
            if model.layer != layer:
                continue
            header = model.sql.split("\n-- Grain")[0].split("\n-- Reason")[0]
            sentence = " ".join(
                line.removeprefix("--").strip() for line in header.splitlines() if line.startswith("--")
            )
            one_row = sentence.removeprefix("One row").strip(" :").removesuffix(".")
            lines.append(f"| `{model.name}` | {one_row} | {', '.join(sorted(model.reads)) or 'nothing'} |")
        lines.append("")
    text = content.find("sql/README.md").read_text("utf-8")
    return text.split(BEGIN)[0] + BEGIN + "\n\n" + "\n".join(lines) + "\n\n" + END + text.split(END)[-1]


if __name__ == "__main__":
    content.find("sql/README.md").write_text(page(), "utf-8")
