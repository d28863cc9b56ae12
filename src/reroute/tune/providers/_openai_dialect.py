"""The dialect of ``POST /fine_tuning/jobs``, which OpenAI, Azure and others speak."""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from functools import partial

from reroute.datasets import Dataset, Method
from reroute.llm_api.errors import RateLimited, ServerError
from reroute.tune.findings import Finding
from reroute.tune.job_spec import JobSpec
from reroute.tune.ledger import Ledger, RemoteEvent, RemoteJob
from reroute.tune.providers import Connection
from reroute.tune.providers._openai_account import PAGE, account
from reroute.tune.providers._openai_submission import JOB_KEY, Submission

_METHODS: dict[Method, str] = {"sft": "supervised", "dpo": "dpo", "rft": "reinforcement"}
_LONGEST_METADATA = 512
_NOT_UPLOADED = "(uploaded first)"
"""Stands for a file's id in the request that is shown and stored before anything is sent."""


@dataclass(frozen=True)
class OpenAIDialect:
    """A provider that speaks the dialect, and what is special about it."""

    name: str
    waits_for_files: bool = False
    """Whether a job may only be made when its files were processed."""
    tiers: AbstractSet[str] = field(default_factory=frozenset)
    price_notes: tuple[str, ...] = ()

    def validate(self, dataset: Dataset) -> list[Finding]:
        """Whether the rows were written in a dialect that this provider reads."""
        dialect = dataset.manifest.dialect
        if dialect.split("-")[0] in {"openai", self.name}:
            return []
        found = f"the rows are in the dialect {dialect}; {self.name} reads openai rows"
        return [Finding("error", "dialect", found, f"export with the dialect {self.name}", "manifest.json")]

    def request(self, spec: JobSpec, files: Mapping[str, str]) -> dict[str, object]:
        """The body of the call that makes the job; what is not set is left out, since null is rejected.

        Hyperparameters belong into the method, beside its type, not at the top.
        """
        manifest = spec.dataset.manifest
        body: dict[str, object] = {"model": spec.model, "training_file": files.get("train", _NOT_UPLOADED)}
        if manifest.files.validation:
            body["validation_file"] = files.get("validation", _NOT_UPLOADED)
        if spec.suffix is not None:
            body["suffix"] = spec.suffix
        if spec.seed is not None:
            body["seed"] = spec.seed
        method = dict[str, object]()
        if spec.hyperparameters:
            method["hyperparameters"] = dict(spec.hyperparameters)
        if spec.method == "rft":
            method["grader"] = manifest.grader
            if manifest.response_format is not None:
                method["response_format"] = manifest.response_format
        kind = _METHODS[spec.method]
        body["method"] = {"type": kind, kind: method}
        name = f"{manifest.recipe}@{manifest.version}"[:_LONGEST_METADATA]
        body["metadata"] = {JOB_KEY: spec.key, "reroute_dataset": name}
        return body

    def find(
        self, spec: JobSpec, files: Mapping[str, str], connection: Connection, *, listed_late: bool
    ) -> RemoteJob | None:
        """The job that an earlier run of this spec made, by its metadata or its training file."""
        return Submission(spec, account(connection)).job(files, listed_late=listed_late)

    def submit(self, spec: JobSpec, files: Mapping[str, str], ledger: Ledger, connection: Connection) -> RemoteJob:
        """Upload what is not there yet and make the job.

        Raises ProviderError where the provider rejects it or where it stays open whether a job was made; then ``find``
        has to look again before this is called again.
        """
        submission = Submission(spec, account(connection))
        uploaded = submission.files(files, ledger, wait=self.waits_for_files)
        body = self.request(spec, uploaded)
        extra = {"trainingType": spec.tier} if spec.tier else None
        create = partial(submission.create, body, extra, uploaded, ledger)
        return connection.retry.ask(create, (RateLimited, ServerError))

    def poll(self, job_id: str, seen: AbstractSet[str], connection: Connection) -> tuple[RemoteJob, list[RemoteEvent]]:
        """The job at this moment, and its events that are not in ``seen``, oldest first."""
        there = account(connection)
        jobs = there.client.openai.fine_tuning.jobs.with_raw_response
        job = connection.retry.read(partial(there.job, "Asking for the job", jobs.retrieve, job_id))
        fresh: dict[str, RemoteEvent] = {}
        for raw in there.pages("Reading events", partial(jobs.list_events, job_id, limit=PAGE)):
            event = there.client.decoded(raw, RemoteEvent, "Reading events")
            if event.id in seen:
                break
            fresh[event.id] = event
        return job, sorted(fresh.values(), key=lambda event: event.created_at)

    def cancel(self, job_id: str, connection: Connection) -> RemoteJob:
        """Ask the provider to stop the job."""
        there = account(connection)
        cancel = there.client.openai.fine_tuning.jobs.with_raw_response.cancel
        call = partial(there.job, "Cancelling the job", cancel, job_id)
        return connection.retry.ask(call, (RateLimited, ServerError))
