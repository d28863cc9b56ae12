"""The redaction rules: read from ``sql/lexicons/redaction.toml``, checked, and compiled into one RE2 pattern."""

from __future__ import annotations

import base64
import binascii
import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
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
    """What its placeholders are called: ``<kind:suffix>``."""
    pattern: str
    """RE2; with a group ``secret`` where only a part of the match is replaced."""
    hits: list[str]
    """Texts that it must match; a test holds it to them."""
    misses: list[str]
    """Texts that it must not match."""
    group: bool = False
    """Whether the pattern has the group ``secret``."""
    check: Check | None = None
    """A test beyond what RE2 can say (see :meth:`accepts`)."""

    def accepts(self, data: bytes, start: int, end: int) -> bool:
        """Whether ``data[start:end]`` passes the rule's check too.

        ``luhn``: a card number. ``digit``: it has digits, as made-up tokens do; words joined by dashes have none.
        ``basic``: Base64 of ``user:password``. ``address``: not the user that every git server has, and no decorator
        behind an escaped line end.
        """
        match self.check:
            case "luhn":
                return _is_card(data, start, end)
            case "digit":
                return re.search(rb"\d", data[start:end]) is not None
            case "basic":
                try:
                    decoded = base64.b64decode(data[start:end], validate=True).decode("utf-8")
                except (binascii.Error, UnicodeDecodeError):
                    return False
                return ":" in decoded and decoded.isprintable()
            case "address":
                at = data.index(b"@", start)
                decorator = at - start == 1 and data[start - 1 : start] == b"\\"
                git = data[end : end + 1] in (b":", b"/") and _GIT.search(data[max(0, at - 4) : at]) is not None
                return not decorator and not git
        return True


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
    def anywhere(self) -> re2._Regexp[bytes]:
        """One pattern that finds every text that any rule may match; it matches more, and is searched faster."""
        names = "|".join(sorted(name.replace("_", "[_-]") for name in self.members))
        rules = "|".join(rule.pattern.replace("(?P<secret>", "(?:") for rule in self.rules)
        at_least = _FEW.sub(r"{\1,}", _MANY.sub("{4,}", rules))
        return re2.compile((at_least + rf'|(?i:\b(?:{names})\\*"\s*:)').encode())

    def matches(self, data: bytes) -> Iterator[tuple[Rule, int, int]]:
        """What is to be replaced, in order and apart: the rule, start and end in bytes."""
        (pattern, groups), position = self.exact, 0
        while found := pattern.search(data, position):
            rule, secret = next((rule, secret) for rule, whole, secret in groups if found.start(whole) >= 0)
            start, end = found.start(secret), found.end(secret)
            if rule.accepts(data, start, end):
                yield rule, start, end
                position = end
            else:
                position = found.start() + 1

    @cached_property
    def exact(self) -> tuple[re2._Regexp[bytes], list[tuple[Rule, int, int]]]:
        """All rules as one pattern; of each, the numbers of the group that it matches and of the one to replace."""
        parts = []
        for index, rule in enumerate(self.rules):
            inner = rule.pattern.replace("(?P<secret>", f"(?P<s{index}>") if rule.group else rule.pattern
            parts.append(f"(?P<r{index}>{inner})")
        pattern = re2.compile("|".join(parts).encode())
        numbers = pattern.groupindex
        return pattern, [
            (rule, numbers[b"r%d" % index], numbers[b"%c%d" % (b"s" if rule.group else b"r", index)])
            for index, rule in enumerate(self.rules)
        ]


_MANY, _FEW = re.compile(r"\{(?:[4-9]|\d\d+)(?:,\d*)?\}"), re.compile(r"\{([0-3])(?:,\d*)?\}")
"""Counted repeats; in ``Rules.anywhere``, ``{36}`` becomes ``{4,}`` and ``{2}`` becomes ``{2,}``."""


_loaded: dict[Path, Rules] = {}
"""By file: each is read and compiled once a process."""


def load_rules(project: Path | None = None) -> Rules:
    """The project's own rules if it has any, else the shipped ones.

    Raises ConfigError that names the file and what is wrong in it.
    """
    path = content.find(FILE, project)
    if path in _loaded:
        return _loaded[path]
    try:
        file = msgspec.convert(tomllib.loads(path.read_text("utf-8")), _File)
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, msgspec.ValidationError) as error:
        raise ConfigError(f"Reading {path}: {error}") from error
    for rule in file.rules:
        try:
            groups = re2.compile(rule.pattern).groupindex
        except re2.error as error:
            raise ConfigError(f"Reading {path}: the pattern of `{rule.name}` is not RE2 ({error}).") from error
        if rule.group != ("secret" in groups):
            raise ConfigError(f"Reading {path}: `{rule.name}` needs (?P<secret>...) exactly where group = true.")
    member_rule = Rule(name="JSON member", kind="key", pattern="", hits=[], misses=[])
    _loaded[path] = Rules(file.version, frozenset(file.json_members), tuple(file.rules), member_rule)
    return _loaded[path]


def _is_card(data: bytes, start: int, end: int) -> bool:
    """A card number of a known issuer with a right check digit, evenly written, that is no part of a longer number."""
    if data[start - 1 : start] in (b"-", b".") or re.match(rb"-|\.\d", data[end : end + 2]):
        return False
    groups = re.split(rb"([ -])", data[start:end])
    if len(set(groups[1::2])) > 1 or len(groups) not in (1, 5, 7):
        return False
    digits = b"".join(groups[::2]).decode()
    doubled = sum(sum(divmod(2 * int(digit), 10)) for digit in digits[-2::-2])
    return _ISSUER.fullmatch(digits) is not None and (sum(map(int, digits[-1::-2])) + doubled) % 10 == 0


_ISSUER = re.compile(
    r"4\d{15}|5[1-5]\d{14}|(?:222[1-9]|22[3-9]\d|2[3-6]\d\d|27[01]\d|2720)\d{12}|3[47]\d{13}"
    r"|3(?:0[0-5]|6\d|8\d)\d{11}|6(?:011|4[4-9]\d|5\d\d)\d{12}|35(?:2[89]|[3-8]\d)\d{12}"
)
_GIT = re.compile(rb"(?<![A-Za-z0-9._%+-])git\Z")
