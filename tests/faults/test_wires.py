"""A wire passes everything until it is cut, reset or silent."""

from __future__ import annotations

import socket

import pytest

from ugcbench.testing import LoopbackServer, json_response
from ugcbench.testing.chaos import Wire

ASK = b"GET / HTTP/1.1\r\nhost: x\r\n\r\n"


@pytest.fixture
def wire():
    with LoopbackServer(lambda request: json_response("here")) as server, Wire(server.port) as wire:
        yield wire


def connect(wire):
    return socket.create_connection(("127.0.0.1", wire.port), timeout=5)


def ask(connection):
    connection.sendall(ASK)
    return connection.recv(1000)


def test_it_passes_both_ways_and_keeps_the_connection(wire):
    with connect(wire) as connection:
        assert ask(connection).endswith(b'"here"')
        assert ask(connection).endswith(b'"here"')


def test_a_cut_resets_and_refuses_until_it_is_mended(wire):
    with connect(wire) as connection:
        ask(connection)
        wire.cut()
        with pytest.raises(ConnectionResetError):
            ask(connection)
    with pytest.raises(ConnectionRefusedError):
        connect(wire)
    wire.mend()
    with connect(wire) as connection:
        assert ask(connection).endswith(b'"here"')


def test_a_reset_lets_new_connections_in(wire):
    with connect(wire) as connection:
        ask(connection)
        wire.reset()
        with pytest.raises(ConnectionResetError):
            ask(connection)
    with connect(wire) as connection:
        assert ask(connection).endswith(b'"here"')


def test_a_silent_wire_passes_nothing_until_it_is_mended(wire):
    with connect(wire) as connection:
        wire.hush()
        connection.settimeout(0.2)
        with pytest.raises(TimeoutError):
            ask(connection)
        wire.mend()
        connection.settimeout(5)
        assert connection.recv(1000).endswith(b'"here"')
