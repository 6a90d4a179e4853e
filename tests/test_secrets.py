"""Credentials: where they come from, who wins, how they are kept, and that they are taken out of every text."""

import base64
import json
import stat
import sys
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import SimpleNamespace
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trendctl.errors import AccessError, StoreError, UsageError
from trendctl.home import Home
from trendctl.redaction import HIDDEN, Redactor
from trendctl.secrets import KNOWN, Secrets, check_known

TOKEN = "EBAY_REFRESH_TOKEN"


class FakeKeyring:
    """Stands in for the optional package and its backend. `locked`: every call fails, as a locked keyring's does."""

    def __init__(self, priority: float = 5) -> None:
        self.held: dict[tuple[str, str], str] = {}
        self.locked = False
        self.priority = priority

    def get_keyring(self) -> SimpleNamespace:
        return SimpleNamespace(priority=self.priority)

    def get_password(self, service: str, name: str) -> str | None:
        self._open()
        return self.held.get((service, name))

    def set_password(self, service: str, name: str, value: str) -> None:
        self._open()
        self.held[service, name] = value

    def delete_password(self, service: str, name: str) -> None:
        self._open()
        del self.held[service, name]

    def _open(self) -> None:
        if self.locked:
            raise RuntimeError("locked")


@pytest.fixture(autouse=True)
def _no_keyring(monkeypatch: pytest.MonkeyPatch) -> None:
    """The machine's own keyring is nobody's business here."""
    monkeypatch.setitem(sys.modules, "keyring", None)


@pytest.fixture
def keyring(monkeypatch: pytest.MonkeyPatch) -> FakeKeyring:
    made = FakeKeyring()
    monkeypatch.setitem(sys.modules, "keyring", made)  # type: ignore[arg-type] # a stand-in
    return made


def env_file(home: Home, text: str, mode: int = 0o600) -> None:
    home.env_file.write_text(text)
    home.env_file.chmod(mode)


def test_nothing_set_is_none(home: Home) -> None:
    secrets = Secrets(home, {"OPENAI_API_KEY": " "})
    assert {name: secrets.get(name) for name in KNOWN} == dict.fromkeys(KNOWN)


def test_the_environment_wins_over_the_env_file_over_what_is_stored(home: Home) -> None:
    Secrets(home, {}).put("ETSY_API_KEY", "from store")
    assert Secrets(home, {}).get("ETSY_API_KEY") == "from store"
    env_file(home, "ETSY_API_KEY=from file\n")
    assert Secrets(home, {}).get("ETSY_API_KEY") == "from file"
    secrets = Secrets(home, {"ETSY_API_KEY": "from environment"})
    assert secrets.get("ETSY_API_KEY") == "from environment"
    assert secrets.origin("ETSY_API_KEY") == "environment"


def test_the_env_file_is_read_as_people_write_it(home: Home) -> None:
    env_file(
        home,
        "# a comment\n\nA_KEY=plain\nexport B_KEY = \"two words # kept\"\nC_KEY='q' \nD_KEY=x # note\n"
        "nonsense\nE_KEY=a=b\n",
    )
    secrets = Secrets(home, {})
    found = [secrets.get(f"{letter}_KEY") for letter in "ABCDE"]
    assert found == ["plain", "two words # kept", "q", "x", "a=b"]


@pytest.mark.parametrize("mode", [0o644, 0o640, 0o604, 0o660])
def test_an_env_file_that_others_can_read_is_refused(home: Home, mode: int) -> None:
    env_file(home, "ETSY_API_KEY=abc\n", mode)
    with pytest.raises(AccessError, match="chmod 600"):
        Secrets(home, {}).get("ETSY_API_KEY")


def test_what_is_stored_lies_in_a_private_file_and_is_replaced_whole(home: Home) -> None:
    secrets = Secrets(home, {})
    secrets.put("ETSY_API_KEY", "ключ-1")
    secrets.put("NYT_API_KEY", "n")
    secrets.put("ETSY_API_KEY", "ключ-2")
    assert stat.S_IMODE(home.secrets_file.stat().st_mode) == 0o600
    assert Secrets(home, {}).get("ETSY_API_KEY") == "ключ-2"
    assert Secrets(home, {}).get("NYT_API_KEY") == "n"
    assert secrets.remove("ETSY_API_KEY")
    assert not secrets.remove("ETSY_API_KEY")
    assert Secrets(home, {}).get("ETSY_API_KEY") is None
    assert not list(home.root.glob("*.part"))


def test_a_damaged_store_is_told_and_not_overwritten(home: Home) -> None:
    home.secrets_file.write_text('{"ETSY_API_KEY": {"val')
    home.secrets_file.chmod(0o600)
    with pytest.raises(StoreError, match="damaged"):
        Secrets(home, {}).put("NYT_API_KEY", "new")
    assert home.secrets_file.read_text() == '{"ETSY_API_KEY": {"val'


