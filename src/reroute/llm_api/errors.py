"""What can go wrong on the wire, told apart by what we know afterwards.

::

    ProviderError
    `- ServiceError
       |- Rejected     the provider said no; asking again changes nothing
       |- RateLimited  the provider said not now; nothing happened, and it may say when to ask again
       |- ServerError  the provider failed; whether it did what was asked is open
       `- NoResponse   no readable answer came; whether the request was accepted is open
"""

from __future__ import annotations

from reroute.errors import ProviderError


class ServiceError(ProviderError):
    """A request failed. Raised as one of the four below; what the answer did not state is None."""

    def __init__(
        self, message: str, status: int | None = None, code: str | None = None, retry_after: float | None = None
    ) -> None:
        super().__init__(message)
        self.status = status
        """The HTTP status; None where no answer came."""
        self.code = code
        """The provider's own code of the error, such as ``insufficient_quota``."""
        self.retry_after = retry_after
        """Seconds after which a provider that limits the rate wants to be asked again."""


class Rejected(ServiceError):
    """The provider said no."""


class RateLimited(ServiceError):
    """The provider said not now."""


class ServerError(ServiceError):
    """The provider failed. Behind a gateway (status 502, 504) the server may still be working on the request."""


class NoResponse(ServiceError):
    """No readable answer came."""
