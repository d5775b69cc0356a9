"""Coordinates as lists write them read back, and what may mean two things is not guessed."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stations.coordinate_text import CHINA, read_angle, read_pair, split_pair

LON, LAT = st.floats(-179.9, 179.9), st.floats(-89.9, 89.9)
IN_CHINA = st.tuples(st.floats(73.1, 135.9), st.floats(3.1, 53.9))


def sexagesimal(degrees: float, form: str) -> tuple[str, float]:
    """Degrees, minutes and seconds to a hundredth, and the degrees that they mean."""
    hundredths = round(abs(degrees) * 360_000)
    whole, rest = divmod(hundredths, 360_000)
    minutes, seconds = divmod(rest, 6_000)
    value = math.copysign(hundredths / 360_000, degrees)
    return form.format(d=whole, m=minutes, s=seconds / 100), value


@pytest.mark.parametrize(
    ("text", "degrees", "axis"),
    [
        ("121.55", 121.55, None),
        (" +121.55 ", 121.55, None),
        ("１２１．５５", 121.55, None),
        ("121.55°", 121.55, None),
        ("121.55º", 121.55, None),
        ("121.55E", 121.55, "lon"),
        ("121.55°E", 121.55, "lon"),
        ("E121.55", 121.55, "lon"),
        ("东经121.55", 121.55, "lon"),
        ("東經：121.55°", 121.55, "lon"),
        ("经度:121.55", 121.55, "lon"),
        ("lng=121.55", 121.55, "lon"),
        ("北纬29°52′12″", 29.87, "lat"),
        ("北緯29度52分12秒", 29.87, "lat"),
        ("29°52'12\"N", 29.87, "lat"),
        ("29°52’12”", 29.87, None),
        ("29° 52′ 12″", 29.87, None),
        ("29°52.2′", 29.87, None),
        ("29 52 12", 29.87, None),
        ("29-52-12", 29.87, None),
        ("南纬29.87", -29.87, "lat"),
        ("121.55W", -121.55, "lon"),
        ("-121°33′", -121.55, None),
    ],
)
def test_spellings_of_one_coordinate(text: str, degrees: float, axis: str | None) -> None:
    read = read_angle(text)
    assert read is not None
    assert read.degrees == pytest.approx(degrees, abs=1e-9)
    assert read.axis == axis


@pytest.mark.parametrize(
    "text",
    [
        "", "驿站", "121,55", "121 33", "1_2", "0x10", "nan", "inf", "-", "°", "E", "121°61′",
        "121°33′61″", "121.5°33′", "121°33.5′20″", "121°20″", "E121.55N", "S-29.87", "12.1.55",
        "--1",
    ],
)  # fmt: skip
def test_what_is_no_coordinate(text: str) -> None:
    assert read_angle(text) is None


@given(LON, LAT)
def test_decimals_read_back(lon: float, lat: float) -> None:
    for form in ("{}", "{}°", "{} °"):
        first, second = read_angle(form.format(f"{lon:.7f}")), read_angle(form.format(f"{lat:.7f}"))
        assert first is not None
        assert second is not None
        assert first.degrees == pytest.approx(lon, abs=1e-7)
        assert second.degrees == pytest.approx(lat, abs=1e-7)


@given(
    IN_CHINA,
    st.sampled_from(
        [
            ("{d}°{m}′{s}″E", "{d}°{m}′{s}″N"),
            ("东经{d}度{m}分{s}秒", "北纬{d}度{m}分{s}秒"),
            ("E{d}°{m}'{s}\"", "N{d}°{m}'{s}\""),
            ("{d}° {m}′ {s}″", "{d}° {m}′ {s}″"),
            ("{d} {m} {s}", "{d} {m} {s}"),
        ]
    ),
    st.booleans(),
    st.sampled_from([None, ",", "，", " / ", "\n", ";"]),
)
def test_degrees_minutes_and_seconds_read_back(
    point: tuple[float, float], forms: tuple[str, str], is_swapped: bool, joiner: str | None
) -> None:
    lon, x = sexagesimal(point[0], forms[0])
    lat, y = sexagesimal(point[1], forms[1])
    pair = (lat, lon) if is_swapped else (lon, lat)
    if joiner is not None:
        split = split_pair(joiner.join(pair))
        assert split is not None
        pair = split
    read = read_pair(*pair)
    assert read is not None
    assert read.point == pytest.approx((x, y), abs=1e-9)
    assert ("swapped" in read.notes) == is_swapped
    assert "degrees_minutes" in read.notes


@pytest.mark.parametrize(
    ("text", "title"),
    [
        ("121.55,29.87", ""),
        ("(121.55，29.87)", "坐标"),
        ("[121.55, 29.87]", ""),
        ("POINT(121.55 29.87)", ""),
        ("29.87,121.55", "纬度,经度"),
        ("29.87 121.55", "lat/lng"),
        ("121.55 29.87", "经纬度"),
        ("121.55E29.87N", ""),
        ("121.55 E 29.87 N", ""),
        ("东经121.55°北纬29.87°", ""),
        ("经度：121.55 纬度：29.87", ""),
        ("121° 33′ 00″ 29° 52′ 12″", ""),
        ("121°33′00″E 29°52′12″N", ""),
    ],
)
def test_both_in_one_cell(text: str, title: str) -> None:
    parts = split_pair(text, title)
    assert parts is not None
    read = read_pair(*parts)
    assert read is not None
    assert read.point == pytest.approx((121.55, 29.87), abs=1e-9)
    assert "swapped" not in read.notes


@given(LON, LAT)
def test_nothing_is_swapped_that_is_possible_and_no_more_likely_swapped(
    lon: float, lat: float
) -> None:
    """Swapped are only an impossible pair, and one that lies in China only when it is swapped."""
    read = read_pair(repr(lon), repr(lat))
    assert read is not None
    in_china_swapped = CHINA.west <= lat <= CHINA.east and CHINA.south <= lon <= CHINA.north
    assert ("swapped" in read.notes) == in_china_swapped
    assert read.point == ((lat, lon) if in_china_swapped else (lon, lat))


@given(LON, LAT)
def test_a_latitude_beyond_ninety_degrees_is_a_longitude(lon: float, lat: float) -> None:
    read = read_pair(repr(lat), repr(lon))
    assert read is not None
    if abs(lon) > 90:
        assert read.point == (lon, lat)


def test_two_names_of_one_axis_are_no_position() -> None:
    assert read_pair("N29.87", "北纬29.87") is None
    assert read_pair("121.55", "200") is None


@given(IN_CHINA)
def test_no_reading_in_china_has_another_there(point: tuple[float, float]) -> None:
    """The two ranges are apart, so a swap is never a guess between two places in China."""
    lon, lat = point
    assert not (CHINA.west <= lat <= CHINA.east and CHINA.south <= lon <= CHINA.north)
