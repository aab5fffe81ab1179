"""Who hears what."""

from fairground_common.contracts.names import dead_of
from fairground_common.messaging import TOPOLOGY, queue_of


def test_each_service_listens_to_what_its_contracts_name() -> None:
    assert TOPOLOGY.types_by_queue == {
        "fairground.seasonpass": (
            "games.play_settled.v1",
            "games.feature_days_changed.v1",
            "games.reward_delivered.v1",
        ),
        "fairground.ranking": ("games.feature_days_changed.v1",),
        "fairground.games": ("seasonpass.reward_granted.v1",),
    }


def test_dead_letters_of_a_full_queue_are_never_dropped() -> None:
    queue = queue_of("games")
    arguments = TOPOLOGY.queue_arguments(queue)
    assert arguments["x-dead-letter-exchange"] == dead_of(queue)
    assert arguments["x-dead-letter-strategy"] == "at-least-once"
    assert arguments["x-overflow"] == "reject-publish"
    assert "x-max-length" not in TOPOLOGY.graveyard_arguments()
