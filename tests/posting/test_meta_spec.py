"""Every call of the three flows, as the fake received it, against Meta's own specification files: names, types, enums,
what is required, and the fields asked for. Token calls and containers are not in those files.
"""

import json
import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from conformance import changed
from fake_kit import Got
from meta_rig import EVERY, MetaRig, meta

from trendctl.ports import Action, Sold
from trendctl.posting import wiring
from trendctl.store import operations

# call -> the node it is made on, its endpoint ("#get": the node itself), and the node whose fields it asks for
CALLS = {
    "batch": ("ProductCatalog", "items_batch", ""), "products": ("ProductCatalog", "products", "ProductItem"),
    "status": ("ProductCatalog", "check_batch_request_status", ""), "product": ("ProductItem", "#get", "ProductItem"),
    "photo": ("Page", "photos", ""), "post": ("Page", "feed", ""), "posts": ("Page", "posts", "PagePost"),
    "page_token": ("Page", "#get", "Page"), "post_get": ("PagePost", "#get", "PagePost"),
    "publish_post": ("PagePost", "#update", ""), "message": ("PagePost", "#update", ""),
    "delete": ("PagePost", "#delete", ""), "post_insights": ("PagePost", "insights", ""),
    "container": ("IGUser", "media", ""),
    "quota": ("IGUser", "content_publishing_limit", "ContentPublishingLimitResponse"),
    "publish": ("IGUser", "media_publish", ""), "media": ("IGUser", "media", "IGMedia"),
    "media_get": ("IGMedia", "#get", "IGMedia"), "media_insights": ("IGMedia", "insights", ""),
}  # fmt: skip
NOT_THERE = {"exchange", "debug", "state", "accounts", "businesses"}  # in none of the files
EVERYWHERE = {"fields", "limit", "appsecret_proof"}
KIND: dict[str, Callable[[Any], bool]] = {
    "string": lambda v: isinstance(v, str), "bool": lambda v: isinstance(v, bool) or v in ("true", "false"),
    "map": lambda v: isinstance(v, list | dict), "Object": lambda v: isinstance(v, str | dict),
    "file": lambda v: isinstance(v, bytes), "unsigned int": lambda v: str(v).isdecimal(),
}  # fmt: skip


@pytest.fixture
def spec(shared: Path) -> Path:
    return shared / "specs" / "meta"


def seen(tmp_path: Path) -> Iterator[tuple[str, Got]]:
    """Each call there is: create, change, end, read-backs, search, figures, checks; by name."""
    with ExitStack() as stack:
        for name in EVERY:
            root = tmp_path / name
            root.mkdir()
            rig = stack.enter_context(meta(name, root))
            drive(name, rig)
            for call, got in rig.server.got:
                yield ("publish_post" if call == "publish" and name == "facebook_page" else call), got


def drive(name: str, rig: MetaRig) -> None:
    platform: Any = rig.shop.platform
    rig.shop.approve(rig.shop.stock())
    rig.shop.post()
    row, doc = rig.shop.listings()[0], dict(rig.shop.card(1).intent)
    with rig.shop.store.read() as db:
        late = operations.of_listing(db, row["id"])[-1].late
    sold = Sold(row["sku"], row["external_id"], row["url"], "", "USD", late)
    days = [rig.shop.clock.now().date()]
    rig.fake.insights = {"views": 1, "post_media_view": 1}
    with wiring.talking(rig.shop.line) as talk:
        platform.read_back(doc, late | {"media_id": "", "post_id": ""}, talk)
        if name == "facebook":
            platform.left(sold, talk)
            platform.perform("quantity", platform.render_quantity(doc, late, 2), talk)
        else:
            platform.performance(sold, days, talk)
    wiring.check(rig.shop.line)
    chosen = rig.shop.options.pop("catalog_id", None)
    wiring.check(rig.shop.line)
    rig.shop.options |= {"catalog_id": chosen} if chosen else {}
    if platform.facts.can_end:
        changed(rig, 1, Action.REPRICE, price={"minor": 2999, "currency": "USD"})
        changed(rig, 1, Action.REVISE, description="Another text of steel for camp and garden.")
        changed(rig, 1, Action.END)


