"""Access tokens for tests: a signing key of our own, its key set, and a server that hands the set out."""

import json
import secrets
import threading
import time
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from uuid import uuid4

import jwt
from cryptography.hazmat.primitives.asymmetric import ec

from fairground_common.web.tokens import ALGORITHM, TOKEN_TYPE

ISSUER = "fairground"
AUDIENCE = "fairground"
TTL_SECONDS = 600


class TokenMint:
    """Signs access tokens as the auth service would."""

    def __init__(self) -> None:
        self.kid = secrets.token_hex(8)
        self._key = ec.generate_private_key(ec.SECP256R1())

    def token(self, user_id: int, *roles: str, **claims: Any) -> str:
        """Return a token of a user; every user is a player. `claims` replace or add, None leaves one out."""
        now = int(time.time())
        payload = {
            "iss": ISSUER,
            "aud": AUDIENCE,
            "sub": str(user_id),
            "client_id": "fairground",
            "roles": ["player", *roles],
            "jti": str(uuid4()),
            "iat": now,
            "exp": now + TTL_SECONDS,
        }
        kept = {name: value for name, value in {**payload, **claims}.items() if value is not None}
        return jwt.encode(kept, self._key, ALGORITHM, headers={"kid": self.kid, "typ": TOKEN_TYPE})

    def headers(self, user_id: int, *roles: str) -> dict[str, str]:
        """Return the request headers of a signed-in user."""
        return {"authorization": f"Bearer {self.token(user_id, *roles)}"}

    def key_set(self) -> dict[str, Any]:
        """Return the JWK set the tokens are verified with."""
        algorithm = jwt.get_algorithm_by_name(ALGORITHM)
        public = algorithm.to_jwk(self._key.public_key(), as_dict=True)
        return {"keys": [{**public, "kid": self.kid, "alg": ALGORITHM, "use": "sig"}]}

    def keep_in(self, state_dir: Path) -> None:
        """Leave the set where a service keeps its last good one, as if it had been fetched before."""
        state_dir.mkdir(parents=True, exist_ok=True)
        (state_dir / "jwks.json").write_text(json.dumps(self.key_set()))


class KeySetServer:
    """Hands out a mint's key set over HTTP, from a thread."""

    def __init__(self, mint: TokenMint) -> None:
        body = json.dumps(mint.key_set()).encode()

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self.send_response(200)
                self.send_header("content-type", "application/json")
                self.send_header("content-length", str(len(body)))
                with suppress(ConnectionError):  # who asked may have ended meanwhile
                    self.end_headers()
                    self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                """Tests have enough to say."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)
        self._thread.start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}/.well-known/jwks.json"

    def close(self) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()
