"""The parts of a command line by its grammar (tree-sitter-bash)."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from reroute.tag.features.shell.lexer import unquote
from reroute.tag.features.shell.script import Part, Redirect

if TYPE_CHECKING:
    from tree_sitter import Node, Parser

_MAX_NODES = 20_000
_MAX_REDIRECTS = 100  # of one command
_LINKS = frozenset(["&&", "||", ";", "|", "|&", "&", "\n"])
_REDIRECTS = frozenset(["file_redirect", "heredoc_redirect", "herestring_redirect"])
_SIMPLE = frozenset(["command", "declaration_command", "unset_command", "test_command"])
_AFTER_DOCUMENT = _LINKS | _SIMPLE | {"pipeline", "list", "redirected_statement"}
_SKIPPED = frozenset(["function_definition", "comment", "variable_assignment", "variable_assignments", "heredoc_body"])


def parse_tree(command: str) -> tuple[Part, ...] | None:
    """The parts of ``command`` in the order in which they stand; None where it does not parse."""
    root = _parser().parse(command.encode("utf-8", "replace")).root_node
    if root.has_error:
        return None
    return _Walk().run(root)


@cache
def _parser() -> Parser:
    import tree_sitter_bash
    from tree_sitter import Language, Parser

    return Parser(Language(tree_sitter_bash.language()))


class _Walk:
    """Visits statements in order with a stack of its own: nesting may be deep."""

    def __init__(self) -> None:
        self.parts: list[Part] = []
        self.link = ""

    def run(self, root: Node) -> tuple[Part, ...] | None:
        stack: list[tuple[str, Node]] = [("visit", root)]
        seen = 0
        while stack:
            seen += 1
            if seen > _MAX_NODES:
                return None
            action, node = stack.pop()
            if action == "redirect":
                self.attach(node)
            elif node.type in _SIMPLE:
                self.command(node)
            elif node.type in _LINKS:
                self.join(node.type)
            elif node.type == "redirected_statement":
                stack += [("redirect", child) for child in reversed(node.children) if child.type in _REDIRECTS]
                stack += [("visit", child) for child in reversed(node.children) if child.type not in _REDIRECTS]
                if node.children and node.children[0].type in _REDIRECTS:
                    self.add(())
            elif node.type not in _SKIPPED and (node.is_named or node.child_count):
                if node.type not in {"list", "pipeline"}:
                    self.join(";")
                stack += [("visit", child) for child in reversed(node.children)]
        return tuple(self.parts)

    def join(self, link: str) -> None:
        if self.parts:
            self.link = {"|&": "|", "&": ";", "\n": ";"}.get(link, link)

    def add(self, words: tuple[str, ...]) -> None:
        self.parts.append(Part(words, self.link))
        self.link = ";"

    def command(self, node: Node) -> None:
        if node.type == "test_command":
            words = [word for word in _text(node).split() if word]
        elif node.type == "declaration_command":
            words = [_text(child) for child in node.children]
        else:
            words = [unquote(_text(child)) for child in node.children if child.type not in _REDIRECTS | _SKIPPED]
        if not words:
            return
        self.add(tuple(words))
        for child in node.children:
            if child.type in _REDIRECTS:
                self.attach(child)

    def attach(self, node: Node) -> None:
        """Give a redirection or a here-document to the last part."""
        if not self.parts:
            self.add(())
        if len(self.parts[-1].redirects) >= _MAX_REDIRECTS:
            return
        part = self.parts.pop()
        body, redirects = part.body, list(part.redirects)
        if node.type == "herestring_redirect":
            body = unquote(_text(node.children[-1]))
        elif node.type == "heredoc_redirect":
            body = next((_text(child) for child in node.children if child.type == "heredoc_body"), "")
            redirects += [_redirect(child) for child in node.children if child.type == "file_redirect"]
        else:
            redirects.append(_redirect(node))
        named = tuple(redirect for redirect in redirects if redirect.target)
        self.parts.append(Part(part.words, part.link, named, body, part.wrappers))
        # What follows ``<<EOF`` on its line hangs below the here-document in the tree.
        inner = [child for child in node.children if child.type in _AFTER_DOCUMENT and node.type == "heredoc_redirect"]
        for child in inner:
            if child.type in _LINKS:
                self.join(child.type)
            else:
                parts = _Walk().run(child) or ()
                self.parts += [Part(p.words, p.link or self.link, p.redirects, p.body) for p in parts]
        if inner:
            self.link = ";"


def _redirect(node: Node) -> Redirect:
    operator = next(
        (c.type for c in node.children if c.type not in {"file_descriptor", "word"} and not c.is_named), ">"
    )
    descriptor = next((_text(c) for c in node.children if c.type == "file_descriptor"), "")
    target = unquote(_text(node.children[-1])) if node.children else ""
    if operator.endswith("&") and (target.isdigit() or target == "-"):
        target = ""
    return Redirect("2" + operator if descriptor == "2" else operator, target)


def _text(node: Node) -> str:
    return (node.text or b"").decode("utf-8", "replace")
