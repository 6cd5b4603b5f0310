"""Many requests, one fetch (RFC 9111 §4), and whom it must not be shared with."""

import contextlib
import time

from harness.cache_play import demand
from harness.cache_table import (
    BODY, BYPASS, ERROR, HIT, MISS, OTHER, REVALIDATED, WAIT, Do, Table, fails, get, gone, head, ok, part)

COLLAPSED, CACHE_6 = "RFC 9111 §4", "CACHE-6"
GET = get(OTHER)
SOON = 10    # seconds in which what waits for nothing comes
HELD = ok("max-age=100", ETag='"v1"', gate="head")
THING = BODY * 600
PART = len(THING) // 2
EARLY = 32768    # so much of the first half is there before the second; caches may keep a buffer back
HALF = ok("max-age=100", ETag='"v1"', body=THING, gate=PART)


@contextlib.contextmanager
def clients(play, count=2, ask=GET, **options):
    """So many requests under way; the first has reached the origin before the others set out."""
    opened = []
    try:
        before = play.asked
        for number in range(count):
            opened.append(play.open(ask, **options))
            if number == 0:
                play.wait_until(lambda: play.asked > before, "the first request reaches the origin")
        time.sleep(0.5)
        yield opened
    finally:
        for connection in opened:
            connection.close()


def begin(connection):
    """The head and the first bytes, which come while the origin still holds the rest."""
    connection.socket.settimeout(SOON)
    answer = connection.receive_head()
    demand(answer.status == 200, answer)
    demand(connection.exactly(EARLY) == THING[:EARLY], "other bytes")
    return answer


def finish(connection):
    connection.socket.settimeout(30)
    demand(connection.exactly(len(THING) - EARLY) == THING[EARLY:], "other bytes")


def is_cut(connection):
    """Whether the answer ends before its end."""
    connection.socket.settimeout(30)
    try:
        connection.exactly(len(THING) - EARLY)
        return False
    except ConnectionError:
        return True


def one_fetch(count, asked=1, ask=GET, status=200):
    def run(play):
        before = play.asked
        with clients(play, count, ask) as opened:
            play.script.open_gate()
            answers = [connection.receive() for connection in opened]
        demand(all(answer.status == status for answer in answers), "statuses", [answer.status for answer in answers])
        due = play.script.body(1)
        demand(status != 200 or all(answer.body == due for answer in answers), "other bodies", answers)
        demand(play.asked - before == asked, "the origin was asked", play.asked - before, "times, not", asked)
        return answers
    return run


def streams(play):
    """A follower reads what has come so far, before the origin goes on."""
    with clients(play, 1) as [first]:
        begin(first)
        with clients_of_flight(play, 3) as others:
            for other in others:
                begin(other)
            play.script.open_gate()
            for connection in (first, *others):
                finish(connection)
    demand(play.asked == 1, "the origin was asked", play.asked, "times")


@contextlib.contextmanager
def clients_of_flight(play, count, ask=GET):
    opened = [play.open(ask) for _ in range(count)]
    try:
        yield opened
    finally:
        for connection in opened:
            connection.close()


def waits(play):
    """A follower reads nothing before all is there."""
    with clients(play, 2) as [_, follower]:
        follower.socket.settimeout(1)
        try:
            demand(False, "a follower read", follower.socket.recv(100))
        except TimeoutError:
            pass
        follower.socket.settimeout(30)
        play.script.open_gate()
        demand(follower.receive().body == THING, "other bytes")
    demand(play.asked == 1, "the origin was asked", play.asked, "times")


def leader_leaves(play):
    with clients(play, 1) as [first]:
        begin(first)
        with clients_of_flight(play, 2) as others:
            for other in others:
                begin(other)
            first.kill()
            time.sleep(0.3)
            play.script.open_gate()
            for other in others:
                finish(other)
    demand(play.asked == 1, "the origin was asked", play.asked, "times")


def leader_leaves_early(play):
    with clients(play, 3) as [first, *others]:
        first.kill()
        time.sleep(0.3)
        play.script.open_gate()
        answers = [other.receive() for other in others]
    demand(all(answer.status == 200 and answer.body == play.script.body(1) for answer in answers), answers)
    demand(play.asked == 1, "the origin was asked", play.asked, "times")


def all_leave(play):
    with clients(play, 3) as opened:
        for connection in opened:
            connection.receive_head()
        for connection in opened:
            connection.kill()
        play.wait_until(lambda: play.script.ended, "the origin's transfer ends")
    demand(not play.script.completed, "the origin sent all of it")


