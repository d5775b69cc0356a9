"""The entries that text search reads: made of stations, areas and places in the same transaction.

Every writer of stations calls `refresh` with the codes that it wrote; who loads areas or places
calls `refresh_areas` or `refresh_places`. A migration to other rules makes all entries anew.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Text, cast, delete, func, or_, select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session, aliased

from stations.bulk import copy_columns
from stations.pinyin import fold, initials, readings
from stations.search_grams import hashed, pair_grams, piece_grams, start_grams
from stations.tables import Area, Place, SearchEntry, SearchState, Station

RULES = "1"
"""Raise this when a text is folded, read or cut into grams in another way."""

BATCH = 5_000
STATION, AREA, PLACE = "station", "area", "place"


@dataclass(frozen=True)
class Texts:
    """What one station, area or place is found by, as written; `position` is hex EWKB."""

    code: str
    name: str
    aliases: tuple[str, ...] = ()
    brand: str = ""
    areas: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ()
    address: str = ""
    position: str | None = None


def refresh(session: Session, codes: Sequence[str]) -> None:
    """Make the entries of these stations anew; call it after writing them."""
    for some in _in_batches(codes):
        _replace(session, STATION, some, _station_texts(session, Station.code.in_(some)))


def refresh_areas(session: Session, codes: Sequence[str]) -> None:
    """Make the entries of these areas anew, and of all that names one of them as its area."""
    for some in _in_batches(codes):
        parts = session.scalars(select(Area.code).where(Area.parent_code.in_(some)))
        listed = sorted({*some, *parts})
        _replace(session, AREA, listed, _area_texts(session, Area.code.in_(listed)))
        here = or_(Station.area_code.in_(some), Station.town_code.in_(some))
        refresh(session, session.scalars(select(Station.code).where(here)).all())
        there = Place.area_code.in_(some)
        refresh_places(session, session.scalars(select(Place.code).where(there)).all())


def refresh_places(session: Session, codes: Sequence[str]) -> None:
    """Make the entries of these places anew."""
    for some in _in_batches(codes):
        _replace(session, PLACE, some, _place_texts(session, Place.code.in_(some)))


def rebuild(session: Session) -> None:
    """Make all entries anew in the caller's transaction; writers of stations wait for its end."""
    session.execute(text("LOCK TABLE search_entries IN SHARE ROW EXCLUSIVE MODE"))
    session.execute(delete(SearchEntry))
    stations = session.scalars(select(Station.code).order_by(Station.code)).all()
    refresh(session, stations)
    areas = session.scalars(select(Area.code).order_by(Area.code)).all()
    _replace(session, AREA, areas, _area_texts(session, Area.code.in_(areas)))
    refresh_places(session, session.scalars(select(Place.code).order_by(Place.code)).all())
    state = insert(SearchState).values(rules=RULES)
    session.execute(
        state.on_conflict_do_update(
            index_elements=[SearchState.one_row], set_={"rules": state.excluded.rules}
        )
    )
    session.execute(text("ANALYZE search_entries"))


def ensure(session: Session) -> bool:
    """Make all entries anew where other rules made them, or none; return whether that was so."""
    if session.scalars(select(SearchState.rules)).one_or_none() == RULES:
        return False
    session.execute(text("SET LOCAL statement_timeout = 0"))
    rebuild(session)
    return True


def columns_of(type_: str, texts: Texts) -> dict[str, Any]:
    """Return the entry of one thing. Several texts in one column stand apart by a blank."""
    name = fold(texts.name)
    aliases, areas = _folded(texts.aliases), _folded(texts.areas)
    brand, address = fold(texts.brand), fold(texts.address)
    of_name = readings(texts.name)
    others = (*texts.aliases, texts.brand)
    of_others = [reading for other in others if other for reading in readings(other)]
    grams = {hashed("=", name), *start_grams("^", name), *piece_grams("n", name)}
    for alias in aliases:
        grams.update(piece_grams("a", alias))
    grams.update(piece_grams("b", brand))
    grams.update(piece_grams("d", address))
    # of few areas and kinds, which are looked up first, a gram is a whole one
    grams.add(hashed("c", fold(texts.code)))
    grams.update(hashed("r", area) for area in areas)
    grams.update(hashed("k", kind) for kind in texts.kinds)
    grams.update(_reading_grams(of_name, of_others))
    return {
        "type": type_,
        "code": texts.code,
        "name": name,
        "name_length": len(name),
        "alias": " ".join(aliases),
        "brand": brand,
        "areas": areas,
        "kinds": list(texts.kinds),
        "address": address,
        "pinyin": _lines((" " + " ".join(each) for each in of_name), "|")
        + _lines((" " + " ".join(each) for each in of_others), "#"),
        "initials": _lines(map(initials, of_name), "|") + _lines(map(initials, of_others), "#"),
        "grams": grams,
        "position": texts.position,
    }


