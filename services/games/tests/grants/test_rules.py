"""What is credited, what is not, and why. No database."""

from dataclasses import replace
from uuid import UUID

import pytest

from fairground_games.grants import rules
from fairground_games.grants.errors import CampaignFull
from fairground_games.grants.rules import MOST_GRANTS, Award, grant_id_of, judge


def an_award(user_id: int = 1, ref: str = "", kind: str = "POINT", amount: int = 5) -> Award:
    sku = "latte" if kind in {"COUPON", "ITEM"} else None
    return Award(grant_id_of("spring", user_id, ref), user_id, ref, kind, amount, sku, None)


def judged(*awards: Award, known: tuple[Award, ...] = ()) -> list[tuple[str, str | None]]:
    verdicts = judge(awards, {award.grant_id: award for award in known})
    return [(verdict.result, verdict.reason) for verdict in verdicts]


def test_a_grant_id_is_the_same_for_ever() -> None:
    assert grant_id_of("spring", 42, "") == UUID("beef0ab4-a654-5c4b-8d4b-30bedf290b49")


def test_campaign_player_and_ref_tell_grants_apart_and_nothing_else_does() -> None:
    ids = {grant_id_of(*each) for each in (("a", 1, ""), ("b", 1, ""), ("a", 11, ""), ("a", 1, "1"), ("a", 1, "1 "))}
    assert len(ids) == 5
    assert an_award(amount=5).grant_id == an_award(amount=6).grant_id


@pytest.mark.parametrize(
    ("kind", "amount", "reason"),
    [
        ("POINT", 1, None),
        ("POINT", 0, "nothing_to_grant"),
        ("NONE", 0, "nothing_to_grant"),
        ("XP", 10, "xp_is_season_pass"),
        ("COUPON", 0, None),
        ("ITEM", 1, None),
    ],
)
def test_what_a_campaign_gives(kind: str, amount: int, reason: str | None) -> None:
    assert judged(an_award(kind=kind, amount=amount)) == [("credited" if reason is None else "refused", reason)]


def test_what_was_credited_before_is_not_credited_again() -> None:
    assert judged(an_award(), known=(an_award(),)) == [("already_credited", None)]


@pytest.mark.parametrize("before", [an_award(amount=6), an_award(kind="ITEM"), replace(an_award(), label="x")])
def test_another_reward_in_the_same_place_is_refused(before: Award) -> None:
    assert judged(an_award(), known=(before,)) == [("refused", "other_reward")]


def test_the_second_row_of_a_player_and_ref_is_refused_whatever_it_says() -> None:
    rows = [an_award(), an_award(), an_award(amount=9), an_award(ref="two"), an_award(user_id=2)]
    repeated = ("refused", "repeated")
    assert judged(*rows) == [("credited", None), repeated, repeated, ("credited", None), ("credited", None)]


def test_a_row_after_one_that_was_refused_is_repeated_all_the_same() -> None:
    assert judged(an_award(kind="XP"), an_award()) == [("refused", "xp_is_season_pass"), ("refused", "repeated")]


def test_a_campaign_has_room_for_so_many() -> None:
    rules.require_room(MOST_GRANTS - 1, 1)
    with pytest.raises(CampaignFull, match="at most 10000 grants; this one has 9999, and 2 are new"):
        rules.require_room(MOST_GRANTS - 1, 2)
