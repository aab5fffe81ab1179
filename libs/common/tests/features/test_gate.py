import pytest

from fairground_common.features import Day, NoFeatureToday, closed_because, require_open

OPEN = Day(is_enabled=True, scheduled="DICE", is_active=True)


@pytest.mark.parametrize(
    ("day", "reason", "reason_in_test_mode"),
    [
        (OPEN, None, None),
        (Day(is_enabled=True, scheduled=None), "not_scheduled", None),
        (Day(is_enabled=True, scheduled="DICE", is_active=False), "inactive", None),
        (Day(is_enabled=True, scheduled="LOTTERY", is_active=True), "other_feature", None),
        (Day(is_enabled=False, scheduled="DICE", is_active=True), "disabled", "disabled"),
    ],
)
def test_a_feature_is_open_on_its_day_and_in_test_mode_on_every_day_unless_disabled(
    day: Day, reason: str | None, reason_in_test_mode: str | None
) -> None:
    assert closed_because("DICE", day, test_mode=False) == reason
    assert closed_because("DICE", day, test_mode=True) == reason_in_test_mode


@pytest.mark.parametrize(
    ("day", "reason"),
    [
        (Day(is_enabled=False, scheduled=None), "disabled"),
        (Day(is_enabled=False, scheduled="LOTTERY", is_active=False), "disabled"),
        (Day(is_enabled=True, scheduled="LOTTERY", is_active=False), "inactive"),
    ],
)
def test_the_first_of_several_reasons_is_told(day: Day, reason: str) -> None:
    assert closed_because("DICE", day, test_mode=False) == reason


def test_a_closed_feature_is_refused_with_its_reason() -> None:
    require_open("DICE", OPEN, test_mode=False)
    with pytest.raises(NoFeatureToday) as refusal:
        require_open("LOTTERY", OPEN, test_mode=False)
    assert refusal.value.reason == "other_feature"
