"""DATA_DIR: one owner at a time, secrets nobody else can read."""

import fcntl
import json
import os
import secrets
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from fairground_deploy.local.failures import LocalRunError

PRIVATE_FILE = 0o600
PRIVATE_FOLDER = 0o700
KEY_BYTES = 32


class DataDir:
    """The folder a local run keeps everything in."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.logs = root / "logs"
        self.state = root / "state"
        self._secrets = root / "secrets"

    @contextmanager
    def owned(self) -> Iterator[None]:
        """Hold the folder: a second run would start a second server on the same files."""
        self._create()
        with (self.root / "lock").open("a+") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                raise LocalRunError(
                    f"another `make run` uses {self.root} already; stop it, or give this one its own DATA_DIR"
                ) from None
            yield

    def secret(self, name: str) -> str:
        """Return a kept secret (64 hexadecimal digits), made at the first time."""
        return self.keep(name, secrets.token_hex(KEY_BYTES))

    def keep(self, name: str, first: str) -> str:
        """Return what is kept under a name; `first` becomes it when there is nothing yet."""
        known = self.kept(name)
        if known is None:
            _write_private(self._secrets / name, first)
        return known if known is not None else first

    def note(self, name: str, text: str) -> None:
        """Keep something secret that may be another each time."""
        _write_private(self._secrets / name, text)

    def kept(self, name: str) -> str | None:
        """Return what is kept under a name."""
        try:
            return (self._secrets / name).read_text().strip()
        except FileNotFoundError:
            return None

    @property
    def metrics_file(self) -> Path:
        """Where Prometheus finds the processes of a run (`file_sd_configs`)."""
        return self.root / "metrics.json"

    def tell_metrics(self, addresses: Mapping[str, str]) -> None:
        """Say where each process tells its numbers."""
        targets = [{"targets": [address], "labels": {"job": name}} for name, address in addresses.items()]
        self.metrics_file.write_text(json.dumps(targets, indent=2))

    @property
    def admin_password_file(self) -> Path:
        """Where a person finds the first admin's password."""
        return self.root / "admin-password"

    def keep_admin_password(self, password: str) -> None:
        _write_private(self.admin_password_file, password)

    def kept_admin_password(self) -> str | None:
        """Return the first admin's password, None before there is one."""
        try:
            return self.admin_password_file.read_text().strip()
        except FileNotFoundError:
            return None

    def _create(self) -> None:
        try:
            for folder in (self.root, self.logs, self.state, self._secrets):
                folder.mkdir(parents=True, exist_ok=True, mode=PRIVATE_FOLDER)
            self._secrets.chmod(PRIVATE_FOLDER)
        except OSError as error:
            raise LocalRunError(f"bad setting DATA_DIR: {error}") from None


def _write_private(file: Path, text: str) -> None:
    """Complete or not at all: a half-written key would be a different key for ever."""
    fresh = file.with_name(f"{file.name}.new")
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, PRIVATE_FILE)
    with os.fdopen(descriptor, "w") as target:
        target.write(f"{text}\n")
        target.flush()
        os.fsync(target.fileno())
    fresh.replace(file)
