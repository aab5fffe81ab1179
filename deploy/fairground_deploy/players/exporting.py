"""All that the product keeps of a player, as one JSON document, written as it is read.

Nothing is held but a page, however much a player has. A list that broke off is closed and named under `missing`.
"""

import json
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, TextIO
from urllib.parse import urlencode

from fairground_deploy.api import Api, RefusedError
from fairground_deploy.services import DATABASE_SERVICES

ROWS_AT_ONCE = 1000

Progress = Callable[[str, int], None]
"""Told after every page: which list, and how many of its rows are written."""


@dataclass(slots=True)
class Exported:
    """How much of each list was written, and what is missing."""

    progress: Progress
    rows: Counter[str] = field(default_factory=Counter)
    missing: dict[str, str] = field(default_factory=dict)


def require_known(admin: Api, user_id: int) -> None:
    """Return when there is such a player, erased or not. Raises RefusedError."""
    admin.expect("GET", f"/api/admin/auth/users/{user_id}")


def export_player(admin: Api, user_id: int, file: TextIO, progress: Progress) -> Exported:
    """Write the document. What a service does not tell is missing; run it again when the service is back."""
    exported = Exported(progress)
    file.write(f'{{"user_id": {user_id}')
    for service in DATABASE_SERVICES:
        file.write(f',\n"{service}": {{')
        _write_service(admin, service, user_id, file, exported)
        file.write("}")
    file.write(f',\n"missing": {json.dumps(exported.missing)}}}\n')
    return exported


def _write_service(admin: Api, service: str, user_id: int, file: TextIO, exported: Exported) -> None:
    path = f"/api/admin/{service}/players/{user_id}/export"
    try:
        kinds = admin.expect("GET", path)["kinds"]
    except (RefusedError, OSError) as error:
        exported.missing[service] = str(error)
        return
    for number, kind in enumerate(kinds):
        name = f"{service}/{kind}"
        file.write(f'{"," if number else ""}\n  "{kind}": [')
        try:
            for page in _pages(admin, f"{path}/{kind}"):
                _write_rows(page, file, is_first=not exported.rows[name])
                exported.rows[name] += len(page)
                exported.progress(name, exported.rows[name])
        except (RefusedError, OSError) as error:
            exported.missing[name] = str(error)
        file.write("]")


def _write_rows(rows: list[Any], file: TextIO, *, is_first: bool) -> None:
    for number, row in enumerate(rows):
        file.write("\n    " if is_first and number == 0 else ",\n    ")
        json.dump(row, file, ensure_ascii=False)


def _pages(admin: Api, path: str) -> Iterator[list[Any]]:
    asked = {"limit": str(ROWS_AT_ONCE)}
    while True:
        page = admin.expect("GET", f"{path}?{urlencode(asked)}")
        yield page["items"]
        if page["next_cursor"] is None:
            return
        asked["cursor"] = page["next_cursor"]
