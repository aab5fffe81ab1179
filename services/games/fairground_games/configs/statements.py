"""The statement that loads a version, for both ways to the database."""

from sqlalchemy import text

_LOAD = """
SELECT c.name, c.max_daily, c.canonical, c.sha256,
       o.key, o.position, o.label, o.weight, o.is_jackpot, o.is_active,
       o.reward_type, o.reward_amount, o.reward_sku, o.reward_label
FROM game_config c LEFT JOIN game_outcome o USING (game, version)
WHERE game = {game} AND version = {number}
ORDER BY o.position
"""

LOAD = _LOAD.format(game="$1", number="$2")
"""For the driver."""

LOAD_NAMED = text(_LOAD.format(game=":game", number=":number"))
"""For a ``Tx``."""
