"""What the garbage collector need not look at."""

import gc


def spare_what_is_loaded() -> None:
    """Keep the collector away from all there is by now: a process calls this when its modules are loaded for good.

    Without it every full collection walks all of them: a pause of some 50 ms for whoever is being answered, and half
    of the CPU of a worker, whose batches are many objects that all live for a moment.
    """
    gc.collect()
    gc.freeze()
