"""The texts of the pages: both languages whole, every key that is used there, none beside them."""

import json
import re
from pathlib import Path

import pytest

from stations.settings import REPOSITORY

WEB = REPOSITORY / "web"
LANGUAGES = ("zh", "en")
CHINESE = re.compile(r"[\u3400-\u9fff\u3000-\u303f\uff00-\uffef]")
PLACEHOLDER = re.compile(r"\{(\w+)(?:\|[^{}]*)?\}")


def read(lang: str) -> dict[str, str]:
    pairs = json.loads(
        (WEB / "messages" / f"{lang}.json").read_text(encoding="utf-8"), object_pairs_hook=list
    )
    keys = [key for key, _ in pairs]
    assert len(keys) == len(set(keys)), f"a key is given twice in {lang}.json"
    return dict(pairs)


def sources(*suffixes: str) -> list[Path]:
    return sorted(
        file
        for file in WEB.rglob("*")
        if file.suffix in suffixes
        and not file.name.endswith(".test.ts")
        and not {"node_modules", "dist"} & set(file.relative_to(WEB).parts)
    )


def used_in(text: str) -> tuple[set[str], set[str]]:
    """Keys that a source names whole, and the beginnings of those that it puts together."""
    prefixes = "|".join(sorted({key.split(".")[0] for key in read("zh")}))
    whole = re.findall(rf"[\"'`]((?:{prefixes})\.\w+)[\"'`](?!\s*~)", text)
    begun = re.findall(rf"`((?:{prefixes})\.\w*)\$\{{", text)
    begun += re.findall(rf"[\"']((?:{prefixes})\.\w*_)[\"']\s*~", text)
    begun += re.findall(rf"f[\"']((?:{prefixes})\.\w*)\{{", text)
    return set(whole), set(begun)


@pytest.mark.parametrize("lang", LANGUAGES)
def test_keys_are_flat_sorted_and_filled(lang: str) -> None:
    texts = read(lang)
    assert list(texts) == sorted(texts)
    assert all(re.fullmatch(r"[a-z]+\.\w+", key) for key in texts)
    assert [key for key, text in texts.items() if not text.strip()] == []


def test_both_languages_have_the_same_keys_and_placeholders() -> None:
    chinese, english = read("zh"), read("en")
    assert set(chinese) == set(english)
    unlike = [
        key
        for key in chinese
        if set(PLACEHOLDER.findall(chinese[key])) != set(PLACEHOLDER.findall(english[key]))
    ]
    assert unlike == []


def test_every_key_in_use_exists() -> None:
    keys = set(read("zh"))
    missing = []
    for file in sources(".ts", ".html", ".py"):
        whole, begun = used_in(file.read_text(encoding="utf-8"))
        missing += [f"{file.name}: {key}" for key in sorted(whole - keys)]
        missing += [
            f"{file.name}: {start}…"
            for start in sorted(begun)
            if not any(key.startswith(start) for key in keys)
        ]
    assert missing == []


def test_every_key_is_in_use() -> None:
    whole: set[str] = set()
    begun: set[str] = set()
    for file in sources(".ts", ".html", ".py"):
        more_whole, more_begun = used_in(file.read_text(encoding="utf-8"))
        whole |= more_whole
        begun |= more_begun
    by_page = {"courier.title", "courier.description"}
    by_page |= {
        f"{page}.{part}"
        for page in ("planner", "console", "docs")
        for part in ("title", "description")
    }
    unused = [
        key
        for key in read("zh")
        if key not in whole | by_page and not any(key.startswith(start) for start in begun)
    ]
    assert unused == []


def test_words_for_people_are_only_in_the_messages() -> None:
    found = [
        f"{file.relative_to(WEB)}: {line.strip()}"
        for file in sources(".ts", ".html", ".css")
        for line in file.read_text(encoding="utf-8").splitlines()
        if CHINESE.search(line) and not line.strip().startswith(("//", "*", "/*"))
    ]
    assert found == []


def test_the_finder_of_keys_sees_each_way_of_naming_one() -> None:
    text = """t("common.retry") t(`open.status_${status}`) {{ t("courier.profile_" ~ name) }}"""
    assert used_in(text) == ({"common.retry"}, {"open.status_", "courier.profile_"})
