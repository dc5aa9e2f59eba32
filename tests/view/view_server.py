"""A real server of the pages in its own process, and a browser's side of HTTP."""

from __future__ import annotations

import contextlib
import http.client
import os
import subprocess
import sys
from urllib.parse import urlsplit


@contextlib.contextmanager
def serving(*arguments, **environment):
    """The process, and the address that it prints."""
    process = subprocess.Popen(
        [sys.executable, "-m", "ugcbench", "view", *map(str, arguments), "--no-browser"],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        env={**os.environ, "PYTHONUNBUFFERED": "1", **environment},
    )
    try:
        yield process, process.stdout.readline().strip()
    finally:
        process.terminate()
        process.communicate(timeout=30)


class Client:
    """Sends requests as a browser would, with its cookie."""

    def __init__(self, address):
        self.host, self.key = urlsplit(address).netloc, urlsplit(address).query
        self.cookie = ""

    def enter(self):
        response, _ = self.get(f"/?{self.key}")
        assert response.status == 303
        self.cookie = response.getheader("set-cookie").partition(";")[0]
        return self

    def get(self, path, **headers):
        connection = http.client.HTTPConnection(self.host, timeout=30)
        sent = {"Host": self.host, "Cookie": self.cookie, **headers}
        try:
            connection.request("GET", path, headers={k: v for k, v in sent.items() if v})
            response = connection.getresponse()
            return response, response.read()
        finally:
            connection.close()
