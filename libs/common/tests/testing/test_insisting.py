"""A test that insists goes on until an answer is one."""

from fairground_common.testing import Answer, insist


async def test_only_what_is_told_to_come_back_is_asked_again() -> None:
    waiting, refused = Answer(503, {"retry-after": "1"}, b""), Answer(409, {}, b"")
    answers = [waiting, waiting, refused, Answer(200, {}, b"")]

    async def send(what: str, *, key: str) -> Answer:
        assert (what, key) == ("a play", "mine")
        return answers.pop(0)

    assert await insist(send, "a play", key="mine") == refused
    assert len(answers) == 1
