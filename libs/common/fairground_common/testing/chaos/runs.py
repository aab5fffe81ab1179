"""How often and how long tests that break things run, and the chance in them, which can be had again.

``CHAOS_RUNS`` in the environment (a whole number from 1) is how many runs each such test makes, with the seeds 0, 1,
2…; unset, each makes as many as a usual run of the suite has time for. ``CHAOS_RUNS=20 pytest tests/chaos -k kills``
makes twenty, and with ``-k "kills and [7]"`` the one of seed 7 again.

``CHAOS_SEED`` is the first of those seeds (0). ``CHAOS_MINUTES`` is how long a storm lasts, see tests/chaos/storm.

A seed fixes whom a test kills and after how many answers. Which requests meet which process, and what they are doing
just then, stays to the machine: a run can be repeated, an interleaving cannot.
"""

import os
from random import Random  # noqa: TID251 - what a test breaks and when; nothing is drawn or kept secret with it

SETTING = "CHAOS_RUNS"
FIRST_SEED = "CHAOS_SEED"


def first_seed() -> int:
    return int(os.environ.get(FIRST_SEED, "0"))


def runs(usual: int) -> range:
    """Return the seeds of a test's runs."""
    return range(first_seed(), first_seed() + int(os.environ.get(SETTING, usual)))


def chance(seed: int) -> Random:
    """Return where a run takes its numbers from."""
    return Random(seed)  # noqa: S311 - see above
