"""Tells from the words of a list that a place is for its own staff only, wherever they stand."""

import re

from stations import spelling

# Who belongs to the house. 职工 alone may be every worker of the city, 师生 come from outside too.
STAFF = "(?:内部|员工|职工|职员|教职员?工?|同仁|师生)"
HOUSE = "(?:本|该|所属|所在|单位|公司|企业|集团|院|校|厂|馆|店|局|行|所|园|场|区|内|部|的)"
CLAUSE = r"[^。;,()\n]"

CLOSED_TO_OTHERS = re.compile(
    rf"不对{CLAUSE}{{0,4}}外|(?:不|未|无|没有|暂不)(?:向|对)?(?:社会|公众|民众)?(?:对外)?开放给?外"
    r"|(?:不|未|无|没有)对外|谢绝(?:外|来)|非(?:本单位|员工|工作人员)(?:请)?勿(?:进|入)"
)
FOR_STAFF = re.compile(
    rf"(?:仅(?!需)|只(?![需要])|限|专供){CLAUSE}{{0,8}}?{STAFF}"
    rf"|(?:仅|只|限)[供限]?{HOUSE}{{0,6}}工作人员(?:内部)?(?:使用|进入)"
    rf"|(?:提?供|开放给|给){HOUSE}{{0,6}}(?:员工|职员|教职员?工?|同仁)(?:内部)?(?:使用|专用)"
    r"|(?:员工|职工|职员|内部|同仁)(?:专用|专属|限定)|内部(?:使用|人员|员工|职工|职员|同仁|开放)"
)
# Guests whom anybody can be. Staff and 洽公人員, 研習老師 or 廠商 are still a house of its own.
# Every text that is one of these holds one of these characters; most texts hold none.
TELLING = re.compile("[员員职職仁师師内內外勿]")
GUESTS = re.compile(
    "顾客|客户|客人|宾客|来宾|贵宾|民众|公众|市民|群众|大众|居民|户外|劳动者|骑手|快递|环卫|司机|会员"
    "|旅客|乘客|游客|读者|观众|病人|病患|患者|家长|家属|亲属|访客|来访|参访"
    "|妈妈|母亲|孕妇|产妇|产后"
)


def says_staff_only(text: str, *, is_name: bool = False) -> bool:
    """Whether a text says that only staff may come in: 僅供員工使用, 内部, 不對外開放.

    One that lets in guests as well does not: 僅供員工及顧客使用. In other texts than names and the
    column of access, 内部 alone may be the inside of a building.
    """
    if not TELLING.search(text):
        return False
    words = re.sub(r"[^\S\n]+", "", spelling.plain(text)).replace("；", ";").replace("，", ",")
    if CLOSED_TO_OTHERS.search(words):
        return True
    said = FOR_STAFF.search(words) or (is_name and "内部" in words)
    return bool(said) and not GUESTS.search(words)
