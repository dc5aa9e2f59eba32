"""Who may look at pages of ours, and change something there?

Only the browser of the person who started the server: every request needs the cookie that the
printed address sets, and names this server as its host, so that no other site and no rebound name
reaches it. What changes anything needs this server as its origin too, and the token of a form.
"""

from __future__ import annotations

import hmac
import secrets
from http.cookies import CookieError, SimpleCookie

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse, RedirectResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; media-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}


class Guard:
    """ASGI middleware around the pages of a server that listens at `port`.

    `key` opens the pages, `token` stands in their forms; both are new with each server.
    """

    def __init__(self, app: ASGIApp, port: int) -> None:
        self.app = app
        self.key = secrets.token_urlsafe(32)
        self.hosts = {f"127.0.0.1:{port}", f"localhost:{port}"}
        self.cookie = f"ugcbench_{port}"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let a request through to the pages, or answer it here."""
        if scope["type"] != "http":
            return

        async def guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers.update(HEADERS)
                headers.setdefault("Cache-Control", "no-store")
            await send(message)

        await (self._answer(scope) or self.app)(scope, receive, guarded)

    def _answer(self, scope: Scope) -> ASGIApp | None:
        """The answer to a request that doesn't reach the pages."""
        headers = Headers(scope=scope)
        if headers.get("host", "") not in self.hosts:
            return PlainTextResponse("This server is reached at 127.0.0.1 only.", 421)
        origin = headers.get("origin")
        own = origin is not None and origin.removeprefix("http://") in self.hosts
        if scope["method"] not in ("GET", "HEAD") and not own:
            return PlainTextResponse("Forms are sent from the pages of this server only.", 403)
        typed = scope["query_string"].decode("latin-1").removeprefix("key=")
        if scope["path"] == "/" and _same(typed, self.key):
            return self._let_in()
        if not _same(_cookie(headers, self.cookie), self.key):
            return PlainTextResponse(
                "Open the address that was printed when this server started: it holds the key.", 403
            )
        return None

    def _let_in(self) -> ASGIApp:
        """Keep the key in a cookie, and out of the address."""
        response = RedirectResponse("/", 303)
        response.set_cookie(self.cookie, self.key, httponly=True, samesite="strict")
        return response


def _cookie(headers: Headers, name: str) -> str:
    try:
        found = SimpleCookie(headers.get("cookie", "")).get(name)
    except CookieError:
        return ""
    return found.value if found is not None else ""


def _same(one: str, other: str) -> bool:
    return hmac.compare_digest(one.encode(), other.encode())
