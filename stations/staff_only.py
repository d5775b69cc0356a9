"""Tells from the words of a list that a place is for its own staff only, wherever they stand.

A text is read clause by clause, for 仅供员工，顾客请勿入内 names guests to turn them away and
仅供员工及顾客使用 to let them in. Where the words leave it open, the place is its staff's: who is
kept out by mistake can be let in later, who was sent to a locked door stands there.
"""

import re

from stations import spelling

# What ends a clause. 、 and / join a list, and blanks are taken out before.
BREAK = re.compile(r"[。;,.!?()\[\]【】「」\n]+")

# Who belongs to the house. 职工 alone may be every worker of the city, 师生 come from outside too.
STAFF = "(?:内部|员工|职工|职员|教职员?工?|同仁|师生)"
HOUSE = "(?:本|该|所属|所在|单位|公司|企业|集团|院|校|厂|馆|店|局|行|所|园|场|区|内|部|的)"
OF_THE_HOUSE = "(?:本|该)(?:单位|公司|企业|集团|机关|院|校|厂|馆|店|局|行|所|园|区|部)"

# Guests whom anybody can be. Staff and 洽公人員, 研習老師 or 廠商 are still a house of its own, and
# 顾客服务中心 or 旅客服务台 is a place where nobody says who may come in.
MOTHERS = "(?:妈妈|母亲|孕妇|产妇|妇女)"
NO_PLACE = (
    r"(?!服务|中心|大厅|广场|委员会|接待|通道|电梯|入口|停车|之家|驿站|餐厅|休息|联合会|路|街)"
)
GUESTS = (
    "(?:顾客|客户|客人|宾客|来宾|贵宾|住客|房客|民众|公众|市民|群众|大众|居民|户外|劳动者|骑手|快递"
    "|环卫|司机|会员|旅客|乘客|游客|读者|观众|病人|病患|患者|家长|家属|亲属|访客|来访|参访"
    f"|{MOTHERS}){NO_PLACE}"
)
# Who comes from outside: a door that is shut to these is open to the staff alone. One that is shut
# to 骑手 or 男士 may be open to everybody else.
OUTSIDERS = (
    f"(?:(?:社会|外来|外部|外单位|校外|院外|厂外|馆外|闲杂?|外)(?:人员|人士|人等|人|者|民众|公众)?|社会"
    f"|(?:一般|普通|其他)?(?:顾客|客户|客人|访客|游客|民众|公众|市民|群众|大众){NO_PLACE}"
    f"|非{HOUSE}*(?:内部|员工|职工|职员|教职员?工?|同仁|师生|工作人员|人员))(?:人员|人士)?"
)

NOT = (
    "(?:请?勿|莫|不(?!限|用|需|须|必|收|少|分|论|定)|谢绝|严?禁|拒|恕|免[进入]|止步|无[法权]"
    "|未(?!满)|除外|暂停)"
)
AWAY = "(?:勿|莫|不得|不可|不能|不准|不许|不允许|不予|禁止|严禁|谢绝|拒绝)"
COMES_IN = "(?:入内|内进|进出|进入|出入|进来|进|入|使用|停留|逗留)"
NO_VERB = "(?:(?!使用|可|皆|开放|进入|入内)[^:])"

CLOSED_TO_OTHERS = re.compile(
    r"(?:不|未|无|没有?)(?:再|予)?对.{0,6}外(?:民众|公众|人员|人士)?(?:开放|使用|营业|服务|提供|接待|$)"
    r"|对外(?:部|界)?(?:均|暂|一律)?(?:不|未|没有?)(?:予)?(?:开放|使用|提供)"
    rf"|(?:不|未|无|没有?)(?:对|向|供|给|提供给?|开放给?)(?:一般|普通)?{OUTSIDERS}(?:开放|使用|提供|服务|进入|$)"
    rf"|(?:谢绝|禁止|严禁|不准|不许|不允许|不让|拒绝)(?:一切|所有)?{OUTSIDERS}(?:{COMES_IN}|参观)?$"
    rf"|{OUTSIDERS}(?:请|均|严|概|一律|暂)*(?:{AWAY}(?:擅自|随意|私自)?{COMES_IN}$|止步|免[进入])"
    r"|非请[勿莫]入|谢绝来访"
)
# 非员工 is one who is turned away, 非会员请勿入内 lets members in, and so does 除顾客外谢绝入内.
BUT_GUESTS = re.compile(rf"(?:非{GUESTS}|除.{{0,8}}?{GUESTS}.{{0,6}}?外).{{0,6}}?{NOT}")

NO_ONE_ELSE = r"(?:仅|只|(?<!有)限(?!时|制|量|流|速|高|额|于时)|专供)"
FOR_STAFF = re.compile(
    rf"{NO_ONE_ELSE}(?![需要]).{{0,8}}?{STAFF}(?!有|带领|陪同|开门|协助|引导|路|街)"
    rf"|(?:仅|只|限)[供限]?{HOUSE}{{0,6}}工作人员(?:内部)?(?:使用|进入)"
    rf"|(?:仅|只|限|专供)[供限给对]{{0,2}}{OF_THE_HOUSE}(?:人员|人士)?(?:使用|自用|专用|进入|开放)?$"
    rf"|(?:提?供|开放给|给){HOUSE}{{0,6}}(?:员工|职员|教职员?工?|同仁)(?:内部)?(?:使用|专用)"
    r"|(?:员工|职工|职员|内部|同仁)(?:专用|专属|限定|自用)|(?:单位|公司)自用"
    r"|内部(?:使用|人员|员工|职工|职员|同仁|开放|场所)|^(?:仅|只)?(?:供|限|对)?内部?(?:开放|使用)$"
)
AT_OTHER_TIMES = re.compile(
    r"(?:非(?:上班|营业|开放|工作|服务)(?:时间|时段|期间)|其[他它余](?:时间|时段)|夜间|夜里|晚上|深夜"
    r"|午休(?:时间|时段|期间)?|中午|周末|周[六日天]+|星期[六日天]+|(?:节|例|国定|法定)*假日|双休日|休息日"
    r"|寒暑假(?:期间)?|下班后|闭馆后|闭店后|打烊后)(?:顾客|民众|市民)?[则也均只一律暂]*$"
)
A_THING = re.compile(
    r"(?:卫生间|厕所|洗手间|微波炉|停车[场位]|车位|冰箱|淋浴间?|浴室|充电桩|wifi|wi-fi|无线网络?|电梯|食堂"
    r"|餐厅|打印机|会议室|后门|侧门|通道)[则也均只一律暂]*$"
)

