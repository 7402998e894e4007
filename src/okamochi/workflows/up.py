"""`okamochi up`: build, start, wait until healthy."""

from collections.abc import Collection
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from okamochi.errors import BuildError, OkamochiError, PlanError, UnhealthyError
from okamochi.run.engine import Engine
from okamochi.run.proof.answer import Outcome, Verdict
from okamochi.run.state import UpRecord
from okamochi.run.traces import Cause
from okamochi.run.wait import FailingPage, GoesOn
from okamochi.system.meanwhile import beside
from okamochi.system.world import World
from okamochi.workflows.build import Building, BuildRequest
from okamochi.workflows.mending.failed import Failed
from okamochi.workflows.mending.failed_start import FailedStart
from okamochi.workflows.mending.hints import hint_for
from okamochi.workflows.mending.looked_round import looked_round, seen_in_log
from okamochi.workflows.starting.apps import App, app_of, tell_moved
from okamochi.workflows.starting.backing import backed
from okamochi.workflows.starting.built_and_loaded import built_and_loaded
from okamochi.workflows.starting.chosen_engine import chosen_engine
from okamochi.workflows.starting.env_values import Reading, Values, read_values, tell_unread_file
from okamochi.workflows.starting.previous import Previous
from okamochi.workflows.starting.project_folder import typed
from okamochi.workflows.starting.secrets_untold import secrets_untold
from okamochi.workflows.starting.setup import offer_setup, tell_setups
from okamochi.workflows.starting.stack_services import refuse_absent, served_secrets, tell_stores
from okamochi.workflows.starting.start import Start
from okamochi.workflows.starting.superseded import remove_superseded
from okamochi.workflows.starting.web_port import WebPort

__all__ = ["UpRequest", "up"]

MOST_STARTS = 6


@dataclass(frozen=True, kw_only=True)
class UpRequest:
    """What was asked for on the command line; None and empty mean: decide."""

    build: BuildRequest
    engine: str | None = None
    port: int | None = None
    env_file: Path | None = None
    setup: tuple[str, ...] = ()


def up(request: UpRequest, world: World, *, app: App | None = None) -> UpRecord:
    """The record of what is serving, healthy, at its URL; `app` is the folder's own unless it is given."""
    own = app_of(request.build.path, world)
    app = app or own
    with app.state.lock(world.reporter), app.state.secrets_kept(unless=GoesOn), secrets_untold(app.state):
        is_first = app.state.record() is None
        if is_first and app == own:
            tell_moved(app, world)
        with beside(partial(engine_and_log, request.engine, app, world)) as asked:
            building = Building.open(request.build, world)
        engine, log = asked.result()
        reading = Reading(on_this_machine=engine.name == "host")
        values = read_values(
            building.plan, request.env_file, app.state, world, project=request.build.path, reading=reading
        )
        tell_unread_file(building.plan, request.env_file, request.build.path, world)
        tell_stores(building.plan, values, world)
        values, known = backed(building.plan, values, engine, app, world)
        refuse_absent(building.plan, known, engine, app.state)  # before a build is spent on it
        correction = seen_in_log(log, building, "the log of what serves saw") if log else None
        if correction is not None:
            building.attempt(correction)
        try:
            record = mended(app, building, engine, values, request)
        except FailingPage:  # the last one: what was tried in between is gone
            world.reporter.note(
                f"it goes on running: '{typed(app.root, 'exec')} COMMAND' may mend it, "
                f"'{typed(app.root, 'down')}' ends it"
            )
            raise
        except BaseException:
            if engine.name == "host" and app.state.record() is None:
                from okamochi.workflows.starting.own_servers import stop_own_servers

                stop_own_servers(engine, app)
            raise
        if is_first:
            tell_setups(building.plan, app, world)
        app.state.forget_given_secrets(but=(*known.secret_names, *served_secrets(building.plan)))
        remove_superseded(app.state, engine)
    world.cache.prune_when_due()
    return record


def mended(app: App, building: Building, engine: Engine, values: Values, request: UpRequest) -> UpRecord:
    """The record of what serves; what a start or its pages show that the app writes is given to it, and the
    start tried again."""
    world = building.world
    failed: FailedStart | None = None
    told: set[int] = set()
    for left in reversed(range(MOST_STARTS)):
        previous = Previous.of(app, world)
        if request.port is not None:  # a taken port is told before a build is spent on it
            WebPort(request.port, building.plan.web.port, previous, world).choose()
        try:
            loaded = built_and_loaded(app, building, engine, values)
        except (BuildError, PlanError) as error:
            if failed is None:
                tell_better(error, building)
                raise
            failed.refuse(building, error)
        else:
            try:
                record = Start(
                    app=app,
                    loaded=loaded,
                    previous=previous,
                    engine=engine,
                    values=values,
                    port=request.port,
                    setup=request.setup,
                    told=told,
                    world=world,
                ).started()
            except UnhealthyError as failure:
                offer_setup(failure, loaded.built.plan, app.root)
                given = (*dict(values.plain), *values.secret_names)
                tell_better(failure, building, given, failure.log)
                failed = FailedStart(failure, building.plan_now(), loaded.built, loaded.reference, failed)
            else:
                failed = None
                if not loaded.fresh or not left:
                    return record
                correction = looked_round(record, building, engine, loaded.pages)
                if correction is None:
                    return record
        if failed is not None:
            correction = failed.correction(building, engine, dict(values.plain))
            if correction is None:
                raise failed.failure
        assert correction is not None  # else it was returned or raised above
        building.attempt(correction)
    raise failure_of_many(app)


def tell_better(
    failure: OkamochiError, building: Building, given: Collection[str] = (), log: str = ""
) -> None:
    verdict = Verdict(outcome=Outcome.FAILED, cause=Cause(failure.message, failure.hint))
    failed = Failed(verdict, None, building.plan_now(), log=log, given=given)
    failure.hint = hint_for(failed) or failure.hint


def engine_and_log(asked: str | None, app: App, world: World) -> tuple[Engine, str]:
    """What is to run the app, and the log of what serves, "" where nothing does: it may have met a path that
    it could not write long after its start. An engine takes its time to answer."""
    engine = chosen_engine(asked, world, record=app.state.record())
    previous = Previous.of(app, world)
    if previous.engine is None or not previous.serving_port:
        return engine, ""
    return engine, previous.engine.logs(previous.name, tail=500)


def failure_of_many(app: App) -> UnhealthyError:
    return UnhealthyError(
        f"the app was started {MOST_STARTS} times, and each time it could not write somewhere else",
        where=str(app.root),
        hint="let it write below one folder, and name that in [tool.okamochi] volumes",
    )
