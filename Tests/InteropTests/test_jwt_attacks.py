"""JWT-3, JWT-4, JWT-5: RFC 7515 to 7519 and 8725 as a table of attacks; none may open a door or end the process."""

import json
import re
import socket
import threading
import time

import joserfc.jwe
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

from harness.evidence import EVIDENCE
from harness.guards import TOKEN_START, assert_nothing_leaks, guarded, is_object, read
from harness.mint import DER, SPKI, AnySecret, as_bytes, base64url, by_hand, by_joserfc, claims, with_signature
from harness.wire import exchange

SUBJECT = EVIDENCE.new_secret("subject-of-a-refused-token")
KINDS = {"hs": "HS256", "rs": "RS256", "es": "ES256", "es384": "ES384", "ed": "EdDSA"}
SOURCES = [{"type": "bearer"}, {"type": "header", "name": "X-Auth-Token", "prefix": "Token "},
           {"type": "query", "name": "token"}]
DEEP = 10_000
ATTACKS = []


def said(**extra):
    """Claims of a token that must be refused: whom it names may show up nowhere."""
    return claims(sub=SUBJECT, **extra)


def attack(name, door, make, status=401):
    """`make(keyring)` gives a token, or a request's lines behind the first as bytes, or a target as text with "/"."""
    ATTACKS.append(pytest.param(door, make, status, id=name))


def signed(name, header, payload=None, door="hs", key=None, algorithm=None):
    """A token that is signed well with the door's own key, whatever it says."""
    attack(name, door, lambda k: by_hand(
        k[key or KINDS[door]], header, said() if payload is None else payload, algorithm))


def forged(name, header, secret, door):
    """A token that is signed by HMAC with what the attacker knows."""
    attack(name, door, lambda k: by_hand(AnySecret(secret(k)), header, said(), header.get("alg")))


def unsigned(header, payload=None, signature=b"", dots=1):
    parts = [base64url(as_bytes(header)), base64url(as_bytes(said() if payload is None else payload))]
    return ".".join(parts) + "." * dots + base64url(signature)


def good(k, door="hs", **extra):
    return by_joserfc(k[KINDS[door]], said(**extra))


# --- alg (RFC 7515 4.1.1, RFC 8725 3.1 and 3.2)
for door in ("hs", "rs", "es", "ed"):
    for word in ("none", "None", "NONE", "nOnE"):
        attack(f"alg-{word}-{door}", door, lambda k, w=word: unsigned({"alg": w}))
        attack(f"alg-{word}-{door}-two-parts", door, lambda k, w=word: unsigned({"alg": w}, dots=0))
        attack(f"alg-{word}-{door}-signed", door, lambda k, w=word, d=door: by_hand(
            k[KINDS[d]], {"alg": w}, said(), KINDS[d]))
    signed(f"alg-missing-{door}", {"typ": "JWT"}, door=door)
for number, value in enumerate((
        256, None, True, ["HS256"], {"a": "HS256"}, "", "hs256", "HS256 ", " HS256", "HS256\0", "HS2566", "HS25",
        "HS257", "HS-256", "HS256,none", "ＨＳ256", "H" * 10_000, "A256KW", "dir", "HS\u2028256")):
    signed(f"alg-odd-{number}", {"alg": value})
for header, key, door in [
        ("HS384", "HS256", "hs"), ("HS512", "HS256", "hs"), ("HS256", "HS384", "hs"), ("RS256", "RS256", "hs"),
        ("ES256", "ES256", "hs"), ("RS384", "RS256", "rs"), ("RS512", "RS256", "rs"), ("PS256", "RS256", "rs"),
        ("PS512", "RS256", "rs"), ("RS256", "HS256", "rs"), ("ES256", "ES256", "rs"), ("ES384", "ES256", "es"),
        ("ES512", "ES256", "es"), ("ES256", "ES384", "es"), ("ES256", "ES512", "es"), ("ES512", "ES512", "es"),
        ("ES256", "ES384", "es384"), ("ES384", "ES256", "es384"), ("ES384", "ES512", "es384"),
        ("EdDSA", "EdDSA", "es"), ("ES256", "EdDSA", "es"), ("ES256", "ES256", "ed"), ("EdDSA", "ES256", "ed")]:
    signed(f"alg-{header}-by-{key}-key-{door}", {"alg": header}, door=door, key=key,
           algorithm=None if key == "EdDSA" or header == "EdDSA" else f"{header[:2]}{header[2:]}")
