"""Results that are an object, and whose members say that the call failed."""

from __future__ import annotations

import re

import msgspec
import polars as pl

from reroute.tag.features.arguments import Json
from reroute.tag.features.calls import classify
from reroute.tag.features.judge import BODY
from reroute.tag.features.rules import Rules
from reroute.tag.features.signals import Hit

_DECODER = msgspec.json.Decoder()
_JUDGED_BY_STATUS = ["shell", "check"]
"""Families whose results are what programs print."""
_MAX = 1_000_000  # characters of an object that is decoded
_REFUSAL = "rejected"
_FAILED_REQUEST, _FAILED_SERVER, _LAST_STATUS = 400, 500, 599
_EMPTY: tuple[Json, ...] = (None, "", [], {}, False)
_BESIDE = {"http", "beside", "done", "failed", "error"}
"""What may stand in a body that is nothing but a refusal; a record has a status of its own among other things."""
_ANSWERED = range(200, _FAILED_REQUEST)


class Stated(msgspec.Struct, frozen=True):
    """What the members of an object say of the call."""

    signal: str | None
    """None: that it did not fail."""
    firm: bool = True
    member: str = ""
    """The name of the member that says so, as it is written."""


def with_stated(hits: dict[int, list[Hit]], frame: pl.DataFrame, rules: Rules) -> dict[int, list[Hit]]:
    """The hits by ``at``, with what bodies state in place of what the lexicon makes of their beginnings.

    A file, a page or a document may hold any such object, and its reader did not fail. Where a tool of unknown name
    reads it, three equal calls with the same object are no reading.
    """
    judged = ~pl.col("family").is_in(_JUDGED_BY_STATUS) & ~pl.col("printed") & (pl.col("shape") == "json_object")
    names = "|".join(name for name, means in rules.body_members.items() if means in {"done", "failed", "error", "http"})
    named = pl.col("result_content").str.replace_all("_", "", literal=True).str.contains(f'(?i)"(?:{names})"')
    objects = frame.filter(judged & (pl.col("observation_chars") < _MAX)).filter(named)
    tools = objects["tool"].unique().drop_nulls().to_list()
    documents = [tool for tool in tools if "document" in classify(tool, rules).flags]
    again = pl.len().over("lane_key", "signature", "result_content") >= int(rules.thresholds["same_failure_loop"])
    read = objects.filter(~pl.col("tool").fill_null("").is_in(documents) | again)
    rows = read.select("at", "result_content", "obs", "family", "scope")
    for at, content, obs, family, scope in rows.rows():
        stated = read_body(content, family, rules)
        if stated is None:
            continue
        others = [hit for hit in hits.pop(at, []) if hit.signal != _REFUSAL]
        if stated.signal is not None:
            found = re.search(rf'"{re.escape(stated.member)}"\s*:', obs)
            start = len(obs[: found.start()].encode()) if found else 0
            others.append(Hit(stated.signal, stated.firm, BODY, 0, start, scope != "ok"))
        if others:
            hits[at] = others
    return hits


def read_body(text: str, family: str, rules: Rules) -> Stated | None:
    """What a result says by its members; None where it is no object, or says nothing of the call."""
    try:
        value: Json = _DECODER.decode(text)
    except (msgspec.DecodeError, RecursionError, UnicodeError):
        return None
    body = _members(value, rules)
    while len(body) == 1 and next(iter(body))[0] == "inside":
        body = _members(next(iter(body.values())), rules)
    done = [value for (means, _), value in body.items() if means == "done" and isinstance(value, bool)]
    bad = {"done": False, "failed": True}
    refused = [name for (means, name), value in body.items() if isinstance(value, bool) and value is bad.get(means)]
    errors = {name: value for (means, name), value in body.items() if means == "error" and _filled(value, rules)}
    name, status = next(
        ((name, code) for (means, name), value in body.items() if (code := _status(means, value))), ("", 0)
    )
    alone = all(means in _BESIDE for (means, _), value in body.items() if value not in _EMPTY)
    if status >= _FAILED_REQUEST and (refused or errors or alone):
        return Stated(_signal(status, family, rules), member=name)
    if refused:
        return Stated(_REFUSAL, member=refused[0])
    if errors and not (any(done) or status in _ANSWERED):
        found = any(means == "data" and _filled(value, rules) for (means, _), value in body.items())
        member, error = next(iter(errors.items()))
        codes = [code for (means, _), value in _members(error, rules).items() if (code := _status(means, value))]
        return Stated(_signal(next(iter(codes), 0), family, rules), firm=not found, member=member)
    said = done or status or any(means in {"error", "failed"} for means, _ in body)
    return Stated(None) if said else None


def _members(value: Json, rules: Rules) -> dict[tuple[str, str], Json]:
    """The members of an object by what they mean (empty: nothing that is known) and their name."""
    if not isinstance(value, dict):
        return {}
    return {(rules.body_members.get(name.replace("_", "").lower(), ""), name): held for name, held in value.items()}


def _status(means: str, value: Json) -> int:
    """A status of HTTP that a member holds; 0 where it holds none."""
    number = int(value) if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) == 3 else value
    if means != "http" or isinstance(number, bool) or not isinstance(number, int):
        return 0
    return number if _ANSWERED.start <= number <= _LAST_STATUS else 0


def _filled(value: Json, rules: Rules) -> bool:
    """Whether a member names an error: words, or an object or a list that holds one."""
    if isinstance(value, str):
        return value.strip().lower() not in rules.words.no_errors | {""}
    inside = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return any(_filled(one, rules) if isinstance(one, str) else one not in _EMPTY for one in inside)


def _signal(status: int, family: str, rules: Rules) -> str:
    """The sign of a status; a record that is not there was refused, a page that is not there is gone."""
    other = "server_error" if status >= _FAILED_SERVER else _REFUSAL
    name = rules.http_signals.get(status, other)
    return name if family in {"browse", "ui"} or name != "dead_page" else _REFUSAL
