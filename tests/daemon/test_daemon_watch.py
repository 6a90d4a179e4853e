"""Incidents from health rounds, the digest that tells them once, the ping, the page."""

import http.client
import json
import sys
from collections.abc import Iterator
from typing import Any

import pytest
from daemon_world import Apprise, World, world

from fakes import FakeClock
from trendctl import daemon_watch
from trendctl.daemon_page import Page
from trendctl.errors import TrendctlError
from trendctl.home import Home
from trendctl.store import incidents
from trendctl.store.incidents import Finding, Incident

HOUR, DAY = 3600, 86_400
SETTINGS = '[market]\ntimezone = "UTC"\n[notify]\nurls = ["json://localhost/"]\n'


@pytest.fixture
def post(clock: FakeClock, monkeypatch: pytest.MonkeyPatch) -> Apprise:
    return Apprise(clock).install(monkeypatch)


@pytest.fixture
def w(home: Home, clock: FakeClock) -> Iterator[World]:
    with world(home, clock, SETTINGS) as made:
        made.acts.update(scan=made.noted("scan"))
        made.tick()
        yield made


def wrong(w: World, *faults: str, severity: str = "warn") -> None:
    now = int(w.clock.now().timestamp())
    incidents.settle(w.app.store, [Finding(f, severity, f"{f} is wrong") for f in faults], now, fine=())


def test_a_fault_is_opened_once_kept_open_and_closed_when_it_is_gone(w: World) -> None:
    found = [Finding("x", "warn", "first")]
    assert incidents.settle(w.app.store, found, 100) == (1, 0)
    assert incidents.settle(w.app.store, [Finding("x", "fail", "worse")], 200) == (0, 0)
    (one,) = w.found("x")
    assert (one.severity, one.detail, one.opened_at, one.closed_at, one.action) == ("fail", "worse", 100, None, "told")
    assert incidents.settle(w.app.store, [], 300) == (0, 1)
    assert w.found("x")[0].closed_at == 300


def test_what_could_not_be_looked_at_is_not_closed(w: World) -> None:
    wrong(w, "x", "y")
    assert incidents.settle(w.app.store, [], 400, fine={"y"}) == (0, 1)
    assert [i.fault for i in w.found() if i.closed_at is None] == ["x"]


def test_a_fault_that_comes_back_soon_is_the_same_incident_and_later_a_new_one(w: World) -> None:
    for now in (100, 1000):
        incidents.settle(w.app.store, [Finding("x", "warn", "it")], now)
        incidents.settle(w.app.store, [], now + 10)
    assert [i.times for i in w.found("x")] == [2]
    incidents.settle(w.app.store, [Finding("x", "warn", "it")], 1010 + incidents.REOPEN_SECONDS)
    assert [i.times for i in w.found("x")] == [2, 1]


def test_what_becomes_worse_is_told_again_but_not_each_time(w: World, post: Apprise) -> None:
    for severity in ("warn", "fail", "warn", "fail"):
        wrong(w, "disk_full", severity=severity)
        daemon_watch.notify(w.app)
    assert [title for _, title, _ in post.sent] == [
        "trendctl: 0 failures, 1 warnings", "trendctl: 1 failures, 0 warnings",
    ]  # fmt: skip


def test_messages_of_a_clock_that_was_ahead_do_not_mute_those_of_today(w: World, post: Apprise) -> None:
    now = int(w.clock.now().timestamp())
    for _ in range(daemon_watch.MOST_A_DAY):
        incidents.told(w.app.store, [], now + 300 * DAY, "sent a year ahead")
    wrong(w, "x")
    assert daemon_watch.notify(w.app) == "told 1 incidents"
    wrong(w)
    incidents.settle(w.app.store, [], now + 300 * DAY)  # over "next year", and back today: no longer the same
    wrong(w, "x")
    assert daemon_watch.notify(w.app) == "told 1 incidents"


def test_a_digest_tells_every_incident_once_and_says_what_is_over(w: World, post: Apprise) -> None:
    wrong(w, "x", "y")
    incidents.record(w.app.store, Finding("missed.scan", "warn", "no scan in 2 hours"), 1, 2)
    wrong(w, "z", severity="fail")
    now = int(w.clock.now().timestamp())
    incidents.settle(w.app.store, [Finding(f, "warn", "it") for f in ("x", "z")], now + 60, fine={"y"})
    daemon_watch.notify(w.app)
    daemon_watch.notify(w.app)
    ((_, title, body),) = post.sent
    assert title == "trendctl: 0 failures, 3 warnings"
    assert {line.split(": ")[1] for line in body.splitlines()} == {"x", "y", "z"}
    assert [line.endswith("(over)") for line in body.splitlines()] == [False, True, False]


def test_nothing_is_sent_in_the_quiet_hours_and_it_comes_in_the_morning(w: World, post: Apprise) -> None:
    w.tick(10 * HOUR)  # 22:00
    post.sent.clear()
    wrong(w, "x")
    for _ in range(8):
        assert not any(r.job == "notify" for r in w.tick(HOUR))  # until 06:00
    assert any(r.job == "notify" for r in w.tick(HOUR))
    assert [at.hour for at, _, _ in post.sent] == [7]


def test_no_more_than_the_daily_number_of_messages_and_none_is_lost(w: World, post: Apprise) -> None:
    for n in range(daemon_watch.MOST_A_DAY + 3):
        wrong(w, f"x{n}")
        daemon_watch.notify(w.app)
    assert len(post.sent) == daemon_watch.MOST_A_DAY
    w.clock.advance(DAY + 1)
    daemon_watch.notify(w.app)
    assert len(post.sent[-1][2].splitlines()) >= 3