for word in ("ES256K", "Ed25519", "Ed448"):
    signed(f"alg-{word}-ed", {"alg": word}, door="ed")
for door in ("rs", "es", "es384", "ed"):
    for name, secret in {
        "pem": lambda k, d=door: k[KINDS[d]].public_pem,
        "pem-stripped": lambda k, d=door: k[KINDS[d]].public_pem.strip(),
        "pem-crlf": lambda k, d=door: k[KINDS[d]].public_pem.replace("\n", "\r\n"),
        "pem-body": lambda k, d=door: "".join(k[KINDS[d]].public_pem.splitlines()[1:-1]),
        "der": lambda k, d=door: k[KINDS[d]].private.public_key().public_bytes(DER, SPKI),
        "path": lambda k, d=door: str(k[KINDS[d]].public_path), "nothing": lambda k: b"",
    }.items():
        for algorithm in ("HS256", "HS512"):
            forged(f"hmac-by-public-key-{name}-{algorithm}-{door}", {"alg": algorithm}, secret, door)
forged("hmac-by-raw-key-ed", {"alg": "HS256"}, lambda k: k["EdDSA"].private.public_key().public_bytes(
    serialization.Encoding.Raw, serialization.PublicFormat.Raw), "ed")
forged("hmac-by-nothing", {"alg": "HS256"}, lambda k: b"", "hs")

# --- kid, with several keys and with one
for name, kid in {
    "traversal": "../../../../dev/null", "absolute": "/dev/null", "file-url": "file:///dev/null", "sql": "' OR '1'='1",
    "union": "k2' UNION SELECT 'x", "command": "k2|id", "long": "k" * 20_000, "empty": "", "blank": "k2 ", "case": "K2",
    "nul": "k2\0", "percent": "%6b2", "unknown": "k9", "surrogate": "\ud800", "template": "${HOME}", "list-index": "0",
}.items():
    attack(f"kid-{name}", "ring", lambda k, kid=kid: by_hand(k["HS256"], {"alg": "HS256", "kid": kid}, said()))
    attack(f"kid-{name}-by-nothing", "ring", lambda k, kid=kid: by_hand(
        AnySecret(b""), {"alg": "HS256", "kid": kid}, said()))
for number, kid in enumerate((1, None, True, ["k2"], {"k2": "k2"}, 1.5)):
    for door in ("ring", "hs"):
        signed(f"kid-not-text-{number}-{door}", {"alg": "HS256", "kid": kid}, door=door, key="HS256")
for kid, header, key in [("k1", "HS256", "HS256"), ("k1", "RS256", "HS256"), ("k2", "RS256", "RS256"),
                         ("k1", "RS384", "RS256"), ("k2", "HS512", "HS256"), ("k3", "RS256", "RS256"),
                         ("k4", "ES256", "ES256"), ("k1", "none", "RS256"), ("k2", "none", "HS256")]:
    attack(f"kid-{kid}-{header}-by-{key}", "ring", lambda k, a=(kid, header, key): by_hand(
        k[a[2]], {"alg": a[1], "kid": a[0]}, said(), a[1] if a[1][:2] == a[2][:2] else None))
for name in ("k1", "k3", "k4"):
    for algorithm in ("HS256", {"k1": "RS256", "k3": "EdDSA", "k4": "ES384"}[name]):
        attack(f"kid-{name}-hmac-by-its-pem-{algorithm}", "ring", lambda k, n=name, a=algorithm: by_hand(
            AnySecret(k[{"k1": "RS256", "k3": "EdDSA", "k4": "ES384"}[n]].public_pem), {"alg": a, "kid": n}, said(),
            "HS256"))

# --- keys that the token brings along (RFC 7515 4.1.2 to 4.1.6); the attacker signs with them
for door in ("hs", "rs", "es", "ring"):
    kind = KINDS.get(door, "RS256")
    for name, bring in {
        "jku": lambda k, kind: {"jku": LISTENER.url}, "x5u": lambda k, kind: {"x5u": LISTENER.url},
        "jwk": lambda k, kind: {"jwk": k.stranger(kind).joserfc.as_dict(private=False)},
        "jwk-and-kid": lambda k, kind: {"jwk": k.stranger(kind).joserfc.as_dict(private=False), "kid": "k1"},
        "jku-and-kid": lambda k, kind: {"jku": LISTENER.url, "kid": LISTENER.url},
        "x5c": lambda k, kind: {"x5c": [k.stranger("RS256").joserfc.as_pem(private=False).decode()]},
        "x5t": lambda k, kind: {"x5t": "AAAA", "x5t#S256": "AAAA"},
        "jwk-oct": lambda k, kind: {"jwk": {"kty": "oct", "k": "AAAA"}},
        "crit-jku": lambda k, kind: {"jku": LISTENER.url, "crit": ["jku"]},
    }.items():
        if kind != "HS256" or not name.startswith("jwk-and") and name != "jwk":
            attack(f"{name}-{door}", door, lambda k, b=bring, kind=kind: by_hand(
                k.stranger(kind), {"alg": kind} | b(k, kind), said()))

