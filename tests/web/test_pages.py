"""The page shells: language, nonce, safe JSON, banner, hotline, assets by Vite's manifest."""

import json
import re
from pathlib import Path

import pytest
from pydantic import SecretStr

from geo.coordinates import Datum
from stations.settings import Tiles
from tests.web.test_messages import used_in
from web import pages
from web.pages import AssetsNotBuiltError, PageConfig, browser_config, page_assets, render_page

CONFIG = PageConfig(version="0.1.0", hotline="12351", demo=False, root_area="330200")
NONCE = "bm9uY2U"
MANIFEST = {
    "_shared.js": {"file": "assets/shared-1.js", "css": ["assets/shared-1.css"]},
    **{
        f"{page}/main.ts": {
            "file": f"assets/{page}-2.js",
            "imports": ["_shared.js"],
            "css": [f"assets/{page}-2.css"],
        }
        for page in pages.PAGES
    },
}


@pytest.fixture(autouse=True)
def manifest(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    file = tmp_path / "manifest.json"
    file.write_text(json.dumps(MANIFEST), encoding="utf-8")
    monkeypatch.setattr(pages, "MANIFEST_FILE", file)
    return file


def embedded(html: str, name: str) -> dict[str, object]:
    found = re.search(rf'<script type="application/json" id="{name}"[^>]*>(.*?)</script>', html)
    assert found is not None
    value: dict[str, object] = json.loads(found[1])
    return value


@pytest.mark.parametrize("page", pages.PAGES)
@pytest.mark.parametrize(("lang", "html_lang"), [("zh", "zh-CN"), ("en", "en")])
def test_every_page_in_both_languages(page: str, lang: str, html_lang: str) -> None:
    html = render_page(page, lang=lang, nonce=NONCE, config=CONFIG)

    assert f'<html lang="{html_lang}">' in html
    assert html.count("<title>") == 1
    assert 'href="tel:12351"' in html
    assert f'href="?lang={"en" if lang == "zh" else "zh"}"' in html
    assert 'name="viewport"' in html
    assert "user-scalable" not in html
    assert "maximum-scale" not in html
    assert 'href="#main"' in html
    assert embedded(html, "config")["lang"] == lang
    assert embedded(html, "config")["page"] == page
    assert "common.hotline" in embedded(html, "messages")


@pytest.mark.parametrize("page", pages.PAGES)
def test_no_page_needs_an_inline_style_a_handler_or_another_host(page: str) -> None:
    html = render_page(page, lang="zh", nonce=NONCE, config=CONFIG)

    assert re.findall(r"<script(?![^>]*nonce=)", html) == []
    assert re.findall(r"\sstyle=|\son\w+=|<style", html) == []
    addresses = re.findall(r'(?:href|src|action)="([^"]*)"', html)
    assert [each for each in addresses if not re.match(r"/(?!/)|#|\?|tel:", each)] == []


def test_config_cannot_end_its_script_element() -> None:
    tiles = Tiles(url="/tiles/{z}", attribution="</script><script>alert(1)</script><!--\u2028")
    config = PageConfig(**{**CONFIG.__dict__, "tiles": tiles})

    html = render_page("courier", lang="zh", nonce=NONCE, config=config)

    assert "<script>alert" not in html
    assert "<!--" not in html
    sent = embedded(html, "config")["tiles"]
    assert isinstance(sent, dict)
    assert sent["attribution"] == tiles.attribution


def test_the_nonce_is_escaped() -> None:
    html = render_page("courier", lang="zh", nonce='"><b>', config=CONFIG)
    assert '"><b>' not in html


@pytest.mark.parametrize("lang", pages.LANGUAGES)
def test_made_up_data_says_so_in_both_languages(lang: str) -> None:
    demo = PageConfig(**{**CONFIG.__dict__, "demo": True})
    banner = 'class="demo-banner"'

    shown = render_page("console", lang=lang, nonce=NONCE, config=demo)

    assert banner in shown
    assert "示例数据" in shown
    assert "demo data" in shown
    assert banner not in render_page("console", lang=lang, nonce=NONCE, config=CONFIG)


@pytest.mark.parametrize("page", pages.PAGES)
def test_a_page_is_sent_the_texts_that_its_scripts_name_and_no_other_pages(page: str) -> None:
    sent = embedded(render_page(page, lang="zh", nonce=NONCE, config=CONFIG), "messages")
    sources = [
        file
        for folder in (page, "shared")
        for file in sorted((pages.WEB / folder).glob("*.ts"))
        if not file.name.endswith(".test.ts")
    ]
    assert len(sources) > 5
    whole, begun = set[str](), set[str]()
    for file in sources:
        more_whole, more_begun = used_in(file.read_text(encoding="utf-8"))
        whole |= more_whole
        begun |= more_begun
    assert sorted(whole - sent.keys()) == []
    assert [each for each in begun if not any(key.startswith(each) for key in sent)] == []
    others = {other for other in pages.PAGES if other != page}
    assert {key.partition(".")[0] for key in sent} & others == set()


def test_assets_come_with_the_styles_of_what_they_import_first() -> None:
    assets = page_assets("courier")
    assert assets.script == "/static/assets/courier-2.js"
    assert assets.styles == ("/static/assets/shared-1.css", "/static/assets/courier-2.css")


def test_assets_that_were_built_again_are_seen(manifest: Path) -> None:
    page_assets("courier")
    changed = {"courier/main.ts": {"file": "assets/courier-3.js"}}
    manifest.write_text(json.dumps(changed), encoding="utf-8")
    assert page_assets("courier").script == "/static/assets/courier-3.js"


def test_assets_that_were_not_built_are_a_clear_error(manifest: Path) -> None:
    manifest.unlink()
    with pytest.raises(AssetsNotBuiltError, match="npm run build"):
        page_assets("courier")


def test_a_tile_key_goes_into_the_address_and_nowhere_else() -> None:
    tiles = Tiles(url="/t/{z}?tk={key}", datum=Datum.GCJ02, key=SecretStr("s3cret"))
    config = PageConfig(**{**CONFIG.__dict__, "tiles": tiles})
    sent = browser_config("courier", "zh", config)["tiles"]
    assert sent["url"] == "/t/{z}?tk=s3cret"
    assert sent["datum"] == "gcj02"
    assert "key" not in sent
