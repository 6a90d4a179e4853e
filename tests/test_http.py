"""The HTTP client against a loopback server: pace, limits, validators, redirects, and what each trouble is called."""

import gzip
import threading
import zlib
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from trendctl.http import Client, Exchange, Fault
from trendctl.http_address import is_public, pace_key, rebase, redirected, whole
from trendctl.http_body import BodyCache, Decoder, blocked
from trendctl.http_pace import exhausted, retry_after
from trendctl.ports import Outcome, Request, Validators, Wire
from trendctl.store.engine import Store
from trendctl.store.http_state import StoredHttpState

HOST = "https://api.example.com"
NOW = datetime(2026, 6, 1, 12, 0, tzinfo=UTC)


@pytest.fixture
def state(store: Store, clock: Any) -> StoredHttpState:
    return StoredHttpState(store, clock)


@pytest.fixture
def make(state: StoredHttpState, clock: Any, tmp_path: Path) -> Iterator[Callable[..., Client]]:
    made: list[Client] = []

    def build(**more: Any) -> Client:
        client = Client(state, clock, tmp_path / "cache", user_agent="trendctl/test", spread=lambda: 0.0, **more)
        made.append(client)
        return client

    yield build
    for client in made:
        client.close()


@pytest.fixture
def leaf(make: Callable[..., Client], loopback: Any) -> Callable[..., Any]:
    def build(**more: Any) -> Any:
        settings = {"base_url": loopback.base_url, "gap_seconds": 1.0, "deadline_seconds": 30.0} | more
        return make().leaf("example", **settings)

    return build


def fault_of(leaf: Any, path: str = "/feed", **more: Any) -> Fault:
    with pytest.raises(Fault) as caught:
        leaf.call(Request(HOST + path, **more))
    return caught.value


# ---------------------------------------------------------------- addresses


def test_base_url_replaces_scheme_host_and_root_and_may_hold_a_prefix() -> None:
    assert rebase("https://a.example/x/y?q=1", "http://127.0.0.1:8/pre/") == "http://127.0.0.1:8/pre/x/y?q=1"
    assert rebase("https://a.example/x", "") == "https://a.example/x"


def test_params_go_behind_a_query_that_is_there() -> None:
    assert whole("https://a.example/x?a=1", (("q", "two words"),)) == "https://a.example/x?a=1&q=two+words"


