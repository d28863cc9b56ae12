"""What can go wrong on the wire, told apart by what we know afterwards.

::

    ProviderError
    |- Refused   the provider said no; asking again changes nothing
    |- Busy      the provider said not now; nothing happened, and it may say when to ask again
    |- Broken    the provider failed; whether it did what was asked is open
    `- Lost      no readable answer came; whether the request was accepted is open
"""

from __future__ import annotations

from reroute.errors import ProviderError


class Refused(ProviderError):
    """The provider said no."""

    def __init__(self, message: str, status: int, code: str | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.code = code


class Busy(ProviderError):
    """The provider said not now."""

    def __init__(self, message: str, retry_after: float | None = None) -> None:
        super().__init__(message)
        self.retry_after = retry_after
        """Seconds after which the provider wants to be asked again; None where it did not say."""


class Broken(ProviderError):
    """The provider failed."""

    def __init__(self, message: str, *, finished: bool) -> None:
        super().__init__(message)
        self.finished = finished
        """Whether the server itself answered, so that it has stopped working on the request (a gateway has not)."""


class Lost(ProviderError):
    """No readable answer came."""
