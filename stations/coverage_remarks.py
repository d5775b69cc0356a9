"""Why an answer about coverage looks empty, in words: no map and no table without them."""

from typing import Any, Final

Remark = dict[str, str]

NO_DEMAND: Final[Remark] = {
    "code": "no_demand",
    "zh": "这里没有登记任何居民，所以没有人可以计算",
    "en": "No residents are known here, so there is nobody to count",
}
NO_STATION: Final[Remark] = {
    "code": "no_station",
    "zh": "这里没有符合条件的站点",
    "en": "No station here meets what was asked for",
}
NOT_ROUTABLE: Final[Remark] = {
    "code": "not_routable",
    "zh": "有居民离街道超过 200 米，无法计算，没有算作未覆盖",
    "en": "Some residents are more than 200 m from any street: they cannot be counted, "
    "and are not called uncovered",
}
NOBODY_LACKS: Final[Remark] = {
    "code": "nobody_lacks",
    "zh": "这里没有缺少站点的居民，或者他们附近没有街道",
    "en": "Nobody here lacks a station, or no street is near those who do",
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


def remarks_on_sites(
    *,
    residents: int,
    lacking: int,
    sites: int,
    wanted: int = 0,
    candidates: int = 0,
    possible: int = 0,
    useless: int = 0,
    forbidden: int = 0,
    too_near: int = 0,
    spacing_m: int = 0,
) -> list[Remark]:
    """Say why no site was found, or fewer than wanted, and among what.

    `lacking` lack what was looked for. Of the `candidates` that were looked at, and of those that
    were left out before, some were `forbidden`, `too_near` or `useless`.
    """
    said = []
    if not residents:
        return [NO_DEMAND]
    if candidates < possible:
        said.append(
            {
                "code": "candidates_thinned",
                "zh": f"可以建站的网格有 {possible:,} 个，只看了其中最有希望的 {candidates:,} 个；"
                "算小一点的区域会看得更细",
                "en": f"There are {possible:,} cells where a site could be, and the {candidates:,} "
                "most promising were looked at; a smaller area is looked at more closely",
            }
        )
    if sites and forbidden:
        said.append(
            {
                "code": "forbidden_left_out",
                "zh": f"{forbidden:,} 个候选点在不建站的区域内，没有考虑",
                "en": f"{forbidden:,} candidates lie in areas where nothing is to be built, and "
                "were left out",
            }
        )
    if 0 < sites < wanted:
        said.append(
            {
                "code": "fewer_sites",
                "zh": f"只找到 {sites} 处，没有 {wanted} 处：再多建也没有更多人受益，或者间距不够",
                "en": f"{sites} sites and not {wanted}: nobody else would gain by one more, or the "
                "spacing leaves no room",
            }
        )
    if sites:
        return said
    if not lacking:
        return [NOBODY_LACKS]
    parts = [
        (forbidden, f"{forbidden:,} 个在禁止区域内", f"{forbidden:,} in forbidden areas"),
        (
            too_near,
            f"{too_near:,} 个离已有站点不到 {spacing_m} 米",
            f"{too_near:,} within {spacing_m} m of a station",
        ),
        (useless, f"{useless:,} 个帮不到任何人", f"{useless:,} that help nobody"),
    ]
    told = [(zh, en) for count, zh, en in parts if count]
    said.append(
        {
            "code": "no_site_possible",
            "zh": f"没有可用的候选点：{'，'.join(zh for zh, _en in told)}",
            "en": f"No candidate can be used: {', '.join(en for _zh, en in told)}",
        }
    )
    return said


def remarks_on_change(found: dict[str, Any]) -> list[Remark]:
    """Say what is missing in figures before a change, and which new places nobody lives near.

    A slip of the hand puts them into the sea.
    """
    before, added = found["before"], found["added"]
    if not before["demand"]["residents"]["total"]:
        return remarks(before)
    numbers = [str(k) for k, each in enumerate(added, start=1) if not each["residents"]]
    if not numbers:
        return remarks(before)
    return [
        *remarks(before),
        {
            "code": "added_reaches_nobody",
            "zh": f"新站 {'、'.join(numbers)} 附近没有登记的居民，请看看位置对不对",
            "en": f"Nobody is known to live near new station {', '.join(numbers)}: "
            "see whether the place is right",
        },
    ]
