"""The table of routes and the services' own routes agree: nothing a service offers is out of reach by mistake."""

from typing import Any

import pytest
from fastapi import FastAPI

import fairground_auth.app
import fairground_auth.settings
import fairground_games.app
import fairground_games.settings
import fairground_ranking.app
import fairground_ranking.settings
import fairground_seasonpass.app
import fairground_seasonpass.settings
from fairground_gateway.documents.merge import merge
from fairground_gateway.documents.older import as_openapi_30
from fairground_gateway.routes import ROUTES, Token
from fairground_gateway.routing import RouteTable

TABLE = RouteTable(ROUTES)
SECRET = "k" * 64
COMMON: dict[str, Any] = {"gateway_key": SECRET, "database_url": "postgresql://x:y@127.0.0.1:9/x"}


def apps() -> dict[str, FastAPI]:
    """Return every service's application; none connects before it starts."""
    auth = fairground_auth.settings.AuthSettings(**COMMON, refresh_key=SECRET, key_encryption_key=SECRET)
    games = fairground_games.settings.GamesSettings(**COMMON, seed_key=SECRET)
    seasonpass = fairground_seasonpass.settings.ApiSettings(**COMMON)
    ranking = fairground_ranking.settings.ApiSettings(**COMMON)
    return {
        "auth": fairground_auth.app.create_app(auth),
        "games": fairground_games.app.create_app(games),
        "seasonpass": fairground_seasonpass.app.create_app(seasonpass),
        "ranking": fairground_ranking.app.create_app(ranking),
    }


@pytest.fixture(scope="module")
def documents() -> dict[str, dict[str, Any]]:
    return {name: app.openapi() for name, app in apps().items()}


def operations(document: dict[str, Any]) -> dict[tuple[str, str], dict[str, Any]]:
    return {(method, path): operation for path, item in document["paths"].items() for method, operation in item.items()}


def test_every_operation_of_every_service_is_within_reach(documents: dict[str, dict[str, Any]]) -> None:
    reachable = set(operations(merge(documents, TABLE, {})))
    assert {each for document in documents.values() for each in operations(document)} == reachable


def test_gateway_and_service_ask_for_a_token_on_the_same_operations(documents: dict[str, dict[str, Any]]) -> None:
    for (method, path), operation in operations(merge(documents, TABLE, {})).items():
        route = TABLE.find(path.replace("{", "").replace("}", "").encode())[method.upper()]
        assert (route.token is not Token.NONE) == ("security" in operation), (method, path)


def test_every_reference_of_the_merged_document_is_kept(documents: dict[str, dict[str, Any]]) -> None:
    for document in (merge(documents, TABLE, {}), as_openapi_30(merge(documents, TABLE, {}))):
        named = {f"#/components/schemas/{name}" for name in document["components"]["schemas"]}
        assert set(references(document)) <= named


def references(value: object) -> list[str]:
    if isinstance(value, dict):
        inner = [each for member in value.values() for each in references(member)]
        return [*inner, value["$ref"]] if isinstance(value.get("$ref"), str) else inner
    if isinstance(value, list):
        return [each for member in value for each in references(member)]
    return []


def test_every_operation_id_is_unique(documents: dict[str, dict[str, Any]]) -> None:
    ids = [each.get("operationId") for each in operations(merge(documents, TABLE, {})).values()]
    assert len(ids) == len(set(ids))
