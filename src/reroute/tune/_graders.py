"""Checks of a grader: what a provider refuses, and what silently gives every sample the reward 0."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass

import orjson

from reroute.tune.capabilities import Profile
from reroute.tune.findings import Finding

_REQUIRED = {
    "string_check": ("name", "input", "reference", "operation"),
    "text_similarity": ("name", "input", "reference", "evaluation_metric"),
    "python": ("name", "source"),
    "score_model": ("name", "model", "input"),
    "label_model": ("name", "model", "input", "labels", "passing_labels"),
    "multi": ("name", "graders", "calculate_output"),
}
_OPERATIONS = ("eq", "ne", "like", "ilike")
_LARGEST_SOURCE = 256 * 1000
_TEMPLATE = re.compile(r"\{\{(.*?)\}\}")
_FIELD = re.compile(r"item\.([A-Za-z_][A-Za-z0-9_]*)")
_SAMPLE = re.compile(r"sample\.(output_text|output_json|output_tools|output_reasoning_tokens_details)")
Grader = dict[str, object]


@dataclass(frozen=True)
class GraderCheck:
    """Checks one grader against the keys that every row has."""

    profile: Profile
    keys: set[str] | None
    """Keys in every row of every split; None where no row could be read, and then fields are not checked."""
    structured: bool
    """Whether the job asks for a response format, without which ``sample.output_json`` is empty."""

    def findings(self, grader: Grader | None) -> list[Finding]:
        """Everything that is wrong with the grader of a dataset."""
        if grader is None:
            action = "name one in the recipe ([grader]); reinforcement needs it"
            return [_error("grader", "the manifest has no grader", action)]
        return list(self._grader(grader, "grader", inside_multi=False))

    def _grader(self, grader: Grader, where: str, *, inside_multi: bool) -> Iterator[Finding]:
        kind = str(grader.get("type"))
        allowed = _REQUIRED.keys() - (set() if inside_multi else {"label_model"})
        if kind not in allowed:
            found = f"type `{kind[:40]}` is not one of {', '.join(sorted(allowed))}"
            yield _error("grader-type", found, "change the recipe's grader", where)
            return
        for key in _REQUIRED[kind]:
            if not grader.get(key):
                yield _error("grader-field", f"a {kind} grader lacks `{key}`", "add it to the recipe's grader", where)
        if kind == "multi":
            yield from self._multi(grader, where)
            return
        if kind == "string_check" and grader.get("operation") not in _OPERATIONS:
            found = f"operation `{str(grader.get('operation'))[:40]}` is not one of {', '.join(_OPERATIONS)}"
            yield _error("grader-field", found, "change the recipe's grader", where)
        if kind == "python" and isinstance(grader.get("source"), str):
            yield from self._python(str(grader["source"]), where)
        yield from self._templates(grader, where)
        parameters = grader.get("sampling_params")
        if kind == "score_model" and isinstance(parameters, dict) and "max_completion_tokens" in parameters:
            found = "`max_completion_tokens` is not read"
            yield _error("grader-field", found, "spell it `max_completions_tokens`, as the API does", where)

    def _multi(self, multi: Grader, where: str) -> Iterator[Finding]:
        """What is wrong with the graders of a multi grader, and with the formula that joins their scores."""
        graders, formula = multi.get("graders"), multi.get("calculate_output")
        if not isinstance(graders, dict) or not graders or "type" in graders:
            found = "`graders` of a multi grader is not a map of name to grader"
            yield _error("grader-multi", found, 'write {"graders": {"name": {...}}}', where)
        else:
            for name, grader in graders.items():
                if isinstance(grader, dict) and grader.get("type") != "multi":
                    yield from self._grader(grader, f"{where}.graders.{name}", inside_multi=True)
                else:
                    found = "a multi grader holds something that is no grader or another multi"
                    yield _error("grader-multi", found, "change the recipe's grader", f"{where}.graders.{name}")
        if not isinstance(graders, dict) or not isinstance(formula, str):
            return
        try:
            nodes = list(ast.walk(ast.parse(formula, mode="eval")))
        except (SyntaxError, ValueError, RecursionError):
            return  # the provider's formulas may know more than Python's
        called = {node.func.id for node in nodes if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)}
        used = {node.id for node in nodes if isinstance(node, ast.Name)} - called
        for name in sorted(used - graders.keys()):
            found = f"calculate_output names `{name}`, which is none of {', '.join(graders)}"
            yield _error("grader-multi", found, "change the recipe's grader", where)

    def _templates(self, grader: Grader, where: str) -> Iterator[Finding]:
        """What is wrong with the ``{{...}}`` in any text of a grader but its source."""
        text = orjson.dumps({key: value for key, value in grader.items() if key != "source"}).decode()
        for inner in sorted(set(_TEMPLATE.findall(text))):
            shown, name = "{{" + inner + "}}", inner.strip()
            if inner != name:
                yield _error("grader-template", f"{shown} has spaces inside the braces", "remove them", where)
            if field := _FIELD.match(name):
                yield from self._field(field[1], shown, where)
            elif not _SAMPLE.match(name):
                yield _error("grader-template", f"{shown} is neither item.… nor sample.…", "change the template", where)
            if "output_json" in inner and not self.structured:
                action = "give the recipe a response_format, without which the reward is 0"
                yield _error("grader-template", f"{shown} needs a JSON answer that is not asked for", action, where)
            if "[" in inner and not self.profile.array_index_in_templates:
                action = f"use a python grader; {self.profile.provider} takes no index in templates"
                yield _error("grader-template", f"{shown} picks an entry of a list", action, where)

    def _field(self, name: str, shown: str, where: str) -> Iterator[Finding]:
        if name in self.profile.keys:
            yield _error("grader-template", f"{shown} names a reserved key", "use a key of your own", where)
        elif self.keys is not None and name not in self.keys:
            found = f"{shown}: not every row has the key `{name}`; such a row's reward is silently 0"
            yield _error("grader-template", found, f"have the recipe write `{name}` into every row", where)

    def _python(self, source: str, where: str) -> Iterator[Finding]:
        if (size := len(source.encode())) > _LARGEST_SOURCE:
            yield _error("grader-python", f"the source has {size:,} bytes; 256 kB is the limit", "shorten it", where)
        try:
            tree = ast.parse(source)
        except (SyntaxError, ValueError, RecursionError) as error:
            yield _error("grader-python", f"the source is not Python ({error})", "fix the grader's file", where)
            return
        grades = [node for node in tree.body if isinstance(node, ast.FunctionDef) and node.name == "grade"]
        if not grades or len(grades[-1].args.args) != len(("sample", "item")):
            yield _error("grader-python", "there is no `def grade(sample, item)`", "fix the grader's file", where)
        read = set()
        for node in ast.walk(tree):
            match node:
                case ast.Subscript(value=ast.Name(id="item"), slice=ast.Constant(value=str(name))):
                    read.add(name)
        for name in sorted(read):
            yield from self._field(name, f'item["{name}"]', where)


def _error(rule: str, found: str, action: str, where: str = "manifest.json") -> Finding:
    return Finding("error", rule, found, action, where)