@pytest.mark.parametrize(
    ("name", "value"), [("lower", "x"), ("A-B", "x"), ("ETSY_API_KEY", ""), ("ETSY_API_KEY", "\0")]
)
def test_what_cannot_be_a_secret_is_refused(home: Home, name: str, value: str) -> None:
    with pytest.raises(UsageError):
        Secrets(home, {}).put(name, value)


def test_a_successor_wins_over_its_seed_until_the_seed_is_changed(home: Home) -> None:
    Secrets(home, {TOKEN: "seed-1"}).put(TOKEN, "successor")
    assert Secrets(home, {TOKEN: "seed-1"}).get(TOKEN) == "successor"
    assert Secrets(home, {TOKEN: "seed-2"}).get(TOKEN) == "seed-2"
    assert Secrets(home, {TOKEN: "seed-1"}).get(TOKEN) == "successor"
    assert Secrets(home, {}).get(TOKEN) == "successor"
    assert "seed-1" not in home.secrets_file.read_text()


def test_a_chain_of_successors_stays_with_its_seed(home: Home) -> None:
    secrets = Secrets(home, {TOKEN: "seed-1"})
    for value in ("second", "third"):
        secrets.put(TOKEN, value)
    assert Secrets(home, {TOKEN: "seed-1"}).get(TOKEN) == "third"


def test_a_seed_in_the_env_file_rotates_too(home: Home) -> None:
    env_file(home, f"{TOKEN}=seed-1\n")
    Secrets(home, {}).put(TOKEN, "successor")
    assert Secrets(home, {}).get(TOKEN) == "successor"
    env_file(home, f"{TOKEN}=seed-2\n")
    assert Secrets(home, {}).get(TOKEN) == "seed-2"


def test_a_token_stored_without_a_seed_yields_to_the_environment(home: Home) -> None:
    Secrets(home, {}).put(TOKEN, "stored")
    assert Secrets(home, {TOKEN: "given"}).get(TOKEN) == "given"


def test_a_key_that_does_not_rotate_yields_to_the_environment(home: Home) -> None:
    Secrets(home, {"ETSY_API_KEY": "given"}).put("ETSY_API_KEY", "stored")
    assert Secrets(home, {"ETSY_API_KEY": "given"}).get("ETSY_API_KEY") == "given"


def test_the_keyring_is_used_where_there_is_one(home: Home, keyring: FakeKeyring) -> None:
    Secrets(home, {TOKEN: "seed"}).put(TOKEN, "successor")
    assert not home.secrets_file.exists()
    secrets = Secrets(home, {TOKEN: "seed"})
    assert (secrets.get(TOKEN), secrets.origin(TOKEN)) == ("successor", "keyring")
    assert Secrets(Home(home.root / "demo"), {}).get(TOKEN) is None, "another home has other secrets"
    assert secrets.remove(TOKEN)
    assert keyring.held == {}


def test_a_keyring_without_a_backend_is_no_keyring(home: Home, keyring: FakeKeyring) -> None:
    keyring.priority = 0
    Secrets(home, {}).put(TOKEN, "value")
    assert keyring.held == {}
    assert Secrets(home, {}).origin(TOKEN) == "secrets.json"


def test_a_locked_keyring_does_not_bring_an_old_token_back(home: Home, keyring: FakeKeyring) -> None:
    Secrets(home, {}).put(TOKEN, "old")
    keyring.locked = True
    Secrets(home, {}).put(TOKEN, "newer")
    keyring.locked = False
    assert Secrets(home, {}).get(TOKEN) == "newer"
    Secrets(home, {}).put(TOKEN, "newest")
    assert Secrets(home, {}).get(TOKEN) == "newest"
    assert "newer" not in home.secrets_file.read_text()


def test_a_value_put_into_the_keyring_by_hand_is_used(home: Home, keyring: FakeKeyring) -> None:
    keyring.held[f"trendctl:{home.root}", "ETSY_API_KEY"] = "by hand"
    assert Secrets(home, {}).get("ETSY_API_KEY") == "by hand"


def test_an_unknown_name_gets_the_nearest() -> None:
    assert check_known("ETSY_API_KEY") == "ETSY_API_KEY"
    with pytest.raises(UsageError, match="ETSY_API_KEY"):
        check_known("ETSY_KEY")


def test_every_known_value_is_taken_out_wherever_it_comes_from(home: Home, keyring: FakeKeyring) -> None:
    keyring.locked = True
    Secrets(home, {}).put("ETSY_API_KEY", "in-file")
    keyring.locked = False
    Secrets(home, {}).put("NYT_API_KEY", "in-keyring")
    env_file(home, "GROQ_API_KEY=in-dotenv\nOWN_TOKEN=own-thing\nDEBUG=true\n", 0o644)  # refused, and still secret
    secrets = Secrets(home, {"OPENAI_API_KEY": "in-environment", "PATH": "/usr/bin"})
    text = secrets.redact("in-file in-keyring in-dotenv own-thing in-environment /usr/bin true")
    assert text == f"{HIDDEN} {HIDDEN} {HIDDEN} {HIDDEN} {HIDDEN} /usr/bin true"