def _reading_grams(
    of_name: Iterable[tuple[str, ...]], of_others: Iterable[tuple[str, ...]]
) -> set[int]:
    grams: set[int] = set()
    for reading in of_name:
        joined, short = "".join(reading), initials(reading)
        grams |= {hashed("P", joined), hashed("I", short)}
        grams.update(start_grams("Q", joined))
        grams.update(start_grams("J", short))
    for reading in (*of_name, *of_others):
        joined = "".join(reading)
        start = 0
        for syllable in reading:
            grams.update(start_grams("p", joined[start : start + 4]))
            start += len(syllable)
        grams.update(pair_grams("l", joined))
        grams.update(piece_grams("i", initials(reading)))
    return grams


def _lines(texts: Iterable[str], mark: str) -> str:
    """Return readings one after the other: each begins with the mark and ends with a semicolon."""
    return "".join(f"{mark}{text};" for text in dict.fromkeys(texts))


def _folded(texts: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(filter(None, map(fold, texts))))


def _station_texts(session: Session, condition: Any) -> Iterator[Texts]:
    area, town = aliased(Area), aliased(Area)
    query = (
        select(
            *(Station.code, Station.name, Station.name_en, Station.aliases, Station.brand),
            *(Station.kind, Station.also_kinds, Station.address),
            area.name.label("area"),
            town.name.label("town"),
            cast(Station.position, Text).label("position"),
        )
        .outerjoin(area, area.code == Station.area_code)
        .outerjoin(town, town.code == Station.town_code)
        .where(condition)
    )
    for row in session.execute(query):
        yield Texts(
            code=row.code,
            name=row.name,
            aliases=tuple(filter(None, (*row.aliases, row.name_en))),
            brand=row.brand or "",
            areas=tuple(filter(None, (row.area, row.town))),
            kinds=(row.kind, *row.also_kinds),
            address=row.address or "",
            position=row.position,
        )


def _area_texts(session: Session, condition: Any) -> Iterator[Texts]:
    parent = aliased(Area)
    inside = func.geography(func.ST_PointOnSurface(Area.boundary))
    query = (
        select(
            *(Area.code, Area.name, Area.name_en),
            parent.name.label("parent"),
            cast(inside, Text).label("position"),
        )
        .outerjoin(parent, parent.code == Area.parent_code)
        .where(condition)
    )
    for row in session.execute(query):
        yield Texts(
            code=row.code,
            name=row.name,
            aliases=tuple(filter(None, (row.name_en,))),
            areas=tuple(filter(None, (row.parent,))),
            position=row.position,
        )


def _place_texts(session: Session, condition: Any) -> Iterator[Texts]:
    query = (
        select(
            *(Place.code, Place.name, Place.name_en, Place.aliases, Place.kind, Place.address),
            Area.name.label("area"),
            cast(Place.position, Text).label("position"),
        )
        .outerjoin(Area, Area.code == Place.area_code)
        .where(condition)
    )
    for row in session.execute(query):
        yield Texts(
            code=row.code,
            name=row.name,
            aliases=tuple(filter(None, (*row.aliases, row.name_en))),
            areas=tuple(filter(None, (row.area,))),
            kinds=(row.kind,),
            address=row.address or "",
            position=row.position,
        )


def _in_batches(codes: Sequence[str]) -> Iterator[tuple[str, ...]]:
    """Cut codes into parts of a size that one statement takes, in one order for every writer."""
    ordered = sorted(set(codes))
    for start in range(0, len(ordered), BATCH):
        yield tuple(ordered[start : start + BATCH])


def _replace(session: Session, type_: str, codes: Sequence[str], texts: Iterable[Texts]) -> None:
    session.flush()
    gone = delete(SearchEntry).where(SearchEntry.type == type_, SearchEntry.code.in_(codes))
    session.execute(gone)
    entries = [columns_of(type_, each) for each in texts]
    if entries:
        for entry in entries:
            entry["grams"] = "{" + ",".join(map(str, sorted(entry["grams"]))) + "}"
        names = list(entries[0])
        columns = {name: [entry[name] for entry in entries] for name in names}
        copy_columns(session, SearchEntry.__tablename__, columns)
