"""Pages say what the code says."""

import re
from collections import Counter
from pathlib import Path

import pytest
from pydantic import BaseModel, Field, SecretStr
from pydantic_settings import BaseSettings, EnvSettingsSource

from fairground_common.settings import environment_names
from fairground_deploy import catalogue
from fairground_deploy.catalogue.values import default_in_words, value_in_words


def _full_name(settings: type[BaseSettings]) -> str:
    return f"{settings.__module__}.{settings.__name__}"


DECISIONS_FOLDER = catalogue.ROOT / "docs" / "decisions"
DECISIONS = sorted(DECISIONS_FOLDER.glob("[0-9]*.md"))
SETTINGS = sorted(catalogue.all_settings(), key=_full_name)


@pytest.mark.parametrize("name", ["asyncapi.json", "errors.md", "events.md", "metrics.md", "settings.md"])
def test_a_generated_page_is_in_step_with_the_code(name: str) -> None:
    page = catalogue.ROOT / "docs" / name
    assert page.read_text() == catalogue.pages()[page], "run: python -m fairground_deploy.catalogue"


def test_the_gateway_keeps_the_errors_of_every_part() -> None:
    kept = catalogue.ROOT / "gateway" / "fairground_gateway" / "documents" / "pages" / "errors.json"
    assert kept.read_text() == catalogue.pages()[kept], "run: make docs"


def test_every_settings_class_stands_on_the_page_once() -> None:
    assert sorted(catalogue.documented_settings(), key=_full_name) == SETTINGS


@pytest.mark.parametrize("settings", SETTINGS, ids=_full_name)
def test_every_setting_says_what_it_means(settings: type[BaseSettings]) -> None:
    assert [name for name, field in settings.model_fields.items() if not field.description] == []


@pytest.mark.parametrize("settings", SETTINGS, ids=_full_name)
def test_a_setting_is_read_from_each_of_its_names_and_the_first_wins(
    settings: type[BaseSettings], monkeypatch: pytest.MonkeyPatch
) -> None:
    for field in settings.model_fields:
        names = environment_names(settings, field)
        for name in names:
            monkeypatch.delenv(name, raising=False)
        for name in reversed(names):
            monkeypatch.setenv(name, f'["{name}"]')
            assert name in str(EnvSettingsSource(settings)().values()), f"{name} is not read"


class Told(BaseModel):
    """Settings that try what the page has words for."""

    share: float = Field(0.5, ge=0)
    most: int | None = Field(None, le=9)
    secret: SecretStr = Field(SecretStr("hunter2"), min_length=8, max_length=64)
    odd: int = Field(3, multiple_of=2)


@pytest.mark.parametrize(
    ("field", "value", "default"),
    [
        ("share", "number, at least 0", "`0.5`"),
        ("most", "whole number, at most 9", "not set"),
        ("secret", "secret text, 8 to 64 characters", "`**********`"),
    ],
)
def test_a_setting_is_described_in_words_and_a_secret_never_shown(field: str, value: str, default: str) -> None:
    schema = Told.model_json_schema()["properties"][field]
    assert (value_in_words(schema), default_in_words(schema["default"])) == (value, default)


def test_a_bound_without_words_is_refused_rather_than_left_out() -> None:
    with pytest.raises(ValueError, match="multipleOf"):
        value_in_words(Told.model_json_schema()["properties"]["odd"])


def test_the_index_lists_every_decision_under_its_title_and_number() -> None:
    rows = [f"| [{record.name[:4]}]({record.name}) | {_title(record)[5:]} |" for record in DECISIONS]
    listed = [row for row in (DECISIONS_FOLDER / "README.md").read_text().splitlines() if row.startswith("| [")]
    assert listed == rows


def test_no_two_decisions_share_a_number() -> None:
    counted = Counter(record.name[:4] for record in DECISIONS)
    assert [number for number, records in counted.items() if records > 1] == []


@pytest.mark.parametrize("record", DECISIONS, ids=lambda record: record.name)
def test_a_decision_carries_its_number_and_every_part(record: Path) -> None:
    assert _title(record).startswith(f"{record.name[:4]} ")
    parts = re.findall(
        r"^\*\*(Context\.|Decision\.|Alternatives\.|Enforced by\.|Revisit when)", record.read_text(), re.MULTILINE
    )
    assert parts == ["Context.", "Decision.", "Alternatives.", "Enforced by.", "Revisit when"]


def _title(record: Path) -> str:
    return record.read_text().splitlines()[0].removeprefix("# ")
