"""Every generated file."""

from pathlib import Path

from fairground_common.contracts import CONTRACTS
from fairground_common.contracts.asyncapi import asyncapi
from fairground_deploy.catalogue.errors import errors_file, errors_page
from fairground_deploy.catalogue.events import events_page
from fairground_deploy.catalogue.metrics import metrics_page
from fairground_deploy.catalogue.parts import ROOT
from fairground_deploy.catalogue.schemas import as_text, first_schema_file, schema_file, schema_of
from fairground_deploy.catalogue.settings import settings_page

GATEWAY_ERRORS = ROOT / "gateway" / "fairground_gateway" / "documents" / "pages" / "errors.json"


def pages() -> dict[Path, str]:
    """Return every generated file and its text."""
    schemas = {schema_file(contract): as_text(schema_of(contract)) for contract in CONTRACTS}
    docs = {
        "asyncapi.json": as_text(asyncapi()),
        "errors.md": errors_page(),
        "events.md": events_page(),
        "metrics.md": metrics_page(),
        "settings.md": settings_page(),
    }
    served = {GATEWAY_ERRORS: errors_file()}
    return {ROOT / "docs" / name: text for name, text in docs.items()} | served | schemas | _of_new_types()


def _of_new_types() -> dict[Path, str]:
    """Return the first schema of events that have none yet: it is written once."""
    return {
        first_schema_file(contract): as_text(schema_of(contract))
        for contract in CONTRACTS
        if not first_schema_file(contract).exists()
    }
