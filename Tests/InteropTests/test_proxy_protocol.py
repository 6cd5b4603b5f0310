"""HTTP-8: the PROXY protocol of HAProxy (versions 1 and 2), from trusted peers only, and everything that is none."""

import concurrent.futures
import random
import socket
import struct
import time

import pytest

from harness.guards import OBJECT, access_line, is_object
from harness.ports import free_port, is_listening, wait_until
from harness.program import Program
from harness.proxy import bucket
from harness.wire import Answer, Connection

TRUSTED, UNTRUSTED = "127.0.0.9", "127.0.0.2"
TOLD = "203.0.113.7"
GET = b"GET /objects/key HTTP/1.1\r\nHost: x\r\n\r\n"
SIGNATURE = b"\r\n\r\n\0\r\nQUIT\n"
ONE = f"PROXY TCP4 {TOLD} 192.0.2.1 56324 443\r\n".encode()


def two(command=1, family=1, transport=1, addresses=None, extra=b"", version=2, length=None):
    """A header of version 2."""
    if addresses is None:
        addresses = socket.inet_aton(TOLD) + socket.inet_aton("192.0.2.1") + struct.pack(">HH", 56324, 443)
    body = addresses + extra
    head = bytes([version << 4 | command, family << 4 | transport])
    return SIGNATURE + head + struct.pack(">H", len(body) if length is None else length) + body


SIXES = socket.inet_pton(socket.AF_INET6, "2001:db8::7") + socket.inet_pton(socket.AF_INET6,
    "::1") + b"\x12\x34\x01\xbb"
TWO = two()
AUTHORITY = b"\x02\x00\x07a.b.c.d"
GOOD = {
    "v1": ("v1", ONE, TOLD), "v1-six": ("v1", b"PROXY TCP6 2001:db8::7 ::1 1 65535\r\n", "2001:db8::7"),
    "v1-unknown": ("v1", b"PROXY UNKNOWN\r\n", TRUSTED),
    "v1-unknown-with-more": ("v1", b"PROXY UNKNOWN ffff::1 ffff::2 65535 65535\r\n", TRUSTED),
    "v2": ("v2", TWO, TOLD), "v2-six": ("v2", two(family=2, addresses=SIXES), "2001:db8::7"),
    "v2-local": ("v2", two(command=0, family=0, transport=0, addresses=b""), TRUSTED),
    "v2-local-with-addresses": ("v2", two(command=0), TRUSTED),
    "v2-unspecified": ("v2", two(family=0, transport=0, addresses=b""), TRUSTED),
    "v2-extensions": ("v2", two(extra=AUTHORITY + b"\x04\x00\x05" + bytes(5)), TOLD),
    "v2-many-extensions": ("v2", two(extra=b"\x04\x01\x00" + bytes(256)), TOLD),
    "any-v1": ("any", ONE, TOLD), "any-v2": ("any", TWO, TOLD),
}
BAD = {
    "none": GET, "v1-lower": ONE.lower(), "v1-cut": ONE[:20], "v1-no-end": ONE.rstrip(),
    "v1-bare-newline": ONE[:-2] + b"\n",
    "v1-long": b"PROXY TCP4 " + b"1" * 97 + b"\r\n", "v1-endless": b"PROXY TCP4 " + b"1" * 65_536,
    "v1-no-ports": b"PROXY TCP4 1.2.3.4 5.6.7.8\r\n", "v1-big-port": b"PROXY TCP4 1.2.3.4 5.6.7.8 65536 1\r\n",
    "v1-sign": b"PROXY TCP4 1.2.3.4 5.6.7.8 -1 +1\r\n", "v1-bad-address": b"PROXY TCP4 1.2.3.400 5.6.7.8 1 1\r\n",
    "v1-name": b"PROXY TCP4 localhost 5.6.7.8 1 1\r\n", "v1-six-as-four": b"PROXY TCP4 ::1 ::1 1 1\r\n",
    "v1-four-as-six": b"PROXY TCP6 1.2.3.4 5.6.7.8 1 1\r\n", "v1-two-blanks": b"PROXY  TCP4 1.2.3.4 5.6.7.8 1 1\r\n",
    "v1-more": b"PROXY TCP4 1.2.3.4 5.6.7.8 1 1 1\r\n", "v1-udp": b"PROXY UDP4 1.2.3.4 5.6.7.8 1 1\r\n",
    "v1-nul": b"PROXY TCP4 1.2.3.4\0 5.6.7.8 1 1\r\n", "v1-tab": b"PROXY\tTCP4 1.2.3.4 5.6.7.8 1 1\r\n",
    "v1-bare": b"PROXY \r\n",
    "v1-hexadecimal": b"PROXY TCP4 0x1.2.3.4 5.6.7.8 1 1\r\n",
    "v1-leading-zero": b"PROXY TCP4 01.2.3.4 5.6.7.8 1 1\r\n",
    "v2-version-1": two(version=1), "v2-version-3": two(version=3), "v2-command": two(command=2), "v2-cut": TWO[:-3],
    "v2-short": two(addresses=b"\1\2\3"), "v2-no-addresses": two(addresses=b""), "v2-six-too-short": two(family=2),
    "v2-family": two(family=7), "v2-signature": TWO[:11] + b"\r" + TWO[12:], "v2-signature-only": SIGNATURE,
    "v2-huge": two(length=65_535) + b"\0" * 60_000, "nuls": bytes(500), "ones": b"\xff" * 500,
    "tls": b"\x16\x03\x01\x02\0\1\0\1\xfc",
}


