"""Signing in to an API. Secrets come from environment variables, and stay out of every message."""

from __future__ import annotations

import hashlib
import hmac
import os
import secrets
import time
from collections.abc import Generator

import httpx

from pipelines.pull.api_faults import ApiError, refuse_status
from pipelines.routes import ApiAuth, BearerAuth, ClientAuth, SignedAuth
from pipelines.sources.decode_bundle import find_path, parse_page

Flow = Generator[httpx.Request, httpx.Response, None]


def make_auth(declared: ApiAuth, base_url: str) -> httpx.Auth:
    """The way in that the settings declare. Raises ApiError if a variable is not set."""
    if isinstance(declared, BearerAuth):
        return _Bearer(read_secret(declared.token_env))
    if isinstance(declared, SignedAuth):
        return _Signed(declared, read_secret(declared.id_env), read_secret(declared.secret_env))
    return _Client(declared, base_url, read_secret(declared.id_env), read_secret(declared.secret_env))


def read_secret(variable: str) -> str:
    """The text of an environment variable. Raises ApiError if there is none."""
    text = os.environ.get(variable)
    if not text:
        raise ApiError("no_secret", variable=variable)
    return text


class _Bearer(httpx.Auth):
    def __init__(self, token: str) -> None:
        self._token = token

    def auth_flow(self, request: httpx.Request) -> Flow:
        request.headers["Authorization"] = f"Bearer {self._token}"
        yield request


class _Client(httpx.Auth):
    """A token is fetched when there is none, and once more when the API does not take it any longer."""

    requires_response_body = True

    def __init__(self, declared: ClientAuth, base_url: str, identity: str, secret: str) -> None:
        self._declared = declared
        self._url = base_url.rstrip("/") + declared.login_path
        self._credentials = {"grant_type": "client_credentials", "client_id": identity, "client_secret": secret}
        self._token: str | None = None

    def auth_flow(self, request: httpx.Request) -> Flow:
        was_fresh = self._token is None
        if self._token is None:
            self._token = self._read_token((yield self._ask_token()))
        request.headers["Authorization"] = f"Bearer {self._token}"
        response = yield request
        if response.status_code == 401 and not was_fresh:
            self._token = self._read_token((yield self._ask_token()))
            request.headers["Authorization"] = f"Bearer {self._token}"
            yield request

    def _ask_token(self) -> httpx.Request:
        return httpx.Request("POST", self._url, data=self._credentials)

    def _read_token(self, response: httpx.Response) -> str:
        place = response.url.host
        if response.status_code in {429, 500, 502, 503, 504}:
            raise refuse_status(response)
        if response.status_code != 200:
            raise ApiError("refused", place=place, code=response.status_code)
        try:
            return str(find_path(parse_page(response.content), self._declared.found_at))
        except (ValueError, KeyError):
            raise ApiError("shape", place=place, path=self._declared.found_at) from None


class _Signed(httpx.Auth):
    requires_request_body = True

    def __init__(self, declared: SignedAuth, identity: str, secret: str) -> None:
        self._declared = declared
        self._identity = identity
        self._secret = secret

    def auth_flow(self, request: httpx.Request) -> Flow:
        moment, nonce = str(int(time.time())), secrets.token_hex(8)
        request.headers[self._declared.id_header] = self._identity
        request.headers[self._declared.time_header] = moment
        request.headers[self._declared.nonce_header] = nonce
        path = request.url.raw_path.decode("ascii")
        signature = sign(self._secret, request.method, path, moment, nonce, request.content)
        request.headers[self._declared.signature_header] = signature
        yield request


def sign(secret: str, method: str, path: str, moment: str, nonce: str, body: bytes) -> str:
    """Hexadecimal HMAC-SHA256 of the five parts, each on its own line, the body as its SHA-256."""
    text = "\n".join((method, path, moment, nonce, hashlib.sha256(body).hexdigest()))
    return hmac.new(secret.encode(), text.encode(), hashlib.sha256).hexdigest()
