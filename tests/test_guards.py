"""The guards of conftest.py and guards.py truly guard, and what they hand out works."""

import os
import re
import socket
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import httpx
import hypothesis.core
import platformdirs
import pytest

from fakes import START, FakeClock
from guards import is_local
from loopback import Loopback, Response
from trendctl.home import Home
from trendctl.secrets import KNOWN

FAILED = pytest.fail.Exception


def test_a_connection_to_another_machine_is_refused_and_remembered(forbidden: list[str]) -> None:
    with socket.socket() as plug, pytest.raises(FAILED, match=r"192\.0\.2\.1"):
        plug.connect(("192.0.2.1", 80))
    assert forbidden == ["network: ('192.0.2.1', 80)"]
    forbidden.clear()


def test_an_attempt_that_code_swallows_is_remembered_all_the_same(forbidden: list[str]) -> None:
    def swallow() -> None:
        try:
            socket.getaddrinfo("example.com", 443)
        except FAILED:  # as broad handlers in threads do
            return

    thread = threading.Thread(target=swallow)
    thread.start()
    thread.join()
    assert forbidden == ["network: example.com"]
    forbidden.clear()


@pytest.mark.parametrize("call", ["getaddrinfo", "gethostbyname"])
def test_looking_up_a_name_is_refused(call: str, forbidden: list[str]) -> None:
    with pytest.raises(FAILED):
        getattr(socket, call)("example.com", *([443] if call == "getaddrinfo" else []))
    forbidden.clear()


def test_a_datagram_to_another_machine_is_refused(forbidden: list[str]) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as plug, pytest.raises(FAILED):
        plug.sendto(b"x", ("192.0.2.1", 53))
    forbidden.clear()


def test_httpx_cannot_leave_the_machine(forbidden: list[str]) -> None:
    with pytest.raises(FAILED):
        httpx.get("http://192.0.2.1/", timeout=1)
    assert forbidden
    forbidden.clear()


@pytest.mark.parametrize(
    ("address", "local"),
    [
        (("127.0.0.1", 80), True), (("127.9.9.9", 80), True), (("::1", 80, 0, 0), True), (("localhost", 1), True),
        ("/tmp/a.sock", True), (None, True), ("", True), (("10.0.0.1", 80), False), (("169.254.169.254", 80), False),
        (("localhost.example.com", 80), False), (("127.0.0.1.example.com", 80), False), (b"example.com", False),
    ],
)  # fmt: skip
def test_only_loopback_is_local(address: object, local: bool) -> None:
    assert is_local(address) is local


def test_a_long_sleep_is_refused_and_a_short_one_is_not(forbidden: list[str]) -> None:
    time.sleep(0.001)
    assert forbidden == []
    with pytest.raises(FAILED, match="clock fixture"):
        time.sleep(0.06)
    forbidden.clear()


def test_who_asks_for_real_sleep_gets_it(real_sleep: None, forbidden: list[str]) -> None:
    time.sleep(0.06)
    assert forbidden == []


def test_the_real_home_is_not_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(FAILED, match="real home"):
        Home.find({})
    with pytest.raises(FAILED):
        platformdirs.user_config_dir("trendctl")


def test_every_home_is_below_the_tests_own_folder(tmp_path: Path, home: Home) -> None:
    assert Path.home().is_relative_to(tmp_path)
    assert os.environ["XDG_CONFIG_HOME"].startswith(str(tmp_path))
    assert Home.find(os.environ) == home
    assert home.root.is_relative_to(tmp_path)


def test_the_environment_holds_no_settings_and_no_credentials() -> None:
    assert [n for n in os.environ if n.startswith("TRENDCTL_")] == ["TRENDCTL_HOME"]
    assert not [n for n in KNOWN if n in os.environ]


INNER = """
import os, random
import pytest
from hypothesis import given, settings, strategies as st

def test_clean():
    assert "leaked" not in os.environ.values()
    assert not {"TRENDCTL_SCAN__CONTACT", "HTTPS_PROXY"} & set(os.environ)

def test_numbers():
    print("drew", random.random())

@settings(max_examples=3, database=None)
@given(st.integers())
def test_cases(number):
    print("drew", number)

@pytest.mark.shared
def test_skipped():
    pytest.skip("the thing is absent")
"""


