"""A database with the demo, and a folder, for as long as a bench needs them."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy.engine import URL, make_url

from bench.nearest_serving import tell
from stations.local_postgres import ensure_running
from stations.settings import REPOSITORY
from tests.conftest import create_database, drop_database, load_demo, migrate


@contextmanager
def demo() -> Iterator[tuple[URL, Path]]:
    """Lend both; they are gone afterwards."""
    server = make_url(ensure_running(REPOSITORY / ".data" / "test", progress=tell))
    url = create_database(server)
    try:
        migrate(url)
        load_demo(url)
        with tempfile.TemporaryDirectory() as name:
            yield url, Path(name)
    finally:
        drop_database(server, url)
