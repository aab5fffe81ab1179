"""The sum of a run is of every history once, with all of it."""

from pathlib import Path

from fairground_common.testing.chaos import Numbers, strike, strikes, summary

EARLIER, LATER = Numbers(3, 2, 0, 0, 0, 1), Numbers(5, 5, 0, 1, 0, 1)
OTHER = Numbers(10, 9, 1, 0, 2, 3)


def test_each_history_counts_once_with_all_that_is_in_it() -> None:
    first, second = Path("first"), Path("second")
    told = [(first, EARLIER), (second, OTHER), (first, LATER)]
    properties = [(summary.NUMBERS, summary.as_property(path, numbers)) for path, numbers in told]
    assert summary.in_all(properties) == (
        "in all: attempted 15, acknowledged 14, lost 1, unexpected 1, duplicated 2, recovered 4; 0 faults"
    )


def test_the_strikes_of_all_tests_are_added_and_other_properties_left_aside() -> None:
    before = strikes()
    strike()
    strike()
    properties = [(summary.STRIKES, strikes() - before), (summary.STRIKES, 5), ("attempts", "a line")]
    assert summary.in_all(properties).endswith("; 7 faults")
