"""The configuration a play was drawn from: the text the receipt's hash stands for."""

from __future__ import annotations

import hashlib
from typing import Any

from fairground_verify.refusal import Refusal, an_object, require, shown
from fairground_verify.strict_json import canonical, parse


def check_config(receipt: dict[str, Any], published: dict[str, Any] | None) -> dict[str, Any]:
    """Return the configuration, known to be the one whose hash stands on the receipt. Raises Refusal.

    ``published`` is the public answer about the version. It takes the place of a text the receipt lacks, and
    contradicts one that differs.
    """
    if published is not None:
        _check_published(receipt, published)
    text = _text_of(receipt, published)
    require(hash_of(text, "config") == receipt["config_sha256"], "config_sha256 is not the SHA-256 of the config")
    document = an_object(parse(text, "config"), "config")
    require(canonical(document) == text, "config is not canonical JSON: the same content has another text")
    return document


def _text_of(receipt: dict[str, Any], published: dict[str, Any] | None) -> str:
    if "config" in receipt:
        return str(receipt["config"])
    if published is None:
        raise Refusal("the receipt has no config, and no published configuration was given (--config)")
    return str(published["canonical"])


def hash_of(text: str, what: str) -> str:
    """Return the lowercase hex SHA-256 of a text in UTF-8. Raises Refusal, which names ``what`` it is."""
    try:
        content = text.encode()
    except UnicodeEncodeError:
        raise Refusal(f"{what} holds half a character, which UTF-8 cannot write") from None
    return hashlib.sha256(content).hexdigest()


def _check_published(receipt: dict[str, Any], published: dict[str, Any]) -> None:
    """Compare version and hash. The public answer may hold more than these."""
    for name, kind in (("version", int), ("sha256", str), ("canonical", str)):
        require(type(published.get(name)) is kind, f"the published configuration has no usable field {name}")
    require(
        published["version"] == receipt["config_version"],
        f"the published configuration is version {shown(published['version'])},"
        f" the receipt's is {receipt['config_version']}",
    )
    require(
        hash_of(published["canonical"], "the published configuration") == published["sha256"],
        "the published configuration's sha256 is not its hash",
    )
    require(published["sha256"] == receipt["config_sha256"], "the published configuration has another hash")
