"""Which words make a place one of its own staff, in simplified and traditional characters."""

import pytest

from stations.spelling import simplified
from stations.staff_only import says_staff_only


@pytest.mark.parametrize(
    "text",
    [
        "仅供员工",
        "僅供員工",
        "僅供員工使用",
        "僅提供 員工使用",
        "仅限本单位职工",
        "限員工上班時間使用",
        "只提供校內員工使用(不願意接收查核)",
        "只給員工使用",
        "供員工使用",
        "提供員工使用並請自行前往",
        "僅供職場內部限定",
        "內部員工使用",
        "内部使用",
        "员工专用",
        "僅營區內同仁使用",
        "僅供校內師生使用",
        "不對外開放",
        "不对外",
        "不對校外民眾開放。",
        "無對外開放",
        "未对外开放",
        "非工作人员请勿进入",
        "仅限工作人员使用",
        "24小時；僅供廠區員工及洽公人員使用",
        "僅供員工及研習老師使用",
        "谢绝外来人员",
        "不對外開放，限員工及洽公人員24小時可以使用",
    ],
)
def test_staff_only(text: str) -> None:
    assert says_staff_only(text)
    assert says_staff_only(simplified(text))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "8:00-17:00 对外开放",
        "门口有台阶",
        "内部设施齐全",
        "商场内部一楼",
        "工作人员热情",
        "僅供員工及顧客使用",
        "門診時間(僅提供民眾及員工使用)",
        "供館內客人及員工使用",
        "除職員外也可開放顧客使用",
        "仅供户外劳动者和职工使用",
        "請洽服務人員",
        "只需向工作人员登记",
        "僅開放上班時段",
        "員工向總務室拿鑰匙",
        "球賽對外開放時段",
        "全年无休",
        "限时开放，找工作人员",
        "以校內教職員工優先使用",
        "僅供員工及家屬使用",
        "对外免费开放",
        "仅限女性",
        "提供职工书屋",
    ],
)
def test_not_staff_only(text: str) -> None:
    assert not says_staff_only(text)
    assert not says_staff_only(simplified(text))


def test_inside_is_for_staff_in_a_name_and_in_the_column_of_access_alone() -> None:
    assert says_staff_only("某厂内部母婴室", is_name=True)
    assert not says_staff_only("某厂内部母婴室")
