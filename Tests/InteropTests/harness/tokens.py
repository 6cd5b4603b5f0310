"""Tokens as an issuer signs them. Every one that is minted counts as a secret: no output may show it."""

import base64
import json
import time

import jwt

from .evidence import EVIDENCE


def mint(secret, algorithm="HS256", lifetime=600, headers=None, **claims):
    """A token of these claims that expires after `lifetime` seconds; None leaves `exp` out."""
    if lifetime is not None:
        claims = {"exp": int(time.time()) + lifetime} | claims
    return EVIDENCE.secret(jwt.encode(claims, secret, algorithm, headers))


def sign(secret, payload, algorithm="HS256"):
    """A token around any bytes, which need not be claims that an issuer would write."""
    return EVIDENCE.secret(jwt.api_jws.encode(payload, secret, algorithm))


def unsigned(**claims):
    """What an attacker writes who knows no key: the algorithm `none` and no signature."""
    parts = ({"alg": "none", "typ": "JWT"}, {"exp": int(time.time()) + 600} | claims)
    return ".".join(base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=").decode() for part in parts) + "."


def bearer(token):
    """The request's fields that carry it; none for None."""
    return {} if token is None else {"Authorization": f"Bearer {token}"}
