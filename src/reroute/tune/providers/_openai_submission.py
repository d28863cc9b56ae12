"""One submission in the OpenAI dialect: find what an earlier run left, upload what is missing, make the job once."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial

from reroute.datasets import SPLITS
from reroute.errors import ProviderError
from reroute.llm_api.errors import NoResponse, RateLimited, Rejected, ServerError
from reroute.tune.job_spec import JobSpec
from reroute.tune.ledger import Ledger, RemoteJob
from reroute.tune.providers._openai_account import PAGE, Account, RemoteFile

JOB_KEY = "reroute_job_key"
_LONGEST_LOOK = 30.0
"""Longest pause, in seconds, between two looks at a file that is being processed."""
_GATEWAY = {502, 504}
"""Statuses of a gateway, behind which the server may still be working on the request."""


@dataclass(frozen=True)
class Submission:
    """A job on its way to one account. ``files`` and ``known`` are uploaded files: split to the provider's file id."""

    spec: JobSpec
    account: Account

    def job(self, files: Mapping[str, str], *, listed_late: bool) -> RemoteJob | None:
        """The job of this spec in the provider's list; ``listed_late`` looks again until it had time to appear."""
        retry, jobs = self.account.retry, self.account.client.openai.fine_tuning.jobs.with_raw_response
        pause, waited = 1.0, 0.0
        while True:
            for raw in self.account.pages("Listing jobs", partial(jobs.list, limit=PAGE)):
                job = self.account.read_job(raw, "Listing jobs")
                if job.metadata.get(JOB_KEY) == self.spec.key or job.training_file in files.values():
                    return job
            if not listed_late or waited >= retry.listing_delay:
                return None
            pause = min(pause * 2, retry.listing_delay - waited)
            retry.sleep(pause)
            waited += pause

    def files(self, known: Mapping[str, str], ledger: Ledger, *, wait: bool) -> dict[str, str]:
        """The file id of each split: from the ledger, else found at the provider, else uploaded.

        With ``wait``, each was processed when this returns; raises ProviderError where one cannot be used.
        """
        ids = {}
        for split in SPLITS:
            if not self.spec.dataset.entry(split):
                continue
            if file_id := known.get(split):
                ids[split] = file_id
            else:
                there = self._file_there(split)
                again_on = (RateLimited, ServerError, NoResponse)
                file = there or self.account.retry.ask(partial(self._send, split), again_on)
                ledger.uploaded(self.spec.key, split, file.id, again=there is not None)
                ids[split] = file.id
            if wait:
                self._wait_until_processed(ids[split])
        return ids

    def create(
        self, body: dict[str, object], extra: dict[str, str] | None, files: Mapping[str, str], ledger: Ledger
    ) -> RemoteJob:
        """Ask once for the job. After an answer that leaves it open whether there is one, look for it in the list.

        Raises RateLimited or ServerError where there is none and asking again is safe; Rejected where it is pointless;
        ProviderError where the provider may still be working on the request.
        """
        ledger.creating(self.spec.key)
        create = self.account.client.openai.fine_tuning.jobs.with_raw_response.create
        try:
            return self.account.job("Creating the job", create, **body, extra_body=extra)
        except (Rejected, RateLimited) as error:
            ledger.not_created(self.spec.key, str(error), files_doubtful=isinstance(error, Rejected))
            raise
        except (ServerError, NoResponse) as error:
            if job := self.job(files, listed_late=True):
                return job
            if isinstance(error, ServerError) and error.status not in _GATEWAY:
                raise
            raise ProviderError(
                f"{error} The provider lists no such job, but may still be working on the request. Run the "
                "same command again in a few minutes: it looks for the job before it makes one."
            ) from error

    def _send(self, split: str) -> RemoteFile:
        """Upload a split; after an answer that leaves it open whether it arrived, look for it."""
        path = self.spec.dataset.path(split)
        assert path is not None, "only splits that the dataset has are sent"
        send = self.account.client.openai.files.with_raw_response.create
        try:
            with path.open("rb") as file:
                content = (self.spec.file_name(split), file, "application/jsonl")
                return self.account.client.call(
                    "Uploading the file", RemoteFile, send, file=content, purpose="fine-tune"
                )
        except (ServerError, NoResponse):
            if there := self._file_there(split):
                return there
            raise

    def _file_there(self, split: str) -> RemoteFile | None:
        """The whole file of a split among the account's files; one that could not be processed does not count."""
        entry = self.spec.dataset.entry(split)
        files = self.account.client.openai.files.with_raw_response
        for raw in self.account.pages("Listing files", partial(files.list, purpose="fine-tune")):
            file = self.account.client.decoded(raw, RemoteFile, "Listing files")
            whole = entry is None or file.bytes in {-1, entry.bytes}
            if file.filename == self.spec.file_name(split) and whole and file.status != "error":
                return file
        return None

    def _wait_until_processed(self, file_id: str) -> None:
        """Look at a file until it was processed; raises ProviderError where it cannot be used or takes too long."""
        retry, retrieve = self.account.retry, self.account.client.openai.files.with_raw_response.retrieve
        look = partial(self.account.client.call, "Asking for a file", RemoteFile, retrieve, file_id)
        pause, deadline = 1.0, time.monotonic() + retry.processing
        while (file := retry.read(look)).status not in {"processed", "error"}:
            if time.monotonic() > deadline:
                raise ProviderError(
                    f"Waiting for {self.spec.provider} to process {file.filename}: still `{file.status}` after "
                    f"{retry.processing:g} s. Run the same command again later; it goes on from here."
                )
            retry.sleep(pause)
            pause = min(pause * 2, _LONGEST_LOOK)
        if file.status == "error":
            why = file.status_details or "no reason given"
            raise ProviderError(f"{self.spec.provider} cannot use the uploaded {file.filename} ({file.id}): {why}.")