def test_a_run_is_clean_repeatable_by_its_seed_and_strict_about_skips_if_told(tmp_path: Path) -> None:
    """Two whole pytest runs under a polluted environment; one process each, because they are slow to start."""
    lax = _pytest(tmp_path, INNER, TRENDCTL_NO_SKIP="0")
    strict = _pytest(tmp_path, INNER, TRENDCTL_NO_SKIP="1")
    assert "3 passed, 1 skipped" in lax
    assert "1 failed, 3 passed" in strict
    assert "the thing is absent" in strict
    drawn = [[line.split("drew")[1] for line in out.splitlines() if "drew" in line] for out in (lax, strict)]
    assert drawn[0] == drawn[1]
    assert len(drawn[0]) >= 2


def test_property_tests_follow_the_seed_that_is_printed(request: pytest.FixtureRequest) -> None:
    assert hypothesis.core.global_force_seed == request.config.option.randomly_seed


def test_the_fake_clock_moves_only_when_told() -> None:
    clock = FakeClock()
    assert clock.now() == clock.now() == START
    before = clock.monotonic()
    clock.sleep(90)
    clock.advance(30)
    clock.sleep(-1)
    assert clock.now() - START == timedelta(seconds=120)
    assert clock.monotonic() - before == 120
    assert clock.slept == [90, -1]


def test_the_fake_clock_loses_no_tick_between_threads() -> None:
    clock = FakeClock()
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(clock.sleep, [1.0] * 400))
    assert (clock.now() - START).total_seconds() == 400


def test_the_loopback_server_answers_its_routes_and_logs_what_it_saw(loopback: Loopback) -> None:
    loopback.add(re.compile(r"^/items/\d+"), lambda seen: {"path": seen.path, "q": seen.query})
    loopback.add("/made", lambda seen: Response(seen.body, 201, {"X-Kind": "copy"}), method="POST")
    with httpx.Client(base_url=loopback.base_url) as client:
        assert client.get("/items/7?a=1&b=").json() == {"path": "/items/7", "q": {"a": "1", "b": ""}}
        reply = client.post("/made", content=iter([b"ab", b"cd"]), headers={"X-Who": "me"})
        assert (reply.status_code, reply.content, reply.headers["x-kind"]) == (201, b"abcd", "copy")
        assert client.get("/made").status_code == 404
    assert [(s.method, s.path) for s in loopback.requests] == [("GET", "/items/7"), ("POST", "/made"), ("GET", "/made")]
    assert loopback.requests[1].headers["x-who"] == "me"
    assert loopback.unmatched == [loopback.requests[2]]


def test_the_latest_route_wins(loopback: Loopback) -> None:
    loopback.add("/a", "old")
    loopback.add("/a", "new", status=503, headers={"Retry-After": "7"})
    reply = httpx.get(loopback.base_url + "/a")
    assert (reply.text, reply.status_code, reply.headers["retry-after"]) == ("new", 503, "7")


def test_the_loopback_server_streams_cuts_and_drops(loopback: Loopback) -> None:
    loopback.add("/stream", lambda seen: (b"x" * 10 for _ in range(3)), chunked=True)
    loopback.add("/cut", b"y" * 100, cut_after=10)
    loopback.add("/cut-chunks", b"y" * 100, chunked=True, cut_after=10)
    loopback.add("/drop", b"z", drop=True)
    assert httpx.get(loopback.base_url + "/stream").content == b"x" * 30
    for path in ("/cut", "/cut-chunks", "/drop"):
        with pytest.raises(httpx.RemoteProtocolError):
            httpx.get(loopback.base_url + path)


def test_a_delayed_answer_makes_an_impatient_client_time_out(loopback: Loopback) -> None:
    loopback.add("/slow", b"late", delay=5)
    with pytest.raises(httpx.ReadTimeout):
        httpx.get(loopback.base_url + "/slow", timeout=0.05)


def _pytest(folder: Path, code: str, **environ: str) -> str:
    """Run `code` as a test module under our conftest, with settings and credentials outside; what pytest printed."""
    (folder / "inner").mkdir(exist_ok=True)
    test = folder / "inner" / "test_inner.py"
    test.write_text(code)
    polluted = dict.fromkeys(KNOWN, "leaked") | {"TRENDCTL_SCAN__CONTACT": "x", "HTTPS_PROXY": "http://192.0.2.1"}
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-s", "-p", "no:cacheprovider", "-p", "no:xdist", "-p", "conftest", "-c",
         os.devnull, "-p", "randomly", "--randomly-seed=4", str(test)],
        capture_output=True, text=True, timeout=100, check=False, cwd=folder,
        env=os.environ | polluted | {"PYTHONPATH": str(Path(__file__).parent)} | environ,
    )  # fmt: skip
    return done.stdout + done.stderr
