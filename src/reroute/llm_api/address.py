"""Addresses of services: stored and shown, so nothing secret may be in them."""

from __future__ import annotations

from urllib.parse import urlsplit

from reroute.errors import UsageError

_LOOPBACK = {"127.0.0.1", "localhost", "::1"}


def checked_address(base_url: str) -> str:
    """A base URL that may be stored and shown, without a trailing slash.

    Raises UsageError for one that carries a secret or would send the key in clear over a network.
    """
    parts = urlsplit(base_url)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise UsageError("The provider's address (base_url) is no http or https address. Example: https://host/v1")
    if parts.username or parts.password or parts.query or parts.fragment:
        raise UsageError(
            f"The provider's address for {parts.hostname} carries a user, a query or a fragment. Addresses are stored "
            "and shown, so nothing secret may be in them; the key comes from the environment."
        )
    if parts.scheme == "http" and parts.hostname not in _LOOPBACK:
        raise UsageError(f"The provider's address {base_url} would send the API key in clear. Use https.")
    return base_url.rstrip("/")
