"""A play is one trace, from the gateway to its XP, as a collector of OpenTelemetry sees it."""

import secrets
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from fairground_common.testing import eventually
from fairground_deploy.testing.player import sign_up
from fairground_deploy.testing.processes import running_product


@dataclass(frozen=True, slots=True)
class Seen:
    """A span as it was sent."""

    service: str
    name: str
    trace: str
    span: str
    parent: str


class Collector:
    """The receiving end of OTLP over HTTP."""

    def __init__(self) -> None:
        self.spans: list[Seen] = []
        collected = self.spans

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"]))
                collected.extend(_read(body) if self.path == "/v1/traces" else ())
                self.send_response(200)
                self.send_header("content-length", "0")
                self.end_headers()

            def log_message(self, *_: object) -> None:
                """Tests have enough to say."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)
        self._thread.start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}"

    def close(self) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


def _read(body: bytes) -> Iterator[Seen]:
    for resource in ExportTraceServiceRequest.FromString(body).resource_spans:
        names = {each.key: each.value.string_value for each in resource.resource.attributes}
        for scope in resource.scope_spans:
            for span in scope.spans:
                ids = (span.trace_id.hex(), span.span_id.hex(), span.parent_span_id.hex())
                yield Seen(names["service.name"], span.name, *ids)


@pytest.fixture
def collector() -> Iterator[Collector]:
    made = Collector()
    yield made
    made.close()


WAY = [
    ("gateway", "POST /api/{game}/play", "client"),
    ("games", "POST /api/roulette/play", "gateway"),
    ("games-worker", "publish games.play_settled.v1", "games"),
    ("seasonpass-worker", "apply games.play_settled.v1", "games"),
]
"""Who, what, and because of whom. Publishing and applying are both caused by the play: the event carries its name."""


async def test_a_play_is_one_trace_with_a_span_of_everybody_on_its_way(collector: Collector, tmp_path: Path) -> None:
    told = {"OTEL_EXPORTER_OTLP_ENDPOINT": collector.url, "OTEL_BSP_SCHEDULE_DELAY": "100"}
    trace, client = secrets.token_hex(16), secrets.token_hex(8)
    async with running_product(tmp_path, BROKER="embedded", **told) as product:
        player = await sign_up(product.gateway_url)
        answer = await player.call("POST", "/api/roulette/play", traceparent=f"00-{trace}-{client}-01")
        assert answer.status == 200

        def of_the_play() -> dict[tuple[str, str], Seen]:
            found = {(each.service, each.name): each for each in collector.spans if each.trace == trace}
            assert {(service, name) for service, name, _ in WAY} <= set(found)
            return found

        seen = await eventually(of_the_play, within=30)
    by_id = {client: "client"} | {each.span: each.service for each in seen.values()}
    assert [(service, name, by_id[seen[service, name].parent]) for service, name, _ in WAY] == WAY