def fails_midway(play):
    with clients(play, 1) as [first]:
        begin(first)
        with clients_of_flight(play, 2) as others:
            for other in others:
                begin(other)
            play.script.open_gate()
            demand(all(is_cut(connection) for connection in (first, *others)), "an answer that looks whole")


def fails_before(play):
    """Nobody waits for ever, whoever asks the origin again."""
    with clients(play, 5) as opened:
        play.script.open_gate()
        statuses = [connection.receive().status for connection in opened]
    demand(all(status in ERROR for status in statuses), statuses)


def each_its_own(play):
    """A response that may not be stored belongs to the one who asked for it."""
    with clients(play, 5) as opened:
        play.script.open_gate()
        bodies = [connection.receive().body for connection in opened]
    demand(len(set(bodies)) == 5 and play.asked == 5, "shared:", bodies)


def variants(play):
    """Nobody gets another's variant, though nobody knew at first that there are two."""
    asks = [get(OTHER, send={"X-Device": name}) for name in "ababab"]
    first, *others = asks
    with clients(play, 1, first) as opened:
        opened += [play.open(ask) for ask in others]
        time.sleep(0.5)
        play.script.open_gate()
        bodies = [connection.receive().body for connection in opened]
    demand(not set(bodies[0::2]) & set(bodies[1::2]), "a variant went to the wrong device:", bodies)


def all_at_the_origin(*asks):
    """None waits for another: all are at the origin before it answers any."""
    def run(play):
        opened = [play.open(ask) for ask in asks]
        try:
            play.wait_until(lambda: play.asked == len(asks), f"{len(asks)} requests at the origin at once", 8)
            play.script.open_gate()
            bodies = [connection.receive().body for connection in opened]
            demand(len(set(bodies)) == len(asks), "shared:", bodies)
        finally:
            for connection in opened:
                connection.close()
    return Do(run)


def guarded_flight(play):
    """AUTHZ-2: who may not read is refused at once, be the object on its way or stored."""
    def refusals():
        for user, status in ((None, 401), ("stranger", 403)):
            with play.open(get(OTHER, user=user), timeout=SOON) as connection:
                answer = connection.receive()
            demand(answer.status == status and BODY[:20] not in answer.body and not answer.has("etag"), user, answer)
    with clients(play, 2, get(OTHER, user="reader")) as readers:
        refusals()
        play.script.open_gate()
        for reader in readers:
            demand(reader.receive().body == BODY, "other bytes")
    play.ask(get(HIT, 1, user="reader"))
    refusals()
    demand(play.asked == 1, "the origin was asked", play.asked, "times")


def answered_meanwhile(ask, status=200):
    """What does not take part in the flight is answered while it stands still."""
    def run(play):
        with clients(play, 1) as [first]:
            begin(first)
            with play.open(ask, timeout=SOON) as other:
                answer = other.receive(to_head=ask.method == "HEAD")
            play._check_answer(ask, answer)
            play.script.open_gate()
            finish(first)
    return Do(run)


def slow_reader(play):
    """One that does not read holds nobody up, and gets all in the end."""
    due = play.script.body(1)
    with clients(play, 1, receive_buffer=8192) as [slow]:
        with clients_of_flight(play, 2) as others:
            play.script.open_gate()
            for other in others:
                demand(other.receive().body == due, "other bytes")
        demand(slow.receive().body == due, "other bytes")
    demand(play.asked == 1, "the origin was asked", play.asked, "times")


def who_shared(play):
    """One is the miss, the others say that they were collapsed into it."""
    answers = one_fetch(5)(play)
    said = [answer.get("cache-status") for answer in answers]
    demand(sum("collapsed" in one for one in said) == 4 and all("fwd=uri-miss" in one for one in said), said)
    demand(all(answer.get("x-cache") == "MISS" for answer in answers), answers)


flight = Table("collapsing")
flight("twenty clients, one cold object", COLLAPSED, HELD, Do(one_fetch(20)), get(HIT, 1))
flight("twenty clients, one cold chunked object", COLLAPSED, ok("max-age=100", body=BODY, framing="chunked",
       gate="head"), Do(one_fetch(20)), get(HIT, 1, has={"content-length": "1000"}))
flight("followers read what has come", CACHE_6, HALF, Do(streams), get(HIT, 1))
flight("followers wait for the whole", CACHE_6, HALF, Do(waits), get(HIT, 1), setup="wait", ours=True)
flight("twenty clients that wait for the whole", CACHE_6, HELD, Do(one_fetch(20)), setup="wait", ours=True)
flight("the leader leaves midway", CACHE_6, HALF, Do(leader_leaves), get(HIT, 1))
flight("the leader leaves before the head", CACHE_6, HELD, Do(leader_leaves_early), get(HIT, 1))
flight("all leave", "HTTP-3", [ok("max-age=100", endless=True, body=b"x" * 1000, declared=2_000_000),
       ok("max-age=100")], Do(all_leave), get(MISS, 2), ours=True)
