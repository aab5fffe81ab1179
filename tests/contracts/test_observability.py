"""Dashboards, alerts, runbook and code speak of the same things."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
import yaml

from fairground_common.telemetry import Family
from fairground_deploy import catalogue
from fairground_deploy.services import PROGRAMS
from fairground_deploy.testing.watched import DASHBOARDS, FOLDER, alerts, expressions, expressions_of, series_in

ALERTS = alerts()
TESTS = yaml.safe_load((FOLDER / "rules" / "fairground_test.yml").read_text())["tests"]
STACKS = [
    catalogue.ROOT / "docker-compose.yml",
    catalogue.ROOT / "gateway" / "compose.yml",
    *sorted((catalogue.ROOT / "services").glob("*/compose.yml")),
    *sorted((catalogue.ROOT / "deploy" / "stacks").glob("*.yml")),
]

_MATCHED = re.compile(r"(fairground_[a-z0-9_]+)\{([^}]*(?:\{[^}]*\}[^}]*)*)\}")
"""A series and its matchers; a route among them has braces of its own."""
BY_PROMETHEUS = {"job", "instance", "le"}


def exported() -> set[str]:
    """Return the name of every series the code tells."""
    return {name for family in catalogue.all_metrics() for name in _series_of(family)}


def _series_of(family: Family) -> Iterator[str]:
    if family.kind == "histogram":
        yield from (f"{family.name}_{each}" for each in ("bucket", "sum", "count"))
    else:
        yield family.name


@pytest.mark.parametrize("alert", ALERTS, ids=lambda alert: alert["alert"])
def test_an_alert_is_of_numbers_the_code_tells(alert: dict[str, Any]) -> None:
    assert series_in(alert["expr"]) - exported() == set()


@pytest.mark.parametrize("path", DASHBOARDS, ids=lambda path: path.stem)
def test_a_dashboard_shows_numbers_the_code_tells(path: Any) -> None:
    shown = {name for each in expressions_of(path) for name in series_in(each)}
    assert shown - exported() == set()


def test_every_label_that_is_asked_for_is_one_of_its_number() -> None:
    labels = {name: {*family.labels} for family in catalogue.all_metrics() for name in _series_of(family)}
    asked = [found for each in expressions() for found in _MATCHED.findall(each)]
    assert len(asked) > 5
    for name, matchers in asked:
        assert {*re.findall(r"(\w+)=~?\"", matchers)} <= labels[name] | BY_PROMETHEUS, (name, matchers)


def test_every_number_of_ours_is_shown_or_watched() -> None:
    """Nobody keeps counting what nobody looks at."""
    looked_at = " ".join(expressions())
    unseen = [family.name for family in catalogue.all_metrics() if family.name not in looked_at]
    assert unseen == UNSEEN


UNSEEN = [
    "fairground_consumer_batch_events",
    "fairground_players_calling",
    "fairground_reconcile_failures_total",
    "fairground_relay_read_events",
    "process_start_time_seconds",
]
"""For whoever looks closer."""


@pytest.mark.parametrize("alert", ALERTS, ids=lambda alert: alert["alert"])
def test_an_alert_leads_to_a_section_of_the_runbook(alert: dict[str, Any]) -> None:
    page, _, anchor = alert["annotations"]["runbook"].partition("#")
    headings = re.findall(r"^## (.+)$", (catalogue.ROOT / page).read_text(), re.MULTILINE)
    assert anchor in {heading.lower().replace(" ", "-") for heading in headings}
    assert alert["labels"]["severity"] in {"page", "ticket"}


def test_every_alert_is_set_off_by_a_test_and_stays_quiet_in_another() -> None:
    expected = {
        name: {
            each["alertname"]
            for test in TESTS
            for each in test["alert_rule_test"]
            if bool(each.get("exp_alerts")) is fires
        }
        for name, fires in (("fires", True), ("quiet", False))
    }
    names = {alert["alert"] for alert in ALERTS}
    assert expected == {"fires": names, "quiet": names}


def test_prometheus_asks_every_program() -> None:
    config = yaml.safe_load((FOLDER / "prometheus.yml").read_text())
    asked = {name for each in config["scrape_configs"][0]["dns_sd_configs"] for name in each["names"]}
    assert asked == {program.name for program in PROGRAMS} | {"books"}


def test_containers_are_told_of_a_collector_where_one_is_named() -> None:
    """Without a value the name stands alone: what is not set stays unset, for an empty sampler is a wrong one."""
    shared = yaml.safe_load((catalogue.ROOT / "deploy" / "stacks" / "common.yml").read_text())
    handed_on = {name for name, value in shared["services"]["process"]["environment"].items() if value is None}
    page = (catalogue.ROOT / "docs" / "observability.md").read_text()
    assert set(re.findall(r"\bOTEL_[A-Z_]+", page)) <= handed_on
    named = (service for path in STACKS for service in _services_in(path))
    ours = [service for service in named if "FAIRGROUND_REPOSITORY" in service.get("image", "")]
    assert ours
    assert [each["image"] for each in ours if each["extends"]["service"] not in {"process", "once"}] == []


def _services_in(path: Any) -> list[dict[str, Any]]:
    return list((yaml.safe_load(path.read_text()).get("services") or {}).values())
