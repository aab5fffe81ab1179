"""What the garbage collector need not look at."""

import gc

YOUNG_OBJECTS = 20_000
"""New objects after which young ones are looked at; 700, the default, are those of a few plays that are answered soon.
Where a batch of 64 plays is settled the collector then ran 100 times for 7,680 plays, and took 5 % of the CPU.
"""


def spare_what_is_loaded() -> None:
    """Keep the collector away from all there is by now: a process calls this when its modules are loaded for good.

    Without it every full collection walks all of them: a pause of some 50 ms for whoever is being answered, and half
    of the CPU of a worker, whose batches are many objects that all live for a moment.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(YOUNG_OBJECTS)
