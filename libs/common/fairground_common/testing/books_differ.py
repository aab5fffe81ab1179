"""What a check of the books raises, to be told from an expectation that was only not met in time."""


class BooksDiffer(AssertionError):
    """What clients were told and what is booked are two stories. CI never asks such a test again (`again.py`)."""
