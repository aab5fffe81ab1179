"""``docs/errors.md``, and what the gateway serves behind each ``type``: every error the product answers with."""

import json

from fairground_common.errors import FairgroundError
from fairground_common.web.problem import status_of
from fairground_deploy.catalogue.markdown import table
from fairground_deploy.catalogue.parts import PARTS, import_all, part_of

_COLUMNS = ("code", "status", "it means", "what the client should do", "what operators do")

_HEAD = """\
# Errors

<!-- Written by `python -m fairground_deploy.catalogue`; change the class, not this page. -->

Every refusal is an `application/problem+json` document (RFC 9457) with a `code` that never changes its meaning:

```json
{"type": "/errors/LOTTERY_SOLD_OUT", "title": "…", "status": 409, "detail": "…", "instance": "/api/lottery/play",
 "code": "LOTTERY_SOLD_OUT", "request_id": "…"}
```

`errors` (a list of `{loc, msg}`) names wrong fields, `reason` says which of several reasons it was. Quote `request_id`
when you report a problem; it stands in the logs of every part the request passed.
"""


def all_errors() -> list[type[FairgroundError]]:
    """Return every concrete error of the product, by code."""
    import_all(*PARTS)
    return [leaf for leaf in FairgroundError.leaves() if part_of(leaf) in PARTS]


def errors_file() -> str:
    """Return what the gateway knows of every code: it imports no service."""
    told = {
        leaf.code: {
            "status": status_of(leaf),
            "title": leaf.title(),
            "advice": leaf.advice,
            "operators": leaf.operators,
        }
        for leaf in all_errors()
    }
    return json.dumps(told, indent=1, ensure_ascii=False) + "\n"


def errors_page() -> str:
    """Return the error catalogue."""
    leaves = all_errors()
    sections = []
    for part, title in PARTS.items():
        rows = [
            (f"`{leaf.code}`", str(status_of(leaf)), leaf.title(), leaf.advice, leaf.operators)
            for leaf in leaves
            if part_of(leaf) == part
        ]
        if rows:
            sections.append(f"## {title}\n\n{table(_COLUMNS, rows)}")
    return "\n".join((_HEAD, *sections))
