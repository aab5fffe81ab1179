"""What the package is made of: the standard library, no other chance, nothing newer than Python 3.9."""

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[1] / "fairground_verify"
FILES = sorted(PACKAGE.glob("*.py"))
OWN = "fairground_verify"
LONGEST_FUNCTION = 16
"""Lines of code from one definition to its end, docstrings aside."""


def tree_of(path: Path) -> ast.Module:
    return ast.parse(path.read_text(), feature_version=(3, 9))


def imported(path: Path) -> Iterator[str]:
    for node in ast.walk(tree_of(path)):
        if isinstance(node, ast.Import):
            yield from (name.name.partition(".")[0] for name in node.names)
        if isinstance(node, ast.ImportFrom):
            assert node.level == 0, "imports name their package"
            yield (node.module or "").partition(".")[0]


def test_nothing_but_the_standard_library_is_imported() -> None:
    foreign = {name for path in FILES for name in imported(path)} - sys.stdlib_module_names - {OWN}
    assert foreign == set()


def test_there_is_no_other_source_of_chance() -> None:
    names = {name for path in FILES for name in imported(path)}
    assert names.isdisjoint({"random", "secrets", "os", "uuid", "time"})


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_no_remainder_is_taken_but_where_words_that_would_bias_it_are_skipped(path: Path) -> None:
    """`%` is not used at all, and `divmod` once: in `number_of`, whose boundary has tests of its own."""
    nodes = list(ast.walk(tree_of(path)))
    assert not [node for node in nodes if isinstance(node, ast.Mod)]
    uses = [node for node in nodes if isinstance(node, ast.Name) and node.id in {"divmod", "fmod", "mod"}]
    assert len(uses) == (1 if path.stem == "draws" else 0)
    assert not [node for node in nodes if isinstance(node, ast.Constant) and isinstance(node.value, float)]


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_every_function_is_short(path: Path) -> None:
    long = [
        node.name
        for node in ast.walk(tree_of(path))
        if isinstance(node, ast.FunctionDef) and lines_of(node) > LONGEST_FUNCTION
    ]
    assert long == []


def lines_of(function: ast.FunctionDef) -> int:
    first = function.body[1] if ast.get_docstring(function) and len(function.body) > 1 else function.body[0]
    return (function.end_lineno or 0) - first.lineno + 1
