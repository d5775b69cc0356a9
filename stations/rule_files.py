"""Reading rule files: the shipped folder or a city's own, checked as a whole before use."""

import hashlib
import tomllib
from collections.abc import Iterator
from datetime import timedelta
from functools import cache
from pathlib import Path
from typing import Annotated, Any, NoReturn

from pydantic import Field, TypeAdapter, ValidationError

from stations.errors import FileRefusedError
from stations.rule_sets import (
    VOCABULARY,
    Another,
    Fact,
    FactDefinition,
    Needs,
    Passes,
    Plan,
    Recorded,
    Rules,
    RuleSet,
    Service,
    parts,
)
from stations.taxonomy import taxonomy

SHIPPED = Path(__file__).with_name("rules")

WORDED_FIELDS = ("tier", "access", "status", "level", "built_as", "built_by")
"""Fields whose words are the taxonomy's, in the facet of that name."""

_File = TypeAdapter[RuleSet | Plan]
_FILE: _File = TypeAdapter(Annotated[RuleSet | Plan, Field(discriminator="type")])

PROBLEMS = {
    "missing": ("缺少这一项", "this is missing"),
    "extra_forbidden": ("没有这一项", "there is no such entry"),
    "string_pattern_mismatch": ("格式不对，应符合 {pattern}", "it must match {pattern}"),
    "literal_error": ("应为其中之一：{expected}", "one of: {expected}"),
    "union_tag_invalid": ("应为其中之一：{expected_tags}", "one of: {expected_tags}"),
    "union_tag_not_found": ("应写明 {discriminator}", "{discriminator} is needed"),
    "too_short": ("至少 {min_length} 项", "at least {min_length} entries"),
    "greater_than_equal": ("不能小于 {ge}", "at least {ge}"),
    "less_than_equal": ("不能大于 {le}", "at most {le}"),
    "bool_type": ("应为 true 或 false", "true or false is needed"),
    "string_type": ("应为文字", "text is needed"),
}


@cache
def read_rules(folder: Path | None = None) -> Rules:
    """Read the rule files of a folder, or the shipped ones; once, so a change needs a restart.

    A folder stands alone: what it does not hold is not in force. Raises FileRefusedError naming
    the file, the place in it, and what is wrong.
    """
    folder = folder or SHIPPED
    try:
        files = {file.name: file.read_bytes() for file in sorted(folder.glob("*.toml"))}
    except OSError as error:
        _refuse(str(folder), f"无法读取（{error.strerror}）", f"cannot be read ({error.strerror})")
    if not files:
        _refuse(str(folder), "里面没有规则文件（*.toml）", "there is no rule file (*.toml) in it")
    read = {name: _read(name, content) for name, content in files.items()}
    digest = hashlib.sha256(repr(sorted(files.items())).encode()).hexdigest()
    rules = Rules(
        rule_sets=tuple(each for each in read.values() if isinstance(each, RuleSet)),
        plans=tuple(each for each in read.values() if isinstance(each, Plan)),
        fingerprint=digest[:8],
    )
    _check_versions(read)
    _check_facts(read)
    for name, each in read.items():
        _check_words(name, each, rules)
    _check_references(read, rules)
    return rules


def _read(name: str, content: bytes) -> RuleSet | Plan:
    try:
        tables = tomllib.loads(content.decode("utf-8"))
    except UnicodeDecodeError:
        _refuse(name, "不是 UTF-8 编码", "it is not in UTF-8")
    except tomllib.TOMLDecodeError as error:
        _refuse(name, f"不是有效的 TOML（{error}）", f"it is not valid TOML ({error})")
    try:
        return _FILE.validate_python(tables)
    except ValidationError as error:
        where, zh, en = _problem(error.errors()[0])
        _refuse(f"{name} {where}".strip(), zh, en)


def _problem(error: Any) -> tuple[str, str, str]:
    """Return the place in a file, counted from 1, and what is wrong there in both languages."""
    tags = {"plan", *VOCABULARY}
    place = list(error["loc"])
    if place and place[0] in {"rule_set", "plan"}:
        place = place[1:]
    shown: list[str] = []
    for index, part in enumerate(place):
        # a tag of the vocabulary is no step into the file, unless it is the key itself
        is_tag = part in tags and shown and index + 1 < len(place)
        if isinstance(part, int):
            shown.append(str(part + 1))
        elif not is_tag or part == place[index + 1]:
            shown.append(part)
    context = {key: value for key, value in error.get("ctx", {}).items() if key != "error"}
    cause = error.get("ctx", {}).get("error")
    if error["type"] == "union_tag_not_found" and len(place) > 0:
        known = ", ".join(VOCABULARY)
        return ".".join(shown), f"条件须用其中之一：{known}", f"a condition is one of: {known}"
    if isinstance(cause, ValueError) and len(cause.args) == 2:
        zh, en = cause.args
    else:
        zh, en = PROBLEMS.get(error["type"], ("格式不对（{message}）", "{message}"))
        context["message"] = error["msg"]
    return ".".join(shown), zh.format(**context), en.format(**context)


def _check_versions(read: dict[str, RuleSet | Plan]) -> None:
    seen: dict[tuple[str, ...], str] = {}
    first: dict[str, tuple[str, str]] = {}
    for name, each in read.items():
        for key in ((each.code, each.version), (each.code, "from", str(each.in_force_from))):
            if key in seen:
                _refuse(
                    name,
                    f"与 {seen[key]} 是同一规则的同一版本，或同一天生效",
                    f"{seen[key]} is the same version of it, or begins on the same day",
                )
            seen[key] = name
        other, type_ = first.setdefault(each.code, (name, each.type))
        if type_ != each.type:
            _refuse(
                f"{name} code",
                f"“{each.code}”在 {other} 中已是 {type_}",
                f"“{each.code}” is a {type_} in {other}",
            )
        codes = [part.code for part in _entries(each)]
        repeated = next((code for code in codes if codes.count(code) > 1), None)
        if repeated is not None:
            _refuse(name, f"“{repeated}”出现了两次", f"“{repeated}” is given twice")
    if sum(type_ == "plan" for _name, type_ in first.values()) > 1:
        _refuse("type", "只能有一份规划（可有多个版本）", "there can be one plan, in many versions")


