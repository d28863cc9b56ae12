"""The shape of the project: what must stand beside what, and what may stand nowhere."""

from __future__ import annotations

import ast
import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
MODULES = sorted((ROOT / "src").rglob("*.py"))
LONGEST_FILE = 300
LONGEST_FUNCTION = 40
FUNCTIONS_PER_LINE = 45 / 1000
PRIVATE_AND_USED_ONCE = 0.20


def tracked() -> list[Path]:
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=False)
    if listed.returncode:
        pytest.skip("not a git checkout")
    return [ROOT / line for line in listed.stdout.splitlines() if (ROOT / line).is_file()]


def test_no_file_of_the_package_is_longer_than_300_lines() -> None:
    long = {p.relative_to(ROOT): n for p in MODULES if (n := len(p.read_text("utf-8").splitlines())) > LONGEST_FILE}
    assert long == {}


def test_no_function_is_longer_than_40_lines() -> None:
    long = [
        f"{path.relative_to(ROOT)}:{node.lineno} {node.name}"
        for path in [*MODULES, *(ROOT / "flows").glob("*.py")]
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and (node.end_lineno or 0) - node.lineno + 1 > LONGEST_FUNCTION
    ]
    assert long == []


def test_the_code_is_not_cut_too_fine() -> None:
    """A reader follows one thought without jumping: few functions for the lines, few that serve one caller alone."""
    lines, functions, once = 0, 0, 0
    for path in MODULES:
        text = path.read_text("utf-8")
        lines += text.count("\n")
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                functions += 1
                private = node.name.startswith("_") and not node.name.startswith("__")
                once += private and len(re.findall(rf"\b{node.name}\b", text)) == 2  # defined, and named once more
    assert functions / lines < FUNCTIONS_PER_LINE
    assert once / functions < PRIVATE_AND_USED_ONCE


def test_every_module_says_what_it_is_for() -> None:
    assert [p for p in MODULES if not ast.get_docstring(ast.parse(p.read_text("utf-8")))] == []


def test_no_module_is_named_for_nothing() -> None:
    empty_names = {"utils", "helpers", "common", "manager", "misc"}
    assert [p for p in MODULES if p.stem.strip("_") in empty_names] == []


def test_no_flow_is_named_like_a_module_that_is_imported() -> None:
    imported = {
        alias.name.split(".")[0]
        for path in MODULES
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Import)
        for alias in node.names
    }
    assert imported & {p.stem for p in (ROOT / "flows").glob("*.py")} == set()


def imports() -> dict[str, set[str]]:
    """Each module of the package, with the modules of the package that it imports anywhere in it."""
    names = {".".join(p.relative_to(ROOT / "src").with_suffix("").parts).removesuffix(".__init__"): p for p in MODULES}
    found: dict[str, set[str]] = {}
    for name, path in names.items():
        nodes = list(ast.walk(ast.parse(path.read_text("utf-8"))))
        wanted = {alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names}
        for node in nodes:
            if isinstance(node, ast.ImportFrom) and node.module:
                dotted = [f"{node.module}.{alias.name}" for alias in node.names]
                wanted |= {one if one in names else node.module for one in dotted}
        found[name] = (wanted & names.keys()) - {name}
    return found


def test_no_room_imports_a_private_module_of_another() -> None:
    def room(module: str) -> str:
        return module.split(".")[1] if "." in module else module

    private = re.compile(r"\._[a-z]")
    reaching = [(a, b) for a, every in imports().items() for b in every if private.search(b) and room(a) != room(b)]
    assert reaching == []


def test_no_modules_import_each_other_in_a_circle() -> None:
    waiting = {module: {b for b in every if not module.startswith(f"{b}.")} for module, every in imports().items()}
    while free := {module for module, every in waiting.items() if not every & waiting.keys()}:
        waiting = {module: every for module, every in waiting.items() if module not in free}
    assert waiting == {}


@pytest.mark.parametrize("library", ["great_expectations", "label_studio_sdk", "openai", "krippendorff", "rensa"])
def test_a_heavy_library_is_imported_in_one_module_at_most(library: str) -> None:
    pattern = re.compile(rf"^\s*(?:from|import) {library}\b", re.MULTILINE)
    assert len([p for p in MODULES if pattern.search(p.read_text("utf-8"))]) <= 1


def test_pydantic_reads_what_people_configure_and_nothing_else() -> None:
    """docs/reference/architecture.md, Records. ``operate`` writes the configuration from its model."""
    using = {p.relative_to(ROOT / "src/reroute").parts[0] for p in MODULES if "from pydantic" in p.read_text("utf-8")}
    assert using == {"settings.py", "export", "operate"}


def test_nothing_tracked_names_a_registry_or_a_private_path() -> None:
    hosts = [r"pypi\.org", r"pythonhosted\.org", r"registry\.npmjs", r"deb\.debian", r"/root/", r"/work/", r"bash_jobs"]
    pattern = re.compile("|".join(hosts))
    ours = [p for p in tracked() if p.suffix not in {".png", ".parquet"} and p != Path(__file__)]
    assert [p for p in ours if pattern.search(p.read_text("utf-8", errors="replace"))] == []


def test_the_readme_says_the_size_that_the_installation_says() -> None:
    said = re.search(r'demo\) .*size="([^"]+)"', (ROOT / ".ci" / "setup").read_text("utf-8"))
    assert said
    assert f"make demo        # {said[1]}\n" in (ROOT / "README.md").read_text("utf-8")
