"""Submitting a job once: the intent first, then each step written down, and after a crash a look before a leap."""

from __future__ import annotations

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager

import msgspec

from reroute.errors import GateFailed, ProviderError
from reroute.llm_api.errors import Rejected
from reroute.settings import Project
from reroute.tune import providers
from reroute.tune.capabilities import Capabilities
from reroute.tune.job_spec import JobSpec
from reroute.tune.ledger import Intent, Job, Ledger
from reroute.tune.preflight import Checked
from reroute.tune.tuning import Quote, Tuning

_NOT_AVAILABLE = "training_not_available"


def submit(tuning: Tuning, quote: Quote) -> Job:
    """Start the job of a quote, or return the one that was started before; equal specs never start two.

    The provider's list is looked through first, also where the store knows nothing of the job: its row may have been
    deleted, and a second job costs as much as the first.

    Raises GateFailed where the preflight found errors and nothing was sent before; ProviderError where the provider
    rejected it, or where it is open whether a job was made (then the same call later finds out).
    """
    spec, checked = quote.spec, quote.checked
    ledger, provider = Ledger(tuning.project), providers.load(spec.provider)
    connection = tuning.connection(spec.provider, spec.base_url)
    with _alone(tuning.project, spec):
        earlier = ledger.job(spec.key)
        if earlier and earlier.provider_job_id:
            return earlier
        sent = {"train": earlier.training_file, "validation": earlier.validation_file} if earlier else {}
        files = {split: file_id for split, file_id in sent.items() if file_id}
        open_call = earlier is not None and earlier.creating_at is not None
        found = None
        try:
            if checked.passed or earlier:
                found = provider.find(spec, files, connection, listed_late=open_call)
        except ProviderError as error:
            raise ProviderError(_explained(error, spec, tuning.table)) from error
        if not (checked.passed or found):
            raise GateFailed(_failure(checked))
        ledger.intend(_intent(quote))
        try:
            job = found or provider.submit(spec, files, ledger, connection)
        except ProviderError as error:
            ledger.stopped(spec.key, str(error))
            raise ProviderError(_explained(error, spec, tuning.table)) from error
        return ledger.record(spec.key, job, "job found" if found else "job made")


def _intent(quote: Quote) -> Intent:
    spec, manifest = quote.spec, quote.spec.dataset.manifest
    return Intent(
        job_key=spec.key,
        recipe=manifest.recipe,
        version=manifest.version,
        provider=spec.provider,
        base_url=spec.base_url,
        model=spec.model,
        method=spec.method,
        price_usd=quote.price.usd,
        price_note="; ".join(quote.price.rests_on),
        request=msgspec.json.encode(providers.load(spec.provider).request(spec, {})).decode(),
    )


@contextmanager
def _alone(project: Project, spec: JobSpec) -> Iterator[None]:
    """Keep a second process from submitting the same job meanwhile; a killed process lets go by itself."""
    folder = project.data_dir / "locks"
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / f"job-{spec.key}").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise ProviderError(
                f"Submitting {spec.dataset.name} to {spec.provider}: another process is submitting the same job "
                "right now. See `reroute job list` when it is done."
            ) from None
        yield


def _failure(checked: Checked) -> str:
    """What the preflight found, as the error that a person reads."""
    first, *others = (finding for finding in checked.findings if finding.level == "error")
    more = f" and {len(others)} more" if others else ""
    return (
        f"Submitting {checked.dataset.name} to {checked.provider}: the preflight found {first.rule}: {first.found}"
        f"{more}. Nothing was sent. Do this: {first.action}. `reroute dataset preflight` shows everything."
    )


def _explained(error: ProviderError, spec: JobSpec, table: Capabilities) -> str:
    """An error with what it means for the job, and what to do, where that is known."""
    if not isinstance(error, Rejected):
        return str(error)
    if error.status == 401:
        variable = table.provider(spec.provider).key_env
        return f"{error} The key in {variable} was not accepted. No job was made."
    if error.code != _NOT_AVAILABLE and _NOT_AVAILABLE not in str(error):
        return f"{error} No job was made. Once the cause is fixed, the same command tries again."
    others = sorted({offer.provider for offer in table.offers_for(spec.method)} - {spec.provider})
    return (
        f"{error} {table.provider(spec.provider).title} does not let this organisation start fine-tuning jobs (any "
        f"more); asking again changes nothing. No job was made. {spec.method} is offered by: {', '.join(others)}; "
        f"see `reroute providers --for {spec.dataset.name}`."
    )