def _check_facts(read: dict[str, RuleSet | Plan]) -> None:
    """One fact means one thing, in whatever file it is defined."""
    defined: dict[str, tuple[str, FactDefinition]] = {}
    for name, each in read.items():
        for fact in each.fact if isinstance(each, RuleSet) else ():
            other, known = defined.setdefault(fact.code, (name, fact))
            if (known.answer, known.unit) != (fact.answer, fact.unit):
                _refuse(
                    f"{name} fact.{fact.code}",
                    f"与 {other} 中的定义不同",
                    f"{other} defines it differently",
                )


def _check_words(name: str, each: RuleSet | Plan, rules: Rules) -> None:
    """Every service, kind and word is in the taxonomy, every fact is defined and fits its use."""
    words = taxonomy()
    _known(f"{name} kinds", each.kinds, words.kind)
    for where, needs in _conditions(each):
        place = f"{name} {where}"
        if isinstance(needs, Service):
            _known(f"{place} service", (needs.service,), words.service)
        elif isinstance(needs, Another):
            _known(f"{place} kinds", needs.kinds, words.kind)
        elif isinstance(needs, Recorded) and needs.one_of and needs.field in WORDED_FIELDS:
            _known(f"{place} one_of", needs.one_of, words.facet(needs.field))
        elif isinstance(needs, Recorded) and needs.one_of and needs.field in UNWORDED_FIELDS:
            _refuse(f"{place} one_of", "这一项不能列举", "this field has no words to choose from")
        elif isinstance(needs, Fact):
            _known(f"{place} fact", (needs.fact,), rules.facts)
            if (rules.facts[needs.fact].answer == "number") != needs.is_bounded:
                _refuse(
                    f"{place} fact",
                    f"“{needs.fact}”若是数字须写 at_least、above 或 at_most，若是是非题则不能写",
                    f"“{needs.fact}” needs at_least, above or at_most where it is a number, "
                    "and none where it is yes or no",
                )


UNWORDED_FIELDS = frozenset({"position", "capacity_per_day"})


def _check_references(read: dict[str, RuleSet | Plan], rules: Rules) -> None:
    """On every day on which something changes, what is referred to is in force, without circles."""
    starts = {each.in_force_from for each in read.values()}
    ends = {
        each.in_force_until + timedelta(days=1)
        for each in read.values()
        if each.in_force_until is not None
    }
    for on in sorted(starts | ends):
        in_force: dict[str, RuleSet | Plan] = {**rules.in_force(on)}
        plan = rules.plan(on)
        if plan is not None:
            in_force[plan.code] = plan
        names = {each.code: name for name, each in read.items() if each in in_force.values()}
        links = {code: set(_references(each)) for code, each in in_force.items()}
        for code, others in links.items():
            for missing in sorted(others - rules.in_force(on).keys()):
                _refuse(
                    names[code],
                    f"用到的规则“{missing}”在 {on} 没有生效的版本",
                    f"it refers to “{missing}”, of which no version is in force on {on}",
                )
            if _reaches(links, code, code):
                _refuse(names[code], f"“{code}”绕回了自己", f"“{code}” refers back to itself")
        for code in rules.in_force(on):
            asked = [each.code for each in rules.requirements(code, on)]
            if not asked:
                _refuse(names[code], "没有任何要求（requirement）", "it asks for nothing")
            repeated = next((each for each in asked if asked.count(each) > 1), None)
            if repeated is not None:
                _refuse(
                    f"{names[code]} includes",
                    f"“{repeated}”出现了两次",
                    f"“{repeated}” is asked for twice",
                )


def _references(each: RuleSet | Plan) -> Iterator[str]:
    if isinstance(each, RuleSet):
        yield from each.includes
    for _where, needs in _conditions(each):
        if isinstance(needs, Passes):
            yield needs.rule_set


def _reaches(links: dict[str, set[str]], start: str, end: str) -> bool:
    seen: set[str] = set()
    ahead = list(links[start])
    while ahead:
        code = ahead.pop()
        if code == end:
            return True
        if code not in seen:
            seen.add(code)
            ahead.extend(links.get(code, ()))
    return False


def _entries(each: RuleSet | Plan) -> tuple[Any, ...]:
    return (*each.requirement,) if isinstance(each, RuleSet) else each.indicator


def _conditions(each: RuleSet | Plan) -> Iterator[tuple[str, Needs]]:
    """Walk all conditions of a file with the place where they stand."""
    for entry in _entries(each):
        word = "requirement" if isinstance(each, RuleSet) else "indicator"
        needs = entry.needs if isinstance(each, RuleSet) else entry.where
        if needs is not None:
            for part in parts(needs):
                yield f"{word}.{entry.code}", part


def _known(place: str, given: tuple[str, ...], known: dict[str, Any]) -> None:
    for word in given:
        if word not in known:
            listed = ", ".join(known)
            _refuse(place, f"没有“{word}”，可用的有：{listed}", f"no “{word}”; known: {listed}")


def _refuse(place: str, problem_zh: str, problem_en: str) -> NoReturn:
    raise FileRefusedError(field=place, problem_zh=problem_zh, problem_en=problem_en)
