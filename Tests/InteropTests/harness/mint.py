"""Keys made once a session, tokens by two libraries that know nothing of the proxy, and broken ones made by hand."""

import base64
import functools
import hashlib
import hmac
import json
import pathlib
import secrets
import time

import joserfc.jwk
import joserfc.jwt
import jwt as pyjwt
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

from .evidence import EVIDENCE

HASHES = {"256": hashes.SHA256, "384": hashes.SHA384, "512": hashes.SHA512}
CURVES = {"ES256": ec.SECP256R1, "ES384": ec.SECP384R1, "ES512": ec.SECP521R1}
PEM, DER = serialization.Encoding.PEM, serialization.Encoding.DER
PKCS8, SPKI = serialization.PrivateFormat.PKCS8, serialization.PublicFormat.SubjectPublicKeyInfo


def base64url(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def claims(**extra):
    """What an ordinary token says, for five minutes; `None` leaves a claim out."""
    said = {"sub": "reader", "iat": int(time.time()), "exp": int(time.time()) + 300} | extra
    return {name: value for name, value in said.items() if value is not None}


class SharedSecret:
    """A secret for HMAC."""

    def __init__(self, algorithm):
        self.algorithm = algorithm
        self.text = EVIDENCE.secret(f"hmac-{algorithm}-{secrets.token_hex(40)}")

    joserfc = functools.cached_property(lambda self: joserfc.jwk.OctKey.import_key(self.text))
    pyjwt = property(lambda self: self.text)

    def sign(self, data, algorithm=None):
        return hmac_of(self.text.encode(), data, algorithm or self.algorithm)

    def settings(self):
        """What the section `jwt` says to accept this key alone."""
        return {"algorithm": self.algorithm, "secret": self.text}

    def entry(self, name):
        """An entry of `jwt.keys`."""
        return {"id": name, "algorithm": self.algorithm, "secret": self.text}


class KeyPair:
    """A private key and the file of its public half."""

    def __init__(self, algorithm, private, folder, name):
        self.algorithm = algorithm
        self.private = private
        self.private_pem = private.private_bytes(PEM, PKCS8, serialization.NoEncryption()).decode()
        self.public_pem = private.public_key().public_bytes(PEM, SPKI).decode()
        self.public_path = pathlib.Path(folder) / f"{name}.pem"
        self.public_path.write_text(self.public_pem)
        for line in self.private_pem.splitlines()[1:-1]:
            if len(line) > 40:
                EVIDENCE.secret(line)

    @functools.cached_property
    def joserfc(self):
        kinds = {"RS": joserfc.jwk.RSAKey, "ES": joserfc.jwk.ECKey, "Ed": joserfc.jwk.OKPKey}
        return kinds[self.algorithm[:2]].import_key(self.private_pem)

    pyjwt = property(lambda self: self.private)

    def sign(self, data, algorithm=None):
        """The signature in JOSE's form, with this key's kind whatever the algorithm is called."""
        if isinstance(self.private, ed25519.Ed25519PrivateKey):
            return self.private.sign(data)
        algorithm = algorithm or self.algorithm
        digest = HASHES[algorithm[2:]]()
        if isinstance(self.private, ec.EllipticCurvePrivateKey):
            size = (self.private.key_size + 7) // 8
            r, s = decode_dss_signature(self.private.sign(data, ec.ECDSA(digest)))
            return r.to_bytes(size, "big") + s.to_bytes(size, "big")
        if algorithm.startswith("PS"):
            return self.private.sign(data, padding.PSS(padding.MGF1(digest), digest.digest_size), digest)
        return self.private.sign(data, padding.PKCS1v15(), digest)

    def settings(self):
        """What the section `jwt` says to accept this key alone."""
        field = {"RS": "rsa_public_key_path", "ES": "ecdsa_public_key_path"}.get(self.algorithm[:2])
        if field is None:
            return {"algorithm": self.algorithm, "keys": [self.entry("only")]}
        return {"algorithm": self.algorithm, field: str(self.public_path)}

    def entry(self, name):
        """An entry of `jwt.keys`."""
        return {"id": name, "algorithm": self.algorithm, "path": str(self.public_path)}


class Keyring:
    """The session's keys; each is made when it is first asked for."""

    def __init__(self, folder):
        self.folder = pathlib.Path(folder)

    @functools.cached_property
    def rsa_private(self):
        return rsa.generate_private_key(65537, 2048)

    @functools.lru_cache
    def __getitem__(self, algorithm):
        """The key of an algorithm. All RSA ones share one pair, so that only the algorithm tells them apart."""
        if algorithm.startswith("HS"):
            return SharedSecret(algorithm)
        if algorithm.startswith("RS"):
            return KeyPair(algorithm, self.rsa_private, self.folder, algorithm)
        return self.stranger(algorithm, algorithm)

    @functools.lru_cache
    def stranger(self, algorithm, name="stranger"):
        """A key that the proxy was not given."""
        if algorithm.startswith("HS"):
            return SharedSecret(algorithm)
        if algorithm.startswith("RS"):
            private = rsa.generate_private_key(65537, 2048)
        elif algorithm == "EdDSA":
            private = ed25519.Ed25519PrivateKey.generate()
        else:
            private = ec.generate_private_key(CURVES[algorithm]())
        return KeyPair(algorithm, private, self.folder, f"{name}-{algorithm}")


ALGORITHMS = ["HS256", "HS384", "HS512", "RS256", "RS384", "RS512", "ES256", "ES384", "EdDSA"]


def by_joserfc(key, said=None, **header):
    return joserfc.jwt.encode({"alg": key.algorithm} | header, said or claims(), key.joserfc, [key.algorithm])


def by_pyjwt(key, said=None, **header):
    return pyjwt.encode(said or claims(), key.pyjwt, key.algorithm, header)


LIBRARIES = [by_joserfc, by_pyjwt]


def as_bytes(value):
    """Bytes as they are, text as UTF-8, everything else as JSON."""
    if isinstance(value, bytes):
        return value
    return (value if isinstance(value, str) else json.dumps(value)).encode()


def by_hand(key, header, payload, algorithm=None):
    """A token that is signed well whatever header and payload are: values, JSON's text, or any bytes."""
    signed = base64url(as_bytes(header)) + "." + base64url(as_bytes(payload))
    return signed + "." + base64url(key.sign(signed.encode(), algorithm))


def with_signature(token, change):
    """The token with its signature's bytes changed by a function."""
    signed, _, signature = token.rpartition(".")
    signature = base64.urlsafe_b64decode(signature + "=" * (-len(signature) % 4))
    return signed + "." + base64url(change(signature))


def hmac_of(secret, data, algorithm):
    return hmac.new(secret, data, getattr(hashlib, f"sha{algorithm[2:]}")).digest()


class AnySecret:
    """HMAC with bytes of the attacker's choice, such as a public key's."""

    def __init__(self, secret):
        self.bytes = secret if isinstance(secret, bytes) else secret.encode()

    def sign(self, data, algorithm=None):
        return hmac_of(self.bytes, data, algorithm or "HS256")


def bearer(token):
    return {"Authorization": f"Bearer {token}"}
