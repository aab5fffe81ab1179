from fairground_common.ids import new_id


def test_ids_are_uuid_version_7() -> None:
    made = new_id()
    assert (made.version, made.variant) == (7, "specified in RFC 4122")


def test_ids_never_repeat_and_carry_their_millisecond() -> None:
    made = [new_id() for _ in range(10_000)]
    assert len(set(made)) == len(made)
    milliseconds = [each.int >> 80 for each in made]
    assert milliseconds == sorted(milliseconds)
