"""What the pages have in common."""

from collections.abc import Iterable


def prose(docstring: str | None) -> str:
    """Return a docstring as one line of Markdown."""
    return " ".join((docstring or "").replace("``", "`").split())


def table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    cells = (head, tuple("---" for _ in head), *rows)
    return "".join(f"| {' | '.join(cell.replace('|', '&#124;') for cell in row)} |\n" for row in cells)
