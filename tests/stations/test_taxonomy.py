"""The words of the register: whole, told apart, drawn, and the same as what the program knows."""

import re
from pathlib import Path

import pytest
from pydantic import ValidationError

from stations.settings import REPOSITORY
from stations.station import Access, Status
from stations.taxonomy import FACETS, TAXONOMY_FILE, read_taxonomy, taxonomy

ICONS = REPOSITORY / "web" / "shared" / "icons.ts"

KIND = """
[[kind]]
code = "bath_house"
letters = "BH"
zh = "职工浴室"
zh_short = "浴室"
en = "Bath house"
icon = "shower"
colour = "#0f766e"
"""

NAMED = {
    "service": """
        饮用水 取暖 纳凉 应急药箱 雨具 充电插座 微波炉 冰箱 桌椅 常用工具 Wi-Fi 血压仪
        货车停车 淋浴 床位
        可锁门或帘子 防滑地面 婴儿护理台 护理台安全带 热水 洗手液或肥皂 婴儿床 座椅 置物桌 纸巾
        母婴室插座 垃圾桶 名称标识 上墙制度 宣传教育栏
    """,
    "kind": """
        户外劳动者服务站点 妈咪暖心小屋 货运司机之家 职工服务中心（站点） 劳动关系调解工作室
        工匠学堂 劳模创新工作室 职工书屋 工人文化宫（五一广场） 职工文化活动中心
        职工疗休养基地 5·1服务卡特约商户
    """,
    "built_as": "重点建 行业建 兜底建",
    "built_by": "单独建 牵头建 依托建",
    "brand": """
        爱心驿站 暖心驿站 幸福驿站 小哥加油站 城警驿站 志愿微广场 红色环卫之家
        "Hui家"职工服务阵地 工会片区共享服务站
    """,
    "tier": "基本型 标杆型 24小时智能型",
    "event_kind": "健康体检 两癌筛查 爱心义诊 健康讲堂 暑托班 普法和法律咨询",
}


@pytest.mark.parametrize("facet", NAMED)
def test_what_the_documents_name_is_there(facet: str) -> None:
    assert set(NAMED[facet].split()) <= {term.zh for term in taxonomy().facet(facet).values()}


def test_every_word_has_an_icon_that_the_pages_draw() -> None:
    drawn = set(re.findall(r"^  (\w+):", ICONS.read_text(encoding="utf-8"), re.MULTILINE))
    used = {term.icon for facet in FACETS for term in taxonomy().facet(facet).values()}
    assert used - drawn == set()


def test_words_that_the_program_gives_a_meaning_are_the_programs() -> None:
    assert list(taxonomy().access) == list(Access)
    assert list(taxonomy().status) == list(Status)
    assert list(taxonomy().level) == ["city", "district", "town", "enterprise"]
    assert list(taxonomy().event_status) == ["scheduled", "cancelled"]


def changed(tmp_path: Path, old: str, new: str) -> Path:
    whole = TAXONOMY_FILE.read_text(encoding="utf-8")
    assert old in whole
    file = tmp_path / "taxonomy.toml"
    file.write_text(whole.replace(old, new), encoding="utf-8")
    return file


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ("[[kind]]\ncode", KIND + KIND + "[[kind]]\ncode", "kind: given twice: bath_house"),
        ('letters = "NR"', 'letters = "RS"', "letters given twice: RS"),
        ('letters = "NR"', 'letters = "EV"', "letters given twice: EV"),
        ('zh = "淋浴"', 'zh = "床位"', "service: given twice: 床位"),
        ('facet = "truck"', 'facet = "lorry"', "no service_group lorry"),
        ('service_group = "nursing"', 'service_group = "babies"', "no service_group babies"),
        ("[[honour]]", "[[medal]]", "honour, medal"),
        ('icon = "baby"\n', "", "icon"),
        ('colour = "#be185d"', 'colour = "red"', "colour"),
        ('letters = "NR"', 'letters = "nr"', "letters"),
        ('code = "walk_in"', 'code = "Walk in"', "code"),
        ("needs_phone = true", "needs_phones = true", "needs_phones"),
    ],
)
def test_a_file_that_is_not_whole_is_refused(
    tmp_path: Path, old: str, new: str, problem: str
) -> None:
    with pytest.raises((ValueError, ValidationError), match=problem):
        read_taxonomy(changed(tmp_path, old, new))
