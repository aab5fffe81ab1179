"""A storm: the whole product under people of all kinds, while faults of all kinds strike it, and what it is after that.

Nobody in it knows of the others: people ask and ask again, faults come as a seed says, whatever dies is started again
by the supervisor of a local run. What is left in the end is one story, or the checks tell what is not.
"""

from fairground_deploy.testing.storm.faults import Faults
from fairground_deploy.testing.storm.gauges import Gauges
from fairground_deploy.testing.storm.people import PRIZE, People, Tickets
from fairground_deploy.testing.storm.stage import Stage

__all__ = ["PRIZE", "Faults", "Gauges", "People", "Stage", "Tickets"]
