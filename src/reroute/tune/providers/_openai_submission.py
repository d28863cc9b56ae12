"""One submission in the OpenAI dialect: find what an earlier run left, upload what is missing, make the job once."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

from reroute.datasets import SPLITS
from reroute.errors import ProviderError
from reroute.llm_api.faults import Broken, Busy, Lost, Refused
from reroute.llm_api.patience import Patience
from reroute.tune.order import Order
from reroute.tune.providers import Journal, Known, RemoteJob
from reroute.tune.providers._openai_wire import RemoteFile, Wire

JOB_KEY = "reroute_job_key"
_LONGEST_LOOK = 30.0
"""Longest pause, in seconds, between two looks at a file that is being processed."""


@dataclass(frozen=True)
class Submission:
    """An order on its way to one account."""

    order: Order
    known: Known
    wire: Wire
    patience: Patience

    def job(self, files: dict[str, str], *, settle: bool) -> RemoteJob | None:
        """The job of this order in the provider's list; with ``settle``, looks again until it had time to appear."""
        pause, waited = 1.0, 0.0
        while True:
            for job in self.wire.jobs():
                if job.metadata.get(JOB_KEY) == self.order.key or job.training_file in files.values():
                    return job
            if not settle or waited >= self.patience.settle:
                return None
            pause = min(pause * 2, self.patience.settle - waited)
            self.patience.sleep(pause)
            waited += pause

    def files(self, journal: Journal, *, wait: bool) -> dict[str, str]:
        """The file id of each split: from the ledger, else found at the provider, else uploaded now.

        With ``wait``, each was processed when this returns; raises ProviderError where one cannot be used.
        """
        ids = {}
        for split in SPLITS:
            if self.order.dataset.entry(split):
                ids[split] = self.known.files.get(split) or self._uploaded(split, journal)
                if wait:
                    self._processed(ids[split])
        return ids

    def create(self, call: Callable[[], RemoteJob], files: dict[str, str], journal: Journal) -> RemoteJob:
        """Ask once for the job. After an answer that leaves it open whether there is one, look for it in the list.

        Raises Busy or Broken where there is none and asking again is safe; Refused where it is pointless;
        ProviderError where the provider may still be working on the request.
        """
        journal.creating()
        try:
            return call()
        except (Refused, Busy) as error:
            journal.not_created(str(error), files_doubtful=isinstance(error, Refused))
            raise
        except (Broken, Lost) as error:
            if job := self.job(files, settle=True):
                return job
            if isinstance(error, Broken) and error.finished:
                raise
            raise ProviderError(
                f"{error} The provider lists no job of this order, but may still be working on the request. Run the "
                "same command again in a few minutes: it looks for the job before it makes one."
            ) from error

    def _uploaded(self, split: str, journal: Journal) -> str:
        there = self._file_there(split)
        file = there or self.patience.ask(lambda: self._send(split), (Busy, Broken, Lost))
        journal.uploaded(split, file.id, again=there is not None)
        return file.id

    def _send(self, split: str) -> RemoteFile:
        path = self.order.dataset.path(split)
        assert path is not None, "only splits that the dataset has are sent"
        try:
            return self.wire.upload(path, self.order.file_name(split))
        except (Broken, Lost):
            if file := self._file_there(split):
                return file
            raise

    def _file_there(self, split: str) -> RemoteFile | None:
        entry = self.order.dataset.entry(split)
        for file in self.wire.files():
            whole = entry is None or file.bytes in {-1, entry.bytes}
            if file.filename == self.order.file_name(split) and whole and file.status != "error":
                return file
        return None

    def _processed(self, file_id: str) -> None:
        pause, deadline = 1.0, time.monotonic() + self.patience.processing
        while (file := self.patience.read(lambda: self.wire.file(file_id))).status not in {"processed", "error"}:
            if time.monotonic() > deadline:
                raise ProviderError(
                    f"Waiting for {self.order.provider} to process {file.filename}: still `{file.status}` after "
                    f"{self.patience.processing:g} s. Run the same command again later; it goes on from here."
                )
            self.patience.sleep(pause)
            pause = min(pause * 2, _LONGEST_LOOK)
        if file.status == "error":
            why = file.status_details or "no reason given"
            raise ProviderError(f"{self.order.provider} cannot use the uploaded {file.filename} ({file.id}): {why}.")
