"""Everything that would make a provider reject a dataset, or take it and train nothing, found before money is spent."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from reroute import datasets
from reroute.datasets import Dataset, Method
from reroute.tokens import counter
from reroute.tune import providers
from reroute.tune._graders import GraderCheck
from reroute.tune._rows import RowChecker, Seen
from reroute.tune.capabilities import Capabilities, Profile
from reroute.tune.findings import Finding, Level, RowFindings

_MEGABYTE = 1000 * 1000
_EXPORT_AGAIN = "export the dataset again"


@dataclass(frozen=True)
class Checked:
    """What a preflight found, and the sizes that an estimate needs."""

    dataset: Dataset
    provider: str
    model: str | None
    """None: checked for the provider alone, without end and limits of a model."""
    findings: list[Finding]
    """Errors first, then warnings, then notes."""
    rows: dict[str, int]
    """Readable rows of each split."""
    tokens: dict[str, int]
    """Tokens of each split, one epoch."""
    longest: int
    """Tokens of the longest row."""
    exact: bool
    """Whether tokens were counted by the model's vocabulary rather than estimated."""
    basis: str
    """How tokens were counted."""

    passed: bool
    """Whether no finding is an error, so that the dataset may be submitted."""


def preflight(dataset: Dataset, provider: str, model: str | None, table: Capabilities, today: date) -> Checked:
    """Check a dataset for a provider and, where one is named, a model; all findings at once, errors first."""
    profile = table.profile(provider, dataset.manifest.method)
    offer = table.offer(provider, model, dataset.manifest.method) if model else None
    out = RowFindings()
    checker = RowChecker(profile, offer, counter(), out)
    names = {split: path.name if (path := dataset.path(split)) else split for split in datasets.SPLITS}
    seen = {split: checker.check(name, dataset.lines(split)) for split, name in names.items()}
    found = [*_availability(dataset, provider, model, table, today), *_files(dataset, profile, seen)]
    if dataset.manifest.passed:
        found += _splits(dataset, profile, seen, names)
        if profile.method == "rft":
            known = [each.keys for each in seen.values() if each.keys is not None]
            keys = set.intersection(*known) if known else None
            structured = dataset.manifest.response_format is not None
            found += GraderCheck(profile, keys, structured).findings(dataset.manifest.grader)
    found += [*out.findings(), *providers.load(provider).validate(dataset)]
    ranks = {"error": 0, "warning": 1, "note": 2}
    return Checked(
        dataset=dataset,
        provider=provider,
        model=model,
        findings=sorted(found, key=lambda finding: ranks[finding.level]),
        rows={split: each.rows for split, each in seen.items()},
        tokens={split: each.tokens for split, each in seen.items()},
        longest=max(each.longest for each in seen.values()),
        exact=counter().exact,
        basis=counter().basis,
        passed=all(finding.level != "error" for finding in found),
    )


def _availability(
    dataset: Dataset, provider: str, model: str | None, table: Capabilities, today: date
) -> Iterator[Finding]:
    """Whether a job on this model can be started today, what ends soon, and what is good to know of the provider.

    A model without an offer of this method is an error where the table has it for other methods, else a warning.
    """
    facts, method = table.provider(provider), dataset.manifest.method
    where = f"{provider}/{model or '?'}"
    for note in facts.notes:
        yield Finding("note", "provider", note, "", provider)
    alternatives = _alternatives(table, method, provider, today)
    if model is None:
        yield Finding("note", "model", f"no model was named; for {method}: {alternatives}", "add --model", provider)
        return
    offer = table.offer(provider, model, method)
    if offer is None:
        others = [o.method for o in table.offers_for(None, provider) if table.offer(provider, model, o.method) is o]
        if others:
            found = f"{model} takes {' and '.join(dict.fromkeys(others))} there, not {method}"
            yield Finding("error", "model", found, f"for {method}: {alternatives}", where)
        else:
            found = f"{model} is not in the capability table of {table.as_of}: end, limits and price are unknown"
            yield Finding("warning", "model", found, f"check the name; for {method}: {alternatives}", where)
        if facts.last_day and today > facts.last_day:
            found = f"{facts.title} took its last new jobs on {facts.last_day}, from anybody"
            yield Finding("error", "availability", found, "choose another provider: `reroute providers`", where)
        return
    state = table.availability(offer, today)
    if not state.open:
        yield Finding("error", "availability", state.sentence, f"for {method}: {alternatives}", where)
    elif state.soon:
        found = f"{state.days_left} days left: {state.sentence}"
        yield Finding("warning", "availability", found, "plan where the model is to live afterwards", where)
    if offer.note:
        yield Finding("note", "availability", offer.note, "", where)


