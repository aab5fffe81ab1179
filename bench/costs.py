"""What a load costs: CPU seconds and resident memory of every process of the product."""

from dataclasses import dataclass
from typing import Self

import psutil

from fairground_common.embedded import Child
from fairground_deploy.local.product import Product


@dataclass(frozen=True, slots=True)
class Costs:
    """CPU seconds spent so far by each part, children included."""

    cpu: dict[str, float]

    @classmethod
    def of(cls, product: Product) -> Self:
        return cls({name: sum(map(_cpu, tree)) for name, tree in _parts(product).items()})

    def since(self, before: "Costs") -> dict[str, float]:
        """Return CPU seconds spent since an earlier reading."""
        return {name: spent - before.cpu.get(name, 0.0) for name, spent in self.cpu.items()}


def memory_of(product: Product) -> dict[str, int]:
    """Return the resident bytes of each part; pages that processes share, as PostgreSQL's do, count once."""
    return {name: sum(map(_memory, tree)) for name, tree in _parts(product).items()}


def cpu_seconds(child: Child) -> float:
    """Return the CPU seconds a process and its children have spent so far."""
    return sum(map(_cpu, _tree(child)))


def machine_seconds() -> float:
    """Return the CPU seconds that all processes of the machine have spent so far."""
    times = psutil.cpu_times()
    return float(sum(times) - times.idle - getattr(times, "iowait", 0.0) - getattr(times, "guest", 0.0))


def _parts(product: Product) -> dict[str, list[psutil.Process]]:
    trees = {name: [psutil.Process(each.pid)] for name, each in product.processes.items()}
    trees["postgres"] = _with_children(product.parts.postgres)
    trees["broker"] = _with_children(product.parts.node)
    trees["valkey"] = _with_children(product.parts.valkey)
    return {name: tree for name, tree in trees.items() if tree}


def _with_children(part: object) -> list[psutil.Process]:
    child = getattr(part, "child", None)
    return [] if child is None else _tree(child)


def _tree(child: Child) -> list[psutil.Process]:
    root = psutil.Process(child.pid)
    return [root, *root.children(recursive=True)]


def _cpu(process: psutil.Process) -> float:
    """Return what a process has spent, and its children that have ended: what a tree has spent never becomes less."""
    try:
        times = process.cpu_times()
    except psutil.NoSuchProcess:
        return 0.0
    ended = getattr(times, "children_user", 0.0) + getattr(times, "children_system", 0.0)
    return float(times.user + times.system + ended)


def _memory(process: psutil.Process) -> int:
    try:
        return int(process.memory_full_info().pss)
    except psutil.NoSuchProcess:
        return 0
