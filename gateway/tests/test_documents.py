"""The product's documentation: what is routed, under unique names, readable by the bundled pages."""

import html
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from importlib.resources import files
from typing import Any

import msgspec

from fairground_common.errors import FairgroundError
from fairground_common.testing import eventually
from fairground_common.web.problem import PROBLEM_SCHEMA
from fairground_gateway.documents.merge import merge
from fairground_gateway.documents.own import OWN_PATHS
from fairground_gateway.routes import ROUTES
from fairground_gateway.routing import RouteTable
from fairground_gateway.testing import RawClient, RecordingService, answering, staying_silent

RunGateway = Callable[..., AbstractAsyncContextManager[RawClient]]
TABLE = RouteTable(ROUTES)


def an_operation(returns: str = "Out", **more: Any) -> dict[str, Any]:
    schema = {"$ref": f"#/components/schemas/{returns}"}
    return {"responses": {"200": {"description": "", "content": {"application/json": {"schema": schema}}}}, **more}


def a_document(paths: dict[str, Any], **schemas: Any) -> dict[str, Any]:
    return {"openapi": "3.1.0", "paths": paths, "components": {"schemas": schemas}}


def returned(document: dict[str, Any], path: str, method: str = "get") -> str:
    content = document["paths"][path][method]["responses"]["200"]["content"]
    return str(content["application/json"]["schema"]["$ref"].rpartition("/")[2])


def test_only_routed_operations_of_their_own_service_are_told() -> None:
    games = a_document(
        {
            "/api/{game}/status": {"get": an_operation(), "delete": an_operation()},
            "/api/admin/lottery/prizes/{key}/restock": {"post": an_operation()},
            "/api/auth/me": {"get": an_operation()},
            "/metrics": {"get": an_operation()},
            "/livez": {"get": an_operation()},
        },
        Out={},
    )
    paths = merge({"games": games}, TABLE)["paths"]
    assert {(path, method) for path, item in paths.items() for method in item if path not in OWN_PATHS} == {
        ("/api/{game}/status", "get"),
        ("/api/admin/lottery/prizes/{key}/restock", "post"),
    }


def test_equal_schemas_are_shared_and_different_ones_renamed() -> None:
    problem, games_out, auth_out = PROBLEM_SCHEMA, {"title": "A"}, {"title": "B"}
    documents = {
        "auth": a_document({"/api/auth/me": {"get": an_operation()}}, Out=auth_out, Problem=problem),
        "games": a_document({"/api/rewards": {"get": an_operation()}}, Out=games_out, Problem=problem),
    }
    merged = merge(documents, TABLE)
    assert merged["components"]["schemas"] == {"Out": auth_out, "games_Out": games_out, "Problem": problem}
    assert returned(merged, "/api/auth/me") == "Out"
    assert returned(merged, "/api/rewards") == "games_Out"


def test_a_schema_that_only_differs_in_what_it_uses_is_renamed_too() -> None:
    page = {"items": {"$ref": "#/components/schemas/Out"}}
    documents = {
        "auth": a_document({}, Out={"title": "A"}, Page=page),
        "games": a_document({"/api/rewards": {"get": an_operation("Page")}}, Out={"title": "B"}, Page=page),
    }
    merged = merge(documents, TABLE)
    assert returned(merged, "/api/rewards") == "games_Page"
    assert merged["components"]["schemas"]["games_Page"]["items"]["$ref"].endswith("/games_Out")
    assert merged["components"]["schemas"]["Page"] == page


def test_the_gateways_refusals_stand_beside_the_services_own() -> None:
    own = {"503": {"description": "`A`: B", "content": {"application/problem+json": {}}}}
    operation = an_operation() | {"responses": own, "requestBody": {}}
    merged = merge({"games": a_document({"/api/rewards": {"get": operation}})}, TABLE)
    responses = merged["paths"]["/api/rewards"]["get"]["responses"]
    for status, code in (("400", "PATH_REFUSED"), ("401", "UNAUTHENTICATED"), ("413", "PAYLOAD_TOO_LARGE")):
        assert f"`{code}`: " in responses[status]["description"]
    for code in ("A", "AUTH_KEYS_UNAVAILABLE", "SERVICE_UNAVAILABLE"):
        assert responses["503"]["description"].count(f"`{code}`: ") == 1


def test_a_missing_service_is_named() -> None:
    merged = merge({"auth": a_document({}), "games": None}, TABLE)
    assert merged["x-missing-services"] == ["games"]
    assert "games" in merged["info"]["description"]


