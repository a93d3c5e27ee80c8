"""The one client that asks issuers: where it goes, whom it believes, what it takes."""

import time

import pytest

import authority
import issuing
import pki
from issuing import reply
from keyreeve.openid import Client, FetchError, Unreachable, Untrusted
from keyreeve.openid.addresses import is_public

DISCOVERY = "/.well-known/openid-configuration"

REFUSED = """
0.0.0.0 10.0.0.1 100.64.0.1 100.100.100.200 127.0.0.1 127.8.8.8 168.63.129.16 169.254.169.254 169.254.170.2 172.16.0.1
172.31.255.255 192.0.0.192 192.0.2.1 192.88.99.1 192.168.1.1 198.18.0.1 198.51.100.1 203.0.113.9 224.0.0.1 239.1.1.1
240.0.0.1 255.255.255.255 :: ::1 ::ffff:127.0.0.1 ::ffff:8.8.8.8 ::127.0.0.1 64:ff9b::7f00:1 64:ff9b:1::1 100::1
2001::1 2001:db8::1 2002:7f00:1::1 3fff::1 5f00::1 fc00::1 fd00:ec2::254 fe80::1 fe80::1%eth0 2606:4700::1%1 ff02::1
fec0::1 localhost 1 0x7f.1
"""
PUBLIC = "1.1.1.1 8.8.8.8 99.255.255.255 100.128.0.1 172.15.255.255 172.32.0.0 192.0.1.1 2606:4700::1 2a00:1450::1"


@pytest.mark.parametrize("address", REFUSED.split())
def test_an_address_that_is_not_everybodys_is_refused(address):
    assert not is_public(address)


@pytest.mark.parametrize("address", PUBLIC.split())
def test_a_public_address_is_not(address):
    assert is_public(address)


def test_a_document_is_fetched(client, issuer):
    found = client.get(issuer.url + DISCOVERY)
    assert found.json() == issuer.document()
    assert found.max_age is None
    assert client.get(f"{issuer.url}/jwks").max_age == 120


def test_a_host_that_is_not_on_the_list_is_not_connected_to(issuer, tmp_path):
    with pytest.raises(FetchError, match="allow-list"):
        Client([], authority.ca_file(tmp_path)).get(issuer.url + DISCOVERY)
    with pytest.raises(FetchError, match="not public"):
        Client([issuer.place], resolve=lambda *_: ["127.0.0.1"]).get("https://issuer.example/")
    assert not issuer.asked


@pytest.mark.parametrize("found", [["93.184.216.34", "10.0.0.1"], ["::ffff:169.254.169.254"], ["fe80::1"]])
def test_one_bad_address_spoils_a_host(found):
    with pytest.raises(FetchError, match="not public"):
        Client(resolve=lambda *_: found).get("https://issuer.example/")


def test_the_name_is_resolved_once_and_the_judged_address_is_the_one_connected_to(issuer, tmp_path):
    answers = [["127.0.0.1"], ["10.255.255.1"]]
    asked = []

    def rebinding(host, port):
        asked.append((host, port))
        return answers.pop(0)

    client = Client([issuer.place], authority.ca_file(tmp_path), resolve=rebinding)
    assert client.get(issuer.url + DISCOVERY).json()["issuer"] == issuer.url
    assert asked == [("localhost", issuer.port)]


@pytest.mark.parametrize(
    "url",
    [
        "http://localhost/",
        "HTTPS://localhost/",
        "https://user@localhost/",
        "https://localhost:/",
        "https://localhost/#a",
        "https://[::1]/",
        "https://local host/",
        "https://localhost/a b",
        "https://localhost/\r\nx: y",
        "https:localhost",
        "file:///etc/passwd",
        "",
    ],
)
def test_only_a_plain_https_url_is_fetched(url):
    def resolve(*_):
        raise AssertionError

    with pytest.raises(FetchError, match="https URL"):
        Client(resolve=resolve).get(url)


# Whom it believes.


def test_a_certificate_of_an_unknown_authority_is_refused(issuer):
    with pytest.raises(Untrusted):
        Client([issuer.place]).get(issuer.url + DISCOVERY)
    assert not issuer.asked


def test_the_operators_authority_vouches_for_listed_hosts_alone(issuer, tmp_path):
    client = Client([issuer.place], authority.ca_file(tmp_path))
    assert client._public.get_ca_certs() != client._with_private_ca.get_ca_certs()


def test_another_name_is_refused(tmp_path):
    certificate, private, _ = authority.certified(tmp_path, "other.example")
    with issuing.Issuer(certificate, private) as served, pytest.raises(Untrusted):
        Client([served.place], authority.ca_file(tmp_path)).get(served.url)


@pytest.mark.parametrize("dates", [{"start": -9, "days": -1}, {"start": 1, "days": 9}])
def test_other_dates_are_refused(tmp_path, dates):
    certificate, private, _ = authority.certified(tmp_path, **dates)
    with issuing.Issuer(certificate, private) as served, pytest.raises(Untrusted):
        Client([served.place], authority.ca_file(tmp_path)).get(served.url)


def test_the_thumbprint_of_the_top_of_the_chain_vouches(issuer):
    top = authority.thumbprint(authority.authority(authority.TEST)[1])
    found = Client([issuer.place]).get(issuer.url + DISCOVERY, ("0" * 40, top))
    assert found.json()["issuer"] == issuer.url


def test_another_thumbprint_does_not(issuer, tmp_path):
    _, _, own = authority.certified(tmp_path, "a.example")
    for wrong in ("0" * 40, authority.thumbprint(own)):
        with pytest.raises(Untrusted, match="thumbprints"):
            Client([issuer.place]).get(issuer.url, (wrong,))
    assert not issuer.asked


