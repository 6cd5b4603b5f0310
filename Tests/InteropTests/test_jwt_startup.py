"""JWT-1, JWT-3, JWT-4: a guard that cannot work is an error at start, never an open door."""

import copy
import datetime

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import dsa, ed448, rsa

from harness.evidence import EVIDENCE
from harness.guards import assert_refused, guarded, is_object, read
from harness.mint import DER, PEM, PKCS8, SPKI, by_joserfc
from harness.ports import free_port
from harness.proxy import configuration

ARGUMENTS = pytest.mark.parametrize("arguments", [(), ("--test",)], ids=["serve", "test"])


class NoOrigin:
    port, access_key, secret_key = 1, "AKID", EVIDENCE.new_secret("startup")


def config_of(jwt=None, bucket_jwt=None, **auth):
    """A bucket `private` with a guard; `jwt` is the section above, absent where it is None."""
    entry = guarded("private", NoOrigin, **auth, **({"jwt": bucket_jwt} if bucket_jwt is not None else {}))
    return configuration([entry], free_port(), **({"jwt": jwt} if jwt is not None else {}))


def assert_refuses(run, config, arguments, *expected):
    """Exit code 1 and one line that names the place, or the bucket, and what is wrong with it."""
    code, output = run(config, *arguments)
    assert code == 1, output
    assert "Fatal error" not in output and "PRIVATE KEY" not in output
    for secret in EVIDENCE.secrets:
        assert secret not in output
    lines = [line for line in output.splitlines() if "config.yaml:" in line or "private" in line]
    assert any(all(word.lower() in line.lower() for word in expected) for line in lines), output


@pytest.fixture(scope="module")
def files(tmp_path_factory, keyring):
    """Key files that nobody can verify with, by what is wrong with them."""
    folder = tmp_path_factory.mktemp("wrong-keys")

    def spki(private):
        return private.public_key().public_bytes(PEM, SPKI)

    small = rsa.generate_private_key(65537, 1024)
    locked = keyring.rsa_private.private_bytes(
        PEM, PKCS8, serialization.BestAvailableEncryption(EVIDENCE.new_secret("passphrase").encode()))
    legacy = keyring.rsa_private.private_bytes(
        PEM, serialization.PrivateFormat.TraditionalOpenSSL,
        serialization.BestAvailableEncryption(EVIDENCE.new_secret("passphrase").encode()))
    good = keyring["RS256"].public_pem
    contents = {
        "private": keyring["RS256"].private_pem.encode(), "private-ec": keyring["ES256"].private_pem.encode(),
        "locked": locked, "locked-legacy": legacy, "small": spki(small),
        "certificate": certificate(keyring.rsa_private),
        "dsa": spki(dsa.generate_private_key(1024)), "ed448": spki(ed448.Ed448PrivateKey.generate()), "empty": b"",
        "der": keyring.rsa_private.public_key().public_bytes(DER, SPKI), "garbage": b"\0\xff" * 500,
        "text": b"ssh-rsa AAAAB3NzaC1yc2E nobody@example\n", "cut": good[:200].encode(),
        "hollow": b"-----BEGIN PUBLIC KEY-----\n-----END PUBLIC KEY-----\n",
        "not-der": b"-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n",
        "p521": keyring["ES512"].public_pem.encode(),
    }
    for name, content in contents.items():
        (folder / f"{name}.pem").write_bytes(content)
    (folder / "folder.pem").mkdir()
    return {name: str(folder / f"{name}.pem") for name in (*contents, "folder", "missing")}


def certificate(private):
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "issuer")])
    today = datetime.datetime(2026, 1, 1)
    made = x509.CertificateBuilder(name, name, private.public_key(), 1, today, today + datetime.timedelta(9000))
    return made.sign(private, hashes.SHA256()).public_bytes(PEM)


