"""A real server of the review pages in its own process, and a browser's side of HTTP."""

from __future__ import annotations

import contextlib
import http.client
import os
import re
import subprocess
import sys
from urllib.parse import urlencode, urlsplit


@contextlib.contextmanager
def serving(ledger, person, command="serve"):
    """The process, and the address that it prints."""
    who = "--reviewer" if command == "serve" else "--arbiter"
    typed = ["data", "review", command, who, person, "--ledger", ledger, "--no-browser"]
    process = subprocess.Popen(
        [sys.executable, "-m", "ugcbench", *map(str, typed)],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
    )
    try:
        told, _, address = process.stdout.readline().partition(": ")
        assert told.endswith(person)
        yield process, address.strip()
    finally:
        process.kill()
        process.communicate()


class Client:
    """Sends requests as a browser would, with cookie, Host and Origin."""

    def __init__(self, address):
        self.host, self.key = urlsplit(address).netloc, urlsplit(address).query
        self.cookie = ""
        self.token = ""

    def enter(self):
        response, _ = self.get(f"/?{self.key}")
        assert response.status == 303
        self.cookie = response.getheader("set-cookie").partition(";")[0]
        return self

    def get(self, path, **headers):
        response, body = self.send("GET", path, None, headers)
        if token := re.search(r'name="token" value="([^"]+)"', body.decode("latin-1")):
            self.token = token[1]
        return response, body

    def post(self, path, fields=(), *, token=None, **headers):
        pairs = [*fields, ("token", self.token if token is None else token)]
        sent = {
            "Origin": f"http://{self.host}",
            "Content-Type": "application/x-www-form-urlencoded",
            **headers,
        }
        return self.send("POST", path, urlencode(pairs), sent)

    def send(self, method, path, body, headers):
        connection = http.client.HTTPConnection(self.host, timeout=30)
        headers = {"Host": self.host, "Cookie": self.cookie, **headers}
        try:
            connection.request(method, path, body, {k: v for k, v in headers.items() if v})
            response = connection.getresponse()
            return response, response.read()
        finally:
            connection.close()


def fill(accurate="yes", complete="yes", clear="yes", errors=(), note="", component="audio"):
    """A component's part of the form."""
    values = {"accurate": accurate, "complete": complete, "clear": clear, "note": note}
    pairs = [(f"{component}.{name}", value) for name, value in values.items() if value]
    return [*pairs, *((f"{component}.errors", kind) for kind in errors)]
