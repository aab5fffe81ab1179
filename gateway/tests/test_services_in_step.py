"""The table of routes and the services' own routes agree: nothing a service offers is out of reach by mistake."""

from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.routing import iter_route_contexts

import fairground_auth.app
import fairground_auth.settings
import fairground_games.app
import fairground_games.settings
import fairground_ranking.app
import fairground_ranking.settings
import fairground_seasonpass.app
import fairground_seasonpass.settings
from fairground_common.web.documents import openapi_of
from fairground_common.web.identity import Caller
from fairground_gateway.documents.merge import merge, route_of
from fairground_gateway.documents.own import OWN_PATHS
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
    return {name: openapi_of(app) for name, app in apps().items()}


@pytest.fixture(scope="module")
def merged(documents: dict[str, dict[str, Any]]) -> dict[str, Any]:
    return merge(documents, TABLE)


def operations(document: dict[str, Any]) -> dict[tuple[str, str], dict[str, Any]]:
    return {(method, path): operation for path, item in document["paths"].items() for method, operation in item.items()}


def roles(operation: dict[str, Any]) -> set[str]:
    return {role for way in operation.get("security", []) for role in way.get("bearer", [])}


def test_every_operation_of_every_service_is_within_reach(
    documents: dict[str, dict[str, Any]], merged: dict[str, Any]
) -> None:
    offered = {each for document in documents.values() for each in operations(document)}
    assert offered | set(operations({"paths": OWN_PATHS})) == set(operations(merged))


def test_every_route_leads_to_an_operation(merged: dict[str, Any]) -> None:
    led_to = {route_of(method, path, TABLE) for method, path in operations(merged)}
    everywhere_below = {route.path for route in led_to if route is not None and route.path.endswith("**")}
    assert [route for route in ROUTES if route not in led_to and route.path not in everywhere_below] == []


def test_gateway_and_service_ask_for_the_same_token(merged: dict[str, Any]) -> None:
    for (method, path), operation in operations(merged).items():
        route = route_of(method, path, TABLE)
        assert route is not None
        ways = operation.get("security", [])
        assert (route.token is Token.NONE) == (not ways), (method, path)
        assert (route.token is Token.OPTIONAL) == ({} in ways), (method, path)
        assert route.token is not Token.OPERATOR or roles(operation) & {"operator", "admin"}, (method, path)


def test_what_lies_below_admin_and_only_that_needs_a_role(merged: dict[str, Any]) -> None:
    for (method, path), operation in operations(merged).items():
        assert (len(roles(operation)) == 1) == path.startswith("/api/admin/"), (method, path)


def test_who_calls_is_asked_before_anything_else() -> None:
    routes = [each for app in apps().values() for each in iter_route_contexts(app.routes)]
    asked = [[each.call for each in route.dependant.dependencies] for route in routes if hasattr(route, "dependant")]
    with_caller = [calls for calls in asked if any(isinstance(call, Caller) for call in calls)]
    assert len(with_caller) > 50
    assert all(isinstance(calls[0], Caller) for calls in with_caller)


def test_every_refusal_is_a_problem(merged: dict[str, Any]) -> None:
    for operation in operations(merged).values():
        for status, answer in operation["responses"].items():
            if status >= "400" and operation["operationId"] != "gateway_ready":
                assert "application/problem+json" in answer["content"], operation["operationId"]


def test_every_reference_of_the_merged_document_is_kept(merged: dict[str, Any]) -> None:
    assert set(references(merged)) <= {f"#/components/schemas/{name}" for name in merged["components"]["schemas"]}


def references(value: object) -> list[str]:
    if isinstance(value, dict):
        inner = [each for member in value.values() for each in references(member)]
        return [*inner, value["$ref"]] if isinstance(value.get("$ref"), str) else inner
    if isinstance(value, list):
        return [each for member in value for each in references(member)]
    return []


def test_every_operation_id_is_unique(merged: dict[str, Any]) -> None:
    ids = [each.get("operationId") for each in operations(merged).values()]
    assert len(ids) == len(set(ids))