@pytest.fixture(scope="module")
def proxies(start_module_proxy, private_origin):
    """One proxy for each setting; connections of the tests' own watching come from elsewhere."""
    def start(setting):
        return start_module_proxy(
            [bucket("objects", private_origin), bucket("told", private_origin) | {"ip_filter": {"allowlist": [TOLD]}}],
            server={"trusted_proxies": [TRUSTED], "proxy_protocol": setting, "header_timeout": "600ms",
                    "idle_timeout": "600ms"})

    return {setting: start(setting) for setting in ("v1", "v2", "any")}


def first_answer(port, data, source=TRUSTED, timeout=4):
    """The answer, or None when the connection just ends; an open silence is a failure."""
    with Connection(port, timeout, source=source) as connection:
        try:
            connection.send(data)
        except OSError:
            pass
        try:
            return connection.receive()
        except TimeoutError:
            raise AssertionError("neither an answer nor an end") from None
        except OSError:
            return None


def assert_turned_away(answer):
    assert answer is None or answer.status in (400, 408), answer
    assert answer is None or OBJECT not in answer.body


def assert_alive(proxy):
    assert proxy.program.exit_code is None, proxy.program.last_words()
    assert proxy.get("/health").status == 200
    header = TWO if "v2" in proxy.config_path.read_text() else ONE
    assert is_object(first_answer(proxy.port, header + GET))


@pytest.mark.parametrize("name", GOOD)
def test_good_headers(proxies, name):
    setting, header, client = GOOD[name]
    proxy = proxies[setting]
    answer = first_answer(proxy.port, header + GET)
    assert is_object(answer), answer
    assert access_line(proxy, answer)["client_ip"] == client
    listed = first_answer(proxy.port, header + GET.replace(b"objects", b"told"))
    assert listed.status == (200 if client == TOLD else 403)
    with Connection(proxy.port, source=TRUSTED) as connection:
        for byte in header + GET:
            connection.send(bytes([byte]))
        assert is_object(connection.receive())
        assert is_object(connection.request("GET", "/objects/key")), "the header stands once, at the beginning"
        connection.send(header + GET)
        assert_turned_away(answer_or_none(connection))


def answer_or_none(connection):
    try:
        return connection.receive()
    except ConnectionError:
        return None


def test_a_header_alone_is_no_request(proxies):
    """After it the usual times hold."""
    with Connection(proxies["v1"].port, timeout=5, source=TRUSTED) as connection:
        connection.send(ONE)
        started = time.monotonic()
        assert_turned_away(answer_or_none(connection))
        assert time.monotonic() - started < 4


@pytest.mark.parametrize("name", BAD)
@pytest.mark.parametrize("setting", ["v1", "v2", "any"])
def test_what_a_trusted_peer_must_not_begin_with(proxies, setting, name):
    started = time.monotonic()
    assert_turned_away(first_answer(proxies[setting].port, BAD[name] + GET))
    assert time.monotonic() - started < 3
    if setting != "any":
        assert_alive(proxies[setting])


def test_the_other_version_is_none(proxies):
    assert_turned_away(first_answer(proxies["v1"].port, TWO + GET))
    assert_turned_away(first_answer(proxies["v2"].port, ONE + GET))


def test_from_anybody_else_it_is_garbage(proxies):
    """An untrusted peer speaks plain HTTP and cannot name an address."""
    for proxy in proxies.values():
        for header in (ONE, TWO):
            answer = first_answer(proxy.port, header + GET, UNTRUSTED)
            assert answer is None or answer.status == 400, answer
        answer = first_answer(proxy.port, GET, UNTRUSTED)
        assert is_object(answer) and access_line(proxy, answer)["client_ip"] == UNTRUSTED
        assert first_answer(proxy.port, GET.replace(b"objects", b"told"), UNTRUSTED).status == 403


def test_when_it_is_off_it_is_garbage_from_everybody(start_proxy, private_origin):
    proxy = start_proxy([bucket("objects", private_origin)], server={"trusted_proxies": [TRUSTED]})
    for source in (TRUSTED, UNTRUSTED):
        for header in (ONE, TWO):
            assert first_answer(proxy.port, header + GET, source).status == 400
        assert is_object(first_answer(proxy.port, GET, source))


