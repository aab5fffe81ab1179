"""A shell that a page's commands are typed into, one after the other."""

import asyncio
import secrets
from asyncio.subprocess import PIPE, STDOUT, Process
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Self

SECONDS = 150.0
"""What one command may take."""

AS_SHOWN = "http://127.0.0.1:8080"
"""The gateway's address on the pages."""

_PRELUDE = (Path(__file__).parent / "prelude.sh").read_text()


class CommandFailed(Exception):
    """A command nobody sees did not succeed, or one did not end."""


class Terminal:
    """bash in a folder of its own, which knows where the product is and who may sign in as its admin."""

    def __init__(self, shell: Process, gateway_url: str, last_answer: Path) -> None:
        self._shell = shell
        self._gateway_url = gateway_url
        self._last_answer = last_answer

    @classmethod
    @asynccontextmanager
    async def opened(cls, folder: Path, gateway_url: str, environ: Mapping[str, str]) -> AsyncIterator[Self]:
        last_answer = folder / "last-answer"
        home = folder / "home"
        home.mkdir()
        known = {**environ, "GATEWAY": gateway_url, "FAIRGROUND_URL": gateway_url, "LAST_ANSWER": str(last_answer)}
        shell = await asyncio.create_subprocess_exec(
            "bash", "--noprofile", "--norc", stdin=PIPE, stdout=PIPE, stderr=STDOUT, cwd=home, env=known
        )
        terminal = cls(shell, gateway_url, last_answer)
        try:
            await terminal.run_unseen(_PRELUDE)
            yield terminal
        finally:
            if shell.returncode is None:
                shell.kill()
            await shell.communicate()

    async def run(self, command: str) -> str:
        """Return what a command writes."""
        answer = await self._type(command.replace(AS_SHOWN, self._gateway_url))
        self._last_answer.write_text(answer)
        return answer.replace(self._gateway_url, AS_SHOWN)

    async def run_unseen(self, script: str) -> None:
        """Run what has to succeed, line by line. Raises CommandFailed; the shell is of no use after that."""
        await self._type(f"set -e\n{script}\nset +e")

    async def _type(self, command: str) -> str:
        mark = secrets.token_hex(8)
        assert self._shell.stdin is not None, "the shell was opened with a pipe"
        self._shell.stdin.write(f"{{ {command}\n}} < /dev/null\nprintf '\\n%s\\n' {mark}\n".encode())
        try:
            answer = await asyncio.wait_for(self._read_until(mark), SECONDS)
        except TimeoutError:
            raise CommandFailed(f"{command}\ndid not end within {SECONDS:.0f} s") from None
        return answer.replace("\r\n", "\n").removesuffix("\n")

    async def _read_until(self, mark: str) -> str:
        assert self._shell.stdout is not None, "the shell was opened with a pipe"
        lines: list[str] = []
        while line := (await self._shell.stdout.readline()).decode():
            if line.startswith(mark):
                return "".join(lines).removesuffix("\n")
            lines.append(line)
        raise CommandFailed(f"the shell ended with {await self._shell.wait()} after: {''.join(lines)}")
