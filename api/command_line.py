"""What every command shares: language, progress, checked settings, and a database that is up."""

import os
from collections.abc import Iterator
from contextlib import contextmanager

import click
from pydantic import ValidationError
from sqlalchemy import Engine

from geo.coordinates import Datum
from stations.database import database_url, make_engine, wait_until_up
from stations.errors import InvalidInputError
from stations.settings import Settings, load_settings

START_TIMEOUT_S = 60.0


def language() -> str:
    """Return the language of the command line: NUANYI_LANG, or else the locale's, or Chinese."""
    asked = os.environ.get("NUANYI_LANG", "")
    if asked in {"zh", "en"}:
        return asked
    locale = os.environ.get("LC_ALL") or os.environ.get("LC_MESSAGES") or os.environ.get("LANG", "")
    return "en" if locale.startswith("en") else "zh"


def say(zh: str, en: str) -> None:
    """Print a remark."""
    click.echo(en if language() == "en" else zh, err=True)


def progress(line: str) -> None:
    """Print how far a long step is."""
    click.echo(f"· {line}", err=True)


def read_datum(text: str, option: str) -> Datum:
    """Read the name of a datum; InvalidInputError names the option."""
    if text not in set(Datum):
        raise InvalidInputError(
            field=option,
            problem_zh=f"没有“{text}”这种坐标系（{'、'.join(Datum)}）",
            problem_en=f"there is no datum “{text}” ({', '.join(Datum)})",
        )
    return Datum(text)


@contextmanager
def writing(option: str) -> Iterator[None]:
    """Say of a file that cannot be written that it cannot, naming the option."""
    try:
        yield
    except OSError as error:
        raise InvalidInputError(
            field=option,
            problem_zh=f"写不了这个文件（{error.strerror}）",
            problem_en=f"the file cannot be written ({error.strerror})",
        ) from error


def checked_settings() -> Settings:
    """Read the settings; a wrong one is a sentence that names it."""
    try:
        return load_settings()
    except ValidationError as error:
        first = error.errors()[0]
        name = f"NUANYI_{first['loc'][0]}".upper()
        raise InvalidInputError(
            field=name, problem_zh=f"设置有误（{first['msg']}）", problem_en=first["msg"]
        ) from error


@contextmanager
def opened(settings: Settings) -> Iterator[Engine]:
    """Start the database where it is ours, wait for it, and lend an engine."""
    with engine_of(settings) as engine:
        wait_until_up(engine, START_TIMEOUT_S)
        yield engine


@contextmanager
def engine_of(settings: Settings) -> Iterator[Engine]:
    """Start the database where it is ours, and lend an engine."""
    engine = make_engine(database_url(settings, progress), settings)
    try:
        yield engine
    finally:
        engine.dispose()
