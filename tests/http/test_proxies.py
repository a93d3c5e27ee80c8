"""Whose word is taken for a client's address and scheme."""

import ipaddress

import pytest

from keyreeve.http.proxies import Proxies, Source, address, plain

PROXY = "10.0.0.1"


@pytest.fixture
def proxies():
    return Proxies([ipaddress.ip_network("10.0.0.0/8"), ipaddress.ip_network("fd00::/8")])


def forwarded(*chain, proto="https"):
    return [("x-forwarded-for", entry) for entry in chain] + ([("x-forwarded-proto", proto)] if proto else [])


CHAINS = {
    "one proxy": (["198.51.100.7"], "198.51.100.7"),
    "what the client wrote stands left and is not believed": (["1.2.3.4, 198.51.100.7"], "198.51.100.7"),
    "two proxies of ours": (["1.2.3.4, 198.51.100.7, 10.0.0.2"], "198.51.100.7"),
    "several headers are one list": (["1.2.3.4", "198.51.100.7", "10.0.0.2"], "198.51.100.7"),
    "ports": (["198.51.100.7:5123"], "198.51.100.7"),
    "IPv6 in brackets": (["[2001:db8::1]:443"], "2001:db8::1"),
    "IPv4 mapped into IPv6": (["::ffff:198.51.100.7"], "198.51.100.7"),
    "only proxies": (["10.0.0.3, 10.0.0.2"], "10.0.0.3"),
    "no header": ([], PROXY),
    "an entry that hides the client": (["198.51.100.7, unknown, 10.0.0.2"], "10.0.0.2"),
    "noise": (["%%%"], PROXY),
    "empty entries": ([" , 198.51.100.7, "], "198.51.100.7"),
}


@pytest.mark.parametrize(("chain", "expected"), CHAINS.values(), ids=CHAINS)
def test_the_client_is_the_rightmost_address_that_is_no_proxy(chain, expected, proxies):
    assert proxies.source(PROXY, False, forwarded(*chain)) == Source(expected, secure=True)


@pytest.mark.parametrize(
    ("proto", "secure"), [("https", True), ("HTTPS", True), ("http", False), ("https, http", False), (None, False)]
)
def test_a_request_is_secure_when_every_hop_says_so(proto, secure, proxies):
    assert proxies.source(PROXY, False, forwarded("198.51.100.7", proto=proto)) == Source("198.51.100.7", secure)


def test_others_are_not_believed(proxies):
    headers = forwarded("1.2.3.4")
    assert proxies.source("198.51.100.7", True, headers) == Source("198.51.100.7", secure=True)
    assert proxies.source("127.0.0.1", False, headers) == Source("127.0.0.1", secure=False)


def test_plain_http_round_the_proxy_is_refused(proxies):
    assert proxies.source("198.51.100.7", False, ()) is None
    assert proxies.source("", False, ()) is None


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("::ffff:127.0.0.1", "127.0.0.1"),
        ("fe80::1%eth0", "fe80::1"),
        ("127.0.0.1", "127.0.0.1"),
        ("", ""),
        ("a:b", "a:b"),
    ],
)
def test_addresses_are_written_plainly(text, expected):
    assert plain(text) == expected


def test_addresses_that_are_none():
    assert [address(text) for text in ("", "x", "1.2.3", "1.2.3.4.5", "[::1", "999.1.1.1")] == [
        None,
        None,
        None,
        None,
        ipaddress.ip_address("::1"),
        None,
    ]


def test_behind_a_proxy_the_service_sees_the_client(serving, door, wire):
    running = serving(behind_proxy=(ipaddress.ip_network("127.0.0.0/8"),))
    running.talk(wire.post(extra=b"X-Forwarded-For: 198.51.100.7\r\nX-Forwarded-Proto: https\r\n"))
    assert (door.requests[0].source_ip, door.requests[0].secure) == ("198.51.100.7", True)


def test_without_a_proxy_forwarding_headers_mean_nothing(serving, door, wire):
    serving().talk(wire.post(extra=b"X-Forwarded-For: 198.51.100.7\r\nX-Forwarded-Proto: https\r\n"))
    assert (door.requests[0].source_ip, door.requests[0].secure) == ("127.0.0.1", False)


def test_a_list_without_end_is_not_read_to_its_end(monkeypatch):
    looked = []
    monkeypatch.setattr("keyreeve.http.proxies.address", lambda text: looked.append(text) or address(text))
    proxies = Proxies((ipaddress.ip_network("10.0.0.0/8"),))
    headers = [("x-forwarded-for", "192.0.2.1, " + "10.0.0.2, " * 5_000 + "10.0.0.3"), ("x-forwarded-proto", "https")]
    assert proxies.source("10.0.0.1", False, headers) == Source("10.0.0.2", True)
    assert len(looked) <= 33
