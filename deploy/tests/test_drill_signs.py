"""What drills say is seen, asked and done is what alerts and runbook say."""

from importlib import import_module

import pytest

from fairground_deploy import catalogue
from fairground_deploy.drills import outbox
from fairground_deploy.drills.cli import NAMES
from fairground_deploy.drills.on_ground import DRILLS
from fairground_deploy.testing.watched import alerts, series_in

ALERTS = {alert["alert"]: alert for alert in alerts()}
RUNBOOK = (catalogue.ROOT / "docs" / "runbook.md").read_text()
SECTIONS = {section.partition("\n")[0]: section for section in RUNBOOK.split("\n## ")}
OF_DRILLS = {
    "switch": "Switch a game off",
    "keys": "Rotate keys",
    "broker": "The broker is down",
    "outbox": "The outbox is stuck",
    "poison": "A flood of poison",
    "rollback": "Roll back a release",
    "restore": "Restore to a moment",
}


@pytest.mark.parametrize("name", NAMES)
def test_the_section_a_drill_practises_names_it(name: str) -> None:
    assert f"fairground drill {name}" in " ".join(SECTIONS[OF_DRILLS[name]].split())


@pytest.mark.parametrize("name", DRILLS)
def test_an_alert_a_drill_tells_of_is_about_the_number_it_shows_and_leads_to_its_section(name: str) -> None:
    for sign in import_module(f"fairground_deploy.drills.{name}").SIGNS:
        if sign.alert:
            rule = ALERTS[sign.alert]
            assert sign.series in series_in(rule["expr"])
            anchor = rule["annotations"]["runbook"].partition("#")[2]
            assert anchor == OF_DRILLS[name].lower().replace(" ", "-")


def test_a_stuck_outbox_is_asked_about_in_the_words_of_the_runbook() -> None:
    assert outbox.WHO_HOLDS_IT in " ".join(SECTIONS[OF_DRILLS["outbox"]].split())
    assert outbox.WHO_HOLDS_IT.partition(" AND granted")[2] in (catalogue.ROOT / "docs" / "bus.md").read_text()