@ARGUMENTS
def test_a_guard_without_keys(run, arguments):
    """JWT-1: the section may be missing, off or empty; the bucket is never public."""
    sources = {"token_sources": [{"type": "bearer"}]}
    for provider in ("jwt", "opa", "openfga"):
        extra = {"opa": {"url": "http://127.0.0.1:1", "policy_path": "a"},
                 "openfga": {"endpoint": "http://127.0.0.1:1", "store_id": "s"}}
        auth = {"provider": provider} | ({provider: extra[provider]} if provider in extra else {})
        for section in (None, {"enabled": True} | sources, {"enabled": True, "algorithm": "HS256"} | sources):
            assert_refuses(run, config_of(section, **auth), arguments)
    secret = {"algorithm": "HS256", "secret": EVIDENCE.new_secret("hmac-" + "x" * 64)}
    assert_refuses(run, config_of({"enabled": False} | secret | sources), arguments, "private")
    assert_refuses(run, config_of({"enabled": True} | secret | sources, {"algorithm": "RS256"}), arguments)


@ARGUMENTS
@pytest.mark.parametrize("field, algorithm, name", [
    ("rsa_public_key_path", "RS256", name) for name in (
        "missing", "folder", "private", "private-ec", "locked", "locked-legacy", "small", "certificate", "dsa", "der",
        "garbage", "text", "cut", "hollow", "not-der", "empty", "p521")
] + [
    ("ecdsa_public_key_path", "ES256", name) for name in ("missing", "private-ec", "certificate", "small", "p521")
])
def test_a_file_that_holds_no_such_key(run, files, arguments, field, algorithm, name):
    section = {"enabled": True, "token_sources": [{"type": "bearer"}]}
    key = {"algorithm": algorithm, field: files[name]}
    assert_refuses(run, config_of(section | key), arguments)
    assert_refuses(run, config_of(section, key), arguments)


@ARGUMENTS
def test_a_key_of_another_kind(run, files, keyring, arguments):
    section = {"enabled": True, "token_sources": [{"type": "bearer"}]}
    paths = {name: str(keyring[name].public_path) for name in ("RS256", "ES256", "ES384", "EdDSA")}
    for algorithm, field, path in [
        ("RS256", "rsa_public_key_path", paths["ES256"]), ("RS256", "rsa_public_key_path", paths["EdDSA"]),
        ("ES256", "ecdsa_public_key_path", paths["RS256"]), ("ES256", "ecdsa_public_key_path", paths["ES384"]),
        ("ES384", "ecdsa_public_key_path", paths["ES256"]), ("ES256", "ecdsa_public_key_path", paths["EdDSA"]),
        ("ES256", "rsa_public_key_path", paths["RS256"]), ("RS256", "ecdsa_public_key_path", paths["ES256"]),
        ("HS256", "rsa_public_key_path", paths["RS256"]),
    ]:
        assert_refuses(run, config_of(section | {"algorithm": algorithm, field: path}), arguments)
    for key in (
        {"algorithm": "EdDSA", "path": paths["ES256"]}, {"algorithm": "EdDSA", "path": files["ed448"]},
        {"algorithm": "RS256", "path": paths["EdDSA"]}, {"algorithm": "EdDSA", "path": files["missing"]},
        {"algorithm": "EdDSA", "env": "INTEROP_NO_SUCH_VARIABLE"}, {"algorithm": "RS256"},
        {"algorithm": "HS256", "path": paths["RS256"]}, {"algorithm": "none", "secret": "x"}, {"path": paths["RS256"]},
    ):
        assert_refuses(run, config_of(section | {"keys": [{"id": "k1"} | key]}), arguments)
    assert_refuses(run, config_of(section | {"keys": []}), arguments)
    twice = [keyring["RS256"].entry("k1"), keyring["ES256"].entry("k1")]
    assert_refuses(run, config_of(section | {"keys": twice}), arguments, "id")


