"""How a drill says that what it practises does not work."""


class DrillFailed(Exception):
    """Something is not there, or not again, as the runbook says it is. The message is for a person."""
