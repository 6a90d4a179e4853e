"""The other side broken: names, certificates, silence, refusals, pages where data was due, odd encodings, nothing."""

import html
import json
import shutil
import subprocess
from pathlib import Path

from trendctl.drill.answers import FEEDS, JSON_SOURCES, SOURCES
from trendctl.drill.cases import Case
from trendctl.drill.server import Said, Server
from trendctl.drill.world import World

PAGES = (
    "<!DOCTYPE html><html><head><title>Just a moment...</title></head><body>Checking your browser.</body></html>",
    "<html><head><title>Access Denied</title></head><body><h1>Access Denied</h1>Reference #18.abc</body></html>",
    "<!doctype html><html><body>Our systems have detected unusual traffic. Please complete the CAPTCHA.</body></html>",
)


def choose(world: World, names: tuple[str, ...] = SOURCES) -> str:
    """The source that is broken; two others stay on beside it, so that the scan as a whole still works."""
    world.subject = world.random.choice(names)
    beside = set(world.random.sample([n for n in SOURCES if n != world.subject and not n.endswith("deals_rss")], 2))
    off = {f"sources__{n}": {"enabled": False} for n in SOURCES if n != world.subject and n not in beside}
    world.write_config(review={"minimum_score": 99.0}, **off)  # no drafts: the drill is not about them
    return world.subject


def scans(world: World) -> None:
    """Several hours: the program rests a source that is away, so some of them may pass without a call."""
    world.hourly(3)


def _address(world: World, url: str) -> None:
    world.write_config(**{f"sources__{world.subject}": {"base_url": url}})


def dns(world: World) -> None:
    """The host's name is not known."""
    choose(world)
    _address(world, f"https://{world.random.choice(('lists', 'api', 'feeds.eu'))}.example.invalid")
    world.notes.append("its host's name cannot be resolved")


def tls(world: World) -> None:
    """A certificate that nobody vouches for, or no TLS where TLS was due."""
    choose(world)
    certificate = _certificate(world) if world.variant % 3 != 2 else None
    server = Server(world.world_time, certificate)
    world.ends.append(server.close)
    _address(world, f"https://{world.random.choice(('127.0.0.1', 'localhost'))}:{server.port}")
    world.notes.append("a self-signed certificate" if certificate else "plain HTTP where TLS was due")


def _certificate(world: World) -> Path | None:
    """A self-signed one, made by openssl; None where it is not installed."""
    if shutil.which("openssl") is None:
        return None
    folder = world.root.with_name(f"{world.root.name}-certificate")
    folder.mkdir()
    world.ends.append(lambda: shutil.rmtree(folder, ignore_errors=True))
    both = folder / "both.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
         "-days", "30", "-subj", "/CN=localhost", "-keyout", str(folder / "key.pem"), "-out", str(folder / "c.pem")],
        check=True, capture_output=True,
    )  # fmt: skip
    both.write_bytes((folder / "c.pem").read_bytes() + (folder / "key.pem").read_bytes())
    return both


def time_out(world: World) -> None:
    """No answer, one that drips, or no reaction at all, until the deadline."""
    source = choose(world)
    world.clock.speed = 60.0
    if world.variant % 2 == 0:
        world.says(source, Said(b'{"a": 1}', slow=30.0))
        world.notes.append("no answer at all")
    else:
        world.well(source, drip=0.05)
        world.notes.append("a byte now and then")


def limited(world: World) -> None:
    """429, with or without a word of when to come back."""
    headers = ({}, {"Retry-After": "120"}, {"Retry-After": "7200"})[world.variant % 3]
    world.says(choose(world), Said(b"slow down", 429, "text/plain", headers))
    world.notes.append(f"HTTP 429 {headers}")


def unauthorised(world: World) -> None:
    """401."""
    body = (b"", b'{"error": "invalid token"}', b"Unauthorized")[world.variant % 3]
    world.says(choose(world), Said(body, 401, "application/json", {"WWW-Authenticate": "Bearer"}))
    world.notes.append("HTTP 401")


def forbidden(world: World) -> None:
    """403, as JSON, text, or with a page."""
    body = (b'{"error": "forbidden"}', b"Forbidden", b"<html><body>Forbidden</body></html>")[world.variant % 3]
    world.says(choose(world), Said(body, 403, "application/json"))
    world.notes.append("HTTP 403")


def block_page(world: World) -> None:
    """A web page with status 200 where data was due."""
    world.says(choose(world), Said(PAGES[world.variant % len(PAGES)].encode(), 200, "text/html"))
    world.notes.append("a block page with status 200")


def server_error(world: World) -> None:
    """5xx, or a connection that is closed without an answer."""
    said = (Said(b"oops", 500), Said(b"", 503), Said(hang_up=True))[world.variant % 3]
    world.says(choose(world), said)
    world.notes.append("it hangs up" if said.hang_up else f"HTTP {said.status}")


def gone(world: World) -> None:
    """404 or 410: the address moved away."""
    status = (404, 410)[world.variant % 2]
    world.says(choose(world), Said(b"not found", status, "text/plain"))
    world.notes.append(f"HTTP {status}")


def sudden_emptiness(world: World) -> None:
    """A whole, valid answer in its usual form with nothing in it."""
    source = choose(world)

    def emptied(kind: str, body: bytes) -> bytes:
        if source in JSON_SOURCES:
            return json.dumps(_without_rows(json.loads(body))).encode()
        text = body.decode()
        tag = "entry" if "<entry>" in text else "item"
        return (text[: text.index(f"<{tag}>")] + text[text.rindex(f"</{tag}>") + len(tag) + 3 :]).encode()

    world.well(source, emptied)
    world.notes.append("an empty list")


def _without_rows(document: object) -> object:
    if isinstance(document, dict):
        return {k: _without_rows(v) for k, v in document.items()}
    return [] if isinstance(document, list) else document


def encoding(world: World) -> None:
    """Bytes that are not what is declared, beyond what a reader may mend."""
    source = choose(world, FEEDS if world.variant % 2 else JSON_SOURCES)

    def recoded(kind: str, body: bytes) -> bytes:
        text = html.unescape(body.decode()).replace("e", "\u00e9").replace("<titl\u00e9>", "<title>")
        if source in JSON_SOURCES:
            return body.replace(b"part", b"p\xe4rt\xff")
        return b'<?xml version="1.0" encoding="UTF-16"?>' + text.encode("cp1252", "replace")[:-1] + b"\x81\xff"

    world.well(source, recoded)
    world.notes.append("bytes of another encoding")


FAULTS = (
    Case("dns", dns, scans, never=True),
    Case("tls", tls, scans, never=True),
    Case("timeout", time_out, scans, never=True, heavy=True),
    Case("http.429", limited, scans, never=True),
    Case("http.401", unauthorised, scans, never=True),
    Case("http.403", forbidden, scans, never=True),
    Case("block_page", block_page, scans, never=True),
    Case("http.5xx", server_error, scans, never=True),
    Case("http.404", gone, scans, never=True),
    Case("source.empty", sudden_emptiness, scans, never=True),
    Case("feed.encoding", encoding, scans, never=True),
)