async def test_documents_are_merged_over_the_wire_and_kept(run_gateway: RunGateway, service: RecordingService) -> None:
    document = a_document({"/api/rewards": {"get": an_operation()}}, Out={"title": "Out"})
    service.usually = answering(body=msgspec.json.encode(document))
    async with run_gateway() as gateway:
        first = await gateway.ask("GET", "/openapi.json")
        second = await gateway.ask("GET", "/openapi.json")
    assert first.json == second.json
    assert first.json["openapi"] == "3.1.0"
    assert set(first.json["paths"]) == {"/api/rewards", *OWN_PATHS}
    assert [received.target for received in service.received] == ["/openapi.json"] * 4


async def test_a_service_that_comes_later_is_told_soon(run_gateway: RunGateway, service: RecordingService) -> None:
    document = a_document({"/api/rewards": {"get": an_operation()}}, Out={"title": "Out"})
    async with run_gateway() as gateway:
        service.usually = answering(body=b"not yet")
        assert len((await gateway.ask("GET", "/openapi.json")).json["x-missing-services"]) == 4
        service.usually = answering(body=msgspec.json.encode(document))

        async def complete() -> bool:
            return "x-missing-services" not in (await gateway.ask("GET", "/openapi.json")).json

        await eventually(complete)


async def test_the_documentation_page_needs_nothing_from_elsewhere(
    gateway: RawClient, service: RecordingService
) -> None:
    service.usually = staying_silent
    page = await gateway.ask("GET", "/docs")
    assert (page.status, page.header("content-type")) == (200, "text/html; charset=utf-8")
    assert b"http://" not in page.body
    assert b"https://" not in page.body
    assert "default-src 'none'" in (page.header("content-security-policy") or "")
    for asset in ("swagger-ui-bundle.js", "swagger-ui.css", "favicon-32x32.png", "start.js"):
        assert f"/docs/static/{asset}".encode() in page.body
        assert (await gateway.ask("GET", f"/docs/static/{asset}")).status == 200
    assert (await gateway.ask("GET", "/docs/static/index.html")).code == "NOT_FOUND"


async def test_the_documentation_page_leads_to_the_events(gateway: RawClient) -> None:
    assert b'href="/asyncapi.json"' in (await gateway.ask("GET", "/docs")).body
    answer = await gateway.ask("GET", "/asyncapi.json")
    document = msgspec.json.decode(answer.body)
    assert (answer.status, document["asyncapi"]) == (200, "3.0.0")
    assert "games.play_settled.v1" in document["channels"]


async def test_the_start_page_leads_to_the_documentation(gateway: RawClient, service: RecordingService) -> None:
    page = await gateway.ask("GET", "/")
    assert page.status == 200
    assert b'href="/docs"' in page.body


async def test_every_code_has_a_page_that_says_what_to_do(run_gateway: RunGateway, service: RecordingService) -> None:
    """Services' codes too, and while the services are away: the gateway keeps the catalogue."""
    kept = files("fairground_gateway.documents").joinpath("pages", "errors.json")
    catalogue = msgspec.json.decode(kept.read_text())
    assert {leaf.code for leaf in FairgroundError.leaves()} <= catalogue.keys()
    assert "LOTTERY_SOLD_OUT" in catalogue
    async with run_gateway() as gateway:
        for code, told in catalogue.items():
            page = await gateway.ask("GET", f"/errors/{code}")
            text = html.unescape(page.body.decode())
            assert page.status == 200, code
            for said in (code, told["title"], told["advice"], told["operators"], f'"status": {told["status"]}'):
                assert said in text, f"{code} does not say {said!r}"


async def test_a_services_code_has_a_page_from_its_documentation(
    run_gateway: RunGateway, service: RecordingService
) -> None:
    operation = {"responses": {"404": {"description": "`ONLY_A_SERVICE_KNOWS`: Nothing <today>.\n\n`X`: y"}}}
    service.usually = answering(body=msgspec.json.encode(a_document({"/api/rewards": {"get": operation}})))
    async with run_gateway() as gateway:
        page = await gateway.ask("GET", "/errors/ONLY_A_SERVICE_KNOWS")
        assert b"Nothing &lt;today&gt;." in page.body
        assert (await gateway.ask("GET", "/errors/NEVER_HEARD_OF")).code == "NOT_FOUND"