# --- crit (RFC 7515 4.1.11) and b64 (RFC 7797 6 and 7)
for number, extra in enumerate((
        {"crit": ["exp"], "exp": 99999999999}, {"crit": ["exp"]}, {"crit": []},
        {"crit": "exp", "exp": 1}, {"crit": ["alg"]},
        {"crit": None}, {"crit": [1]}, {"crit": [[]]}, {"crit": {}}, {"crit": 7}, {"crit": ["kid"], "kid": "k"},
        {"crit": ["http://x.example/y"], "http://x.example/y": True}, {"crit": ["b64"], "b64": True},
        {"crit": ["b64"], "b64": False}, {"crit": ["b64", "b64"], "b64": True}, {"crit": [""]}, {"crit": ["typ"]})):
    signed(f"crit-{number}", {"alg": "HS256"} | extra)


def unencoded(k, header):
    """RFC 7797: the payload is signed and sent as it is."""
    text = base64url(as_bytes(header)) + "." + json.dumps(said(), separators=(",", ":"))
    return text + "." + base64url(k["HS256"].sign(text.encode()))


# Some verifiers would take the payload's base64 for the claims' text, so such a token is none (RFC 7797 7).
signed("b64-false-but-encoded", {"alg": "HS256", "b64": False})
attack("b64-unencoded", "hs", lambda k: unencoded(k, {"alg": "HS256", "b64": False, "crit": ["b64"]}))
attack("b64-unencoded-not-critical", "hs", lambda k: unencoded(k, {"alg": "HS256", "b64": False}))

# --- names given twice (RFC 7515 4, RFC 7519 4), also in other spellings
for number, header in enumerate((
        '{"alg":"HS256","alg":"HS256"}', '{"alg":"none","alg":"HS256"}', '{"alg":"HS256","alg":"none"}',
        '{"alg":"HS256","\\u0061lg":"HS256"}', '{"\\u0061lg":"none","alg":"HS256"}',
        '{"alg":"HS256","a\\u006cg":"none"}',
        '{"alg":"HS256","kid":"a","kid":"b"}', '{"alg":"HS256","typ":"JWT","t\\u0079p":"JWT"}',
        '{"alg":"HS256","crit":["x"],"crit":[]}', '{"alg":"HS256","x":1,"x":1}')):
    signed(f"header-twice-{number}", header)
FUTURE = '"exp":99999999999'
for number, payload in enumerate((
        f'{{"sub":"a","sub":"b",{FUTURE}}}', f'{{"exp":1,{FUTURE}}}', f'{{{FUTURE},"exp":1}}',
        f'{{{FUTURE},"\\u0065xp":99999999999}}', f'{{{FUTURE},"e\\u0078p":1}}', f'{{{FUTURE},"nbf":1,"nbf":1}}',
        f'{{{FUTURE},"role":"guest","role":"admin"}}', f'{{{FUTURE},"role":"guest","r\\u006fle":"admin"}}',
        f'{{{FUTURE},"aud":"a","aud":["b"]}}', f'{{{FUTURE},"iss":"a","\\u0069ss":"a"}}')):
    signed(f"claim-twice-{number}", {"alg": "HS256"}, payload)

# --- numbers (RFC 7519 2: NumericDate; RFC 8259 6)
NUMBERS = {
    "1e400": "1e400", "minus-1e400": "-1e400", "1000-digits": "1" + "0" * 1000, "long-exponent": "1e" + "9" * 1000,
    "long-fraction-and-exponent": "1." + "0" * 20_000 + "e999", "text": '"99999999999"', "list": "[99999999999]",
    "object": '{"a":99999999999}', "null": "null", "true": "true", "hexadecimal": "0xffffffffff", "nan": "NaN",
    "infinity": "Infinity", "plus": "+99999999999", "leading-zero": "099999999999", "bare-point": "99999999999.",
    "no-integer": ".5", "bare-exponent": "1e", "minus": "-", "blank": "", "two-numbers": "99999999999 9",
    "underscore": "9_999_999_999", "empty-text": '""', "date": '"2099-01-01T00:00:00Z"',
}
for name, number in NUMBERS.items():
    for claim in ("exp", "nbf"):
        signed(f"{claim}-{name}", {"alg": "HS256"}, f'{{"sub":"{SUBJECT}","{claim}":{number}}}')
