"""A question laid out: ground, stations and their reach, ready for every figure asked of it.

The desk is what a coverage process holds between questions. The next question about the same city
finds its demand, its streets and most columns of its reach there.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from sqlalchemy import Engine
from sqlalchemy.orm import Session

from geo.coverage import RowCoverage, cover
from geo.network import StreetNetwork
from geo.reach import BoolArray, Reach, mask_stations
from stations import calendar, register
from stations.area_tree import AreaTree, current_tree
from stations.calendar import Calendar
from stations.coverage_ground import Ground, fingerprint_of, load_ground
from stations.coverage_places import Place, Standing, active_of, places_near, standing
from stations.coverage_question import CoverageQuestion
from stations.coverage_reach import Progress, Reaches
from stations.database import read_session
from stations.errors import NetworkReplacedError
from stations.register import RegisterState


@dataclass(frozen=True, eq=False)
class Study:
    """A checked question with all that answers it. Columns of the blocks are the active stations.

    `root` is the area whose demand is allocated as a whole; the question's own lies in it.
    """

    question: CoverageQuestion
    data_version: int
    tree: AreaTree
    root: str
    ground: Ground
    places: Sequence[Place]
    routable: BoolArray
    standing: Standing
    blocks: Sequence[Reach]
    days: Calendar

    def at(self, question: CoverageQuestion) -> "Study":
        """Lay out the same question for another instant of its day: only who is open differs."""
        standing_ = standing(self.places, question, self.days, self.routable)
        return replace(self, question=question, standing=standing_)

    def cover(self, mask: BoolArray) -> RowCoverage:
        """Give people to the stations of a mask."""
        masked = (mask_stations(block, mask) for block in self.blocks)
        return cover(masked, self.ground.demand, self.standing.capacity)

    @cached_property
    def nominal(self) -> RowCoverage:
        """Coverage by the stations that count."""
        return self.cover(self.standing.counted)

    @cached_property
    def effective(self) -> RowCoverage:
        """Coverage by those of them that were checked not long ago."""
        return self.cover(self.standing.effective)

    @cached_property
    def possible(self) -> RowCoverage:
        """Coverage if every station of unknown hours were open as well."""
        if not self.standing.unknown.any():
            return self.nominal
        return self.cover(self.standing.counted | self.standing.unknown)


class Desk:
    """What a coverage process holds. Not to be shared between threads.

    `look` returns the network in use, as `StreetsInUse.look` does.
    """

    def __init__(
        self,
        engine: Engine,
        look: Callable[[], StreetNetwork | None] = lambda: None,
        progress: Progress = lambda _done, _of: None,
    ) -> None:
        self.engine = engine
        self.network = look()
        self.reaches = Reaches(engine, self.network)
        self.grounds: dict[str, Ground] = {}
        self._checked: dict[str, RegisterState] = {}  # at which a ground was last compared
        self._look = look
        self._progress = progress
        self._last: Study | None = None
        self._last_state: RegisterState | None = None

    def study(self, question: CoverageQuestion) -> Study:
        """Lay a checked question out, as the register is now.

        Raises AreaNotFoundError, NoDemandError, NetworkReplacedError, DatabaseUnavailableError.
        """
        self._take_streets(question.network)
        with read_session(self.engine) as session:
            state = register.state(session)
            last = self._last
            if last is not None and self._last_state == state:
                if last.question == question:
                    return last
                if replace(last.question, at=question.at) == question:
                    self._last = last.at(question)
                    return self._last
            tree = current_tree(session)
            root = tree.ground_of(question.area)
            ground = self._ground(session, tree, root, state)
            places = places_near(session, question, ground, tree, root)
            days = calendar.current(session)
        active = active_of(places)
        positions = [(place.lon, place.lat) for place in active]
        columns = self.reaches.of(ground, question, positions, self._progress)
        standing_ = standing(places, question, days, columns.routable)
        self._last_state = state
        self._last = Study(
            question,
            state.version,
            tree,
            root,
            ground,
            places,
            columns.routable,
            standing_,
            columns.blocks,
            days,
        )
        return self._last

    def _take_streets(self, wanted: str | None) -> None:
        """Make sure that the network is the one that a question names."""
        if wanted is None or (self.network is not None and self.network.id == wanted):
            return
        self.network = self._look()
        self.reaches = Reaches(self.engine, self.network)
        self._last = None
        if self.network is None or self.network.id != wanted:
            raise NetworkReplacedError

    def _ground(self, session: Session, tree: AreaTree, root: str, state: RegisterState) -> Ground:
        """Return the ground from memory, if the database still says the same; else load it.

        Within one state of the register nobody asks the database, which takes 0.1 s to say so.
        """
        leaves = tree.leaves(root)
        if self._checked.get(root) == state:
            return self.grounds[root]
        fingerprint = fingerprint_of(session, leaves)
        known = self.grounds.get(root)
        if known is None or known.fingerprint != fingerprint or known.leaf_codes != tuple(leaves):
            known = self.grounds[root] = load_ground(session, leaves, fingerprint)
        self._checked[root] = state
        return known