@pytest.mark.parametrize(
    "address",
    ["127.0.0.1", "10.0.0.1", "169.254.169.254", "192.168.1.1", "::1", "fe80::1%eth0", "fd00::1", "0.0.0.0",
     "::ffff:10.0.0.1", "64:ff9b::a00:1", "100.64.0.1", "224.0.0.1", "2002:a00:1::", "nonsense"],
)  # fmt: skip
def test_addresses_that_are_not_public(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize("address", ["93.184.216.34", "2606:2800:220:1:248:1893:25c8:1946"])
def test_public_addresses(address: str) -> None:
    assert is_public(address)


@pytest.mark.parametrize(
    "target",
    ["http://other.example/", "https://127.0.0.1/", "https://localhost/", "https://[::1]/", "https://169.254.169.254/x",
     "https://10.1.2.3/", "ftp://a.example/", "https://[bad/"],
)  # fmt: skip
def test_redirects_that_are_refused(target: str) -> None:
    with pytest.raises(Fault):
        redirected("https://a.example/start", target, local=False)


def test_a_redirect_of_a_local_base_stays_on_this_machine() -> None:
    assert redirected("http://127.0.0.1:1/a", "/b", local=True) == "http://127.0.0.1:1/b"
    with pytest.raises(Fault, match="away from the local"):
        redirected("http://127.0.0.1:1/a", "https://a.example/", local=True)


def test_a_name_that_resolves_to_a_private_address_is_not_connected_to(make: Callable[..., Client]) -> None:
    client = make()
    client.limits.public_only = True
    with pytest.raises(httpx.ConnectError, match="private address"):
        client.raw.get("http://127.0.0.1:9/")


def test_pace_is_kept_by_the_leafs_own_host_even_behind_one_base() -> None:
    assert pace_key("https://A.example/x", "https://a.example/x") == "a.example"
    assert pace_key("https://a.example/x", "http://127.0.0.1:8/x") != pace_key(
        "https://b.example/x", "http://127.0.0.1:8/x"
    )


def test_only_https_is_called(make: Callable[..., Client]) -> None:
    leaf = make().leaf("x")
    with pytest.raises(Fault, match="without https") as caught:
        leaf.call(Request("http://a.example/"))
    assert caught.value.outcome == Outcome.FAILED


# ---------------------------------------------------------------- calls


def test_an_answer_comes_whole_with_lower_case_headers(leaf: Callable[..., Any], loopback: Any) -> None:
    loopback.add("/feed", b"<rss/>", headers={"X-Thing": "1"})
    reply = leaf().call(Request(HOST + "/feed", params=(("q", "a b"),), headers=(("Accept", "text/xml"),)))
    assert (reply.status, reply.body, reply.headers["x-thing"]) == (200, b"<rss/>", "1")
    seen = loopback.requests[0]
    assert seen.query == {"q": "a b"}
    assert seen.headers["accept"] == "text/xml"
    assert seen.headers["user-agent"] == "trendctl/test"


def test_the_contact_goes_only_where_it_is_given(make: Callable[..., Client], loopback: Any) -> None:
    loopback.add("/feed", b"<rss/>")
    make().leaf("a", base_url=loopback.base_url, contact="me@example.com").call(Request(HOST + "/feed"))
    make().leaf("b", base_url=loopback.base_url).call(Request(HOST + "/feed"))
    agents = [seen.headers["user-agent"] for seen in loopback.requests]
    assert agents == ["trendctl/test (me@example.com)", "trendctl/test"]


def test_auth_requests_go_to_auth_url(leaf: Callable[..., Any], loopback: Any) -> None:
    loopback.add("/signin/token", {"ok": 1})
    reply = leaf(auth_url=loopback.base_url + "/signin").call(Request(HOST + "/token", "POST", body=b"x", auth=True))
    assert reply.body == b'{"ok": 1}'


def test_cookies_are_not_carried_from_call_to_call(leaf: Callable[..., Any], loopback: Any) -> None:
    loopback.add("/feed", b"<rss/>", headers={"Set-Cookie": "id=1; Path=/"})
    one = leaf()
    one.call(Request(HOST + "/feed"))
    one.call(Request(HOST + "/feed"))
    assert "cookie" not in loopback.requests[1].headers


@pytest.mark.parametrize(
    ("status", "words"), [(401, "refused"), (403, "refused"), (404, "404"), (500, "500"), (503, "503")]
)
def test_error_statuses_are_unavailable(leaf: Callable[..., Any], loopback: Any, status: int, words: str) -> None:
    loopback.add("/feed", b"no", status=status)
    fault = fault_of(leaf())
    assert (fault.outcome, fault.status) == (Outcome.UNAVAILABLE, status)
    assert words in fault.cause


@pytest.mark.parametrize(
    "body",
    [
        b"<!DOCTYPE html><html><title>whoa there, pardner!</title></html>",
        b"\xef\xbb\xbf  <html><body>checking your browser</body></html>",
        b'<?xml version="1.0"?>\n<!DOCTYPE html PUBLIC "x"><html/>',
        b"Please limit requests to one every 5 seconds.",
    ],
)
def test_a_page_or_a_scolding_with_status_200_is_unavailable(
    leaf: Callable[..., Any], loopback: Any, body: bytes
) -> None:
    loopback.add("/feed", body)
    assert fault_of(leaf()).outcome == Outcome.UNAVAILABLE


@pytest.mark.parametrize(
    "body", [b"<?xml version='1.0'?><rss/>", b"[]", b"{}", b"", b")]}'\n{}", b'{"quota": "rate limit"}']
)
def test_data_is_not_taken_for_a_block_page(body: bytes) -> None:
    assert blocked(body) is None


def test_a_body_over_the_limit_is_not_read(leaf: Callable[..., Any], loopback: Any) -> None:
    loopback.add("/declared", b"x" * 2_000)
    loopback.add("/streamed", (b"x" * 1_000 for _ in range(40)), chunked=True)
    assert "larger than" in fault_of(leaf(max_bytes=1_000), "/declared").cause
    assert "larger than" in fault_of(leaf(max_bytes=1_000), "/streamed").cause


def test_a_compressed_bomb_is_stopped_by_its_decoded_size(leaf: Callable[..., Any], loopback: Any) -> None:
    bomb = gzip.compress(b"\0" * 30_000_000)
    loopback.add("/feed", bomb, headers={"Content-Encoding": "gzip"})
    fault = fault_of(leaf(max_bytes=100_000))
    assert (fault.outcome, "0.1 MB" in fault.cause) == (Outcome.FAILED, True)


@pytest.mark.parametrize(("coding", "pack"), [("gzip", gzip.compress), ("deflate", zlib.compress), ("identity", bytes)])
def test_codings_that_are_asked_for_are_understood(
    leaf: Callable[..., Any], loopback: Any, coding: str, pack: Callable[[bytes], bytes]
) -> None:
    loopback.add("/feed", pack(b"<rss>hello</rss>"), headers={"Content-Encoding": coding})
    assert leaf().call(Request(HOST + "/feed")).body == b"<rss>hello</rss>"


@given(data=st.binary(max_size=5_000), cut=st.integers(1, 700))
def test_a_gzip_body_comes_out_the_same_however_it_is_cut(data: bytes, cut: int) -> None:
    packed = gzip.compress(data[:2_000]) + gzip.compress(data[2_000:])
    decoder = Decoder("gzip", 10_000)
    for start in range(0, len(packed), cut):
        decoder.feed(packed[start : start + cut])
    assert decoder.finish() == data


def test_a_body_cut_short_is_unavailable(leaf: Callable[..., Any], loopback: Any) -> None:
    loopback.add("/feed", b"<rss>" + b"x" * 1_000, cut_after=20)
    loopback.add("/zip", gzip.compress(b"x" * 9_000)[:-20], headers={"Content-Encoding": "gzip"})
    assert fault_of(leaf()).cause == "the body was cut short"
    assert fault_of(leaf(), "/zip").cause == "the body was cut short"


def test_silence_ends_with_the_deadline(leaf: Callable[..., Any], loopback: Any) -> None:
    loopback.add("/feed", b"late", delay=5)
    fault = fault_of(leaf(deadline_seconds=0.1))
    assert (fault.outcome, fault.over) == (Outcome.UNAVAILABLE, True)
    assert "in time" in fault.cause


def test_a_server_that_drips_is_left_at_the_deadline(make: Callable[..., Client], loopback: Any) -> None:
    """Each byte comes in time, the whole never would."""

    def drip() -> Iterator[bytes]:
        while not loopback.stopping.is_set():
            loopback.stopping.wait(0.02)
            yield b"x"

    class Running:
        """A clock that moves a second with every look, as the real one does while bytes drip in."""

        ticks = 0.0

        def now(self) -> datetime:
            return NOW

        def monotonic(self) -> float:
            self.ticks += 1
            return self.ticks

        def sleep(self, seconds: float) -> None:
            """At once."""

    client = make()
    client.clock = Running()
    loopback.add("/feed", drip(), chunked=True)
    fault = fault_of(client.leaf("x", base_url=loopback.base_url, deadline_seconds=20))
    assert "in time" in fault.cause


def test_a_stopped_client_leaves_a_silent_server_at_once(make: Callable[..., Client], loopback: Any) -> None:
    stop = threading.Event()

    def answer(seen: Any) -> bytes:
        stop.set()
        loopback.stopping.wait(5)
        return b"late"

    loopback.add("/feed", answer)
    fault = fault_of(make(stop=stop).leaf("x", base_url=loopback.base_url, deadline_seconds=3600))
    assert (fault.outcome, fault.cause, fault.over) == (Outcome.SKIPPED, "stopped", True)


def test_a_lost_connection_is_tried_once_more_for_a_read(leaf: Callable[..., Any], loopback: Any) -> None:
    loopback.add("/feed", drop=True)
    assert "twice" in fault_of(leaf()).cause
    assert len(loopback.requests) == 2
    loopback.clear()
    loopback.add("/feed", drop=True)
    assert "reset" in fault_of(leaf(), method="POST", body=b"x").cause
    assert len(loopback.requests) == 1


def test_nobody_listening_is_unavailable(make: Callable[..., Client]) -> None:
    fault = fault_of(make().leaf("x", base_url="http://127.0.0.1:1"))
    assert fault.outcome == Outcome.UNAVAILABLE


# ---------------------------------------------------------------- redirects


def test_redirects_are_followed_and_paced(leaf: Callable[..., Any], loopback: Any, clock: Any) -> None:
    loopback.add("/feed", status=301, headers={"Location": "/new"})
    loopback.add("/new", b"<rss/>")
    assert leaf().call(Request(HOST + "/feed")).body == b"<rss/>"


def test_endless_redirects_are_unavailable(leaf: Callable[..., Any], loopback: Any) -> None:
    loopback.add("/feed", status=302, headers={"Location": "/feed"})
    assert "redirects" in fault_of(leaf()).cause
    assert len(loopback.requests) == 6


def test_credentials_stay_behind_when_a_redirect_leaves_the_origin(make: Callable[..., Client]) -> None:
    seen: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        away = {"Location": "https://other.example/x"}
        return httpx.Response(200, content=b"{}") if len(seen) > 1 else httpx.Response(302, headers=away)

    leaf = make(transport=httpx.MockTransport(answer)).leaf("x")
    leaf.call(Request(HOST + "/a", headers=(("Authorization", "Bearer s3cret"), ("Accept", "text/xml"))))
    assert "authorization" in seen[0].headers
    assert "authorization" not in seen[1].headers
    assert seen[1].headers["accept"] == "text/xml"


def test_a_redirect_to_a_private_address_is_never_called(leaf: Callable[..., Any], loopback: Any) -> None:
    loopback.add("/feed", status=302, headers={"Location": "http://169.254.169.254/latest/meta-data"})
    assert fault_of(leaf()).outcome == Outcome.UNAVAILABLE


# ---------------------------------------------------------------- pace


def test_calls_to_a_host_are_a_gap_apart_even_after_a_restart(
    make: Callable[..., Client], loopback: Any, clock: Any
) -> None:
    loopback.add("/feed", b"<rss/>")
    for _ in range(3):
        make().leaf("x", base_url=loopback.base_url, gap_seconds=35, deadline_seconds=90).call(Request(HOST + "/feed"))
    assert clock.slept == [35, 35]


def test_a_wait_beyond_the_deadline_is_not_waited(leaf: Callable[..., Any], loopback: Any, clock: Any) -> None:
    loopback.add("/feed", b"<rss/>")
    one = leaf(gap_seconds=35, deadline_seconds=30)
    one.call(Request(HOST + "/feed"))
    fault = fault_of(one)
    assert (fault.over, fault.retry_after, clock.slept) == (True, 35, [])


def test_retry_after_holds_the_host_across_restarts(make: Callable[..., Client], loopback: Any) -> None:
    loopback.add("/feed", b"", status=429, headers={"Retry-After": "86400"})
    assert fault_of(make().leaf("x", base_url=loopback.base_url)).retry_after == 86400
    fault = fault_of(make().leaf("x", base_url=loopback.base_url))
    assert "only in 86400 s" in fault.cause
    assert len(loopback.requests) == 1


def test_an_exhausted_rate_limit_holds_the_host(leaf: Callable[..., Any], loopback: Any) -> None:
    loopback.add("/feed", b"<rss/>", headers={"X-RateLimit-Remaining": "0.0", "X-RateLimit-Reset": "600"})
    one = leaf()
    one.call(Request(HOST + "/feed"))
    assert fault_of(one).retry_after == 600


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("120", 120), ("-5", 0), ("Mon, 01 Jun 2026 12:02:00 GMT", 120), ("junk", None), ("", None), ("nan", None),
     ("9999999999", 7 * 86400)],
)  # fmt: skip
def test_retry_after_is_a_number_or_a_date(text: str, seconds: float | None) -> None:
    assert retry_after({"retry-after": text}, NOW) == seconds


