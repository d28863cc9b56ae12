"""The redaction rules: read from ``sql/lexicons/redaction.toml``, checked, and compiled into one RE2 pattern."""

from __future__ import annotations

import base64
import binascii
import re
import tomllib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import Annotated, Literal

import msgspec
import re2

from reroute import content
from reroute.errors import ConfigError

FILE = "sql/lexicons/redaction.toml"

Check = Literal["luhn", "digit", "basic", "address"]


class Rule(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One ``[[rules]]`` entry."""

    name: str
    kind: Annotated[str, msgspec.Meta(pattern=r"^[a-z][a-z-]*$")]
    pattern: str
    hits: list[str]
    misses: list[str]
    group: bool = False
    check: Check | None = None

    def accepts(self, data: bytes, start: int, end: int) -> bool:
        """Whether ``data[start:end]`` passes the rule's check too."""
        return self.check is None or _CHECKS[self.check](data, start, end)

    def normal(self, value: bytes) -> bytes:
        """The value as it is hashed: writings of one address or card number are the same."""
        if self.kind == "card":
            return re.sub(rb"[^0-9]", b"", value)
        return value.lower() if self.kind == "email" else value


class _File(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    version: Annotated[int, msgspec.Meta(ge=1)]
    json_members: list[str]
    rules: Annotated[list[Rule], msgspec.Meta(min_length=1)]


@dataclass(frozen=True)
class Rules:
    """All rules, ready to match."""

    version: int
    """Part of the key that decides whether a file is read again."""
    members: frozenset[str]
    """JSON members whose text value is a secret, in lower case with ``_``."""
    rules: tuple[Rule, ...]
    member_rule: Rule
    """What the value of a secret member counts as."""

    @cached_property
    def source(self) -> str:
        """One RE2 pattern that finds every text worth a closer look."""
        names = "|".join(sorted(name.replace("_", "[_-]") for name in self.members))
        rules = "|".join(rule.pattern.replace("(?P<secret>", "(?:") for rule in self.rules)
        return _COUNTED.sub(_loosened, rules) + rf'|(?i:\b(?:{names})\\*"\s*:)'

    @cached_property
    def anywhere(self) -> re2._Regexp[bytes]:
        """``source``, compiled."""
        return re2.compile(self.source.encode())

    def matches(self, data: bytes) -> Iterator[tuple[Rule, int, int]]:
        """What is to be replaced, in order and apart: the rule, start and end in bytes."""
        position = 0
        while found := self._pattern.search(data, position):
            rule, start, end = self._which(found)
            if rule.accepts(data, start, end):
                yield rule, start, end
                position = end
            else:
                position = found.start() + 1

    @cached_property
    def _pattern(self) -> re2._Regexp[bytes]:
        parts = []
        for index, rule in enumerate(self.rules):
            inner = rule.pattern.replace("(?P<secret>", f"(?P<s{index}>") if rule.group else rule.pattern
            parts.append(f"(?P<r{index}>{inner})")
        return re2.compile("|".join(parts).encode())

    @cached_property
    def _groups(self) -> tuple[tuple[int, int], ...]:
        names = self._pattern.groupindex
        inner = ("s" if rule.group else "r" for rule in self.rules)
        return tuple((names[b"r%d" % i], names[f"{group}{i}".encode()]) for i, group in enumerate(inner))

    def _which(self, found: re2._Match[bytes]) -> tuple[Rule, int, int]:
        for rule, (whole, secret) in zip(self.rules, self._groups, strict=True):
            if found.start(whole) >= 0:
                return rule, found.start(secret), found.end(secret)
        raise AssertionError(f"no rule of {FILE} owns the match")


_COUNTED = re.compile(r"\{(\d+)(?:,\d*)?\}")


def _loosened(repeat: re.Match[str]) -> str:
    """``{36}`` as ``{4,}``: matches more, and is compiled and searched faster."""
    return f"{{{min(int(repeat[1]), 4)},}}"


def load_rules(project: Path | None = None) -> Rules:
    """The project's own rules if it has any, else the shipped ones.

    Raises ConfigError that names the file and what is wrong in it.
    """
    return _load(content.find(FILE, project))


@cache
def _load(path: Path) -> Rules:
    try:
        file = msgspec.convert(tomllib.loads(path.read_text("utf-8")), _File)
        for rule in file.rules:
            _compile(path, rule)
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, msgspec.ValidationError) as error:
        raise ConfigError(f"Reading {path}: {error}") from error
    member_rule = Rule(name="JSON member", kind="key", pattern="", hits=[], misses=[])
    return Rules(file.version, frozenset(file.json_members), tuple(file.rules), member_rule)


def _compile(path: Path, rule: Rule) -> None:
    try:
        pattern = re2.compile(rule.pattern)
    except re2.error as error:
        raise ConfigError(f"Reading {path}: the pattern of `{rule.name}` is not RE2 ({error}).") from error
    if rule.group != ("secret" in pattern.groupindex):
        raise ConfigError(f"Reading {path}: `{rule.name}` needs (?P<secret>...) exactly where group = true.")


def _luhn(data: bytes, start: int, end: int) -> bool:
    """A card number of a known issuer, evenly written, that is no part of a longer number or id."""
    if data[start - 1 : start] in (b"-", b".") or re.match(rb"-|\.\d", data[end : end + 2]):
        return False
    groups = re.split(rb"([ -])", data[start:end])
    if len(set(groups[1::2])) > 1 or len(groups) not in (1, 5, 7):
        return False
    digits = b"".join(groups[::2]).decode()
    return _ISSUER.fullmatch(digits) is not None and _luhn_sum(digits) % 10 == 0


_ISSUER = re.compile(
    r"4\d{15}|5[1-5]\d{14}|(?:222[1-9]|22[3-9]\d|2[3-6]\d\d|27[01]\d|2720)\d{12}|3[47]\d{13}"
    r"|3(?:0[0-5]|6\d|8\d)\d{11}|6(?:011|4[4-9]\d|5\d\d)\d{12}|35(?:2[89]|[3-8]\d)\d{12}"
)


def _luhn_sum(digits: str) -> int:
    odd, even = digits[-1::-2], digits[-2::-2]
    return sum(map(int, odd)) + sum(sum(divmod(2 * int(digit), 10)) for digit in even)


def _digit(data: bytes, start: int, end: int) -> bool:
    """A made-up token has digits; words joined by dashes have none."""
    return re.search(rb"\d", data[start:end]) is not None


def _basic(data: bytes, start: int, end: int) -> bool:
    """Base64 of ``user:password``."""
    try:
        decoded = base64.b64decode(data[start:end], validate=True).decode("utf-8")
    except (binascii.Error, UnicodeDecodeError):
        return False
    return ":" in decoded and decoded.isprintable()


def _address(data: bytes, start: int, end: int) -> bool:
    """Not the user that every git server has, and no decorator behind an escaped line end."""
    at = data.index(b"@", start)
    if at - start == 1 and data[start - 1 : start] == b"\\":
        return False
    return data[end : end + 1] not in (b":", b"/") or _GIT.search(data[max(0, at - 4) : at]) is None


_GIT = re.compile(rb"(?<![A-Za-z0-9._%+-])git\Z")

_CHECKS: dict[Check, Callable[[bytes, int, int], bool]] = {
    "luhn": _luhn,
    "digit": _digit,
    "basic": _basic,
    "address": _address,
}
