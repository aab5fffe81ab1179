"""A relay that begins where deleted rows end still finds every row, however late it commits and under which id."""

import random  # noqa: TID251 - nothing is drawn: any order of commits will do
from collections import defaultdict
from itertools import count, islice

import pytest

from fairground_common.messaging.position import BEGINNING, LOOK_BACK_READS, Position

MOST = 20
"""Rows of one read."""


def read(present: set[int], position: Position) -> list[int]:
    """Take rows as a relay does whose broker confirms everything."""
    found = sorted(each for each in present if each > position.after)[:MOST]
    present.difference_update(found)
    position.pass_by(found, full=len(found) == MOST)
    return found


def test_a_backlog_is_read_from_where_the_last_read_ended() -> None:
    present, position = set(range(1, 101)), Position()
    begins = []
    while present:
        begins.append(position.after)
        read(present, position)
    assert begins == [BEGINNING, 20, 40, 60, 80]


def test_while_nothing_happens_what_was_deleted_long_ago_is_looked_at_once_in_a_hundred_reads() -> None:
    present, position = set(range(1, 101)), Position()
    for _ in range(3 * LOOK_BACK_READS):
        read(present, position)
    begins = []
    for _ in range(LOOK_BACK_READS):
        begins.append(position.after)
        read(present, position)
    assert sorted(begins) == [BEGINNING] + [100] * (LOOK_BACK_READS - 1)


def test_what_was_just_sent_is_not_passed_by_a_row_that_commits_a_little_later() -> None:
    present, position = {2}, Position()
    assert read(present, position) == [2]
    present.add(1)
    assert read(present, position) == [1]


@pytest.mark.parametrize("seed", range(20))
def test_every_row_is_found_soon_after_it_commits_in_whatever_order_they_do(seed: int) -> None:
    """Transactions take ids in turn and commit after some reads, or hundreds; some of them in a crowd."""
    chance, position, present = random.Random(seed), Position(), set[int]()
    commits: defaultdict[int, list[int]] = defaultdict(list)
    ids, found = count(1), set[int]()
    for now in range(14 * LOOK_BACK_READS):
        if now < 8 * LOOK_BACK_READS:
            late = chance.choice([0, 0, 0, 1, 5, 250])
            commits[now + late] += islice(ids, chance.choice([0, 1, 1, 3, 60]))
        present.update(commits[now])
        found.update(read(present, position))
    assert not present
    assert found == set(range(1, next(ids)))