def _alternatives(table: Capabilities, method: Method, provider: str, today: date) -> str:
    """Where a job of this method can be started: at the provider, or else anywhere. `(catalogue)` is no model."""
    offers = [offer for offer in table.offers_for(method) if table.availability(offer, today).open]
    here = [offer.model for offer in offers if offer.provider == provider]
    if here:
        return f"{provider} has {', '.join(here)}"
    elsewhere = []
    for name in dict.fromkeys(offer.provider for offer in offers):
        listed = [offer.model for offer in offers if offer.provider == name and not offer.model.startswith("(")]
        elsewhere.append(f"{', '.join(listed)} at {name}" if listed else name)
    return f"{provider} has nothing; there is {'; '.join(elsewhere) or 'nothing anywhere'}"


def _files(dataset: Dataset, profile: Profile, seen: dict[str, Seen]) -> Iterator[Finding]:
    """Whether the gates passed, and each file is there, whole, unchanged and small enough."""
    if not dataset.manifest.passed:
        failed = ", ".join(dataset.manifest.gates.failed) or "see the manifest"
        page = dataset.folder / (dataset.manifest.gates.page or datasets.MANIFEST)
        yield Finding("error", "gates", f"the dataset did not pass: {failed}", f"open {page}, fix it, export again")
        return
    for split in datasets.SPLITS:
        path, entry = dataset.path(split), dataset.entry(split)
        if path is None or entry is None:
            continue
        if not path.is_file():
            yield Finding("error", "file", f"the {split} file is missing", _EXPORT_AGAIN, path.name)
            continue
        if datasets.sha256(path) != entry.sha256:
            found = "its SHA-256 is not the manifest's: it was changed after the export"
            yield Finding("error", "file-hash", found, _EXPORT_AGAIN, path.name)
        if seen[split].rows != entry.rows:
            found = f"it has {seen[split].rows} readable rows, the manifest says {entry.rows}"
            yield Finding("error", "file-rows", found, _EXPORT_AGAIN, path.name)
        if (size := path.stat().st_size) > profile.max_file_mb * _MEGABYTE:
            found = f"it has {size / _MEGABYTE:,.0f} MB; {profile.provider} takes {profile.max_file_mb} MB"
            yield Finding("error", "file-size", found, "export fewer or shorter rows", path.name)


def _splits(dataset: Dataset, profile: Profile, seen: dict[str, Seen], names: dict[str, str]) -> Iterator[Finding]:
    """Whether there are enough rows, rows to validate with, and none on both sides; ``names`` are the files'."""
    if seen["train"].rows < profile.min_rows:
        found = f"{seen['train'].rows} training rows; {profile.provider} wants {profile.min_rows} at least"
        yield Finding("error", "row-limit", found, "collect more runs or widen the recipe", names["train"])
    if dataset.entry("validation") is None or not seen["validation"].rows:
        level: Level = "error" if profile.validation_required else "warning"
        need = "is required" if profile.validation_required else "would show overfitting"
        found = f"there is no validation row; for {profile.method} at {profile.provider} one {need}"
        yield Finding(level, "validation", found, "raise the recipe's validation share", datasets.MANIFEST)
    if both := len(seen["train"].digests & seen["validation"].digests):
        found = f"{both} rows are in both train and validation"
        yield Finding("error", "leak", found, _EXPORT_AGAIN, names["validation"])
