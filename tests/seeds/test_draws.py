from collections import Counter

import pytest

from seeds.draws import Draws


def test_a_name_gives_the_same_draws_for_ever() -> None:
    draws = Draws(330200, "centres", "330203")
    assert [draws.below(1_000_000) for _ in range(4)] == [703744, 94773, 751450, 423365]
    assert Draws(330200, "centres", "330205").unit() != Draws(330200, "centres", "330203").unit()


def test_draws_stay_in_their_range() -> None:
    draws = Draws("range")
    assert all(0 <= draws.unit() < 1 for _ in range(1000))
    assert {draws.below(3) for _ in range(200)} == {0, 1, 2}
    assert all(2.0 <= draws.between(2.0, 2.5) < 2.5 for _ in range(200))


def test_weights_say_how_often() -> None:
    draws = Draws("weights")
    counts = Counter(draws.weighted({"often": 90, "seldom": 10, "never": 0}) for _ in range(5000))
    assert counts["never"] == 0
    assert 4300 < counts["often"] < 4700
    with pytest.raises(ValueError, match="weight"):
        draws.weighted({"never": 0})


def test_shuffling_keeps_every_item() -> None:
    items = list(range(50))
    Draws("shuffle").shuffle(items)
    assert sorted(items) == list(range(50))
    assert items != list(range(50))
