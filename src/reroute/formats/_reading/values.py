"""Content, arguments, times and rewards, as several formats write them."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import msgspec

from reroute.formats._reading import bounds
from reroute.formats._reading.decode import decode
from reroute.formats._reading.layout import replace_lone_surrogates
from reroute.trace import Outcome

_JSON = msgspec.json.Encoder()
_VALID = msgspec.json.Decoder(msgspec.Raw)
_TEXT = msgspec.json.Decoder(str)
_ANY = msgspec.json.Decoder()
_TEXT_KEYS = ("text", "refusal", "thinking", "content")
_MEDIA_WORDS = ("image", "audio", "file", "document", "video")
"""A part without text is media if one of these stands in its type."""
_UNITS = ((10**11, 1_000_000), (10**14, 1_000), (10**17, 1))
"""Below the first, a clock counts seconds, then milliseconds, microseconds; above the last, nanoseconds."""


def text(value: Any) -> str | None:
    """A text as it is, None for None, and the JSON of anything else."""
    return value if value is None or isinstance(value, str) else json_text(value)


def content(value: Any) -> tuple[str | None, list[str]]:
    """Text and media of content of any shape: text, a list of parts, an object or nothing."""
    return text_and_media(value) if isinstance(value, list) else (text(value), [])


def text_and_media(parts: Sequence[Any]) -> tuple[str | None, list[str]]:
    """The text of content parts joined by newlines, and a reference for each part that is not text."""
    texts: list[str] = []
    media: list[str] = []
    for part in parts:
        if not isinstance(part, dict):
            texts.append(part if isinstance(part, str) else json_text(part))
            continue
        said = next((part[key] for key in _TEXT_KEYS if isinstance(part.get(key), str)), None)
        kind = part.get("type")
        if said is None and isinstance(kind, str) and any(word in kind for word in _MEDIA_WORDS):
            media.append(media_reference(part))
        else:
            texts.append(json_text(part) if said is None else said)
    return ("\n".join(texts) if texts else None), media


def media_reference(part: dict[str, Any]) -> str:
    """What names a picture, sound or file without holding it: its address, or kind and hash of its bytes."""
    body = next((part[key] for key in ("image_url", "source", "input_audio", "file", "file_id") if part.get(key)), part)
    url = body if isinstance(body, str) else body.get("url") or body.get("file_id") if isinstance(body, dict) else None
    if isinstance(url, str) and not url.startswith("data:"):
        return url
    digest = hashlib.sha256(json_text(body).encode()).hexdigest()[:16]
    return f"{part.get('type', 'media')}:{digest}"


def arguments(raw: msgspec.Raw | bytes) -> str:
    """Arguments as JSON text: an object as it stands, JSON in a string taken out, anything else in it as a string.

    Raises DecodeError or UnicodeDecodeError for what is no JSON itself.
    """
    data = bytes(raw)
    return argument_text(decode(_TEXT, data)) if data[:1] == b'"' else str(data, "utf-8") or "{}"


def argument_text(given: str) -> str:
    """Arguments that a source wrote as text, as JSON text; text that is no JSON becomes a JSON string."""
    if not given.strip():
        return "{}"
    if "\\ud" in given or "\\uD" in given:
        given = str(replace_lone_surrogates(given.encode()), "utf-8")
    try:
        _VALID.decode(given)
    except (msgspec.DecodeError, RecursionError):
        return json_text(given)
    return given


def json_text(value: object) -> str:
    """The value as compact JSON text."""
    return str(_JSON.encode(value), "utf-8")


def any_value(raw: msgspec.Raw | bytes) -> Any:
    """A value of any shape, decoded; None for nothing."""
    data = bytes(raw)
    return _ANY.decode(data) if data else None


def micros(value: object) -> int | None:
    """Microseconds since the epoch of an ISO 8601 text (UTC where it names no zone) or a number of s, ms, us or ns.

    None for what is no clock of a run (see ``bounds.moment``); it is counted as left out.
    """
    at = _moment(value)
    if at is None and value is not None:
        bounds.LEFT_OUT["clock"] += 1
    return at


def whole_number(value: object) -> int | None:
    """The value where it is an int; None for anything else, true and false among it, which is counted as left out."""
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    if value is not None:
        bounds.LEFT_OUT["token count"] += 1
    return None


def _moment(value: object) -> int | None:
    if isinstance(value, str):
        try:
            at = datetime.fromisoformat(value)
            return bounds.moment(round((at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp() * 1_000_000))
        except (ValueError, OverflowError):
            return None
    if not bounds.is_number(value):
        return None
    factor = next((factor for below, factor in _UNITS if value < below), None)
    if factor is not None:
        return bounds.moment(value * factor)
    return bounds.moment(value // 1_000)


def run_outcome(reward: float | None) -> Outcome | None:
    """The run outcome by a verifier's reward: 1 or more is a pass, anything less a fail; None without a reward."""
    if reward is None:
        return None
    return Outcome(outcome="pass" if reward >= 1 else "fail", source="verifier", reward=reward)