OF_STAFF = re.compile(
    rf"({STAFF})(?:的|女性|女|哺乳期?|哺育|新手|背奶|孕期|怀孕|待产)*{MOTHERS}"
    rf"|{MOTHERS}的?({STAFF})|{OF_THE_HOUSE}的?(?:职工|员工|工会)?会员"
)
NOT_ONLY = re.compile("(?:不|并非|非|不是)(?:仅仅?|只|单)(?:限于?|供|对)?|[不无未]限(?:于|定)?")
TURNED_AWAY = re.compile(
    rf"(?<!非){GUESTS}(?!.*[也均亦仍皆即]可){NO_VERB}{{0,8}}?{NOT}"
    rf"|{GUESTS}(?:进入|使用|入内)(?:一律|严格)?(?:禁止|谢绝|不行)"
    r"|(?:谢绝|不(?:再)?(?:对|向|给|供|让|准|许|允许|接待|欢迎|开放|提供|含|包括|包含|是)|[未无](?:对|向|开放|给)"
    r"|没有?(?:对|向)|禁|杜绝|拒|恕不|勿|避免|以免|防止)"
    rf"(?:(?![仅只除]).){{0,6}}?{GUESTS}"
    rf"|{GUESTS}.{{0,4}}?(?:使用|至|到|去|往|移步)(?:其[他它]|另|隔壁|对面|别|公共|外面|[一二三四五六七八九\db]+[楼层f])"
    r"(?!.*(?:登记|借|领|洽|询|取|钥匙|开门))"
)
MAY_COME = re.compile(rf"(?:供|给|限|开放|对|向).{{0,8}}?{GUESTS}|{GUESTS}.{{0,6}}?(?:可|使用)")
ANY_GUEST = re.compile(GUESTS)

INSIDE = re.compile("仅?内部")
FOR_WHOM = re.compile("性质|开放|对象|范围|属性|人群|谁|内部")
INSIDE_TITLE = re.compile("内部|(?:仅|限|专)供?.{0,2}(?:员工|职工|职员)|员工专用")
YES = {"是", "有", "对", "√", "✓", "y", "yes", "true", "1"}

# Every text that is staff-only holds one of these characters; most texts hold none.
TELLING = re.compile("[员員职職仁师師内內外勿莫禁止绝絕拒免仅僅限社众眾自客]")


def says_staff_only(text: str, *, is_name: bool = False, is_way: bool = False) -> bool:
    """Whether a text says that only staff may come in: 僅供員工使用, 内部, 不對外開放.

    One that lets in guests as well does not: 僅供員工及顧客使用. 内部 says so wherever a name and
    the column of access have it, else where it is all that a clause says; in longer texts it is the
    inside of a building. `is_way`: an address or a way in, where it has to be the whole text.
    """
    if not TELLING.search(text):
        return False
    words = re.sub(r"[^\S\n]+", "", spelling.plain(text)).replace("；", ";").replace("，", ",")
    words = OF_STAFF.sub(lambda found: found[1] or found[2] or "员工", NOT_ONLY.sub("", words))
    clauses = [clause for clause in BREAK.split(words) if clause]
    if (is_name and "内部" in words) or _is_inside(clauses, is_way=is_way):
        return not any(map(_lets_in, clauses))
    if any(_says(CLOSED_TO_OTHERS, clause) for clause in clauses):
        return not any(_lets_in(clause) and MAY_COME.search(clause) for clause in clauses)
    return any(_says(FOR_STAFF, clause) for clause in clauses) and not any(map(_lets_in, clauses))


def column_says_staff_only(title: str, text: str) -> bool:
    """Whether a cell of a column that is not known says that only staff may come in.

    内部 alone says so under a title that asks for whom a place is, and 是 under 是否内部.
    """
    asked = spelling.plain(title)
    if says_staff_only(text, is_name=bool(FOR_WHOM.search(asked))):
        return True
    inside = INSIDE_TITLE.search(asked) is not None and "非" not in asked
    return inside and spelling.plain(text).strip() in YES


def _is_inside(clauses: list[str], *, is_way: bool) -> bool:
    if is_way and len(clauses) != 1:
        return False
    return any(INSIDE.fullmatch(clause) for clause in clauses)


def _says(pattern: re.Pattern[str], clause: str) -> bool:
    """Whether a clause says it of the place: not of the room's fridge, nor of the night alone."""
    if pattern is CLOSED_TO_OTHERS and BUT_GUESTS.search(clause):
        return False
    return any(
        not AT_OTHER_TIMES.search(clause[: found.start()])
        and not A_THING.search(clause[: found.start()])
        for found in pattern.finditer(clause)
    )


def _lets_in(clause: str) -> bool:
    """Whether a clause names guests, and not to turn them away."""
    if BUT_GUESTS.search(clause):
        return True
    return bool(ANY_GUEST.search(TURNED_AWAY.sub("", clause)))
