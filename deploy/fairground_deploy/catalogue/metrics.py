"""``docs/metrics.md``: every number a process tells about itself."""

from collections.abc import Iterator

from fairground_common.telemetry import Family, families
from fairground_deploy.catalogue.markdown import table
from fairground_deploy.catalogue.parts import PARTS, import_all

_COLUMNS = ("metric", "kind", "labels", "meaning")

_HEAD = """\
# Metrics

<!-- Written by `python -m fairground_deploy.catalogue`; change the definition, not this page. -->

Every process tells these at `GET /metrics`, in Prometheus' text format; [Watching](observability.md) says on which
port. A process tells what concerns it. A label's values come from a small set: a route is a template, never a path,
and no label names a player. Which instance it is, Prometheus adds.
"""


def all_metrics() -> list[Family]:
    """Return every metric of the product, by name."""
    import_all(*PARTS, "fairground_deploy")
    return families()


def metrics_page() -> str:
    """Return the catalogue of metrics."""
    return f"{_HEAD}\n{table(_COLUMNS, _rows())}"


def _rows() -> Iterator[tuple[str, ...]]:
    for family in all_metrics():
        yield f"`{family.name}`", family.kind, ", ".join(f"`{label}`" for label in family.labels), family.meaning