def test_a_value_stored_or_hidden_later_is_taken_out_too(home: Home) -> None:
    secrets = Secrets(home, {})
    assert secrets.redact("later-value") == "later-value"
    secrets.put(TOKEN, "later-value")
    secrets.hide("https://ping.example.com/uuid")
    assert secrets.redact("later-value at https://ping.example.com/uuid") == f"{HIDDEN} at {HIDDEN}"


def test_a_value_another_process_stored_is_taken_out_once_it_was_read(home: Home) -> None:
    secrets = Secrets(home, {})
    secrets.redact("")
    Secrets(home, {}).put(TOKEN, "from-elsewhere")
    assert secrets.get(TOKEN) == "from-elsewhere"
    assert secrets.redact("from-elsewhere") == HIDDEN


@given(st.text(min_size=4, max_size=40).filter(lambda v: len(v.strip()) >= 4))
def test_a_known_value_does_not_survive_in_any_spelling(value: str) -> None:
    value = value.strip()
    if any(0xD800 <= ord(c) <= 0xDFFF for c in value):
        return  # cannot be in an environment or a file
    redact = Redactor([value]).redact
    spellings = {
        value, quote(value, safe=""), json.dumps(value)[1:-1], json.dumps(value, ensure_ascii=False)[1:-1],
        base64.b64encode(value.encode()).decode(),
    }  # fmt: skip
    for spelled in spellings:
        cleaned = redact(f"<{spelled}>")
        assert spelled not in cleaned.replace(HIDDEN, "") or spelled in "<>", spelled


@pytest.mark.parametrize(
    ("text", "secret"),
    [
        ("Authorization: Bearer abc.DEF-123~x", "abc.DEF-123~x"), ("authorization: Basic dXNlcjpwdw==", "dXNlcjpwdw"),
        ("bearer v1.abcdef0123456", "v1.abcdef0123456"), ("GET /x?api_key=AbC123&page=2", "AbC123"),
        ("https://h/x?key=AIzaSy&part=id", "AIzaSy"), ("https://h/x?a=1&access_token=EAAB", "EAAB"),
        ('{"refresh_token": "v^1.1#i", "n": 1}', "v^1.1#i"), ("client_secret='a b'", "a b"),
        ("https://user:pass@example.com/", "user:pass"), ("x-amz-access-token: Atza|Iw", "Atza|Iw"),
        ("Cookie: session=abc; id=9", "abc"), ("password=hunter2", "hunter2"), ("&sign=0a1b2c&x=1", "0a1b2c"),
    ],
)  # fmt: skip
def test_what_looks_like_a_credential_is_taken_out(text: str, secret: str) -> None:
    cleaned = Redactor().redact(text)
    assert secret not in cleaned
    assert HIDDEN in cleaned


@pytest.mark.parametrize(
    "text",
    ["https://h/x?page=2&sort=new", "a basic kitchen knife", "design: minimal", "12 tokens used", "key findings",
     '{"id": "sku-1", "price": 1999}', "monkey=banana", "https://example.com/@user"],
)  # fmt: skip
def test_ordinary_text_stays(text: str) -> None:
    assert Redactor(["abc"]).redact(text) == text


def test_json_stays_json_and_redacting_twice_changes_nothing() -> None:
    redact = Redactor(["known-value"]).redact
    text = '{"access_token": "a\\"b", "note": "known-value", "n": 1}'
    assert json.loads(redact(text)) == {"access_token": HIDDEN, "note": HIDDEN, "n": 1}
    assert redact(redact(text)) == redact(text)


def test_implements_the_port(home: Home) -> None:
    from trendctl.ports import Credentials

    def use(credentials: Credentials, environ: Mapping[str, str]) -> str | None:
        credentials.put("ETSY_API_KEY", environ["v"])
        return credentials.get("ETSY_API_KEY")

    assert use(Secrets(home, {}), {"v": "1"}) == "1"


def test_a_store_that_cannot_be_written_is_told(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(path: Path, data: bytes) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("trendctl.secrets.write_private", full)
    with pytest.raises(StoreError, match="No space"):
        Secrets(home, {}).put("ETSY_API_KEY", "x")


def test_a_keyring_is_not_asked_before_something_is_written(home: Home, keyring: FakeKeyring) -> None:
    asked: list[str] = []
    keyring.get_password = lambda service, name: asked.append(name)  # type: ignore[method-assign,assignment,func-returns-value] # counts
    secrets = Secrets(home, {"ETSY_API_KEY": "in-environment"})
    secrets.hide("a setting")
    assert secrets.get("ETSY_API_KEY") == "in-environment"
    assert asked == []
    assert secrets.redact("in-environment, a setting") == f"{HIDDEN}, {HIDDEN}"
    assert set(asked) == set(KNOWN)


def test_writers_at_the_same_time_lose_nothing(home: Home) -> None:
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda name: Secrets(home, {}).put(name, f"value of {name}"), KNOWN))
    assert {name: Secrets(home, {}).get(name) for name in KNOWN} == {name: f"value of {name}" for name in KNOWN}