def test_a_message_not_delivered_is_a_failed_job_and_sent_again(w: World, post: Apprise) -> None:
    wrong(w, "x")
    post.works = False
    with pytest.raises(TrendctlError, match="not delivered"):
        daemon_watch.notify(w.app)
    post.works = True
    daemon_watch.notify(w.app)
    assert len(post.sent) == 1


def test_without_the_extra_a_person_is_told_how_to_get_it(w: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "apprise", None)
    wrong(w, "x")
    with pytest.raises(TrendctlError, match=r"trendctl\[notify\]"):
        daemon_watch.notify(w.app)


def test_a_message_holds_no_secret_and_no_control_characters(w: World, post: Apprise) -> None:
    w.app.secrets.hide("hunter2-secret")
    incidents.settle(w.app.store, [Finding("x", "warn", "key=hunter2-secret \x1b[31mred\nline")], 1)
    daemon_watch.notify(w.app)
    ((_, _, body),) = post.sent
    assert "hunter2" not in body
    assert "\x1b" not in body
    assert len(body.splitlines()) == 1


def test_a_long_digest_is_cut_and_says_where_the_rest_is() -> None:
    many = [Incident(n, f"f{n}", "warn", "", None, "told", None, 1, None, "it", 1, None) for n in range(50)]
    lines = daemon_watch.digest(many)[1].splitlines()
    assert len(lines) == daemon_watch.MOST_LINES + 1
    assert lines[-1] == "and 30 more: trendctl incidents"


def test_the_dead_mans_switch_is_called_after_a_good_round_and_never_when_unhealthy(
    home: Home, clock: FakeClock, loopback: Any
) -> None:
    loopback.add("/alive", b"OK")
    settings = f'[daemon]\nping_url = "{loopback.base_url}/alive"\n[selfheal]\nenabled = false\n'
    with world(home, clock, settings) as w:
        w.acts.clear()
        w.tick()
        assert [seen.path for seen in loopback.requests] == ["/alive"]
        home.env_file.write_text("X=1")
        home.env_file.chmod(0o644)
        w.tick(300)
        assert len(loopback.requests) == 1


def test_a_ping_that_fails_does_not_fail_the_round(home: Home, clock: FakeClock, loopback: Any) -> None:
    with world(home, clock, f'[daemon]\nping_url = "{loopback.base_url}/gone"\n') as w:
        w.acts.clear()
        (ran,) = w.tick()
        assert ran.outcome == "ok"
        assert ran.detail.endswith("ping failed")


def damaged(w: World) -> None:
    w.app.home.database.write_bytes(b"garbage" * 5000)
    for rest in ("-wal", "-shm"):
        w.app.home.database.with_name(f"{w.app.home.database.name}{rest}").unlink(missing_ok=True)


@pytest.mark.usefixtures("new_connections")
def test_a_damaged_database_is_told_once_without_it_and_again_after_a_good_round(w: World, post: Apprise) -> None:
    good = w.app.home.database.read_bytes()
    for _ in range(2):
        damaged(w)
        for _ in range(4):
            w.tick(300)
        assert w.schedule.watch.last.whole == "unhealthy"
        for rest in ("-wal", "-shm"):
            w.app.home.database.with_name(f"{w.app.home.database.name}{rest}").unlink(missing_ok=True)
        w.app.home.database.write_bytes(good)
        w.tick(300)
        assert w.schedule.watch.last.whole != "unhealthy"
    cries = [body for _, title, body in post.sent if title == "trendctl: nothing can be stored, no job runs"]
    assert len(cries) == 2
    assert "fail: database: " in cries[0]


def test_a_message_about_the_database_that_is_not_delivered_is_tried_again(w: World, post: Apprise) -> None:
    damaged(w)
    post.works = False
    w.tick(300)
    post.works = True
    w.tick(300)
    w.tick(300)
    assert [title for _, title, _ in post.sent] == ["trendctl: nothing can be stored, no job runs"]


def test_no_message_leaves_within_the_quiet_hours_even_about_the_database(
    home: Home, clock: FakeClock, post: Apprise
) -> None:
    with world(home, clock, SETTINGS + 'quiet_hours = "11:00-13:00"\n') as w:  # it is noon
        damaged(w)
        w.tick(300)
        assert post.sent == []
        w.tick(HOUR)
        assert len(post.sent) == 1


def test_the_page_says_that_the_database_is_damaged(w: World) -> None:
    page = Page(w.schedule, 0)
    try:
        damaged(w)
        w.tick(300)
        assert (get(page, "/health")[0], get(page, "/metrics")[0]) == (503, 503)
    finally:
        page.close()


def get(page: Page, path: str, host: str = "127.0.0.1") -> tuple[int, str]:
    connection = http.client.HTTPConnection("127.0.0.1", page.port, timeout=10)
    connection.request("GET", path, headers={"Host": f"{host}:{page.port}"})
    answer = connection.getresponse()
    body = answer.read().decode()
    connection.close()
    return answer.status, body


def test_the_page_shows_health_and_metrics_to_this_machine_only(w: World) -> None:
    wrong(w, "x")
    page = Page(w.schedule, 0)
    try:
        status, body = get(page, "/health")
        document = json.loads(body)
        assert status == (503 if document["status"] == "unhealthy" else 200)
        assert set(document["checks"][0]) == {"name", "status", "detail", "checked_at"}
        status, body = get(page, "/metrics")
        assert status == 200
        assert 'trendctl_check{name="database"} 0' in body
        assert "trendctl_incidents_open 1" in body
        assert f'trendctl_job_last_ok_timestamp_seconds{{job="scan"}} {int(w.clock.now().timestamp())}' in body
        assert get(page, "/metrics", host="evil.example")[0] == 403
        assert get(page, "/etc/passwd")[0] == 404
    finally:
        page.close()
