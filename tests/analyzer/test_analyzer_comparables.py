"""Comparables: similar titles of other products, and only where they are needed."""

from analyzer_world import a_case, seen

from trendctl.analyzer.comparables import NEAREST, Comparables
from trendctl.ports import PriceView

SHELF: list[tuple[int | None, PriceView]] = [
    (1, seen(100, title="Acme steel kettle 1.7 l")),
    (2, seen(200, title="Steel kettle for camping")),
    (3, seen(300, title="Garden hose 20 m")),
    (None, seen(400, title="Electric steel kettle")),
]


def test_similar_titles_of_other_products_are_found() -> None:
    found = Comparables(lambda: SHELF).near(1, "Steel kettle")

    assert {view.minor for view in found} == {200, 400}


def test_a_product_with_its_own_price_does_not_look() -> None:
    def never() -> list[tuple[int | None, PriceView]]:
        raise AssertionError("read though not needed")

    case = a_case(prices=(seen(5),))

    assert Comparables(never)(1, case) is case


def test_nothing_similar_is_nothing() -> None:
    assert Comparables(lambda: SHELF).near(9, "Zyxwvut") == ()
    assert Comparables(lambda: SHELF).near(9, "") == ()
    assert Comparables(list).near(9, "Steel kettle") == ()


def test_at_most_the_nearest_few() -> None:
    shelf: list[tuple[int | None, PriceView]] = [(n, seen(n, title="Steel kettle")) for n in range(1, 99)]

    assert len(Comparables(lambda: shelf).near(0, "Steel kettle")) == NEAREST
