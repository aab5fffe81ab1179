"""Finding a request's route by the bytes of its path.

Promise: what is decided on is what is forwarded. Only paths in plain form are taken, so no two spellings of a path
exist that the gateway and a service could read differently; everything else is refused before any other work.
"""

import re
from collections.abc import Iterable, Mapping

from fairground_common.errors import UnknownRoute
from fairground_gateway.errors import PathRefused
from fairground_gateway.routes import Route

Methods = Mapping[str, Route]

_PLAIN = re.compile(rb"(?:/(?!\.{1,2}(?:/|\Z))[A-Za-z0-9._~@:!$&'()*+,=-]+)*/?\Z")
"""Segments of unreserved characters; none empty but a last one, none `.` or `..`, nothing percent-encoded."""
_GAME_NAME = re.compile(rb"[a-z][a-z0-9_]{0,31}\Z")
_GAME, _ANYTHING, _BELOW = "{game}", "{}", "**"
_REMEMBERED_PATHS = 1024


class RouteTable:
    """The routes as a tree of segments."""

    def __init__(self, routes: Iterable[Route]) -> None:
        self._root = _Node()
        for route in routes:
            self._root.add(route)
        self._remembered: dict[bytes, Methods] = {}

    def find(self, path: bytes) -> Methods:
        """Return the routes of a raw path by method. Raises PathRefused, UnknownRoute."""
        methods = self._remembered.get(path)
        if methods is not None:
            return methods
        if not _PLAIN.match(path):
            raise PathRefused
        methods = self._root.find(path)
        if not methods:
            raise UnknownRoute
        if len(self._remembered) < _REMEMBERED_PATHS:
            self._remembered[path] = methods
        return methods


class _Node:
    def __init__(self) -> None:
        self.literal: dict[bytes, _Node] = {}
        self.game: _Node | None = None
        self.anything: _Node | None = None
        self.here: dict[str, Route] = {}
        self.below: dict[str, Route] = {}

    def add(self, route: Route) -> None:
        node = self
        for segment in route.path.split("/")[1:]:
            if segment == _BELOW:
                node.below[route.method] = route
                return
            node = node.child(segment)
        node.here[route.method] = route

    def child(self, segment: str) -> "_Node":
        if segment == _GAME:
            self.game = self.game or _Node()
            return self.game
        if segment.startswith("{"):
            self.anything = self.anything or _Node()
            return self.anything
        return self.literal.setdefault(segment.encode(), _Node())

    def step(self, segment: bytes) -> "_Node | None":
        node = self.literal.get(segment)
        if node is None and self.game is not None and _GAME_NAME.match(segment):
            node = self.game
        if node is None and segment:
            node = self.anything
        return node

    def find(self, path: bytes) -> dict[str, Route]:
        """Follow the segments; the deepest ``**`` passed on the way adds the methods the path itself lacks."""
        node: _Node | None = self
        below: dict[str, Route] = {}
        for segment in path.split(b"/")[1:]:
            assert node is not None
            below = node.below if node.below and segment else below
            node = node.step(segment)
            if node is None:
                return below if segment else {}
        assert node is not None
        return below | node.here
