"""Seeds are derived from a key and tell nothing before their time."""

import hashlib
import hmac

import pytest

from fairground_games.fairness.rules import Pair
from fairground_games.fairness.seeds import SeedKeyUnknown, Seeds, commitment, default_client_seed, key_id

KEY, FORMER = b"k" * 32, b"f" * 32


def test_a_server_seed_is_the_hmac_of_player_and_pair() -> None:
    seed = Seeds(KEY).server_seed(key_id(KEY), 7, 2)
    assert seed == hmac.new(KEY, b"7:2", hashlib.sha256).digest()
    assert commitment(seed) == hashlib.sha256(seed).hexdigest()


def test_every_player_and_every_pair_has_a_seed_of_its_own() -> None:
    seeds = Seeds(KEY)
    made = {seeds.server_seed(seeds.key_id, user, pair) for user in range(1, 30) for pair in range(30)}
    assert len(made) == 29 * 30


def test_a_former_key_still_gives_its_seeds_and_newcomers_get_the_new_one() -> None:
    before, after = Seeds(FORMER), Seeds(KEY, [FORMER])
    assert after.server_seed(before.key_id, 7, 0) == before.server_seed(before.key_id, 7, 0)
    assert after.key_id == key_id(KEY) != before.key_id


def test_an_unknown_key_is_refused_and_not_replaced_by_another() -> None:
    with pytest.raises(SeedKeyUnknown):
        Seeds(KEY).server_seed(key_id(FORMER), 7, 0)


def test_a_key_id_does_not_show_the_key() -> None:
    assert key_id(KEY) not in KEY.hex()
    assert len(key_id(KEY)) == 8


def test_the_next_pair_stays_with_its_key_and_keeps_or_changes_the_client_seed() -> None:
    pair = Pair(7, 0, "cafe0123", default_client_seed(7), "default", 5)
    assert pair.next(None) == Pair(7, 1, "cafe0123", "player-7", "default", 0)
    mine = pair.next("mine")
    assert (mine.client_seed, mine.client_seed_source) == ("mine", "player")
    assert mine.next(None).client_seed_source == "player"