def test_told_addresses_and_fields_together(start_proxy, private_origin):
    """The address that the header tells is the peer from then on: its fields are believed if it is trusted itself."""
    proxy = start_proxy([bucket("objects", private_origin)], server={
        "trusted_proxies": [TRUSTED, "10.0.0.0/8"], "proxy_protocol": "v1"})
    field = b"GET /objects/key HTTP/1.1\r\nHost: x\r\nX-Forwarded-For: 198.51.100.1\r\n\r\n"
    for header, client in [(ONE, TOLD), (b"PROXY TCP4 10.1.1.1 10.1.1.2 1 1\r\n", "198.51.100.1")]:
        assert access_line(proxy, first_answer(proxy.port, header + field))["client_ip"] == client


@pytest.mark.parametrize("setting", ["v1", "v2", "any"])
def test_who_dawdles_is_cut(proxies, setting):
    header = TWO if setting == "v2" else ONE

    def stops(data):
        with Connection(proxies[setting].port, timeout=5, source=TRUSTED) as connection:
            connection.send(data)
            assert_turned_away(answer_or_none(connection))

    def crawls(data):
        with Connection(proxies[setting].port, timeout=5, source=TRUSTED) as connection, pytest.raises(OSError):
            for byte in data:
                connection.send(bytes([byte]))
                time.sleep(0.1)

    def seconds(action, data):
        started = time.monotonic()
        action(data)
        return time.monotonic() - started

    ways = [(stops, b""), (stops, header[:5]), (stops, header[:-1]), (crawls, header)]
    with concurrent.futures.ThreadPoolExecutor(len(ways)) as pool:
        for way in [pool.submit(seconds, *way) for way in ways]:
            assert 0.4 < way.result() < 2.5


@pytest.mark.parametrize("setting", ["v1", "v2", "any"])
def test_thousands_of_random_beginnings(proxies, private_origin, setting):
    proxy, chance = proxies[setting], random.Random(f"proxy protocol {setting}")

    def clients():
        return len(proxy.descriptors()) - proxy.connections_to(private_origin.port)

    before = clients()
    for number in range(2000):
        with Connection(proxy.port, 3, source=TRUSTED) as connection:
            try:
                connection.send(mutated(chance))
                if number % 100 == 0:
                    connection.shut_sending()
                    head = connection.rest()
                    assert not head or Answer(head.partition(b"\r\n\r\n")[0], b"").status in (200, 400, 403, 404, 408)
            except OSError:
                pass
    assert_alive(proxy)
    wait_until(lambda: clients() <= before, 5, "their connections are closed")


def mutated(chance):
    """A good header with a few bytes changed, cut, repeated or made up, mostly with a request behind it."""
    names = ["v1", "v2", "v1-six", "v2-six", "v2-extensions"]
    data = bytearray(chance.choice([GOOD[name][1] for name in names] + [SIGNATURE]))
    for _ in range(chance.randint(0, 4)):
        place = chance.randrange(len(data)) if data else 0
        kind = chance.randrange(4)
        if kind == 0 and data:
            data[place] = chance.randrange(256)
        elif kind == 1:
            del data[place:place + chance.randint(1, 8)]
        elif kind == 2:
            data[place:place] = chance.randbytes(chance.randint(1, 20))
        else:
            data[place:place] = data[:chance.randint(1, 30)]
    return bytes(data) + (GET if chance.random() < 0.8 else b"")


@pytest.mark.parametrize("setting, option", [
    ("v1", "send-proxy"), ("v2", "send-proxy-v2"), ("any", "send-proxy"), ("any", "send-proxy-v2"),
    ("v2", "send-proxy-v2 proxy-v2-options unique-id,crc32c")])
def test_behind_a_real_haproxy(proxies, tmp_path, setting, option):
    proxy, port = proxies[setting], free_port()
    config = tmp_path / "haproxy.cfg"
    config.write_text(
        "defaults\n  mode tcp\n  timeout connect 5s\n  timeout client 10s\n  timeout server 10s\n"
        f"listen front\n  bind 127.0.0.1:{port}\n  unique-id-format %[uuid()]\n"
        f"  server proxy 127.0.0.1:{proxy.port} source {TRUSTED} {option}\n")
    haproxy = Program("haproxy", ["/usr/sbin/haproxy", "-db", "-f", str(config)], tmp_path)
    try:
        wait_until(lambda: is_listening(port), 10, "HAProxy listens")
        for source in ("127.0.0.5", "127.0.0.77"):
            with Connection(port, source=source) as connection:
                for _ in range(3):
                    answer = connection.request("GET", "/objects/key", {"X-Forwarded-For": "6.6.6.6"})
                    assert is_object(answer), (answer, haproxy.last_words())
                    assert access_line(proxy, answer)["client_ip"] == source
    finally:
        haproxy.stop(5)
