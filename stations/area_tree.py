"""Which areas lie in which: the parts with a shape, their leaves, and the root above them."""

from collections.abc import Iterable

from sqlalchemy.orm import Session

from stations import register
from stations.areas import ListedArea, list_areas
from stations.errors import AreaNotFoundError, NoBoundaryError
from stations.register import RegisterState


class AreaTree:
    """Areas by code with their parents. Zones overlap districts, so they are nobody's part."""

    def __init__(self, areas: Iterable[ListedArea]) -> None:
        self._areas = {area.code: area for area in areas}
        self._parts: dict[str, list[ListedArea]] = {}
        for code in sorted(self._areas):
            area = self._areas[code]
            if area.parent_code is not None and area.has_boundary and area.level != "zone":
                self._parts.setdefault(area.parent_code, []).append(area)

    def bounded(self, code: str, *, field: str = "area") -> ListedArea:
        """Return an area whose coverage can be told.

        Raises AreaNotFoundError, or NoBoundaryError for an area without a shape.
        """
        area = self._areas.get(code)
        if area is None:
            raise AreaNotFoundError(field=field, value=code)
        if not area.has_boundary:
            raise NoBoundaryError(field=field, value=area.name)
        return area

    def is_zone(self, code: str) -> bool:
        """Whether an area is a zone, which cuts through cells and is nobody's part."""
        return self._areas[code].level == "zone"

    def parts(self, code: str) -> list[ListedArea]:
        """Return the areas one level down that have a shape, by code."""
        return self._parts.get(code, [])

    def leaves(self, code: str) -> list[str]:
        """Return by code the areas under `code`, or itself, that are not divided further."""
        parts = self.parts(code)
        if not parts:
            return [code]
        return sorted(leaf for part in parts for leaf in self.leaves(part.code))

    def inner(self, code: str) -> list[str]:
        """Return `code` and all areas with a shape under it."""
        return [code, *(inner for part in self.parts(code) for inner in self.inner(part.code))]

    def root_of(self, code: str) -> str:
        """Return the topmost area with a shape that `code` is part of."""
        parent = self._areas[code].parent_code
        if parent is None or not self._areas[parent].has_boundary:
            return code
        return self.root_of(parent)

    def ground_of(self, code: str) -> str:
        """Return the area whose demand is allocated as a whole when `code` is asked for.

        Raises AreaNotFoundError.
        """
        if code not in self._areas:
            raise AreaNotFoundError(field="area", value=code)
        return self.root_of(code)

    def within(self, code: str | None, outer: str) -> bool:
        """Whether the area `code`, shape or not, is `outer` or lies under it."""
        while code is not None and code != outer:
            code = self._areas[code].parent_code
        return code is not None


def read_tree(session: Session) -> AreaTree:
    """Read all areas, without their shapes."""
    return AreaTree(list_areas(session))


_last: list[tuple[RegisterState, AreaTree]] = []


def current_tree(session: Session) -> AreaTree:
    """Return what `read_tree` does, from memory as long as the register is in the same state.

    For those who only read: a transaction that changes areas sees its own with `read_tree`.
    """
    state = register.state(session)
    for known, tree in _last:
        if known == state:
            return tree
    tree = read_tree(session)
    if register.state(session) == state:  # nothing was committed between the two
        _last[:] = [(state, tree)]
    return tree
