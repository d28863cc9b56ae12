"""A dataset's folder: made whole under another name, then renamed; never changed afterwards.

``datasets/<recipe>/<version>/`` holds train.jsonl, validation.jsonl, manifest.json, card.md, ledger.parquet and
gates.html; ``datasets/<recipe>/latest`` names the newest version that passed. Where a gate failed the folder is
``<version>.failed/`` and holds no rows. Where a later export made the same rows and left out others, its drop ledger
lies beside the folder, as ``<version>.ledger.parquet``.
"""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

from reroute.datasets import LATEST, MANIFEST
from reroute.export.draft import SIDES, Draft
from reroute.export.manifest import JSON, encode

LEDGER = "ledger.parquet"


def of(datasets: Path, recipe: str, version: str, *, passed: bool) -> Path:
    """Where a version lies."""
    return datasets / recipe / (version if passed else f"{version}.failed")


def write(target: Path, draft: Draft, manifest: JSON, page: str) -> None:
    """Write a dataset's folder, with ``page`` as the gates' HTML; one that is there already is left as it is.

    Text from traces never stands in the card; names of kinds and formats do.
    """
    import pyarrow.parquet as pq
    from jinja2 import Environment, StrictUndefined

    if target.exists():
        return
    for left_behind in target.parent.glob(f".{target.name}.*"):
        shutil.rmtree(left_behind)
    unfinished = target.with_name(f".{target.name}.{os.getpid()}")
    unfinished.mkdir(parents=True)
    try:
        for side in SIDES if manifest["passed"] else ():
            if lines := draft.of(side):
                (unfinished / f"{side}.jsonl").write_bytes(b"".join(line.encoded for line in lines))
        (unfinished / MANIFEST).write_bytes(encode(manifest))
        environment = Environment(undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True, autoescape=True)
        card = environment.from_string((Path(__file__).parent / "card.md.j2").read_text("utf-8"))
        text = card.render(m=manifest, recipe=draft.recipe, select=draft.recipe.select)
        (unfinished / "card.md").write_text(text, "utf-8")
        (unfinished / "gates.html").write_text(page, "utf-8")
        pq.write_table(draft.ledger.to_arrow(), unfinished / LEDGER, compression="zstd")
        unfinished.rename(target)
    except BaseException:
        shutil.rmtree(unfinished, ignore_errors=True)
        raise


def manifest_of(folder: Path) -> JSON:
    """The manifest in a folder, as it was written."""
    manifest: JSON = json.loads((folder / MANIFEST).read_bytes())
    return manifest


def ledger_of(folder: Path) -> Path:
    """The drop ledger of the last export that made this dataset."""
    later = folder.with_name(f"{folder.name}.{LEDGER}")
    return later if later.is_file() else folder / LEDGER


def renew_ledger(folder: Path, draft: Draft) -> None:
    """Keep the drop ledger of an export that made the rows of ``folder`` once more, where it left out others."""
    import polars as pl
    import pyarrow.parquet as pq

    drops, later = draft.ledger, folder.with_name(f"{folder.name}.{LEDGER}")
    if (folder / LEDGER).is_file() and pl.read_parquet(folder / LEDGER).equals(drops):
        later.unlink(missing_ok=True)
        return
    unfinished = later.with_name(f".{later.name}.{os.getpid()}")
    pq.write_table(drops.to_arrow(), unfinished, compression="zstd")
    unfinished.replace(later)


def point(datasets: Path, recipe: str, version: str) -> None:
    """Make ``latest`` name this version, if it does not already."""
    pointer = datasets / recipe / LATEST
    if pointer.is_file() and pointer.read_text("utf-8").strip() == version:
        return
    unfinished = pointer.with_name(f".{LATEST}.{os.getpid()}")
    unfinished.write_text(version + "\n", "utf-8")
    unfinished.replace(pointer)
