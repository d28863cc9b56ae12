"""The dialect of ``POST /fine_tuning/jobs``, which OpenAI, Azure and others speak."""

from __future__ import annotations

from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field

from reroute.datasets import Dataset, Method
from reroute.llm_api.faults import Broken, Busy
from reroute.tune.findings import Finding
from reroute.tune.order import Order
from reroute.tune.providers import Connection, Journal, Known, RemoteEvent, RemoteJob
from reroute.tune.providers._openai_submission import JOB_KEY, Submission
from reroute.tune.providers._openai_wire import wire

_METHODS: dict[Method, str] = {"sft": "supervised", "dpo": "dpo", "rft": "reinforcement"}
_LONGEST_METADATA = 512


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

    def estimate(self) -> list[str]:
        """What holds for prices at this provider only."""
        return list(self.price_notes)

    def request(self, order: Order, files: dict[str, str]) -> dict[str, object]:
        """The body of the call that makes the job; what is not set is left out, since null is refused."""
        manifest = order.dataset.manifest
        body: dict[str, object] = {"model": order.model, "training_file": files.get("train", "(uploaded first)")}
        if manifest.files.validation:
            body["validation_file"] = files.get("validation", "(uploaded first)")
        if order.suffix is not None:
            body["suffix"] = order.suffix
        if order.seed is not None:
            body["seed"] = order.seed
        kind = _METHODS[order.method]
        body["method"] = {"type": kind, kind: _method(order)}
        name = f"{manifest.recipe}@{manifest.version}"[:_LONGEST_METADATA]
        body["metadata"] = {JOB_KEY: order.key, "reroute_dataset": name}
        return body

    def find(self, order: Order, known: Known, connection: Connection) -> RemoteJob | None:
        """The job that an earlier run of this order made, by its metadata or its training file."""
        return _submission(order, known, connection).job(known.files, settle=known.creating)

    def submit(self, order: Order, known: Known, journal: Journal, connection: Connection) -> RemoteJob:
        """Upload what is not there yet and make the job.

        Raises ProviderError where the provider refuses or where it stays open whether a job was made; then ``find``
        has to look again before this is called again.
        """
        submission = _submission(order, known, connection)
        files = submission.files(journal, wait=self.waits_for_files)
        extra: dict[str, object] = {"trainingType": order.tier} if order.tier else {}

        def call() -> RemoteJob:
            return submission.wire.create(self.request(order, files), extra)

        return connection.patience.ask(lambda: submission.create(call, files, journal), (Busy, Broken))

    def poll(self, job_id: str, seen: AbstractSet[str], connection: Connection) -> tuple[RemoteJob, list[RemoteEvent]]:
        """The job as it is now, and its events that are not in ``seen``, oldest first."""
        there = wire(connection)
        job = connection.patience.read(lambda: there.job(job_id))
        fresh: dict[str, RemoteEvent] = {}
        for event in there.events(job_id):
            if event.id in seen:
                break
            fresh[event.id] = event
        return job, sorted(fresh.values(), key=lambda event: event.created_at)

    def cancel(self, job_id: str, connection: Connection) -> RemoteJob:
        """Ask the provider to stop the job."""
        there = wire(connection)
        return connection.patience.ask(lambda: there.cancel(job_id), (Busy, Broken))


def _submission(order: Order, known: Known, connection: Connection) -> Submission:
    return Submission(order, known, wire(connection), connection.patience)


def _method(order: Order) -> dict[str, object]:
    """The object beside ``type``: hyperparameters belong here, not at the top."""
    manifest, method = order.dataset.manifest, dict[str, object]()
    if order.hyperparameters:
        method["hyperparameters"] = dict(order.hyperparameters)
    if order.method == "rft":
        method["grader"] = manifest.grader
        if manifest.response_format is not None:
            method["response_format"] = manifest.response_format
    return method
