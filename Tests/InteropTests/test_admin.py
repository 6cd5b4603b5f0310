"""ADM-1: what stands below /admin is for those whose token says so, and for nobody where no rule says who."""

import pytest

from harness.guards import access_line, assert_refused, guarded, is_object, read
from harness.mint import bearer, by_hand, by_joserfc, by_pyjwt, claims
from harness.proxy import bucket

METHODS = ["GET", "HEAD", "POST", "PUT", "DELETE", "PATCH"]
RULES = [{"claim": "role", "operator": "equals", "value": "admin"}, {"claim": "level", "operator": "gte", "value": 3}]
ADMIN = {"role": "admin", "level": 3}
PATHS = ["/admin/reload", "/admin/cache/purge", "/admin/cache/stats", "/admin/no-such-thing", "/admin/",
         "/admin/%72eload", "/admin/reload?x=1", "/admin//reload"]


def section(keyring, **more):
    return {"enabled": True, "token_sources": [{"type": "bearer"}]} | keyring["HS256"].settings() | more


@pytest.fixture(scope="module")
def proxy(start_module_proxy, private_origin, keyring):
    return start_module_proxy([guarded("private", private_origin), bucket("root", private_origin, prefix="/")],
                              jwt=section(keyring, admin_claims=RULES))


def refused(proxy, method, target, fields, status, code=None):
    answer = proxy.ask(method, target, fields)
    assert answer.status == status, (method, target, answer)
    if method != "HEAD":
        assert_refused(answer, status, code)
    return answer


@pytest.mark.parametrize("method", METHODS)
def test_who_may_come_in(proxy, keyring, private_origin, method):
    asked = len(private_origin.requests)
    key = keyring["HS256"]
    for target in PATHS:
        refused(proxy, method, target, {}, 401, "MISSING_TOKEN")
        for token in (by_joserfc(keyring.stranger("HS256"), claims(**ADMIN)), "garbage", by_hand(
                key, {"alg": "none"}, claims(**ADMIN), "HS256")):
            refused(proxy, method, target, bearer(token), 401, "INVALID_TOKEN")
        refused(proxy, method, target, bearer(by_pyjwt(key, claims(exp=9, **ADMIN))), 401, "TOKEN_EXPIRED")
        for said in ({}, {"role": "admin"}, {"level": 3}, {"role": "reader", "level": 9}, ADMIN | {"level": "3"}):
            refused(proxy, method, target, bearer(by_joserfc(key, claims(**said))), 403, "ADMIN_DENIED")
    assert len(private_origin.requests) == asked, "nothing below /admin is an object"


@pytest.mark.parametrize("method", METHODS)
def test_another_spelling_is_the_same_door(proxy, keyring, private_origin, method):
    """RFC 3986 6.2.2.2: escaping a letter makes no other path, so no bucket at `/` answers for it."""
    asked = len(private_origin.requests)
    for target in ("/%61dmin/reload", "/%61%64%6d%69%6e/reload"):
        refused(proxy, method, target, {}, 401, "MISSING_TOKEN")
        refused(proxy, method, target, bearer(by_joserfc(keyring["HS256"])), 403, "ADMIN_DENIED")
    assert len(private_origin.requests) == asked


@pytest.mark.parametrize("method", METHODS)
def test_paths_that_are_not_there(proxy, keyring, private_origin, method):
    asked = len(private_origin.requests)
    for library in (by_joserfc, by_pyjwt):
        token = library(keyring["HS256"], claims(**ADMIN))
        for target in ("/admin/no-such-thing", "/admin/no/such/thing", "/admin/%6eothing"):
            refused(proxy, method, target, bearer(token), 404)
    assert len(private_origin.requests) == asked


def test_the_reader_is_logged_and_objects_stay_readable(proxy, keyring):
    token = by_joserfc(keyring["HS256"], claims(sub="root-reader"))
    answer = refused(proxy, "POST", "/admin/reload", bearer(token), 403, "ADMIN_DENIED")
    line = access_line(proxy, answer)
    assert line["status"] == 403 and "role" in line["error_detail"] and b"role" not in answer.body
    assert is_object(read(proxy, "private", token)), "admin rules are none of a bucket's"
    assert is_object(proxy.get("/administrator")) and is_object(proxy.get("/x/admin/reload"))


@pytest.mark.parametrize("with_jwt", [True, False], ids=["no-rules", "no-jwt"])
def test_without_rules_nobody_is_an_admin(start_proxy, private_origin, keyring, with_jwt):
    sections = {"jwt": section(keyring)} if with_jwt else {}
    proxy = start_proxy([bucket("root", private_origin, prefix="/")], **sections)
    asked = len(private_origin.requests)
    for method in METHODS:
        for target in PATHS:
            for fields in ({}, bearer(by_joserfc(keyring["HS256"], claims(**ADMIN))), bearer("garbage")):
                refused(proxy, method, target, fields, 403, "ADMIN_DENIED")
    assert len(private_origin.requests) == asked
    warnings = [line for line in proxy.log() if line["level"].lower().startswith("warn")]
    assert any("admin_claims" in str(line) for line in warnings), warnings
