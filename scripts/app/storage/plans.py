"""Plans that were given a name, and links by which they are shared."""

import hashlib
import secrets
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from mediagym.data.errors import shown

from .base import Base, new_id
from .catalog import require_name
from .errors import StoreError, TakenError, UnknownError
from .records import Scenario, Share
from .tables import ADVERTISERS, JOBS, RESULTS, SCENARIOS, SHARES

_LONGEST_NOTE = 2000  # characters
_OF_PLANS = ("plan", "replan")


def digest_of(token: str) -> str:
    """Return what is kept of a token that nobody can guess."""
    return hashlib.sha256(token.encode()).hexdigest()


class Plans(Base):
    """Scenarios, the one that is adopted, and shares."""

    def save_scenario(self, advertiser: str, name: str, job_id: str, note: str = "") -> Scenario:
        """Give the plan of a job a name and return the scenario.

        Raises:
            UnknownError: there is no such job of the advertiser.
            StoreError: the job has no plan, or the name is taken or not allowed.
        """
        name = require_name(name, "scenario")
        if len(note) > _LONGEST_NOTE:
            raise StoreError(f"note: {len(note)} characters were given; allowed: {_LONGEST_NOTE}.")
        job = self._row(JOBS, "job", job_id)
        if job.advertiser != advertiser:
            raise UnknownError("job", job_id)
        if job.result is None or job.kind not in _OF_PLANS:
            raise StoreError(
                f"job {job_id}: it is a {job.kind} that is {job.state}. Allowed: a plan or a "
                "re-plan that is done. To fix: wait until it is done, or choose another job."
            )
        made = Scenario(new_id(), advertiser, name, job_id, job.result, self.clock(), note, False)
        try:
            with self.writing() as connection:
                connection.execute(sa.insert(SCENARIOS).values(**vars(made)))
        except IntegrityError:
            raise _taken(name) from None
        return made

    def scenarios(self, advertiser: str) -> list[Scenario]:
        """Return the scenarios of an advertiser, the newest first."""
        query = sa.select(SCENARIOS).where(SCENARIOS.c.advertiser == advertiser)
        query = query.order_by(SCENARIOS.c.created.desc(), SCENARIOS.c.id)
        with self.reading() as connection:
            return [Scenario(**row._mapping) for row in connection.execute(query)]

    def scenario(self, scenario_id: str) -> Scenario:
        """Return a scenario.

        Raises:
            UnknownError: there is none of that id.
        """
        return Scenario(**self._row(SCENARIOS, "scenario", scenario_id)._mapping)

    def rename_scenario(self, scenario_id: str, name: str) -> Scenario:
        """Give a scenario another name and return it.

        Raises:
            UnknownError: there is none of that id.
            StoreError: the name is taken or not allowed.
        """
        name = require_name(name, "scenario")
        change = sa.update(SCENARIOS).where(SCENARIOS.c.id == scenario_id).values(name=name)
        try:
            with self.writing() as connection:
                connection.execute(change)
        except IntegrityError:
            raise _taken(name) from None
        return self.scenario(scenario_id)

    def delete_scenario(self, scenario_id: str) -> None:
        """Forget a scenario; its result stays.

        Raises:
            UnknownError: there is none of that id.
        """
        with self.writing() as connection:
            self._row(SCENARIOS, "scenario", scenario_id, connection)
            connection.execute(sa.delete(SCENARIOS).where(SCENARIOS.c.id == scenario_id))

    def adopt(self, scenario_id: str, by: str) -> Scenario:
        """Make a scenario the plan under way, in place of the one before, and return it.

        Raises:
            UnknownError: there is none of that id.
        """
        with self.writing() as connection:
            row = self._row(SCENARIOS, "scenario", scenario_id, connection)
            one = sa.select(ADVERTISERS.c.id).where(ADVERTISERS.c.id == row.advertiser)
            connection.execute(one.with_for_update())  # one adoption after the other
            own = sa.update(SCENARIOS).where(SCENARIOS.c.advertiser == row.advertiser)
            connection.execute(own.where(SCENARIOS.c.adopted).values(adopted=False))
            connection.execute(own.where(SCENARIOS.c.id == scenario_id).values(adopted=True))
            detail = {"advertiser": row.advertiser, "name": row.name, "result": row.result}
            self._audit(connection, by, "adopt", scenario_id, detail)
        return self.scenario(scenario_id)

    def adopted(self, advertiser: str) -> Scenario | None:
        """Return the plan under way of an advertiser, if there is one."""
        return next((each for each in self.scenarios(advertiser) if each.adopted), None)

    def add_share(
        self, advertiser: str, result_id: str, by: str, expires: datetime | None = None
    ) -> tuple[Share, str]:
        """Share a result; return the share and the token of its link, which is not kept.

        Raises:
            UnknownError: there is no such result.
        """
        token = secrets.token_urlsafe(24)
        made = Share(new_id(), advertiser, result_id, self.clock(), by, expires, None)
        with self.writing() as connection:
            self._row(RESULTS, "result", result_id, connection)
            row = vars(made) | {"digest": digest_of(token)}
            connection.execute(sa.insert(SHARES).values(**row))
            self._audit(connection, by, "share", made.id, {"result": result_id})
        return made, token

    def shares(self, advertiser: str) -> list[Share]:
        """Return the shares of an advertiser, the newest first, those revoked included."""
        query = sa.select(SHARES).where(SHARES.c.advertiser == advertiser)
        with self.reading() as connection:
            rows = connection.execute(query.order_by(SHARES.c.created.desc(), SHARES.c.id))
            return [_share(row) for row in rows]

    def share_of(self, token: str) -> Share | None:
        """Return the share of a link's token; None if it is unknown, revoked or expired."""
        query = sa.select(SHARES).where(SHARES.c.digest == digest_of(token))
        with self.reading() as connection:
            row = connection.execute(query).first()
        if row is None or row.revoked is not None:
            return None
        share = _share(row)
        return None if share.expires is not None and share.expires <= self.clock() else share

    def revoke_share(self, share_id: str, by: str) -> None:
        """End a share.

        Raises:
            UnknownError: there is none of that id.
        """
        with self.writing() as connection:
            self._row(SHARES, "share", share_id, connection)
            own = sa.update(SHARES).where(SHARES.c.id == share_id, SHARES.c.revoked.is_(None))
            connection.execute(own.values(revoked=self.clock()))
            self._audit(connection, by, "revoke_share", share_id, {})


def _share(row: sa.Row[Any]) -> Share:
    return Share(**{key: value for key, value in row._mapping.items() if key != "digest"})


def _taken(name: str) -> TakenError:
    return TakenError(
        f"scenario: {shown(name)} exists already. Allowed: a new name. To fix: choose another "
        "name, or delete that scenario."
    )
