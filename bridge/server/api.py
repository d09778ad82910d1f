"""The API: the page's facts and actions for programs."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping, Sequence
from functools import cache
from typing import Any, Final

from aiohttp import web
from pydantic import BaseModel, ValidationError

from bridge.observe import facts, target_facts
from bridge.observe.board import Board
from bridge.server.asked import Order, PauseOrder, TargetsAsked
from bridge.server.desk import Desk, Refused
from bridge.server.guard import Guard, who
from bridge.server.openapi import Operation, description

_ERRORS: Final = (400, 401, 403, 404, 409, 415, 429, 503)
OPERATIONS: Final = (
    Operation(
        method="get",
        path="/api/v1/overview",
        name="overview",
        summary="the service and its state repos",
        answer=facts.Overview,
    ),
    Operation(
        method="get",
        path="/api/v1/targets",
        name="targets",
        summary="a page of the targets",
        answer=target_facts.TargetPage,
        query=TargetsAsked,
        errors=(400,),
    ),
    Operation(
        method="get",
        path="/api/v1/targets/{id}",
        name="target",
        summary="one target, its metrics and chart",
        answer=target_facts.TargetDetail,
        errors=(404,),
    ),
    Operation(
        method="get",
        path="/api/v1/commits",
        name="commits",
        summary="the last commits",
        answer=target_facts.CommitList,
    ),
    Operation(
        method="get",
        path="/api/v1/sources",
        name="sources",
        summary="who is asked and told",
        answer=facts.SourceList,
    ),
    Operation(
        method="get",
        path="/api/v1/confirmations",
        name="confirmations",
        summary="what each source says of our newest commit",
        answer=facts.ConfirmationList,
    ),
    Operation(
        method="get",
        path="/api/v1/credentials",
        name="credentials",
        summary="when those in use end",
        answer=facts.CredentialList,
    ),
    Operation(
        method="get",
        path="/api/v1/batches",
        name="batches",
        summary="what waits for the next commit",
        answer=facts.BatchList,
    ),
    Operation(
        method="post",
        path="/api/v1/targets/{id}/release",
        name="release",
        summary="end a hold or a pause, by a commit",
        answer=facts.Done,
        body=Order,
        errors=_ERRORS,
    ),
    Operation(
        method="post",
        path="/api/v1/targets/{id}/pause",
        name="pause",
        summary="keep the count until a time, by a commit",
        answer=facts.Done,
        body=PauseOrder,
        errors=_ERRORS,
    ),
    Operation(
        method="post",
        path="/api/v1/targets/{id}/evaluate",
        name="evaluate",
        summary="look, ask and decide now",
        answer=facts.Done,
        body=Order,
        errors=_ERRORS,
    ),
)


@cache
def _described() -> str:
    return json.dumps(description(OPERATIONS))


class Api:
    """Answers in JSON; an error is an object with the field `error`."""

    def __init__(self, board: Board, desk: Desk, guard: Guard) -> None:
        self._board = board
        self._desk = desk
        self._guard = guard

    @property
    def routes(self) -> Sequence[web.RouteDef]:
        """One for each operation, and their description."""
        answers: Mapping[str, Callable[[web.Request], Awaitable[BaseModel]]] = {
            "overview": self._overview,
            "targets": self._targets,
            "target": self._target,
            "commits": self._commits,
            "sources": self._sources,
            "confirmations": self._confirmations,
            "credentials": self._credentials,
            "batches": self._batches,
            "release": self._act,
            "pause": self._act,
            "evaluate": self._act,
        }
        routes = [
            web.route(one.method.upper(), one.path, _answering(answers[one.name]))
            for one in OPERATIONS
        ]
        return [*routes, web.get("/api/v1/openapi.json", self._openapi)]

    async def _openapi(self, _: web.Request) -> web.Response:
        text = await asyncio.to_thread(_described)  # a tenth of a second, the first time
        return web.Response(text=text, content_type="application/json")

    async def _overview(self, _: web.Request) -> BaseModel:
        return self._board.overview()

    async def _targets(self, request: web.Request) -> BaseModel:
        asked = TargetsAsked.model_validate(dict(request.query))
        return self._board.targets(self._board.shown(asked.wanted))

    async def _target(self, request: web.Request) -> BaseModel:
        found = self._board.target(request.match_info["id"])
        if found is None:
            raise Refused(404, "no such target: see /api/v1/targets")
        return found

    async def _commits(self, _: web.Request) -> BaseModel:
        return self._board.commits()

    async def _sources(self, _: web.Request) -> BaseModel:
        return self._board.sources()

    async def _confirmations(self, _: web.Request) -> BaseModel:
        return self._board.confirmations()

    async def _credentials(self, _: web.Request) -> BaseModel:
        return self._board.credentials()

    async def _batches(self, _: web.Request) -> BaseModel:
        return self._board.batches()

    async def _act(self, request: web.Request) -> BaseModel:
        """Other sites can't send this content type without asking us first: we never answer."""
        body = await self._desk.body(request)
        if refusal := self._guard.refusal(request):
            raise Refused(refusal.status, refusal.why, refusal.headers)
        if request.content_type != "application/json":
            raise Refused(415, "send the order as application/json")
        action = request.path.rpartition("/")[2]
        model = PauseOrder if action == "pause" else Order
        order = model.model_validate_json(body)
        return await self._desk.done(request.match_info["id"], action, order, who(request))


def _answering(
    answer: Callable[[web.Request], Awaitable[BaseModel]],
) -> Callable[[web.Request], Awaitable[web.Response]]:
    async def answered(request: web.Request) -> web.Response:
        try:
            return _json(200, await answer(request))
        except ValidationError as error:
            first = error.errors(include_url=False)[0]
            where = ".".join(str(part) for part in first["loc"])
            return _json(
                400, facts.Fault(error=f"{where}: {first['msg']}" if where else first["msg"])
            )
        except Refused as refused:
            return _json(refused.status, facts.Fault(error=refused.why), refused.headers)

    return answered


def _json(status: int, model: BaseModel, headers: Mapping[str, str] | None = None) -> web.Response:
    more: dict[str, Any] = {"Cache-Control": "no-store", **(headers or {})}
    text = model.model_dump_json(by_alias=True)
    return web.Response(status=status, text=text, content_type="application/json", headers=more)
