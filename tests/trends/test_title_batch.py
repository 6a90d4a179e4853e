"""Titles read many at once say what they say one by one, and grouping does not depend on how they were read."""

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from trendctl.trends import matching
from trendctl.trends.records import Vocabulary, build, plain_text
from trendctl.trends.title_batch import TitleBatch
from trendctl.trends.title_features import read_title
from trendctl.trends.title_reading import ReadTitles, gathered, read_titles

WORDS = [
    "Sony", "WH-1000XM6", "camera", "case", "for", "iPhone", "15", "pro", "64", "gb", "2", "pack", "twin", "of", "red",
    "black", "4k", "55", "inch", "e14", "w/", "and", "3.0", "12345", "rx", "100", "v2", "Größe", "5-inch", "8x10",
    "usb-c", "mini", "café", "2024", "charger", "new",
]  # fmt: skip
titles = st.lists(
    st.one_of(st.lists(st.sampled_from(WORDS), max_size=9).map(" ".join), st.text(max_size=30)), max_size=12
)


def spelled(read: ReadTitles, ids: Vocabulary) -> list[tuple[list[str], list[str], bool, bool]]:
    names, out = list(ids), []
    ends = [np.cumsum(part.counts) for part in (read.base, read.extra)]
    for n in range(len(read.accessory)):
        base, extra = (
            [names[t] for t in part.flat[end[n] - part.counts[n] : end[n]].tolist()]
            for part, end in zip((read.base, read.extra), ends, strict=True)
        )
        out.append((base, extra, bool(read.accessory[n]), bool(read.for_another[n])))
    return out


@given(titles)
@example(["case for Sony rx 100", "55 inch tv", "pack of 2", "twin pack", "", "!!", "mini 1000xm6"])
@settings(max_examples=120)
def test_many_titles_are_read_as_each_alone(some: list[str]) -> None:
    one, two = Vocabulary(), Vocabulary()
    together = spelled(read_titles(some, one), one)
    alone = spelled(gathered(map(read_title, some), two), two)
    assert [(b, sorted(e), *rest) for b, e, *rest in together] == [(b, sorted(e), *rest) for b, e, *rest in alone]


@given(titles)
@settings(max_examples=60)
def test_plain_texts_and_records_are_those_of_single_titles(some: list[str]) -> None:
    batch = TitleBatch.of(some)
    plain = batch.plain()
    assert plain == [plain_text(read_title(title)) for title in some]
    if some:
        ours, theirs = batch.records(plain), build([{"title": title} for title in some])
        assert (ours.plain, ours.compact) == (theirs.plain, theirs.compact)
        assert ours.base.start.tolist() == theirs.base.start.tolist()
        assert ours.accessory.tolist() == theirs.accessory.tolist()


def test_unlike_titles_meet_only_over_a_model_number() -> None:
    far = ["Panasonic DMR-EZ48V upconverting player", "dmrez48v vhs combi black friday offer today"]
    other = ["Panasonic upconverting player lovely", "vhs combi black friday offer today"]
    keys = TitleBatch.of([*far, *other]).keys()
    a, b = np.array([0, 0, 2]), np.array([1, 2, 3])
    assert keys.share_code(a, b).tolist() == [True, False, False]


@pytest.mark.parametrize("some", [[], ["lamp"], ["", ""], ["!!", "??", "lamp"]])
def test_titles_that_say_little_or_nothing_are_grouped(some: list[str]) -> None:
    assert len(matching.group(some)) == len(some)


def test_a_letter_wrong_in_a_long_word_is_a_misspelling_and_another_word_is_not() -> None:
    some = [
        "tenshivobel drazuganka pemratas wireless lamp", "tenshivobel drezuganka pemratas wireless lamp",
        "tenshivobel drazuganka pemratas wireless chair", "kalomitas norganzu lovely speaker",
        "kalomitas norganzu lovely backpack",
    ]  # fmt: skip
    first, typo, chair, speaker, backpack = matching.group(some)
    assert first == typo
    assert len({first, chair, speaker, backpack}) == 4
