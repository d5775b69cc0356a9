"""The application on a fresh PostGIS database, with two districts and a few people."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import pytest
from fastapi import FastAPI
from httpx2 import Response
from pydantic import SecretStr
from sqlalchemy import Engine
from sqlalchemy.engine import URL
from sqlalchemy.orm import Session
from starlette.testclient import TestClient

from api.app import create_app
from api.direct_nearest import DirectNearest
from stations import accounts
from stations.settings import Settings
from tests.factories import add_areas

PASSWORD = "an honest password"


@contextmanager
def lent_app(database: URL) -> Iterator[FastAPI]:
    """Lend the application on a database, and close all that it opened without being served."""
    url = SecretStr(database.render_as_string(hide_password=False))
    app = create_app(Settings(database_url=url))
    yield app
    app.state.coverage.close()
    app.state.asker.close()
    app.state.engine.dispose()


@pytest.fixture
def app(database: URL, engine: Engine) -> Iterator[FastAPI]:
    with Session(engine) as session:
        add_areas(session)
        session.commit()
    with lent_app(database) as app:
        yield app


@pytest.fixture
def client(app: FastAPI) -> TestClient:
    # not entered: the coverage worker then starts only where a test asks for coverage
    return TestClient(app, base_url="http://127.0.0.1")


@pytest.fixture
def documented_app(app: FastAPI) -> FastAPI:
    """The same application without what answers nearest first: the framework's parsing does."""
    first: Any = DirectNearest
    kept = [each for each in app.user_middleware if each.cls is not first]
    assert len(kept) == len(app.user_middleware) - 1
    other = FastAPI()
    other.router.routes[:] = app.router.routes
    other.state = app.state
    other.exception_handlers = app.exception_handlers
    other.user_middleware = kept
    return other


@dataclass(frozen=True)
class Person:
    """A browser that is logged in."""

    client: TestClient
    headers: dict[str, str]

    def patch(self, code: str, body: object, version: int | str | None) -> Response:
        headers = self.headers | {"Content-Type": "application/merge-patch+json"}
        if version is not None:
            headers["If-Match"] = f'"{version}"'
        content = json.dumps(body)  # ASCII: a lone surrogate goes out as its escape
        return self.client.patch(f"/v1/stations/{code}", content=content, headers=headers)


LogIn = Callable[..., Person]


@pytest.fixture
def log_in(app: FastAPI, engine: Engine) -> LogIn:
    def log_in(
        login: str = "manager", role: str = "manager", areas: tuple[str, ...] = ("330203",)
    ) -> Person:
        with Session(engine) as session:
            accounts.add(
                session, login=login, name=login, role=role, password=PASSWORD, areas=areas
            )
            session.commit()
        client = TestClient(app, base_url="http://127.0.0.1")
        reply = client.post("/v1/session", json={"login": login, "password": PASSWORD})
        assert reply.status_code == 201, reply.text
        return Person(client, {"X-CSRF-Token": reply.json()["csrf_token"]})

    return log_in
