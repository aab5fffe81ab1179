"""nginx, installed or fetched without root: the upstream of a measurement, and the proxy to compare with."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from fairground_common.embedded import LOOPBACK, Child, Order, free_port
from fairground_common.embedded.debian import cache_folder, fetch_packages

ANSWER = '{"config_version":1,"max_daily":10,"used_today":0,"remaining":10,"unlimited":false,"playable":true}'

_COMMON = """\
daemon off;
worker_processes 1;
pid {folder}/{name}.pid;
error_log {folder}/{name}.error.log warn;
events {{ worker_connections 4096; }}
http {{
    access_log off;
    keepalive_requests 1000000000;
    client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy; fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi; scgi_temp_path {folder}/scgi;
    {http}
}}
"""
_UPSTREAM = """\
server {{
        listen {host}:{port} backlog=1024;
        default_type application/json;
        location / {{ return 200 '{answer}'; }}
    }}"""
_PROXY = """\
upstream services {{ server {upstream}; keepalive 64; keepalive_requests 1000000000; }}
    server {{
        listen {host}:{port} backlog=1024;
        location / {{ proxy_pass http://services; proxy_http_version 1.1; proxy_set_header Connection ""; }}
    }}"""
"""What a keep-alive proxy needs and nothing more: no log, no limits, no token."""


@contextmanager
def upstream(folder: Path) -> Iterator[str]:
    """Run an upstream that answers everything with the same small page; give its URL."""
    port = free_port()
    with _running(folder, "upstream", _UPSTREAM.format(host=LOOPBACK, port=port, answer=ANSWER)):
        yield f"http://{LOOPBACK}:{port}"


@contextmanager
def proxy(folder: Path, upstream_url: str) -> Iterator[str]:
    """Run nginx as a plain proxy before it; give its URL."""
    port = free_port()
    http = _PROXY.format(host=LOOPBACK, port=port, upstream=upstream_url.removeprefix("http://"))
    with _running(folder, "proxy", http):
        yield f"http://{LOOPBACK}:{port}"


@contextmanager
def _running(folder: Path, name: str, http: str) -> Iterator[None]:
    config = folder / f"{name}.conf"
    config.write_text(_COMMON.format(folder=folder, name=name, http=http))
    command = [_binary(), "-p", str(folder), "-c", str(config), "-e", str(folder / f"{name}.error.log")]
    child = Child.start(Order(command, dict(os.environ)), log=folder / f"{name}.log")
    try:
        yield
    finally:
        child.stop()


def _binary() -> str:
    """Raises PartError where nginx is neither installed nor to be had from Debian."""
    installed = shutil.which("nginx")
    if installed:
        return installed
    target = cache_folder("nginx")
    if not target.is_dir():
        fetch_packages(("nginx",), target)
    return str(target / "usr/sbin/nginx")