def params_of(got: Got) -> dict[str, Any]:
    """What a request says, wherever it says it."""
    found: dict[str, Any] = dict(got.query)
    kind = got.headers.get("content-type", "")
    if kind.startswith("application/json") and got.body:
        found |= got.json()
    elif kind.startswith("multipart/"):
        boundary = kind.split("boundary=")[1].encode()
        for part in got.body.split(b"--" + boundary)[1:-1]:
            head, _, value = part.partition(b"\r\n\r\n")
            name = head.split(b'name="')[1].split(b'"')[0].decode()
            found[name] = value[:-2] if b"filename=" in head else value[:-2].decode()
    return found


@pytest.mark.shared
def test_every_call_is_as_metas_specification_has_it(tmp_path: Path, spec: Path) -> None:
    enums = {row["name"]: set(row["values"]) for row in json.loads((spec / "enum_types_subset.json").read_text())}
    wrong, names = [], set()
    for call, got in seen(tmp_path):
        names.add(call)
        if call in NOT_THERE or call == "node":
            continue
        node, endpoint, returned = CALLS[call]
        api = found_api(spec, node, endpoint, got.method)
        wrong += [f"{call}: {problem}" for problem in problems(api, params_of(got), enums)]
        if returned:
            known = {f["name"] for f in json.loads((spec / f"{returned}.json").read_text())["fields"]}
            wrong += [f"{call}: no field {f}" for f in set(got.query["fields"].split(",")) - known]
    assert wrong == []
    assert names >= set(CALLS) | NOT_THERE


def found_api(spec: Path, node: str, endpoint: str, method: str) -> dict[str, Any]:
    listed = json.loads((spec / f"{node}.json").read_text())["apis"]
    found = [a for a in listed if (a.get("endpoint") or a.get("name")) == endpoint and a["method"] == method]
    assert len(found) == 1, (node, endpoint, method)
    return dict(found[0])


def problems(api: dict[str, Any], given: dict[str, Any], enums: dict[str, set[str]]) -> Iterator[str]:
    known = {p["name"]: p for p in api["params"]}
    yield from (f"{name} is required" for name, p in known.items() if p.get("required") and name not in given)
    for name, value in given.items():
        if name in EVERYWHERE or (name == "source" and isinstance(value, bytes)):  # the SDK's own way to send a file
            continue
        if name not in known:
            yield f"there is no parameter {name}"
            continue
        inner = re.fullmatch(r"list<(.+)>", known[name]["type"])
        kind = inner[1] if inner else known[name]["type"]
        values = value.split(",") if inner and isinstance(value, str) else value if inner else [value]
        for one in values:
            if kind in enums and one not in enums[kind]:
                yield f"{name} cannot be {one!r}"
            elif kind not in enums and not KIND.get(kind, lambda v: isinstance(v, str | dict))(one):
                yield f"{name} is no {kind}: {one!r}"


@pytest.mark.shared
def test_the_words_for_condition_and_availability_are_metas(spec: Path) -> None:
    from trendctl.posting.platforms.facebook import wires

    enums = {row["name"]: set(row["values"]) for row in json.loads((spec / "enum_types_subset.json").read_text())}
    assert set(wires._CONDITION.values()) <= enums["productitem_condition"]
    assert {wires.stock(n)["availability"] for n in (0, 1)} <= enums["productitem_availability"]


@pytest.mark.shared
def test_the_nodes_that_options_name_have_the_fields_that_checks_ask_for(spec: Path) -> None:
    asked = {"ProductCatalog": ("id", "name", "product_count", "vertical"),
             "Page": ("id", "name", "instagram_business_account"), "IGUser": ("id", "username")}  # fmt: skip
    for node, fields in asked.items():
        known = {f["name"] for f in json.loads((spec / f"{node}.json").read_text())["fields"]}
        assert set(fields) <= known, node
