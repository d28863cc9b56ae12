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

from reroute.export import card, ledger
from reroute.export.draft import Draft
from reroute.export.manifest import JSON, encode

LATEST = "latest"
LEDGER = "ledger.parquet"


def of(datasets: Path, recipe: str, version: str, *, passed: bool) -> Path:
    """Where a version lies."""
    return datasets / recipe / (version if passed else f"{version}.failed")


def write(target: Path, draft: Draft, manifest: JSON, page: str) -> None:
    """Write a dataset's folder; one that is there already is left as it is."""
    if target.exists():
        return
    for left_behind in target.parent.glob(f".{target.name}.*"):
        shutil.rmtree(left_behind)
    unfinished = target.with_name(f".{target.name}.{os.getpid()}")
    unfinished.mkdir(parents=True)
    try:
        _fill(unfinished, draft, manifest, page)
        unfinished.rename(target)
    except BaseException:
        shutil.rmtree(unfinished, ignore_errors=True)
        raise


def manifest_of(folder: Path) -> JSON:
    """The manifest in a folder, as it was written."""
    manifest: JSON = json.loads((folder / "manifest.json").read_bytes())
    return manifest


def ledger_of(folder: Path) -> Path:
    """The drop ledger of the last export that came to this dataset."""
    later = _later_ledger(folder)
    return later if later.is_file() else folder / LEDGER


def renew_ledger(folder: Path, draft: Draft) -> None:
    """Keep the drop ledger of an export that made the rows of ``folder`` once more, where it left out others."""
    import polars as pl
    import pyarrow.parquet as pq

    drops, later = ledger.frame(draft.drops), _later_ledger(folder)
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


def _fill(folder: Path, draft: Draft, manifest: JSON, page: str) -> None:
    import pyarrow.parquet as pq

    if manifest["passed"]:
        for side in ("train", "validation"):
            if lines := [line for line in draft.lines if line.split == side]:
                (folder / f"{side}.jsonl").write_bytes(b"".join(line.encoded for line in lines))
    (folder / "manifest.json").write_bytes(encode(manifest))
    (folder / "card.md").write_text(card.render(draft, manifest), "utf-8")
    (folder / "gates.html").write_text(page, "utf-8")
    pq.write_table(ledger.frame(draft.drops).to_arrow(), folder / LEDGER, compression="zstd")


def _later_ledger(folder: Path) -> Path:
    return folder.with_name(f"{folder.name}.{LEDGER}")
