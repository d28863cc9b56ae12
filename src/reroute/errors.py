"""Every error that Reroute raises on purpose.

The tree::

    RerouteError             what was being done, where, what was found, what to do next
    |- ConfigError           reroute.toml, a recipe, a lexicon or another operator's file is wrong (exit 2)
    |- UsageError            the command was called with arguments that cannot be (exit 2)
    |- TraceError            a trace cannot be read; callers record it and go on
    |  `- FormatConflict     two formats claim the same file
    |- StoreError            the store is broken; everything stops
    |  |- StoreBusy          another process holds the store
    |  |- KeyMismatch        the redaction key is not the one that the store was written with
    |  |- StoreDamaged       the store's file is lost, damaged or another's; `reroute rebuild` makes it anew
    |  `- PartDamaged        a lake part is not as it was committed; `reroute rebuild --part` makes it anew
    |- NothingToExport       a recipe found no row at all; the message says what would change that
    |- GateFailed            a dataset did not pass its checks; nothing submittable was left behind
    |- ProviderError         a fine-tuning provider refused or could not be reached
    `- PartialFailure        a stage or source failed, the others finished (exit 3)

To add one: subclass the nearest class here, and write its line into the tree. Raise with one message made of whole
sentences; a user sees it without a traceback. Anything that is not a RerouteError is ours and prints its traceback.
"""


class RerouteError(Exception):
    """Base of all errors meant for a person; ``exit_code`` is what the command ends with."""

    exit_code = 1


class ConfigError(RerouteError):
    """A file that an operator edits is wrong."""

    exit_code = 2


class UsageError(RerouteError):
    """The command was called with arguments that cannot be."""

    exit_code = 2


class TraceError(RerouteError):
    """A trace cannot be read; whoever catches it records it and goes on."""


class FormatConflict(TraceError):
    """Two formats claim the same file."""


class StoreError(RerouteError):
    """The store is broken or was made by a newer Reroute; everything stops."""


class StoreBusy(StoreError):
    """Another process holds the store; the message names it."""


class KeyMismatch(StoreError):
    """The redaction key is gone, or not the one that the store was written with; nothing is written."""


class StoreDamaged(StoreError):
    """The store's file is lost, damaged, older than its journal, or something else."""


class PartDamaged(StoreError):
    """A file of a lake part is missing or is not the one that was committed; the message names both."""


class NothingToExport(RerouteError):
    """A recipe found no row at all."""


class GateFailed(RerouteError):
    """A dataset did not pass its gates; nothing submittable was left behind."""


class ProviderError(RerouteError):
    """A provider refused, misbehaved or could not be reached."""


class PartialFailure(RerouteError):
    """A stage or a source failed and the others finished."""

    exit_code = 3
