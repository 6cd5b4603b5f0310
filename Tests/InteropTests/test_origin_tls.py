"""S3-1: https origins. A real origin behind TLS, certificates of an authority of our own."""

import ssl
import subprocess

import pytest

from harness.proxy import bucket
from harness.relay import Relay
from harness.wire import timed


def openssl(folder, *arguments):
    subprocess.run(["openssl", *arguments], cwd=folder, check=True, capture_output=True)


def authority(folder, name):
    openssl(folder, "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
            "-keyout", f"{name}.key", "-out", f"{name}.pem", "-subj", f"/CN=Interop {name}",
            "-addext", "basicConstraints=critical,CA:TRUE", "-addext", "keyUsage=critical,keyCertSign,cRLSign")
    return folder / f"{name}.pem"


def certificate(folder, signer, name, alternatives):
    openssl(folder, "req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", f"{name}.key",
            "-out", f"{name}.csr", "-subj", f"/CN={name}")
    (folder / f"{name}.ext").write_text(f"subjectAltName={alternatives}\nextendedKeyUsage=serverAuth\n")
    openssl(folder, "x509", "-req", "-in", f"{name}.csr", "-CA", f"{signer}.pem", "-CAkey", f"{signer}.key",
            "-CAcreateserial", "-days", "2", "-extfile", f"{name}.ext", "-out", f"{name}.pem")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / f"{name}.pem", folder / f"{name}.key")
    return context


@pytest.fixture(scope="module")
def authorities(tmp_path_factory):
    folder = tmp_path_factory.mktemp("tls")
    authority(folder, "right")
    authority(folder, "wrong")
    return folder


@pytest.fixture
def tls_relay(authorities, origin):
    relays = []

    def start(alternatives="DNS:localhost,IP:127.0.0.1"):
        relays.append(Relay(origin.port, tls=certificate(authorities, "right", "server", alternatives)))
        return relays[-1].port

    yield start
    for relay in relays:
        relay.close()


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_a_trusted_origin(start_proxy, origin, authorities, tls_relay, download, host):
    trusted = {"ca_path": str(authorities / "right.pem")}
    proxy = start_proxy([bucket("objects", origin, endpoint=f"https://{host}:{tls_relay()}", tls=trusted)])
    assert proxy.get("/objects/download").body == download
    assert proxy.get("/objects/missing").status == 404
    assert proxy.get("/ready").status == 200


@pytest.mark.parametrize("settings", ["wrong.pem", None], ids=["wrong-authority", "system-authorities"])
def test_an_untrusted_origin_is_502(start_proxy, origin, authorities, tls_relay, download, settings):
    tls = {"tls": {"ca_path": str(authorities / settings)}} if settings else {}
    endpoint = f"https://127.0.0.1:{tls_relay()}"
    proxy = start_proxy([bucket("objects", origin, endpoint=endpoint, connect_timeout=3, **tls)])
    answer, seconds = timed(lambda: proxy.get("/objects/download"))
    assert answer.status == 502, answer
    assert seconds < 4


@pytest.mark.parametrize("host, names", [("localhost", "DNS:elsewhere.example"), ("127.0.0.1", "IP:127.0.0.2")])
def test_a_certificate_for_another_name_is_502(start_proxy, origin, authorities, tls_relay, download, host, names):
    trusted = {"ca_path": str(authorities / "right.pem")}
    proxy = start_proxy([bucket("objects", origin, endpoint=f"https://{host}:{tls_relay(names)}", tls=trusted)])
    assert proxy.get("/objects/download").status == 502


def test_verification_can_be_turned_off(start_proxy, origin, authorities, tls_relay, download):
    endpoint = f"https://127.0.0.1:{tls_relay('DNS:elsewhere.example')}"
    proxy = start_proxy([bucket("objects", origin, endpoint=endpoint, tls={"verify": False})])
    assert proxy.get("/objects/download").body == download


def test_plain_http_on_a_tls_port_is_502(start_proxy, origin, authorities, tls_relay, download):
    proxy = start_proxy([bucket("objects", origin, endpoint=f"http://127.0.0.1:{tls_relay()}", timeout=3)])
    assert proxy.get("/objects/download").status == 502


def test_tls_on_a_plain_port_is_502(start_proxy, origin, download):
    proxy = start_proxy([bucket("objects", origin, endpoint=f"https://127.0.0.1:{origin.port}", connect_timeout=3)])
    assert proxy.get("/objects/download").status == 502
