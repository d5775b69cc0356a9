"""What people may search by: one entry a station, area and place; and the places themselves."""

from geoalchemy2 import Geography, WKBElement
from sqlalchemy import CheckConstraint, ForeignKey, Index, Integer, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from stations.tables.base import Table, one_of

ENTRY_TYPES = ("station", "area", "place")


class Place(Table):
    """A place that an OpenStreetMap extract or another file names; people start from it."""

    __tablename__ = "places"
    __table_args__ = (
        CheckConstraint("btrim(name) <> ''", name="name"),
        Index("ix_places_source_code", "source_code"),
        Index("ix_places_area_code", "area_code"),
    )

    code: Mapped[str] = mapped_column(primary_key=True)
    source_code: Mapped[str] = mapped_column(ForeignKey("sources.code"))
    name: Mapped[str]
    name_en: Mapped[str | None]
    aliases: Mapped[list[str]] = mapped_column(server_default=text("'{}'"))
    kind: Mapped[str]
    address: Mapped[str | None]
    area_code: Mapped[str | None] = mapped_column(ForeignKey("areas.code"))
    position: Mapped[WKBElement] = mapped_column(Geography("POINT", srid=4326, spatial_index=False))


class SearchEntry(Table):
    """The folded texts of one thing, and the hashed grams that they are found by.

    Derived from the station, area or place in the same transaction. Whether a station may be shown
    is never copied here: a search asks the station itself.
    """

    __tablename__ = "search_entries"
    __table_args__ = (
        CheckConstraint(one_of("type", ENTRY_TYPES), name="type"),
        # rare texts: those that hold all the grams. The list of pending entries, which makes an
        # import three times as fast, is kept short, for every search reads through it
        Index(
            "ix_search_entries_grams",
            "grams",
            postgresql_using="gin",
            postgresql_with={"gin_pending_list_limit": 1024},
        ),
        # common texts: only those with a name that is short enough, or near enough
        Index("ix_search_entries_name_length_code", "name_length", "code"),
        Index("ix_search_entries_position", "position", postgresql_using="gist"),
    )

    type: Mapped[str] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str]
    name_length: Mapped[int]
    alias: Mapped[str]
    brand: Mapped[str]
    areas: Mapped[list[str]]
    kinds: Mapped[list[str]]
    address: Mapped[str]
    pinyin: Mapped[str]
    initials: Mapped[str]
    grams: Mapped[list[int]] = mapped_column(ARRAY(Integer))
    position: Mapped[WKBElement | None] = mapped_column(
        Geography("POINT", srid=4326, spatial_index=False)
    )


class SearchState(Table):
    """One row: by which rules the entries were made; other rules make them anew."""

    __tablename__ = "search_state"
    __table_args__ = (CheckConstraint("one_row", name="one_row"),)

    one_row: Mapped[bool] = mapped_column(primary_key=True, server_default=text("true"))
    rules: Mapped[str]