flight("the origin fails midway", "RFC 9111 §3.3", [ok("max-age=100", body=THING, gate=PART, cut=PART + 1),
       ok("max-age=100")], Do(fails_midway), get(MISS, 2), get(HIT, 2))
flight("the origin fails before the head", CACHE_6, fails(500, gate="head"), Do(fails_before))
flight("no answer at all", CACHE_6, ok(gate="head", dropped=True), Do(fails_before))
flight("many ask for what is missing", CACHE_6, gone(gate="head"),
       Do(lambda play: demand( all(answer.status == 404 for answer in one_fetch_any(play, 5)), "not all 404")))
flight("no-store is for one alone", COLLAPSED, ok("no-store", gate="head"), Do(each_its_own))
flight("private is for one alone", COLLAPSED, ok("private, max-age=100", gate="head"), Do(each_its_own))
flight("Vary: * is for one alone", COLLAPSED, ok("max-age=100", Vary="*", gate="head"), Do(each_its_own))
flight("variants on the way", "RFC 9111 §4.1", ok("max-age=100", Vary="X-Device", gate="head"), Do(variants))
flight("two objects do not wait for each other", CACHE_6, HELD, all_at_the_origin(get(OTHER, name="one"),
       get(OTHER, name="two")))
flight("two versions do not wait for each other", CACHE_6, HELD, all_at_the_origin(get(OTHER, query="?versionId=one"),
       get(OTHER, query="?versionId=two"), get(OTHER)))
flight("a bucket whose cache is off", CACHE_6, HELD, all_at_the_origin(get(OTHER), get(OTHER), get(OTHER)),
       bucket="off", ours=True)
flight("coalescing is off", CACHE_6, HELD, all_at_the_origin(*[get(OTHER)] * 4), setup="alone", ours=True)
flight("a revalidation is one, too", "RFC 9111 §4.3", [ok("max-age=1", ETag='"v1"'),
       ok("max-age=1", ETag='"v1"', gate="head")], get(MISS, 1), WAIT, Do(one_fetch(8)),
       get(REVALIDATED, 1, patient=True, asked=range(2, 100)))
flight("a follower with a condition", "RFC 9110 §13.2.1", HALF, Do(lambda play: followed(play,
       {"If-None-Match": '"v1"'}, 304)))
flight("a follower whose condition fails", "RFC 9110 §13.2.1", HALF, Do(lambda play: followed(play,
       {"If-Match": '"v2"'}, 412)))
flight("a HEAD does not wait for the body", "HTTP-3", HALF, answered_meanwhile(head(OTHER, has={"etag": '"v1"'})))
flight("a range goes past the flight", "HTTP-4", [HALF, ok("max-age=100", ETag='"v1"', body=THING)],
       answered_meanwhile(part(BYPASS, "0-9", body=THING[:10])), ours=True)
flight("a range joins the flight", "HTTP-4", HALF, Do(lambda play: followed(play, {"Range": "bytes=599990-"}, 206,
       THING[599990:])), setup="serve")
flight("one who does not read holds nobody up", CACHE_6, ok("max-age=100", body=BODY * 4000, gate="head"),
       Do(slow_reader))
flight("many clients of an object that no tier may hold", CACHE_6, ok("max-age=100", ETag='"v1"', body=BODY * 2000,
       gate="head"), Do(lambda play: all_right(play, 6)), bucket="small")
flight("a private object on its way", "AUTHZ-2", ok("max-age=100", ETag='"v1"', body=BODY, gate="head"),
       Do(guarded_flight), bucket="guarded", ours=True)
flight("followers say that they shared", "RFC 9211 §2.7", HELD, Do(who_shared), ours=True)


def one_fetch_any(play, count):
    with clients(play, count) as opened:
        play.script.open_gate()
        return [connection.receive() for connection in opened]


def all_right(play, count):
    due = play.script.body(1)
    answers = one_fetch_any(play, count)
    demand(all(answer.body == due for answer in answers), [len(answer.body) for answer in answers])


def followed(play, send, status, body=None):
    """A follower with fields of its own gets its own answer out of the one flight."""
    with clients(play, 1) as [first]:
        begin(first)
        with play.open(get(OTHER, send=send)) as other:
            time.sleep(0.3)
            play.script.open_gate()
            answer = other.receive()
        finish(first)
    demand(answer.status == status and (body is None or answer.body == body), answer)
    demand(play.asked == 1, "the origin was asked", play.asked, "times")


CASES = flight.cases
