"""Alembic's entry: which tables there are; all else is the same for every service."""

from fairground_common.db.migrations import run_env
from fairground_games.configs import models as configs
from fairground_games.fairness import models as fairness
from fairground_games.features import models as features
from fairground_games.grants import models as grants
from fairground_games.players import models as players
from fairground_games.plays import models as plays
from fairground_games.rewards import models as rewards
from fairground_games.schema import metadata
from fairground_games.stock import models as stock

TABLES = (configs, fairness, features, grants, players, plays, rewards, stock)
"""Importing a slice's models is what puts its tables into the metadata."""

run_env(metadata)
