"""The fields that the console offers for a column are those that an import knows."""

import json
import re

from stations.columns import COLUMNS
from stations.settings import REPOSITORY

WEB = REPOSITORY / "web"


def test_the_console_offers_every_field_of_an_import_with_its_words() -> None:
    source = (WEB / "console" / "import_types.ts").read_text(encoding="utf-8")
    listed = re.search(r"FIELDS: readonly string\[\] = \[(.*?)\]", source, re.DOTALL)
    assert listed is not None
    fields = re.findall(r'"(\w+)"', listed[1])
    assert fields == list(COLUMNS)
    for lang in ("zh", "en"):
        texts = json.loads((WEB / "messages" / f"{lang}.json").read_text(encoding="utf-8"))
        assert [field for field in fields if f"import.field_{field}" not in texts] == []
