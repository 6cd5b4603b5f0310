"""OBS-1, CFG-4: no secret of the whole session stands in anything that a proxy wrote or answered."""

import urllib.parse

import pytest

from harness.evidence import EVIDENCE
from harness.proxy import Proxy


@pytest.mark.last
def test_no_output_of_the_session_holds_a_secret():
    for proxy in list(Proxy.running):
        proxy.stop()
    EVIDENCE.flush()
    assert EVIDENCE.secrets and EVIDENCE.files and EVIDENCE.answers_kept > 0
    needles = {form.encode() for secret in EVIDENCE.secrets for form in (secret, urllib.parse.quote(secret, safe=""))}
    needles |= {b"AWS4-HMAC-SHA256 Credential=", b", Signature="}
    # What tokens begin with: `{"alg":`, `{"typ":` and, for their payloads, `{"sub":`.
    needles |= {b"eyJhbGciOi", b"eyJ0eXAiOi", b"eyJzdWIiOi"}
    found = []
    for path in EVIDENCE.files:
        everything = path.read_bytes()
        found += [(str(path), needle, everything.index(needle)) for needle in needles if needle in everything]
    assert found == []


@pytest.mark.last
def test_the_search_finds_what_is_there():
    """The files hold the session's traffic, so a secret in them would have been found."""
    EVIDENCE.flush()
    everything = b"".join(path.read_bytes() for path in EVIDENCE.files)
    assert b'"status"' in everything and b"HTTP/1.1 " in everything
