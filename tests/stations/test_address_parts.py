"""Addresses whose parts have a column each."""

import pytest

from stations.address_parts import area_name, joined

TITLES = {
    "province": "省",
    "city": "縣市",
    "district": "鄉/鎮/市/區",
    "village": "村/里",
    "neighbourhood": "鄰",
    "road": "大道/路/街/地區",
    "section": "段",
    "lane": "巷/弄/衖",
    "house_number": "號",
}


@pytest.mark.parametrize(
    ("parts", "address"),
    [
        ({"city": "台南市", "district": "歸仁區", "road": "中山一街", "house_number": "99號"},
         "台南市歸仁區中山一街99號"),
        # the order of columns does not matter, and bare numbers get their unit
        ({"house_number": "64", "section": "2", "road": "指南路", "district": "文山區"},
         "文山區指南路2段64號"),
        ({"road": "中山路", "section": "一", "lane": "12", "house_number": "1-45"},
         "中山路一段12巷1-45號"),
        ({"district": "魚池鄉", "village": "魚池鄉", "house_number": "439之8號"},
         "魚池鄉439之8號"),
        ({"district": "三民區(二)", "road": "十全路", "house_number": "8號\n(廠內)"},
         "三民區十全路8號 (廠內)"),
        ({"city": "宁波市", "district": "宁波市海曙区", "road": "中山路"}, "宁波市海曙区中山路"),
        ({"province": "浙江省", "city": "", "district": "鄞州区"}, "浙江省鄞州区"),
        ({"village": "六德里", "section": "12鄰", "house_number": "88號"}, "六德里12鄰88號"),
        ({}, ""),
    ],
)  # fmt: skip
def test_parts_are_joined_in_the_order_in_which_they_are_written(
    parts: dict[str, str], address: str
) -> None:
    assert joined({field: (text, TITLES[field]) for field, text in parts.items()}) == address


def test_names_keep_their_own_writing() -> None:
    assert area_name(" 臺北市 ") == "臺北市"
    assert area_name("鳳山區（一）") == "鳳山區"
    assert area_name("东区") == "东区"