@ARGUMENTS
@pytest.mark.parametrize("change, expected", [
    (lambda jwt: jwt.update(algorithm="none"), "algorithm"), (lambda jwt: jwt.update(algorithm="None"), "algorithm"),
    (lambda jwt: jwt.update(algorithm="hs256"), "algorithm"), (lambda jwt: jwt.update(algorithm="PS256"), "algorithm"),
    (lambda jwt: jwt.update(algorithm=["HS256", "RS256"]), "algorithm"), (lambda jwt: jwt.update(secret=""), ""),
    (lambda jwt: jwt.update(algorithm="RS256"), "secret"),
    (lambda jwt: jwt.update(token_sources=[]), "token_sources"),
    (lambda jwt: jwt.update(token_sources=[{"type": "header"}]), ""),
    (lambda jwt: jwt.update(token_sources=[{"type": "query"}]), ""),
    (lambda jwt: jwt.update(token_sources=[{"type": "header", "name": "X Y"}]), ""),
    (lambda jwt: jwt.update(token_sources=[{"type": "cookie", "name": "token"}]), "type"),
    (lambda jwt: jwt.update(admin_claims=[{"claim": "role", "operator": "like", "value": "a"}]), "operator"),
    (lambda jwt: jwt.update(claims=[{"claim": "role", "operator": "matches", "value": "a"}]), "operator"),
    (lambda jwt: jwt.update(claims=[{"operator": "equals", "value": "a"}]), "claim"),
    (lambda jwt: jwt.update(claims=[{"claim": "role", "operator": "equals"}]), ""),
    (lambda jwt: jwt.update(claims=[{"claim": "role", "operator": "in", "value": "a"}]), ""),
    (lambda jwt: jwt.update(claims=[{"claim": "age", "operator": "gt", "value": "a"}]), ""),
    (lambda jwt: jwt.update(leeway_seconds=-1), "leeway_seconds"),
    (lambda jwt: jwt.update(jwks_url="ftp://issuer.example/keys"), "jwks_url"),
    (lambda jwt: jwt.update(secrets="x"), "secrets"),
])
def test_settings_that_cannot_be_meant(run, keyring, arguments, change, expected):
    section = {"enabled": True, "token_sources": [{"type": "bearer"}]} | keyring["HS256"].settings()
    broken = copy.deepcopy(section)
    change(broken)
    assert_refuses(run, config_of(broken), arguments, expected)
    if "admin_claims" not in broken and broken.get("token_sources") != []:
        broken.pop("enabled")
        assert_refuses(run, config_of({"enabled": True, "token_sources": section["token_sources"]}, broken), arguments)


@ARGUMENTS
def test_auth_that_cannot_be_meant(run, keyring, arguments):
    section = {"enabled": True, "token_sources": [{"type": "bearer"}]} | keyring["HS256"].settings()
    assert_refuses(run, config_of(section, provider="ldap"), arguments, "provider")
    assert_refuses(run, config_of(section, provider="opa"), arguments)
    assert_refuses(run, config_of(section, provider="openfga"), arguments)
    assert_refuses(run, config_of(section, bucket_jwt={"admin_claims": []}), arguments)


def test_a_secret_from_the_environment(start_proxy, private_origin, keyring):
    key = keyring["HS512"]
    section = {"enabled": True, "algorithm": "HS512", "secret": "${INTEROP_HMAC}"}
    section["token_sources"] = [{"type": "bearer"}]
    proxy = start_proxy([guarded("private", private_origin)], env={"INTEROP_HMAC": key.text}, jwt=section)
    assert is_object(read(proxy, "private", by_joserfc(key)))
    assert_refused(read(proxy, "private", by_joserfc(keyring["HS256"])), 401)


def test_a_guard_with_a_section_of_its_own_only(start_proxy, private_origin, keyring):
    """The bucket's section suffices; a bucket without `auth` beside it stays public, `enabled: false` says the same."""
    own = {"enabled": True, "token_sources": [{"type": "bearer"}]} | keyring["ES256"].settings()
    off = guarded("off", private_origin)
    off["auth"]["enabled"] = False
    proxy = start_proxy([guarded("private", private_origin, jwt=own), off])
    assert is_object(read(proxy, "private", by_joserfc(keyring["ES256"])))
    assert_refused(read(proxy, "private"), 401, "MISSING_TOKEN")
    assert is_object(read(proxy, "off"))


def test_test_accepts_what_serves(run, keyring):
    section = {"enabled": True, "token_sources": [{"type": "bearer"}]} | keyring["ES384"].settings()
    code, output = run(config_of(section), "--test")
    assert code == 0, output
