"""Why an answer about coverage looks empty, in words: no map and no table without them."""

from typing import Any, Final

Remark = dict[str, str]

NO_DEMAND: Final[Remark] = {
    "code": "no_demand",
    "zh": "这里没有登记任何居民，所以没有人可以计算",
    "en": "no residents are known here, so there is nobody to count",
}
NO_STATION: Final[Remark] = {
    "code": "no_station",
    "zh": "这里没有符合条件的站点",
    "en": "no station here meets what was asked for",
}
NOT_ROUTABLE: Final[Remark] = {
    "code": "not_routable",
    "zh": "有居民离街道超过 200 米，无法计算，没有算作未覆盖",
    "en": "some residents are more than 200 m from any street: they cannot be counted, "
    "and are not called uncovered",
}
NOBODY_LACKS: Final[Remark] = {
    "code": "nobody_lacks",
    "zh": "这里没有缺少站点的居民，或者他们附近没有街道",
    "en": "nobody here lacks a station, or no street is near those who do",
}
NO_SITE_POSSIBLE: Final[Remark] = {
    "code": "no_site_possible",
    "zh": "没有可用的候选点：都在禁止区域内、离已有站点太近，或者帮不到任何人",
    "en": "no candidate can be used: forbidden, too near to a station, or of help to nobody",
}


def remarks(figures: dict[str, Any]) -> list[Remark]:
    """Say what is missing in figures; of stations only where they tell of stations."""
    residents, stations = figures["demand"]["residents"], figures.get("stations")
    said = (
        (residents["total"] == 0, NO_DEMAND),
        (stations is not None and stations["counted"] == 0, NO_STATION),
        (residents["not_routable"] > 0, NOT_ROUTABLE),
    )
    return [remark for is_so, remark in said if is_so]


def remarks_on_sites(*, residents: int, lacking: int, sites: int) -> list[Remark]:
    """Say why no site was found; `lacking` are people who lack what was looked for."""
    if sites:
        return []
    if not residents:
        return [NO_DEMAND]
    return [NO_SITE_POSSIBLE if lacking else NOBODY_LACKS]
