"""Who asks: tokens that expire, signed requests, permissions per taxpayer, and how often."""

from __future__ import annotations

import hmac
import secrets
import time
from collections import deque
from dataclasses import dataclass
from datetime import datetime, timedelta

from pipelines.pull.api_auth import sign
from pipelines.simulator.exchange import RefusalError, Reply, Request, write_json
from pipelines.simulator.scenario import Account, Scenario

SIGNATURE_SECONDS = 300


@dataclass
class _Token:
    account: Account
    until: datetime
    uses: int | None


class Access:
    """The door of one simulator."""

    def __init__(self, scenario: Scenario) -> None:
        self._scenario = scenario
        self._accounts = {account.id: account for account in scenario.accounts}
        self._tokens: dict[str, _Token] = {}
        self._nonces: set[str] = set()
        self._asked: dict[str, deque[float]] = {}

    def give_token(self, request: Request, now: datetime) -> Reply:
        """Client credentials for a token. Raises RefusalError 401."""
        account = self._accounts.get(request.params.get("client_id", ""))
        given = request.params.get("client_secret", "")
        if account is None or account.kind != "client" or not hmac.compare_digest(account.secret, given):
            raise RefusalError(401, "401", "client_id 或 client_secret 不对 | wrong client credentials")
        token, lasting = secrets.token_hex(16), timedelta(minutes=self._scenario.token_minutes)
        self._tokens[token] = _Token(account, now + lasting, self._scenario.token_uses)
        answer = {"access_token": token, "token_type": "Bearer", "expires_in": int(lasting.total_seconds())}
        return Reply(write_json(answer))

    def admit(self, request: Request, now: datetime) -> Account:
        """The account behind a request. Raises RefusalError 401, or 429 if it asks too often."""
        account = (
            self._check_signature(request) if "x-signature" in request.headers else self._check_token(request, now)
        )
        self._keep_rate(account)
        return account

    def drop_tokens(self) -> None:
        """All tokens end now."""
        self._tokens.clear()

    def _check_token(self, request: Request, now: datetime) -> Account:
        given = request.headers.get("authorization", "").removeprefix("Bearer ")
        for account in self._accounts.values():
            if account.kind == "bearer" and hmac.compare_digest(account.secret.encode(), given.encode()):
                return account
        token = self._tokens.get(given)
        if token is None or token.until <= now or token.uses == 0:
            raise RefusalError(401, "401", "令牌无效或已过期 | the token is unknown or has expired")
        token.uses = None if token.uses is None else token.uses - 1
        return token.account

    def _check_signature(self, request: Request) -> Account:
        moment, nonce = request.headers.get("x-timestamp", ""), request.headers.get("x-nonce", "")
        account = self._accounts.get(request.headers.get("x-app-id", ""))
        if account is None or account.kind != "signed":
            raise RefusalError(401, "401", "X-App-Id 不对 | no such X-App-Id")
        if not moment.isdecimal() or abs(time.time() - int(moment)) > SIGNATURE_SECONDS or nonce in self._nonces:
            raise RefusalError(401, "401", "时间戳过期或随机串已用过 | the timestamp is old or the nonce was used")
        expected = sign(account.secret, request.method, request.target, moment, nonce, request.body)
        if not hmac.compare_digest(expected, request.headers["x-signature"]):
            raise RefusalError(401, "401", "签名不对 | the signature does not fit")
        self._nonces.add(nonce)
        return account

    def _keep_rate(self, account: Account) -> None:
        limit, now = self._scenario.rate_limit, time.monotonic()
        asked = self._asked.setdefault(account.id, deque())
        while asked and asked[0] <= now - limit.seconds:
            asked.popleft()
        if len(asked) >= limit.requests:
            raise RefusalError(429, "429", "请求太密 | too many requests", limit.retry_after)
        asked.append(now)


def check_taxpayer(account: Account, taxpayer_id: str) -> None:
    """Raises RefusalError 403 unless the account may see that taxpayer; an empty one asks for all that it may see."""
    if taxpayer_id and account.taxpayers and taxpayer_id not in account.taxpayers:
        raise RefusalError(403, "403", f"没有税号 {taxpayer_id} 的权限 | no permission for this taxpayer")