for name, number in {"negative": "-1", "zero": "0", "minus-zero": "-0.0", "tiny": "1e-400", "past": "1.5e9",
                     "negative-huge": "-99999999999999999999"}.items():
    signed(f"exp-{name}", {"alg": "HS256"}, f'{{"sub":"{SUBJECT}","exp":{number}}}')
signed("nbf-future", {"alg": "HS256"}, f'{{"nbf":99999999999,{FUTURE}}}')

# --- nests
for name, bomb in {
    "lists": "[" * DEEP + "]" * DEEP, "objects": '{"a":' * DEEP + "1" + "}" * DEEP, "open-lists": "[" * DEEP,
    "open-objects": '{"a":' * DEEP, "mixed": '[{"a":' * (DEEP // 2) + "1" + "}]" * (DEEP // 2),
}.items():
    signed(f"nest-{name}-in-claims", {"alg": "HS256"}, f'{{{FUTURE},"x":{bomb}}}')
    signed(f"nest-{name}-in-header", f'{{"alg":"HS256","x":{bomb}}}', f"{{{FUTURE}}}")
    signed(f"nest-{name}-as-claims", {"alg": "HS256"}, bomb)
    signed(f"nest-{name}-as-aud", {"alg": "HS256"}, f'{{{FUTURE},"aud":{bomb}}}')
    attack(f"nest-{name}-unsigned", "hs", lambda k, b=bomb: unsigned({"alg": "HS256"}, b, b"\0" * 32))
    attack(f"nest-{name}-as-header-unsigned", "rs", lambda k, b=bomb: unsigned(b, {}, b"\0" * 256))

# --- signatures
for door, kind in KINDS.items():
    for name, change in {
        "empty": lambda s: b"", "cut": lambda s: s[:-1], "half": lambda s: s[:len(s) // 2], "one": lambda s: s[:1],
        "longer": lambda s: s + b"\0", "prefixed": lambda s: b"\0" + s, "twice": lambda s: s + s,
        "flipped": lambda s: bytes([s[0] ^ 1]) + s[1:], "flipped-end": lambda s: s[:-1] + bytes([s[-1] ^ 1]),
        "reversed": lambda s: s[::-1], "zeros": lambda s: bytes(len(s)), "ones": lambda s: b"\xff" * len(s),
        "huge": lambda s: s * (20_000 // len(s)),
    }.items():
        attack(f"signature-{name}-{door}", door, lambda k, d=door, c=change: with_signature(good(k, d), c))
    attack(f"signature-of-other-claims-{door}", door, lambda k, d=door: ".".join(
        good(k, d, role="x").split(".")[:2] + [good(k, d).split(".")[2]]))
    attack(f"stranger-{door}", door, lambda k, kind=kind: by_joserfc(k.stranger(kind), said()))


def halves(change):
    """ECDSA's r and s, changed."""
    def of(s):
        half = len(s) // 2
        return change(int.from_bytes(s[:half], "big"), int.from_bytes(s[half:], "big"), half)
    return of


def pair(r, s, size):
    return r.to_bytes(size, "big") + s.to_bytes(size, "big")


ORDERS = {"es": 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551,
          "es384": int("f" * 48 + "c7634d81f4372ddf581a0db248b0a77aecec196accc52973", 16)}
for door, order in ORDERS.items():
    for name, change in {
        "der": lambda r, s, n: encode_dss_signature(r, s), "zero-r": lambda r, s, n: pair(0, s, n),
        "zero-s": lambda r, s, n: pair(r, 0, n), "order-r": lambda r, s, n, o=order: pair(o, s, n),
        "order-s": lambda r, s, n, o=order: pair(r, o, n), "swapped": lambda r, s, n: pair(s, r, n),
        "order-both": lambda r, s, n, o=order: pair(o, o, n), "wide": lambda r, s, n: pair(r, s, n + 1),
    }.items():
        attack(f"signature-{name}-{door}", door, lambda k, d=door, c=change: with_signature(good(k, d), halves(c)))

# --- base64url (RFC 7515 2: no padding, no other letters; RFC 4648 3.5: one spelling)
ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"


def with_odd_letters(k):
    """A token that has a letter in each part which the other alphabet writes otherwise, in that alphabet."""
    for number in range(10_000):
        token = by_hand(k["HS256"], {"alg": "HS256", "x": f"~~~???{number}"}, said(x=f"~~~???{number}"))
        if "-" in token.split(".")[2] or "_" in token.split(".")[2]:
            return token
    raise AssertionError("no such token")


def respelled(part, change):
    """One part of a token spelled otherwise; the signature is made over what is sent, so only the spelling is wrong."""
    def make(k):
        parts = good(k).split(".")
        if part == 2:
            return ".".join(parts[:2] + [change(parts[2])])
        parts[part] = change(parts[part])
        text = ".".join(parts[:2])
        return text + "." + base64url(k["HS256"].sign(text.encode()))
    return make


def stray_bits(part):
    """The same bytes with bits set that base64 does not use."""
    return part[:-1] + ALPHABET[ALPHABET.index(part[-1]) | 1]


def padded_payload(length):
    """A payload of so many bytes beyond a multiple of three."""
    text = json.dumps(said())
    return text + " " * ((length - len(text)) % 3)


attack("base64-other-alphabet", "hs", lambda k: with_odd_letters(k).translate({45: "+", 95: "/"}))
attack("base64-other-alphabet-in-signature", "hs", lambda k: re.sub(
    r"[^.]*$", lambda m: m[0].translate({45: "+", 95: "/"}), with_odd_letters(k)))
for part in range(3):
    for name, change in {
        "padded": lambda p: p + "=" * (-len(p) % 4 or 4), "one-padding": lambda p: p + "=",
        "stray-letter": lambda p: p + "A",
        "blank-in": lambda p: p[:4] + " " + p[4:], "blank-before": lambda p: " " + p,
        "tab-in": lambda p: p[:4] + "\t" + p[4:],
        "plus": lambda p: p + "+", "percent": lambda p: p[:4] + "%2E" + p[4:], "star": lambda p: "*" + p,
        "beyond-ascii": lambda p: p[:4] + "\xe9" + p[4:], "quote": lambda p: f'"{p}"', "comma": lambda p: p + ",",
        "nothing": lambda p: "",
    }.items():
        attack(f"base64-{name}-{part}", "hs", respelled(part, change))
    attack(f"base64-nul-{part}", "hs", respelled(part, lambda p: p[:4] + "\0" + p[4:]), 400)
attack("base64-stray-bits-in-signature", "hs", respelled(2, stray_bits))
attack("base64-stray-bits-in-claims", "hs", lambda k: restray(k, {"alg": "HS256"}, padded_payload(1)))
attack("base64-more-stray-bits-in-claims", "hs", lambda k: restray(k, {"alg": "HS256"}, padded_payload(2)))


def restray(k, header, payload):
    text = base64url(as_bytes(header)) + "." + stray_bits(base64url(as_bytes(payload)))
    return text + "." + base64url(k["HS256"].sign(text.encode()))


# --- the number of parts (RFC 7515 7.1, RFC 7516 7.1) and other things than tokens
for name, make in {
    "one-part": lambda t: t.split(".")[0], "two-parts": lambda t: t.rpartition(".")[0],
    "four-parts": lambda t: t + ".x",
    "four-parts-last-empty": lambda t: t + ".", "leading-point": lambda t: "." + t, "six-parts": lambda t: t + ".a.b.c",
    "two-points": lambda t: "..", "one-point": lambda t: ".", "many-points": lambda t: "." * 20_000,
    "no-header": lambda t: "." + t.partition(".")[2], "only-signature": lambda t: ".." + t.rpartition(".")[2],
    "two-points-inside": lambda t: t.replace(".", ".."), "word": lambda t: "token", "nulls": lambda t: "null.null.null",
    "quoted": lambda t: f'"{t}"', "twice-with-comma": lambda t: f"{t},{t}", "twice-with-blank": lambda t: f"{t} {t}",
    "twice-with-scheme": lambda t: f"{t}, Bearer {t}", "behind-a-word": lambda t: f"token={t}",
    "json-form": lambda t: json.dumps(dict(zip(("protected", "payload", "signature"), t.split(".")))),
}.items():
    attack(name, "hs", lambda k, m=make: m(good(k)))
attack("encrypted", "hs", lambda k: joserfc.jwe.encrypt_compact(
    {"alg": "dir", "enc": "A256GCM", "cty": "JWT"}, good(k), joserfc.jwk.OctKey.import_key(k["HS256"].text[:32])))
attack("encrypted-to-the-public-key", "rs", lambda k: joserfc.jwe.encrypt_compact(
    {"alg": "RSA-OAEP", "enc": "A128GCM"}, json.dumps(said()), k["RS256"].joserfc))

# --- JSON (RFC 8259), in claims and header; every one of these is signed well
for name, text in {
    "list": "[]", "list-of-claims": f"[{{{FUTURE}}}]", "text": '"sub"', "number": "1", "true": "true", "null": "null",
    "nothing": "", "blank": " ", "not-utf-8": b'{"sub":"\xff\xfe"}', "not-utf-8-name": b'{"\xc3\x28":1}',
    "overlong": b'{"sub":"\xc0\xaf"}', "surrogate-bytes": b'{"sub":"\xed\xa0\x80"}', "cut-utf-8": b'{"sub":"\xe2\x82"}',
    "too-high": b'{"sub":"\xf4\x90\x80\x80"}', "lone-surrogate": '{"sub":"\\ud800"}',
    "low-surrogate": '{"sub":"\\udc00"}',
    "lone-surrogate-elsewhere": '{"x":"\\ud800 x"}', "lone-surrogate-name": '{"\\ud800":1}', "nul-name": b'{"a\0":1}',
    "surrogates-swapped": '{"sub":"\\udc00\\ud800"}', "mark": b'\xef\xbb\xbf{"sub":"a"}',
    "utf-16": '{"sub":"a"}'.encode("utf-16"),
    "utf-16-bare": '{"sub":"a"}'.encode("utf-16-le"), "trailing": '{"sub":"a"}x', "two": '{"sub":"a"}{"sub":"a"}',
    "trailing-nul": '{"sub":"a"}\0', "comment": '{"sub":"a"/**/}', "single-quotes": "{'sub':'a'}",
    "bare-name": "{sub:1}",
    "trailing-comma": '{"sub":"a",}', "leading-comma": '{,"sub":"a"}', "no-colon": '{"sub" "a"}',
    "no-value": '{"sub":}',
    "raw-newline": '{"sub":"a\nb"}', "raw-nul": '{"sub":"a\0b"}', "bad-escape": '{"sub":"\\x41"}',
    "cut-escape": '{"sub":"\\u00',
    "bad-unicode-escape": '{"sub":"\\u00zz"}', "signed-unicode-escape": '{"sub":"\\u+041"}', "open-text": '{"sub":"a',
    "open": '{"sub":"a"', "closed-wrong": '{"sub":"a"]', "word": '{"sub":nul}', "capital": '{"sub":True}',
    "vertical-tab": '\v{}',
    "no-break-space": '{"sub":\u00a0"a"}', "number-name": '{1:2}', "open-list": '{"x":[1,2', "list-comma": '{"x":[1,]}',
    "concatenated": '{"x":"a""b"}', "number-end": '{"x":1x}', "minus-zero-one": '{"x":-01}',
}.items():
    signed(f"claims-{name}", {"alg": "HS256"}, text)
    attack(f"header-{name}", "hs", lambda k, t=text: by_hand(k["HS256"], in_header(t), said()))


def in_header(text):
    """The same with an algorithm in it, where it is an object."""
    text = as_bytes(text)
    return b'{"alg":"HS256",' + text[1:] if text[:2] == b'{"' else text


# --- where the token stands (RFC 6750 2, RFC 9110 5.3 and 11.4)
def lines(*fields):
    """Field lines in which %s stands for a good token and %b for a bad one."""
    def make(k):
        bad = by_joserfc(k.stranger("HS256"), said())
        return b"".join(f.encode("latin-1").replace(b"%s", good(k).encode()).replace(b"%b", bad.encode()) + b"\r\n"
                        for f in fields)
    return make


for name, fields in {
    "bad-then-good": ("Authorization: Bearer %b", "Authorization: Bearer %s"),
    "good-then-bad": ("Authorization: Bearer %s", "Authorization: Bearer %b"),
    "good-twice": ("Authorization: Bearer %s", "Authorization: Bearer %s"),
    "basic-then-good": ("Authorization: Basic eDp5", "Authorization: Bearer %s"),
    "good-then-empty": ("Authorization: Bearer %s", "Authorization:"),
    "other-case-twice": ("Authorization: Bearer %s", "aUTHORIZATION: Bearer %b"),
    "header-twice": ("X-Auth-Token: Token %s", "X-Auth-Token: Token %s"),
    "header-bad-then-good": ("X-Auth-Token: Token %b", "x-auth-token: Token %s"),
}.items():
    attack(f"two-fields-{name}", "sources", lines(*fields), (400, 401))
for name, fields in {
    "bad-bearer-good-header": ("Authorization: Bearer %b", "X-Auth-Token: Token %s"),
    "bad-bearer-good-header-turned": ("X-Auth-Token: Token %s", "Authorization: Bearer %b"),
    "empty": ("Authorization: Bearer",), "empty-with-blanks": ("Authorization: Bearer   ",),
    "no-value": ("Authorization:",),
    "no-scheme": ("Authorization: %s",), "basic": ("Authorization: Basic %s",),
    "token-scheme": ("Authorization: Token %s",),
    "longer-scheme": ("Authorization: Bearers %s",), "no-blank": ("Authorization: Bearer%s",),
    "comma": ("Authorization: Bearer,%s",),
    "equals": ("Authorization: Bearer=%s",), "colon": ("Authorization: Bearer: %s",),
    "tab": ("Authorization: Bearer\t%s",),
    "no-break-space": ("Authorization: Bearer\xa0%s",), "parameter": ("Authorization: Bearer token=%s",),
    "twice-in-one": ("Authorization: Bearer Bearer %s",), "header-without-prefix": ("X-Auth-Token: %s",),
    "header-with-scheme": ("X-Auth-Token: Bearer %s",), "header-empty": ("X-Auth-Token: Token ",),
    "other-header": ("X-Token: Token %s",),
    "proxy-authorization": ("Proxy-Authorization: Bearer %s",),
    "cookie": ("Cookie: token=%s; Authorization=Bearer %s",),
    "underscore": ("X_Auth_Token: Token %s",), "forwarded-authorization": ("X-Forwarded-Authorization: Bearer %s",),
}.items():
    attack(f"field-{name}", "sources", lines(*fields))
for name, query in {
    "blank-behind": "token=%s%%20", "newline-behind": "token=%s%%0a", "nul-behind": "token=%s%%00", "plus": "token=%s+",
    "twice-encoded": "token=%%2565%s", "padding": "token=%s%%3d", "prefix": "token=Bearer%%20%s",
    "brackets": "token[]=%s",
    "fragment": "x=#token=%s", "matrix": ";token=%s", "semicolon": "x=1;token=%s", "blank-before": "token=%%20%s",
    "cut-escape": "token=%s%%", "bad-escape": "token=%s%%zz", "not-utf-8": "token=%s%%ff",
    "bad-then-good": "token=x.y.z&token=%s",
}.items():
    attack(f"query-{name}", "sources", lambda k, q=query: "/sources/key?" + q % good(k), (400, 401))


# --- the doors
class Listener:
    """A web server that counts who comes: no token may make the proxy fetch anything."""

    def __init__(self):
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self.socket.getsockname()[1]}/keys"
        self.visits = 0
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self):
        while True:
            visitor, _ = self.socket.accept()
            self.visits += 1
            visitor.close()


LISTENER = Listener()


@pytest.fixture(scope="module")
def house(start_module_proxy, private_origin, keyring):
    """A door for each kind of key; the ring opens by `kid`, `sources` looks everywhere."""
    buckets = [guarded(name, private_origin, jwt=keyring[kind].settings()) for name, kind in KINDS.items()]
    keys = [keyring[kind].entry(f"k{number}") for number, kind in enumerate(("RS256", "HS256", "EdDSA", "ES384"), 1)]
    buckets += [guarded("ring", private_origin, jwt={"keys": keys}),
                guarded("sources", private_origin, jwt={"token_sources": SOURCES})]
    section = {"enabled": True, "token_sources": [{"type": "bearer"}]} | keyring["HS256"].settings()
    limits = {"max_uri_length": "64KiB", "max_header_size": "256KiB"}
    return start_module_proxy(buckets, server={"security_limits": limits}, jwt=section)


def request(door, made):
    """The bytes of a request for the door's object."""
    if isinstance(made, str) and made.startswith("/"):
        return f"GET {made} HTTP/1.1\r\nHost: x\r\n\r\n".encode("latin-1")
    fields = made if isinstance(made, bytes) else b"Authorization: Bearer " + made.encode("latin-1") + b"\r\n"
    return f"GET /{door}/key HTTP/1.1\r\nHost: x\r\n".encode() + fields + b"\r\n"


def assert_alive(house, keyring, door="hs"):
    assert house.program.exit_code is None, house.program.last_words()
    assert house.get("/health").status == 200
    fields = {"kid": "k2"} if door == "ring" else {}
    key = keyring[KINDS.get(door, "HS256")]
    assert is_object(read(house, door, by_joserfc(key, claims(jti=str(time.time())), **fields)))


@pytest.mark.parametrize("door, make, status", ATTACKS)
def test_an_attack(house, keyring, private_origin, door, make, status):
    asked, visits = len(private_origin.requests), LISTENER.visits
    answer = exchange(house.port, request(door, make(keyring)))
    assert answer is not None, "it was not answered"
    assert_nothing_leaks(answer)
    assert answer.status in (status if isinstance(status, tuple) else (status,)), answer
    if answer.status == 401:
        assert answer.get("www-authenticate").startswith("Bearer"), answer
        assert answer.json()["code"] in ("INVALID_TOKEN", "TOKEN_EXPIRED", "MISSING_TOKEN")
    assert len(private_origin.requests) == asked, "the origin was asked"
    assert_alive(house, keyring, door)
    assert LISTENER.visits == visits, "something was fetched"


def test_a_good_token_is_not_made_bad_by_what_it_brings(house, keyring):
    """RFC 7515 4: what is not understood is ignored, and nothing is fetched."""
    for name, kind in KINDS.items():
        for extra in ({"jku": LISTENER.url}, {"x5u": LISTENER.url}, {"x5t": "AAAA"}, {"cty": "JWT"}, {"typ": "odd"},
                      {"jwk": keyring.stranger("ES256").joserfc.as_dict(private=False)}):
            assert is_object(read(house, name, by_hand(keyring[kind], {"alg": kind} | extra, claims())))
    assert LISTENER.visits == 0


def test_a_token_of_a_mebibyte(start_proxy, private_origin, keyring):
    """With the largest head allowed it is read and refused; the usual limit does not let it in."""
    section = {"enabled": True, "token_sources": [{"type": "bearer"}]} | keyring["HS256"].settings()
    buckets, size = [guarded("hs", private_origin)], (1 << 20) - 512
    roomy = start_proxy(buckets, server={"security_limits": {"max_header_size": "1MiB"}}, jwt=section)
    usual = start_proxy(buckets, jwt=section)
    header = base64url(b'{"alg":"HS256"}')
    room = (size - len(header) - 50) * 3 // 4

    def nest(opening, closing):
        count = (room - 40) // (len(opening) + len(closing))
        return f'{{{FUTURE},"x":{opening * count}1{closing * count}}}'

    tokens = [
        "A" * size, "." * size, "-" * size, "eyJ" * (size // 3), header + "." + "A" * (size - 80) + "." + "A" * 43,
        header + ".e30." + "A" * (size - 80),
        base64url(b'{"alg":"HS256","kid":"' + b"k" * (room - 40) + b'"}') + ".e30.AA",
        by_hand(keyring["HS256"], {"alg": "HS256"}, nest("[", "]")),
        by_hand(keyring["HS256"], {"alg": "HS256"}, nest('{"a":', "}")),
        by_hand(keyring["HS256"], {"alg": "HS256"}, f'{{"exp":1{"0" * (room - 40)}}}'),
        by_hand(keyring.stranger("HS256"), {"alg": "HS256"}, claims(x="\n" * (room // 2 - 100))),
        by_hand(keyring.stranger("HS256"), {"alg": "HS256"}, claims(roles=["r"] * (room // 5 - 100))),
    ]
    for token in tokens:
        assert (1 << 20) * 0.9 < len(token) <= size, len(token)
        data = b"GET /hs/key HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer " + token.encode() + b"\r\n\r\n"
        started = time.monotonic()
        answer = exchange(roomy.port, data)
        assert answer is not None and answer.status == 401, answer
        assert_nothing_leaks(answer)
        assert time.monotonic() - started < 2
        answer = exchange(usual.port, data)
        assert answer is not None and answer.status == 431, answer
        for proxy in (roomy, usual):
            assert proxy.get("/health").status == 200
            assert is_object(read(proxy, "hs", by_joserfc(keyring["HS256"])))


def test_no_attack_is_written_down(house):
    """What refused tokens said, and their bytes, show up nowhere; the reasons do."""
    assert house.program.stderr_path.read_bytes() == b""
    text = house.program.stdout_path.read_bytes()
    assert SUBJECT.encode() not in text and not TOKEN_START.search(text), TOKEN_START.search(text)
    refused = [line for line in house.log() if line.get("status") == 401]
    assert len(refused) > 500
    assert all(line["error_detail"] for line in refused if line["error_code"] == "INVALID_TOKEN")
    assert all("user" not in line for line in refused)
