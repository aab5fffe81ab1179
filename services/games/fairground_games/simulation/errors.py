"""How the simulation says no."""

from fairground_common.errors import Unavailable


class SimulationBusy(Unavailable):
    """This process is simulating another version."""

    code = "SIMULATION_BUSY"
    advice = "Repeat after Retry-After seconds; one simulation runs at a time."