def test_the_thumbprint_of_the_hosts_own_certificate_is_not_that_of_the_top(tmp_path):
    certificate, private, own = authority.certified(tmp_path)
    with issuing.Issuer(certificate, private) as served, pytest.raises(Untrusted, match="thumbprints"):
        Client([served.place]).get(served.url, (authority.thumbprint(own),))


def test_a_certificate_that_stands_alone_is_its_own_top(tmp_path):
    certificate, private, own = authority.certified(tmp_path, alone=True)
    with issuing.Issuer(certificate, private) as served:
        found = Client([served.place]).get(served.url + DISCOVERY, (authority.thumbprint(own),))
    assert found.json()["issuer"] == served.url


@pytest.mark.parametrize("fault", [{"host": "other.example"}, {"start": -9, "days": -1}])
def test_a_thumbprint_excuses_neither_name_nor_dates(tmp_path, fault):
    certificate, private, _ = authority.certified(tmp_path, **fault)
    top = authority.thumbprint(authority.authority(authority.TEST)[1])
    with issuing.Issuer(certificate, private) as served, pytest.raises(Untrusted):
        Client([served.place]).get(served.url, (top,))
    assert not served.asked


def test_a_top_that_did_not_sign_vouches_for_nobody(tmp_path):
    """The authority's certificate is public: whoever appends it to a chain of another must gain nothing."""
    certificate, private, _ = authority.certified(tmp_path, by="Another Authority")
    forged = certificate.read_text().split("-----END CERTIFICATE-----\n")[0] + "-----END CERTIFICATE-----\n"
    certificate.write_text(forged + pki.pem(authority.authority(authority.TEST)[1]))
    top = authority.thumbprint(authority.authority(authority.TEST)[1])
    with issuing.Issuer(certificate, private) as served, pytest.raises(Untrusted):
        Client([served.place]).get(served.url, (top,))
    assert not served.asked


# What it takes.


def drip(connection):
    connection.sendall(b"HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\n")
    for _ in range(100):
        connection.sendall(b" ")
        time.sleep(0.1)


def endless(connection):
    connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n{")
    while True:
        connection.sendall(b" " * 65536)


def headers_without_end(connection):
    connection.sendall(b"HTTP/1.1 200 OK\r\n")
    while True:
        connection.sendall(b"x: " + b"y" * 8000 + b"\r\n")


def silent(connection):
    time.sleep(5)


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (drip, Unreachable),
        (silent, Unreachable),
        (endless, FetchError),
        (headers_without_end, FetchError),
        (reply({}, "302 Found", location="https://localhost/"), FetchError),
        (reply({}, "307 Temporary Redirect", location="http://169.254.169.254/"), FetchError),
        (reply({}, "404 Not Found"), FetchError),
        (reply({}, "503 Service Unavailable"), Unreachable),
        (reply({}, "429 Too Many Requests"), Unreachable),
        (reply({}, content_encoding="gzip"), FetchError),
        (reply({}, content_length="99"), Unreachable),
        (reply({}, content_length=str(1 << 40)), Unreachable),
        (b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\n{}\r\n", Unreachable),
        (b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nffffffffffffffffff\r\n", FetchError),
        (b"HTTP/1.1 200 OK\r\n" + b"x: y\r\n" * 200 + b"a: b\r\n\r\n{}", None),
        (b"HTTP/1.1 200 OK\r\n" + b"".join(b"x%d: y\r\n" % n for n in range(200)) + b"\r\n{}", FetchError),
        (b"SSH-2.0-OpenSSH\r\n", FetchError),
        (b"", Unreachable),
        (b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n", None),
        (b"HTTP/1.1 200 OK\r\n\r\n{}", None),
    ],
    ids=lambda value: getattr(value, "__name__", None) or repr(value)[:40],
)
def test_an_answer_is_whole_small_and_in_time_or_none(client, issuer, answer, kind):
    issuer.answers["/"] = answer
    started = time.monotonic()
    if kind is None:
        assert client.get(issuer.url + "/").json() == {}
    else:
        with pytest.raises(FetchError) as raised:
            client.get(issuer.url + "/")
        assert raised.type is kind
    assert time.monotonic() - started < 4


def test_nobody_there_is_unreachable(tmp_path):
    with pytest.raises(Unreachable):
        Client(["localhost:1"], authority.ca_file(tmp_path)).get("https://localhost:1/")


@pytest.mark.parametrize(
    ("said", "seconds"),
    [
        ("max-age=10", 10),
        ("public, MAX-AGE = 10", 10),
        ('max-age="10"', 10),
        ("no-store", 0),
        ("no-cache, max-age=9", 0),
        ("s-maxage=9", None),
        ("max-age=-1", None),
    ],
)
def test_how_long_an_answer_may_be_kept(client, issuer, said, seconds):
    issuer.answers["/"] = reply({}, cache_control=said)
    assert client.get(issuer.url + "/").max_age == seconds


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b"1",
        b'{"a":1,"a":2}',
        b'{"a":NaN}',
        b"{" * 50_000,
        b'{"a":' * 20 + b"1" + b"}" * 20,
        b"\xff{}",
        b"{}x",
        rb'{"a":"\ud800"}',
        rb'{"\udc00":1}',
    ],
)
def test_only_one_strict_json_object_is_read(client, issuer, body):
    issuer.answers["/"] = reply(body)
    with pytest.raises(ValueError):  # noqa: PT011  NotStrict is one
        client.get(issuer.url + "/").json()
