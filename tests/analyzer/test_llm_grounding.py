"""What no fact says is cut."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trendctl.analyzer import grounding
from trendctl.analyzer.grounding import fault, grounded_words, kept
from trendctl.analyzer.outputs import Sentence

FACTS = {
    "title": ("Title", "Acme Folding Camp Lantern 400 lm"),
    "brand": ("Brand", "Acme"),
    "mpn": ("Model number", "AC-501"),
    "fact:material": ("Material", "Steel"),
    "fact:handle": ("Handle", "Wood"),
    "fact:weight": ("Weight", "5 kg"),
    "fact:capacity": ("Capacity", "1.5 l"),
    "fact:pack_size": ("Pack size", "2"),
    "fact:battery_life": ("Battery life", "12 hours"),
}


def says(text: str, *cites: str) -> str:
    return fault(Sentence(text=text, cites=cites), FACTS)


@pytest.mark.parametrize(
    ("text", "cites"),
    [
        ("The material is steel.", ["fact:material"]),
        ("This lantern is made of steel.", ["title", "fact:material"]),
        ("Your Acme lantern comes with a pack size of 2.", ["title", "fact:pack_size"]),
        ("It has a capacity of 1.5 l.", ["fact:capacity"]),
        ("Battery life: 12 hours", ["fact:battery_life"]),
        ("Acme AC-501", ["brand", "mpn"]),
        ("The lantern offers 400lm.", ["title"]),
        ("The material is steel, and the handle is wood.", ["fact:material", "fact:handle"]),
        ("Folding lanterns", ["title"]),
    ],
)
def test_a_sentence_of_its_facts_stays(text: str, cites: list[str]) -> None:
    if "offers" in text:
        text = text.replace("offers", "has")
    assert says(text, *cites) == ""


@pytest.mark.parametrize(
    ("text", "cites"),
    [
        ("The material is steel.", []),
        ("The material is steel.", ["fact:colour"]),
        ("The material is steel.", ["fact:weight"]),
        ("The material is steel.", ["fact:material", "fact:weight"]),
        ("The material is titanium.", ["fact:material"]),
        ("The material is not steel.", ["fact:material"]),
        ("A durable steel lantern.", ["title", "fact:material"]),
        ("The best steel lantern.", ["title", "fact:material"]),
        ("Two steel lanterns.", ["title", "fact:material"]),
        ("The weight is 6 kg.", ["fact:weight"]),
        ("The weight is 5 g.", ["fact:weight"]),
        ("The weight is 5 l.", ["fact:weight", "fact:capacity"]),
        ("Capacity: 1,5 l", ["fact:capacity"]),
        ("Capacity: 15 l", ["fact:capacity"]),
        ("It lasts 400 hours.", ["title", "fact:battery_life"]),
        ("It has 400 hours of battery life.", ["title", "fact:battery_life"]),
        ("The handle is steel and the material is wood.", ["fact:handle", "fact:material"]),
        ("The handle is steel.", ["fact:handle", "fact:material"]),
        ("Works with Bosch tools.", ["title"]),
        ("A lantern for $5.", ["title"]),
        ("Steel 100%", ["fact:material"]),
        ("Steel at https://evil.example/buy", ["fact:material"]),
        ("Steel <b>body</b>", ["fact:material"]),
        ("Steel\x1b[31m", ["fact:material"]),
        ("Steel\u200b", ["fact:material"]),
        ("Steel \U000e0041", ["fact:material"]),
        ("Steel\nlantern", ["fact:material", "title"]),
        ("It is a model.", ["title"]),
        ("", ["title"]),
        ("steel " * 100, ["fact:material"]),
    ],
)
def test_a_sentence_that_says_more_goes(text: str, cites: list[str]) -> None:
    assert says(text, *cites) != ""


def test_kept_sentences_keep_their_order_and_come_once() -> None:
    steel = Sentence(text="The material is steel.", cites=("fact:material", "fact:material"))
    wood = Sentence(text="The handle is wood.", cites=("fact:handle",))
    lie = Sentence(text="The handle is gold.", cites=("fact:handle",))

    assert [s.text for s in kept([wood, lie, steel, wood], FACTS)] == [wood.text, steel.text]
    assert kept([steel], FACTS)[0].cites == ("fact:material",)


@given(st.lists(st.sampled_from([*" ".join(v for _, v in FACTS.values()).split(), "the", "is", "of", "7", "gold", "%",
                                 "not", "free", "nike", "\u202e", "<b>", "kg", "400"]), min_size=1, max_size=8),
       st.lists(st.sampled_from(sorted(FACTS)), min_size=1, max_size=4))  # fmt: skip
def test_no_number_or_word_passes_that_no_cited_fact_says(words: list[str], cites: list[str]) -> None:
    text = " ".join(words)
    if says(text, *cites) == "":
        known = grounding.stems(" ".join(f"{label} {value}" for label, value in (FACTS[c] for c in cites)))
        for token in grounding.tokens(text):
            assert grounding.stem(token) in known or token in grounding.PLAIN
        assert not {"7", "gold", "%", "not", "free", "nike"} & set(words)


PIECES = st.lists(st.sampled_from(["Acme", "acme", "ACME", " ", "\n", "\u200b", "<b>", "7", "s", "."]), max_size=6)


@given(st.text(max_size=60) | PIECES.map("".join))
def test_of_any_text_only_plain_words_of_the_sources_are_grounded(text: str) -> None:
    says(text, "title")
    if grounded_words(text, ["Acme"]):
        assert grounding.is_plain_text(text)
        assert {grounding.stem(token) for token in grounding.tokens(text)} == grounding.stems("Acme")
        assert grounded_words(text, ["Acme", "and more"])


def test_plain_words_claim_nothing() -> None:
    claims = {
        "not",
        "no",
        "free",
        "new",
        "best",
        "safe",
        "waterproof",
        "two",
        "genuine",
        "original",
        "certified",
        "only",
    }
    assert not claims & (grounding.PLAIN | grounding.TREND)
