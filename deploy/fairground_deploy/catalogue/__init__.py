"""The catalogues of errors, events, metrics and settings, written from the code itself.

`python -m fairground_deploy.catalogue` writes ``docs/errors.md``, ``docs/events.md``, ``docs/metrics.md``,
``docs/settings.md``, ``docs/asyncapi.json`` and the recorded schema of every event. Tests fail when a file is out of
step.
"""

from fairground_deploy.catalogue.errors import all_errors
from fairground_deploy.catalogue.metrics import all_metrics
from fairground_deploy.catalogue.pages import pages
from fairground_deploy.catalogue.parts import ROOT
from fairground_deploy.catalogue.schemas import (
    SCHEMAS,
    as_text,
    faults_of,
    first_schema_file,
    incompatibilities,
    schema_file,
    schema_of,
)
from fairground_deploy.catalogue.settings import all_settings, documented_settings

__all__ = [
    "ROOT",
    "SCHEMAS",
    "all_errors",
    "all_metrics",
    "all_settings",
    "as_text",
    "documented_settings",
    "faults_of",
    "first_schema_file",
    "incompatibilities",
    "pages",
    "schema_file",
    "schema_of",
]
