"""Numbers are in range, and the words are dealt out evenly: for every width there is."""

from hypothesis import example, given
from hypothesis import strategies as st

from fairground_verify.draws import WORDS, Draws, number_of

WIDTHS = st.one_of(st.integers(1, 1000), st.integers(1, WORDS), st.integers(1, 64).map(lambda bits: 1 << bits))
WORD = st.integers(0, WORDS - 1)
SEEDS = st.binary(min_size=32, max_size=32)
CLIENT_SEEDS = st.from_regex(r"[A-Za-z0-9_-]{1,64}", fullmatch=True)
NONCES = st.integers(0, 2**63 - 1)


def usable(width: int) -> int:
    """Return how many words are used: the published 2^64 - (2^64 mod W)."""
    return WORDS - WORDS % width


@given(SEEDS, CLIENT_SEEDS, NONCES, st.integers(0, 1000), WIDTHS)
@example(b"s" * 32, "client", 0, 0, 1)
@example(b"s" * 32, "client", 0, 0, WORDS)
@example(b"s" * 32, "client", 0, 0, WORDS // 2 + 1)
def test_a_number_is_never_out_of_range(seed: bytes, client_seed: str, nonce: int, draw: int, width: int) -> None:
    assert 0 <= Draws(seed, "roulette", client_seed, nonce).number(draw, width) < width


@given(WORD, WIDTHS)
@example(0, 1)
@example(WORDS - 1, 1)
@example(WORDS - 1, WORDS)
def test_a_word_below_the_boundary_is_its_remainder_and_any_other_is_skipped(word: int, width: int) -> None:
    assert number_of(word, width) == (word % width if word < usable(width) else None)


@given(WIDTHS)
@example(1)
@example(6)
@example(WORDS)
@example(WORDS - 1)
@example(WORDS // 2 + 1)
def test_the_boundary_is_where_a_round_ends(width: int) -> None:
    assert number_of(usable(width) - 1, width) == width - 1
    if usable(width) < WORDS:
        assert number_of(usable(width), width) is None
        assert number_of(WORDS - 1, width) is None


@given(st.lists(st.integers(0, 5), min_size=1, max_size=12).filter(any), SEEDS, NONCES)
def test_an_index_takes_as_many_numbers_as_its_weight_and_none_without(
    weights: list[int], seed: bytes, nonce: int
) -> None:
    draws = Draws(seed, "lottery", "client", nonce)
    owners = [index for index, weight in enumerate(weights) for _ in range(weight)]
    assert draws.choose(0, weights) == owners[draws.number(0, sum(weights))]


def test_after_four_skipped_words_the_next_block_is_drawn_from() -> None:
    """With a width of 2^63 + 1 nearly half of all words are skipped, so some nonce needs a second block."""
    width = 2**63 + 1
    for nonce in range(1000):
        draws = Draws(b"s" * 32, "roulette", "client", nonce)
        words = [
            int.from_bytes(draws.block(0, block)[start : start + 8], "big")
            for block in (0, 1)
            for start in range(0, 32, 8)
        ]
        fit = [index for index, word in enumerate(words) if word < width]
        if fit and fit[0] >= 4:
            assert draws.number(0, width) == words[fit[0]]
            return
    raise AssertionError("one in 16 needs a second block")
