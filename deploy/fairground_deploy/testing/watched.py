"""What alerts and dashboards look at."""

import json
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import yaml

from fairground_deploy.catalogue import ROOT

FOLDER = ROOT / "deploy" / "observability"
DASHBOARDS: Sequence[Path] = sorted((FOLDER / "grafana" / "dashboards").glob("*.json"))

_SERIES = re.compile(r"\b(?:fairground|process)_[a-z0-9_]+")


def alerts() -> list[dict[str, Any]]:
    """Return every alert as it is written."""
    rules = yaml.safe_load((FOLDER / "rules" / "fairground.yml").read_text())
    return [rule for group in rules["groups"] for rule in group["rules"]]


def expressions_of(dashboard: Path) -> list[str]:
    panels = json.loads(dashboard.read_text())["panels"]
    return [target["expr"] for panel in panels for target in panel["targets"]]


def expressions() -> list[str]:
    """Return what every alert and every panel asks Prometheus."""
    return [*(alert["expr"] for alert in alerts()), *(each for path in DASHBOARDS for each in expressions_of(path))]


def series_in(expression: str) -> set[str]:
    """Return the names of the series of ours an expression is about."""
    return set(_SERIES.findall(expression))