@pytest.mark.parametrize(
    ("left", "reset", "seconds"),
    [("0", "30", 30), ("0", str(int(NOW.timestamp()) + 90), 90), ("0", "2026-06-01T12:05:00.0Z", 300),
     ("3", "30", None), ("0", "soon", None)],
)  # fmt: skip
def test_rate_limit_resets_come_in_three_forms(left: str, reset: str, seconds: float | None) -> None:
    assert exhausted({"x-ratelimit-remaining": left, "x-ratelimit-reset": reset}, NOW) == seconds


def test_reservations_of_many_threads_never_share_a_turn(state: StoredHttpState) -> None:
    starts: list[float] = []
    threads = [
        threading.Thread(target=lambda: starts.append(state.reserve("a.example", 2.0, 1000.0))) for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(starts) == [1000.0 + 2 * n for n in range(8)]


def test_a_hold_never_shortens_one_that_is_longer(state: StoredHttpState) -> None:
    state.hold("a.example", 5000)
    state.hold("a.example", 4000)
    assert state.reserve("a.example", 1, 1000) == 5000


# ---------------------------------------------------------------- validators


def conditional(seen: Any) -> Any:
    from loopback import Response

    if seen.headers.get("if-none-match") == '"1"':
        return Response(b"", 304)
    return Response(b"<rss>1</rss>", 200, {"ETag": '"1"'})


def test_304_gives_the_body_of_last_time(make: Callable[..., Client], loopback: Any) -> None:
    loopback.add("/feed", conditional)
    first = make().leaf("x", base_url=loopback.base_url).call(Request(HOST + "/feed"))
    again = make().leaf("x", base_url=loopback.base_url).call(Request(HOST + "/feed"))
    assert (first.not_modified, again.not_modified) == (False, True)
    assert (again.status, again.body) == (200, first.body)


@pytest.mark.parametrize("harm", ["gone", "changed"])
def test_without_the_cached_body_no_validator_is_sent(
    make: Callable[..., Client], loopback: Any, tmp_path: Path, harm: str
) -> None:
    loopback.add("/feed", conditional)
    make().leaf("x", base_url=loopback.base_url).call(Request(HOST + "/feed"))
    (body,) = (tmp_path / "cache").iterdir()
    body.unlink() if harm == "gone" else body.write_bytes(b"<rss>other</rss>")
    again = make().leaf("x", base_url=loopback.base_url).call(Request(HOST + "/feed"))
    assert "if-none-match" not in loopback.requests[1].headers
    assert again.body == b"<rss>1</rss>"


def test_a_key_in_the_query_is_not_written_down(make: Callable[..., Client], loopback: Any, store: Store) -> None:
    loopback.add("/feed", conditional)
    make().leaf("x", base_url=loopback.base_url).call(Request(HOST + "/feed", params=(("api_key", "s3cret"),)))
    with store.read() as db:
        urls = [row[0] for row in db.execute("SELECT url FROM http_validator")]
    assert len(urls) == 1
    assert "s3cret" not in urls[0]


def test_a_full_disk_costs_only_the_cache(tmp_path: Path) -> None:
    blocked_by_a_file = tmp_path / "cache"
    blocked_by_a_file.write_text("not a folder")
    assert BodyCache(blocked_by_a_file).put(b"x") is None


def test_old_bodies_and_validators_are_pruned(state: StoredHttpState, tmp_path: Path, clock: Any) -> None:
    cache = BodyCache(tmp_path / "c")
    cache.put(b"x")
    assert cache.prune((tmp_path / "c").stat().st_mtime + 10) == 1
    state.remember("u", Validators('"1"', "", "0" * 64))
    clock.advance(10)
    assert state.forget_before(int(clock.now().timestamp())) == 1


def test_everything_that_goes_over_the_wire_is_recorded_and_no_304_asked_for(
    make: Callable[..., Client], loopback: Any
) -> None:
    class Tape:
        exchanges: list[Exchange]

        def __init__(self) -> None:
            self.exchanges = []

        def add(self, exchange: Exchange) -> None:
            self.exchanges.append(exchange)

    loopback.add("/feed", conditional)
    make().leaf("x", base_url=loopback.base_url).call(Request(HOST + "/feed"))
    tape = Tape()
    make(recorder=tape).leaf("x", base_url=loopback.base_url).call(Request(HOST + "/feed"))
    assert [(e.url, e.status, e.body) for e in tape.exchanges] == [(HOST + "/feed", 200, b"<rss>1</rss>")]


# ---------------------------------------------------------------- writing


def test_send_gives_every_status_back_and_sends_the_very_bytes(leaf: Callable[..., Any], loopback: Any) -> None:
    loopback.add("/items", b'{"error": 1}', status=409)
    wire = Wire("POST", HOST + "/items", (("Content-Type", "application/json"), ("X-Id", "7")), b'{"a":1}')
    answer = leaf().send(wire)
    assert (answer.status, answer.body, answer.error) == (409, b'{"error": 1}', "")
    assert (loopback.requests[0].body, loopback.requests[0].headers["x-id"]) == (b'{"a":1}', "7")


def test_send_is_made_once_and_a_lost_answer_is_status_0(leaf: Callable[..., Any], loopback: Any) -> None:
    loopback.add("/items", drop=True)
    answer = leaf().send(Wire("POST", HOST + "/items", body=b"x"))
    assert (answer.status, answer.error != "", len(loopback.requests)) == (0, True, 1)


def test_send_follows_no_redirect(leaf: Callable[..., Any], loopback: Any) -> None:
    loopback.add("/items", status=307, headers={"Location": "/other"})
    assert leaf().send(Wire("POST", HOST + "/items", body=b"x")).status == 307
    assert len(loopback.requests) == 1


def test_an_answer_cut_short_is_no_answer(leaf: Callable[..., Any], loopback: Any) -> None:
    loopback.add("/items", b"x" * 100, cut_after=10)
    assert leaf().send(Wire("POST", HOST + "/items", body=b"x")).status == 0


def test_the_deadline_of_send_is_each_calls_own(leaf: Callable[..., Any], loopback: Any, clock: Any) -> None:
    loopback.add("/items", b"ok")
    one = leaf(deadline_seconds=5)
    clock.advance(3600)
    assert one.send(Wire("POST", HOST + "/items", body=b"x")).status == 200


def test_send_refuses_plain_http_to_elsewhere(make: Callable[..., Client]) -> None:
    assert make().leaf("x").send(Wire("POST", "http://a.example/")).status == 0


def test_a_client_of_many_hosts_waits_only_for_the_same_host(
    make: Callable[..., Client], loopback: Any, clock: Any
) -> None:
    loopback.add("/feed", b"<rss/>")
    client = make()
    for host in ("https://a.example", "https://b.example"):
        client.leaf("x", base_url=loopback.base_url, gap_seconds=20).call(Request(host + "/feed"))
    assert clock.slept == []
    assert clock.now() - NOW < timedelta(seconds=1)


SLOWER = "Please limit requests to one every 5 seconds."


def test_a_text_that_asks_for_fewer_calls_holds_the_host_though_its_status_is_200(
    make: Callable[..., Client], loopback: Any, clock: Any
) -> None:
    loopback.add("/x", SLOWER)
    leaf = make().leaf("t", base_url=loopback.base_url, deadline_seconds=600.0, gap_seconds=1.0)
    with pytest.raises(Fault, match="told to slow down") as caught:
        leaf.call(Request(f"{HOST}/x"))
    assert caught.value.outcome is Outcome.UNAVAILABLE
    before = clock.now()
    loopback.add("/x", b"{}")
    leaf.call(Request(f"{HOST}/x"))
    assert (clock.now() - before).total_seconds() == 60


def test_a_long_document_or_a_written_answer_about_limits_holds_nothing(
    make: Callable[..., Client], loopback: Any, clock: Any
) -> None:
    loopback.add("/x", {"about": "rate limit"})
    loopback.add("/post", SLOWER, method="POST")
    leaf = make().leaf("t", base_url=loopback.base_url, deadline_seconds=600.0, gap_seconds=1.0)
    before = clock.now()
    leaf.call(Request(f"{HOST}/x"))
    leaf.send(Wire("POST", f"{HOST}/post"))
    leaf.call(Request(f"{HOST}/x"))
    assert (clock.now() - before).total_seconds() == 2  # the usual gaps


def test_what_is_called_before_each_call_may_forbid_it(make: Callable[..., Client], loopback: Any) -> None:
    loopback.add("/x", b"", 302, {"Location": "/y"})
    loopback.add("/y", b"{}")
    seen: list[int] = []

    def twice() -> None:
        seen.append(len(loopback.requests))
        if len(seen) > 3:
            raise Fault(Outcome.SKIPPED, "no more", over=True)

    leaf = make().leaf("t", base_url=loopback.base_url, before=twice, gap_seconds=0.0)
    leaf.call(Request(f"{HOST}/x"))
    with pytest.raises(Fault, match="no more"):
        leaf.call(Request(f"{HOST}/x"))
    assert (seen, len(loopback.requests)) == ([0, 1, 2, 3], 3)
