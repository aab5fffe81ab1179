import pytest

from fairground_auth.users import rules
from fairground_auth.users.rules import Role


@pytest.mark.parametrize(
    ("typed", "username"),
    [
        ("mina", "mina"),
        ("Mina.Kim-7_", "mina.kim-7_"),
        ("\uff2d\uff29\uff2e\uff21", "mina"),
        ("ﬁve", "five"),
        ("K\u212aK", "kkk"),
        ("a" * 32, "a" * 32),
    ],
)
def test_usernames_are_compared_without_case_and_width(typed: str, username: str) -> None:
    assert rules.username_of(typed) == username


@pytest.mark.parametrize(
    "typed", ["", "ab", "a" * 33, "mina kim", " mina", "mina\n", "민아님", "straße!", "i̇i̇i̇", "a\x00bc", "mina@home"]
)
def test_other_usernames_are_refused(typed: str) -> None:
    with pytest.raises(ValueError, match="3 to 32"):
        rules.username_of(typed)


def test_folding_twice_changes_nothing_more() -> None:
    odd = [chr(code) for code in range(0x20, 0x3000)]
    assert [fold for fold in map(rules.fold, odd) if rules.fold(fold) != fold] == []


@pytest.mark.parametrize(
    ("typed", "nickname"),
    [(" 민아 ", "민아"), ("e\u0301", "é"), ("👩‍👩‍👧", "👩‍👩‍👧"), ("a b", "a b"), ("x" * 64, "x" * 64)],
)
def test_nicknames_are_free_text_in_normal_form(typed: str, nickname: str) -> None:
    assert rules.nickname_of(typed) == nickname


@pytest.mark.parametrize("typed", ["", "   ", "x" * 65, "a\x00b", "a\nb", "abc\u202edcba", "a\u2028b", "\ufeff"])
def test_nicknames_hide_nothing(typed: str) -> None:
    with pytest.raises(ValueError, match="characters"):
        rules.nickname_of(typed)


@pytest.mark.parametrize("length", [8, 128])
def test_passwords_of_8_to_128_characters_are_taken_as_they_are(length: int) -> None:
    assert rules.password_of(" " * length) == " " * length


@pytest.mark.parametrize("length", [0, 7, 129])
def test_other_passwords_are_refused(length: int) -> None:
    with pytest.raises(ValueError, match="8 to 128"):
        rules.password_of("x" * length)


@pytest.mark.parametrize(
    ("granted", "roles"),
    [
        ([], ("player",)),
        ([Role.OPERATOR, Role.ADMIN], ("admin", "operator", "player")),
        ([Role.PLAYER, Role.PLAYER], ("player",)),
    ],
)
def test_everybody_is_a_player(granted: list[Role], roles: tuple[str, ...]) -> None:
    assert rules.roles_of(granted) == roles
