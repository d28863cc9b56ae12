"""The exact fast path: lists and pipelines of simple commands, quotes and here-documents included.

Whatever it does not know for certain (substitutions, groups, loops, tests in double brackets) it hands back as None.
"""

from __future__ import annotations

import re

from reroute.tag.features.shell.script import Part, Redirect

# Each alternative begins with characters of its own and repeats possessively: linear time on any text.
_TOKEN = re.compile(
    r"""
    (?P<blank>(?:[ \t\r]|\\\n)++|\#[^\n]*+)
    |(?P<newline>\n)
    |(?P<redirect>\d?(?:>>|>\||>&|>|<<<|<<-|<<|<&|<)|&>>|&>)
    |(?P<link>&&|\|\||\|&|;|\||&)
    |(?P<word>(?:
        [^\s;|&<>()'"\\`$]++
        |'[^']*+'
        |"(?:[^"\\`$]|\\.|\$(?![({]))*+"
        |\\[^\n]
        |\$(?:\w++|[?@*\#$!-]|\{\w++\})
    )++)
    """,
    re.VERBOSE | re.DOTALL,
)
# The same words and links without here-documents: (muted, word, link, blank).
_SIMPLE = re.compile(
    r"""
    (2>&1|2>[ ]?/dev/null)(?![^\s;|&])
    |((?:[^\s;|&<>()'"\\`$]++|'[^']*+'|"(?:[^"\\`$]|\\.|\$(?![({]))*+"|\\[^\n]|\$(?:\w++|\{\w++\}))++)
    |(&&|\|\||;|\|)
    |([ \t]++)
    """,
    re.VERBOSE | re.DOTALL,
)
_MUTED = (Redirect("2>", "/dev/null"),)
_MAX_SIMPLE = 20_000  # characters
_MAX_TOKENS = 50_000
_RESERVED = frozenset(
    ["if", "then", "else", "elif", "fi", "for", "while", "until", "do", "done", "case", "esac", "function", "select",
     "coproc", "{", "}", "!", "[["]
)  # fmt: skip
_ASSIGNMENT = re.compile(r"[A-Za-z_]\w*\+?=")
_QUOTED = re.compile(r"""'([^']*+)'|"((?:[^"\\]|\\.)*+)"|\\(.)""", re.DOTALL)
_ESCAPED = re.compile(r"""\\([\\"$`])|\\\n""")


def lex(command: str) -> tuple[Part, ...] | None:
    """The parts of ``command``, or None where it needs the grammar."""
    return (_simple(command) if len(command) <= _MAX_SIMPLE else None) or _Lexer(command).run()


def _simple(command: str) -> tuple[Part, ...] | None:
    """Words and links alone, which is most commands; None for whatever else there is."""
    if "\n" in command or "<" in command or "(" in command or "#" in command:
        return None
    parts: list[Part] = []
    words: list[str] = []
    muted: tuple[Redirect, ...] = ()
    link, length = "", 0
    for quiet, word, after, blank in _SIMPLE.findall(command):
        length += len(word) + len(blank) or len(after) or len(quiet)
        if word:
            if not words and (word in _RESERVED or "=" in word):
                return None
            words.append(unquote(word) if "'" in word or '"' in word or "\\" in word else word)
        elif not blank and not words:
            return None
        elif after:
            parts.append(Part(tuple(words), link, muted))
            words, link, muted = [], after, ()
        elif quiet and quiet != "2>&1":
            muted = _MUTED
    if length != len(command) or not words:
        return None
    parts.append(Part(tuple(words), link, muted))
    return tuple(parts)


def unquote(word: str) -> str:
    """``word`` without its quotes and escapes."""
    if "'" not in word and '"' not in word and "\\" not in word:
        return word
    return _QUOTED.sub(_plain, word)


def _plain(match: re.Match[str]) -> str:
    single, double, escaped = match.groups()
    if single is not None:
        return single
    return escaped if double is None else _ESCAPED.sub(lambda m: m.group(1) or "", double)


class _Lexer:
    """One pass over a command."""

    def __init__(self, command: str) -> None:
        self.command = command
        self.parts: list[Part] = []
        self.link = ""
        self.words: list[str] = []
        self.redirects: list[Redirect] = []
        self.expected: str | None = None  # a redirection still waits for its target
        self.pending: list[tuple[str, bool]] = []  # delimiters of here-documents whose text has not come yet
        self.documents: list[tuple[int, int]] = []  # (part, pending) pairs to attach
        self.body: str | None = None

    def run(self) -> tuple[Part, ...] | None:
        position = tokens = 0
        while position < len(self.command):
            tokens += 1
            match = _TOKEN.match(self.command, position)
            if match is None or tokens > _MAX_TOKENS:
                return None
            position = match.end()
            kind = match.lastgroup
            if kind == "word":
                if not self.word(match.group()):
                    return None
            elif kind == "newline":
                self.close(";")
                position = self.read_documents(position)
            elif kind == "link":
                self.close({"|&": "|", "&": ";"}.get(match.group(), match.group()))
            elif kind == "redirect":
                if self.expected is not None:
                    return None
                self.expected = match.group()
        self.close(";")
        return tuple(self.parts) if self.expected is None else None

    def word(self, raw: str) -> bool:
        """Take a word as the target of the redirection before it or as one of the command's; False: not known here."""
        if self.expected is None:
            if not self.words and (raw in _RESERVED or _ASSIGNMENT.match(raw)):
                return raw not in _RESERVED
            self.words.append(unquote(raw))
            return True
        operator, target, self.expected = self.expected, unquote(raw), None
        if operator.endswith("<<<"):
            self.body = target
        elif operator.endswith(("<<", "<<-")):
            self.pending.append((target, operator.endswith("-")))
            self.documents.append((len(self.parts), len(self.pending) - 1))
        elif operator[-1] != "&" or not (target.isdigit() or target == "-"):
            keep = operator if operator.startswith("2") else operator.lstrip("0123456789")
            self.redirects.append(Redirect(keep, target))
        return True

    def close(self, link: str) -> None:
        if self.words or self.redirects or self.body is not None:
            part = Part(tuple(self.words), self.link, tuple(self.redirects), self.body)
            self.parts.append(part)
            self.words, self.redirects, self.body = [], [], None
            self.link = link
        elif self.documents and self.documents[-1][0] == len(self.parts):
            self.parts.append(Part((), self.link))
            self.link = link
        elif link != ";" and self.parts:
            self.link = link

    def read_documents(self, position: int) -> int:
        """Read the text of the here-documents that begin on this line; where it ends."""
        bodies: list[str] = []
        for delimiter, tabs in self.pending:
            start = at = position
            position = end = len(self.command)
            mark = delimiter or "\n"  # without a delimiter (``<<''``) it ends with an empty line
            while (at := self.command.find(mark, at)) >= 0:
                line, after = max(self.command.rfind("\n", 0, at) + 1, start), at + len(delimiter)
                before = self.command[line:at].strip("\t" if tabs else "")
                if not before and self.command[after : after + 1] in {"", "\n"}:
                    end, position = line, min(after + 1, len(self.command))
                    break
                at += len(mark)
            bodies.append(self.command[start:end])
        for index, number in self.documents:
            if index < len(self.parts):
                part = self.parts[index]
                self.parts[index] = Part(part.words, part.link, part.redirects, bodies[number])
        self.pending, self.documents = [], []
        return position
