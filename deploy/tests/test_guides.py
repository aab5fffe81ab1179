"""What counts as the same answer, and how a page is read and written."""

from pathlib import Path

import pytest

from fairground_deploy.catalogue import ROOT
from fairground_deploy.guides.answers import agrees
from fairground_deploy.guides.page import Page
from fairground_deploy.guides.recorder import recorded
from fairground_deploy.guides.terminal import CommandFailed, Terminal

PLAY = '{"play_id":"01a20554-6119-7c70-985b-5c022c3687e9","remaining":9,"reward":{"type":"POINT","amount":20}}'


@pytest.mark.parametrize(
    "shown",
    [
        PLAY,
        PLAY.replace("01a20554", "01a29999"),
        '{"play_id":"01a20554-6119-7c70-985b-5c022c3687e9",…}',
        '{…,"remaining":9,…}',
        '{…,"reward":{…,"amount":20}}',
        '{"play_id":…,"remaining":9,\n "reward":…}',
    ],
)
def test_an_answer_may_be_shortened_and_its_ids_may_differ(shown: str) -> None:
    assert agrees(shown.splitlines(), PLAY)


@pytest.mark.parametrize(
    "shown",
    [
        PLAY.replace("9,", "8,"),
        PLAY.replace("9,", '"9",'),
        PLAY.replace("POINT", "XP"),
        PLAY.replace('"remaining":9,', ""),
        PLAY.replace('"remaining"', '"left"'),
        PLAY.replace("01a20554-6119-7c70-985b-5c022c3687e9", "none"),
        '{…,"used_today":1,…}',
        "{}",
        "",
        "HTTP/1.1 200 OK\n" + PLAY,
    ],
)
def test_a_value_a_member_a_type_or_a_status_that_differs_is_seen(shown: str) -> None:
    assert not agrees(shown.splitlines(), PLAY)


@pytest.mark.parametrize(
    ("shown", "answer", "same"),
    [
        ('{"items":[{"n":1},…]}', '{"items":[{"n":1},{"n":2}]}', True),
        ('{"items":[…,{"n":2},…]}', '{"items":[{"n":1},{"n":2}]}', True),
        ('{"items":[{"n":1}]}', '{"items":[{"n":1},{"n":2}]}', False),
        ('{"sha256":"6ff7399b…"}', '{"sha256":"82b7fa7e00000000"}', True),
        ('{"at":"2026-11-23T05:21:27.284742Z"}', '{"at":"2026-11-23"}', False),
        ("HTTP/1.1 200 OK\n…", "HTTP/1.1 200 OK\ncontent-length: 2", True),
        ("HTTP/1.1 200 OK\nretry-after: 5\n…", "HTTP/1.1 200 OK\ndate: today\nretry-after: 7\n", True),
        ("HTTP/1.1 200 OK\nretry-after: 5\n…", "HTTP/1.1 200 OK\ndate: today\n", False),
        ("HTTP/1.1 200 OK\n…", "HTTP/1.1 204 No Content\n", False),
        ("all … rows read 0", "all 7 rows read 0", True),
        ("all … rows read 0", "1 of 7 rows differs", False),
    ],
)
def test_lists_hashes_and_lines(shown: str, answer: str, *, same: bool) -> None:
    assert agrees(shown.splitlines(), answer) is same


def test_what_chance_decides_keeps_its_kind() -> None:
    assert agrees(['{"balance":20}'], '{"balance":0}', frozenset({"balance"}))
    assert not agrees(['{"balance":20}'], '{"balance":null}', frozenset({"balance"}))


def _page(text: str) -> Page:
    return Page(ROOT / "page.md", tuple(text.splitlines()))


def test_a_comment_does_not_swallow_the_commands_after_it() -> None:
    page = _page("```console\n$ A=…    # an admin's\n$ echo 1 |\n    cat\n1\n$ echo 'a\nb'\na\nb\n```")
    assert [step.command for step in page.steps()] == ["A=…    # an admin's", "echo 1 |\n    cat", "echo 'a\nb'"]


async def test_only_what_is_out_of_date_is_written_anew(tmp_path: Path) -> None:
    page = _page("```console\n$ echo 1\n1\n$ echo 2\n3\n```\n\n<!-- run\nsaid=4\n-->\n```console\n$ echo $said\n```")
    async with Terminal.opened(tmp_path, "http://127.0.0.1:1", {"PATH": "/usr/bin:/bin"}) as terminal:
        text = await recorded(page, terminal)
    assert text == "\n".join(page.lines).replace("\n3\n", "\n2\n").replace("$said\n", "$said\n4\n") + "\n"


async def test_what_nobody_sees_has_to_succeed(tmp_path: Path) -> None:
    page = _page("<!-- run\nfalse\ntrue\n-->")
    async with Terminal.opened(tmp_path, "http://127.0.0.1:1", {"PATH": "/usr/bin:/bin"}) as terminal:
        with pytest.raises(CommandFailed):
            await recorded(page, terminal)
