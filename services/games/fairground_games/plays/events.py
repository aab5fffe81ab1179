"""What a play says to the other services."""

from fairground_common.contracts import Envelope, PlaySettled, Reward
from fairground_games.plays.play import SettledPlay


def play_settled(
    play: SettledPlay,
    *,
    feature_type: str,
    said: str,
    reward: Reward,
    request_id: str | None = None,
    traceparent: str | None = None,
) -> Envelope:
    """Return the event of a play: the same id and content whenever it is said."""
    return Envelope(
        event_id=play.event_id,
        type=PlaySettled.type,
        source=PlaySettled.source,
        occurred_at=play.created_at,
        key=play.user_id,
        traceparent=traceparent,
        request_id=request_id,
        data=PlaySettled(
            play_id=play.play_id,
            user_id=play.user_id,
            feature_type=feature_type,
            day=play.day,
            outcome=said,
            reward=reward,
            config_version=play.config_version,
        ),
    )
