"""The NUANYI_* settings, read once at start-up; docs/settings.md describes each for operators."""

from functools import cache
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, Field, SecretStr, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

from geo.coordinates import Datum

REPOSITORY = Path(__file__).resolve().parent.parent

LOOPBACK_HOSTS = frozenset({"127.0.0.1", "::1", "localhost"})


class Tiles(BaseModel):
    """A raster base map of the operator's choice; none is required."""

    url: str
    subdomains: str = ""
    datum: Datum = Datum.WGS84
    key: SecretStr | None = None
    attribution: str = ""
    max_zoom: int = Field(default=18, ge=1, le=22)


class Settings(BaseSettings):
    """What an operator may set; every name is an environment variable NUANYI_<NAME>."""

    model_config = SettingsConfigDict(
        env_prefix="NUANYI_", env_ignore_empty=True, extra="ignore", frozen=True
    )

    database_url: SecretStr | None = None
    data_dir: Path = REPOSITORY / ".data"
    host: str = "127.0.0.1"
    port: int = Field(default=8000, ge=1, le=65535)
    workers: int = Field(default=1, ge=1, le=64)
    lang: Literal["zh", "en"] | None = None

    code_prefix: str = Field(default="NB", pattern=r"^[A-Z]{2,4}$")
    root_area: str = "330200"
    hotline: str = "12351"
    tiles: Tiles | None = None
    map_approval_number: str = ""
    rules_dir: Path | None = None
    trusted_proxies: str = ""
    frame_ancestors: str = Field(default="'self'", pattern=r"^[^;,\r\n]+$")

    upload_max_mb: int = Field(default=20, ge=1, le=100)
    amap_key: SecretStr | None = None
    tianditu_key: SecretStr | None = None

    demo_logins: Literal["auto", "on", "off"] = "auto"
    session_hours: int = Field(default=12, ge=1, le=720)
    secure_cookies: bool | None = None

    background_niceness: int = Field(default=10, ge=0, le=19)
    planners_wait: bool = True
    pool_size: int = Field(default=6, ge=1, le=64)
    statement_timeout_ms: int = Field(default=10_000, ge=100, le=3_600_000)
    lock_timeout_ms: int = Field(default=3_000, ge=100, le=3_600_000)

    @field_validator("database_url")
    @classmethod
    def _is_postgresql(cls, value: SecretStr | None) -> SecretStr | None:
        """Accept what libpq does, a socket's directory as `?host=` too."""
        if value is None:
            return None
        try:
            name = make_url(value.get_secret_value()).get_backend_name()
        except ArgumentError:
            name = ""
        if name not in {"postgresql", "postgres"}:
            raise ValueError("postgresql://user:password@host:port/database is needed")
        return value

    @property
    def is_loopback(self) -> bool:
        """Whether the service listens only to this machine."""
        return self.host in LOOPBACK_HOSTS

    @property
    def demo_logins_allowed(self) -> bool:
        """Demo accounts may log in: on this machine by default, elsewhere only when asked for."""
        return self.demo_logins == "on" or (self.demo_logins == "auto" and self.is_loopback)


@cache
def load_settings() -> Settings:
    """Read the settings from the environment, once per process."""
    return Settings()
