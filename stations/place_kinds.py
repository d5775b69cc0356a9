"""The kinds of places and the levels of areas, with the words that people use for them."""

from collections.abc import Mapping

PLACE_KINDS: dict[str, tuple[str, str]] = {
    "district": ("城区", "District"),
    "town": ("镇", "Town"),
    "village": ("村庄", "Village"),
    "neighbourhood": ("小区", "Neighbourhood"),
    "road": ("道路", "Road"),
    "square": ("广场", "Square"),
    "railway_station": ("火车站", "Railway station"),
    "subway_station": ("地铁站", "Metro station"),
    "bus_station": ("公交站", "Bus stop"),
    "airport": ("机场", "Airport"),
    "ferry": ("码头", "Ferry"),
    "hospital": ("医院", "Hospital"),
    "school": ("学校", "School"),
    "university": ("大学", "University"),
    "mall": ("商场", "Shopping centre"),
    "market": ("市场", "Market"),
    "shop": ("商店", "Shop"),
    "restaurant": ("餐饮", "Restaurant"),
    "hotel": ("酒店", "Hotel"),
    "bank": ("银行", "Bank"),
    "office": ("办公楼", "Office"),
    "government": ("政府机关", "Government office"),
    "park": ("公园", "Park"),
    "sight": ("景点", "Sight"),
    "fuel": ("加油站", "Filling station"),
    "parking": ("停车场", "Parking"),
    "toilets": ("厕所", "Toilets"),
    "charging": ("充换电", "Charging"),
    "library": ("图书馆", "Library"),
    "sports": ("体育场馆", "Sports"),
    "worship": ("寺院教堂", "Place of worship"),
    "building": ("楼宇", "Building"),
    "bridge": ("桥", "Bridge"),
    "water": ("河湖", "Water"),
    "amenity": ("公共设施", "Amenity"),
    "place": ("地点", "Place"),
}
"""Codes of ours, each with the Chinese and the English word; OSM's many tags come down to these."""

AREA_LEVELS: dict[str, tuple[str, str]] = {
    "city": ("市", "City"),
    "district": ("区（县、市）", "District"),
    "town": ("镇街", "Town"),
    "zone": ("功能区", "Zone"),
}

# From OSM's tags to a kind, the first that fits; `*` is any other value. What is left out is named
# by nobody who looks for a place, or is an area, which the register has itself.
KIND_OF_TAG: tuple[tuple[str, dict[str, str]], ...] = (
    (
        "railway",
        {
            "station": "railway_station",
            "halt": "railway_station",
            "subway_entrance": "subway_station",
            "tram_stop": "bus_station",
        },
    ),
    ("aeroway", {"aerodrome": "airport", "terminal": "airport"}),
    (
        "amenity",
        {
            "hospital": "hospital",
            "clinic": "hospital",
            "doctors": "hospital",
            "school": "school",
            "kindergarten": "school",
            "university": "university",
            "college": "university",
            "marketplace": "market",
            "restaurant": "restaurant",
            "fast_food": "restaurant",
            "cafe": "restaurant",
            "food_court": "restaurant",
            "bar": "restaurant",
            "bank": "bank",
            "townhall": "government",
            "police": "government",
            "courthouse": "government",
            "fire_station": "government",
            "fuel": "fuel",
            "parking": "parking",
            "toilets": "toilets",
            "charging_station": "charging",
            "library": "library",
            "place_of_worship": "worship",
            "bus_station": "bus_station",
            "ferry_terminal": "ferry",
            "commercial": "mall",
            "parking_entrance": "",
            "parking_space": "",
            "bench": "",
            "waste_basket": "",
            "*": "amenity",
        },
    ),
    (
        "shop",
        {"mall": "mall", "department_store": "mall", "supermarket": "shop", "no": "", "*": "shop"},
    ),
    ("tourism", {"hotel": "hotel", "hostel": "hotel", "motel": "hotel", "guest_house": "hotel",
                 "artwork": "", "information": "", "*": "sight"}),
    ("office", {"government": "government", "no": "", "*": "office"}),
    ("healthcare", {"*": "hospital"}),
    ("leisure", {"park": "park", "garden": "park", "sports_centre": "sports", "stadium": "sports",
                 "pitch": "sports", "swimming_pool": "", "*": "sports"}),
    ("historic", {"*": "sight"}),
    ("place", {"square": "square", "village": "village", "hamlet": "village", "town": "town",
               "suburb": "district", "quarter": "district", "neighbourhood": "neighbourhood",
               "locality": "place", "island": "place", "islet": "place"}),
    ("landuse", {"residential": "neighbourhood", "commercial": "mall", "retail": "mall",
                 "industrial": "place"}),
    ("public_transport", {"station": "bus_station", "platform": "bus_station"}),
    ("highway", {"bus_stop": "bus_station", "motorway_junction": "place", "services": "place",
                 **dict.fromkeys(("motorway", "trunk", "primary", "secondary", "tertiary",
                                  "unclassified", "residential", "living_street", "pedestrian",
                                  "service", "road", "footway", "steps", "cycleway", "track",
                                  "path", "busway"), "road")}),
    ("man_made", {"bridge": "bridge", "pier": "ferry"}),
    ("natural", {"water": "water", "peak": "place", "beach": "sight", "bay": "water"}),
    ("waterway", {"river": "water", "canal": "water"}),
    ("building", {"no": "", "*": "building"}),
)  # fmt: skip

SUBWAY = ("subway", "light_rail")


def kind_of_tags(tags: Mapping[str, str]) -> str | None:
    """Return the kind of a place by its OSM tags; None where nobody looks for such a thing."""
    if tags.get("railway") == "station" and tags.get("station") in SUBWAY:
        return "subway_station"
    for key, kinds in KIND_OF_TAG:
        value = tags.get(key)
        kind = kinds.get(value, kinds.get("*")) if value else None
        if kind:
            return kind
    return None
