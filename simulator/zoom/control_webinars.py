"""Steering webinars: plan, register, play, record, and read the truth."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flask import Blueprint, Response, request

from simulator.zoom import planning, registrations, sessions, taping, truth
from simulator.zoom.calls import json_answer
from simulator.zoom.errors import no_such_webinar
from simulator.zoom.model import Instance, Webinar
from simulator.zoom.moments import read_moment

if TYPE_CHECKING:
    from simulator.world import World

ROW_MOMENTS = ("join_time", "leave_time")


def add_routes(blue: Blueprint, world: World) -> None:
    """Add the webinar routes to the control blueprint."""
    _add_planning(blue, world)
    _add_registrants(blue, world)
    _add_sessions(blue, world)
    _add_recordings(blue, world)


def _body() -> tuple[dict[str, Any], bool]:
    """The JSON object of the request, and whether it asks for silence."""
    body = request.get_json(silent=True)
    body = dict(body) if isinstance(body, dict) else {}
    return body, bool(body.pop("silent", False))


def _webinar(world: World, webinar_id: int) -> Webinar:
    webinar = world.zoom.webinars.get(webinar_id)
    if webinar is None:
        raise no_such_webinar(webinar_id)
    return webinar


def _instance(world: World, webinar_id: int, number: int) -> Instance:
    instances = _webinar(world, webinar_id).instances
    if not 1 <= number <= len(instances):
        raise ValueError(f"webinar {webinar_id} has {len(instances)} sessions, none is {number}")
    return instances[number - 1]


def _add_planning(blue: Blueprint, world: World) -> None:
    @blue.post("/accounts/<account_id>/webinars")
    def create(account_id: str) -> Response:
        body, silent = _body()
        with world.lock:
            webinar = planning.create_webinar(world.zoom, account_id, body, silent=silent)
            return json_answer(truth.webinar(world.zoom, webinar), 201)

    @blue.get("/webinars/<int:webinar_id>")
    def show(webinar_id: int) -> Response:
        with world.lock:
            return json_answer(truth.webinar(world.zoom, _webinar(world, webinar_id)))

    @blue.patch("/webinars/<int:webinar_id>")
    def change(webinar_id: int) -> Response:
        body, silent = _body()
        with world.lock:
            webinar = _webinar(world, webinar_id)
            planning.change_webinar(world.zoom, webinar, body, silent=silent)
            return json_answer(truth.webinar(world.zoom, webinar))

    @blue.delete("/webinars/<int:webinar_id>")
    def delete(webinar_id: int) -> Response:
        body, silent = _body()
        with world.lock:
            webinar = _webinar(world, webinar_id)
            dates = body.get("occurrence_ids") or []
            planning.delete_webinar(world.zoom, webinar, dates, silent=silent)
            return json_answer({"deleted": webinar_id, "occurrence_ids": dates})


def _add_registrants(blue: Blueprint, world: World) -> None:
    @blue.post("/webinars/<int:webinar_id>/registrants")
    def register(webinar_id: int) -> Response:
        body, silent = _body()
        with world.lock:
            state, webinar = world.zoom, _webinar(world, webinar_id)
            people = [
                registrations.register(
                    state,
                    webinar,
                    fields,
                    occurrence_ids=fields.get("occurrence_ids") or [],
                    status=str(fields.get("status", "")),
                    created_at=(
                        read_moment(fields["create_time"], state.now())
                        if "create_time" in fields
                        else None
                    ),
                    silent=silent,
                )
                for fields in body.get("registrants") or []
            ]
            return json_answer({"registrants": [truth.registrant(p) for p in people]}, 201)

    @blue.post("/webinars/<int:webinar_id>/registrants/<registrant_id>/<action>")
    def change_status(webinar_id: int, registrant_id: str, action: str) -> Response:
        body, silent = _body()
        with world.lock:
            state, webinar = world.zoom, _webinar(world, webinar_id)
            person = webinar.registrants[registrant_id]
            date = str(body.get("occurrence_id", ""))
            registrations.change_status(
                state, webinar, person, action, occurrence_id=date, silent=silent
            )
            return json_answer(truth.registrant(person))

    @blue.delete("/webinars/<int:webinar_id>/registrants/<registrant_id>")
    def remove(webinar_id: int, registrant_id: str) -> Response:
        _, silent = _body()
        with world.lock:
            state, webinar = world.zoom, _webinar(world, webinar_id)
            person = webinar.registrants[registrant_id]
            registrations.delete(state, webinar, person, silent=silent)
            return json_answer({"deleted": registrant_id})


def _add_sessions(blue: Blueprint, world: World) -> None:
    @blue.post("/webinars/<int:webinar_id>/play")
    def play(webinar_id: int) -> Response:
        body, silent = _body()
        with world.lock:
            webinar = _webinar(world, webinar_id)
            instance = sessions.play(world.zoom, webinar, body, silent=silent)
            return json_answer(truth.instance(instance, len(webinar.instances)), 201)

    @blue.post("/webinars/<int:webinar_id>/instances/<int:number>/participants")
    def join(webinar_id: int, number: int) -> Response:
        """More joins in a session: `{participants: [...]}`."""
        body, silent = _body()
        with world.lock:
            state, webinar = world.zoom, _webinar(world, webinar_id)
            instance = _instance(world, webinar_id, number)
            people = body.get("participants") or []
            rows = sessions.add_participants(state, webinar, instance, people)
            if not silent:
                sessions.announce_rows(state, webinar, instance, rows)
            return json_answer(truth.instance(instance, number))

    @blue.post("/webinars/<int:webinar_id>/instances/<int:number>/end")
    def end(webinar_id: int, number: int) -> Response:
        body, silent = _body()
        with world.lock:
            webinar, instance = _webinar(world, webinar_id), _instance(world, webinar_id, number)
            moment = body.get("end_time", 0)
            sessions.end(world.zoom, webinar, instance, moment, silent=silent)
            return json_answer(truth.instance(instance, number))

    @blue.route("/webinars/<int:webinar_id>/instances/<int:number>/report", methods=["POST"])
    def report(webinar_id: int, number: int) -> Response:
        """`{state?: one or a list, drop_rows?, edit?: [{row, ...}], polls?, qa?, survey?}`."""
        body, _ = _body()
        with world.lock:
            instance = _instance(world, webinar_id, number)
            if "state" in body:
                sessions.set_report(instance, body["state"])
            instance.dropped_rows = int(body.get("drop_rows", instance.dropped_rows))
            for edit in body.get("edit") or []:
                _edit_row(world, instance, dict(edit))
            for name in ("polls", "qa", "survey"):
                setattr(instance, name, body.get(name, getattr(instance, name)))
            return json_answer(truth.instance(instance, number))


def _edit_row(world: World, instance: Instance, edit: dict[str, Any]) -> None:
    """Correct a row in hindsight; `{row: n, remove: true}` takes it away."""
    position = int(edit.pop("row"))
    if edit.pop("remove", False):
        del instance.rows[position]
        return
    for name, value in edit.items():
        moment = read_moment(value, world.zoom.now()) if name in ROW_MOMENTS else value
        setattr(instance.rows[position], name, moment)


def _add_recordings(blue: Blueprint, world: World) -> None:
    @blue.post("/webinars/<int:webinar_id>/instances/<int:number>/recording")
    def record(webinar_id: int, number: int) -> Response:
        """A recording still processed, or ready with `{complete: true}`; `{files?}`."""
        body, silent = _body()
        with world.lock:
            state, instance = world.zoom, _instance(world, webinar_id, number)
            recording = taping.add_recording(state, instance, body)
            if body.get("complete"):
                taping.change_recording(state, recording, "complete", silent=silent)
            webinar = _webinar(world, webinar_id)
            return json_answer(taping.describe_recording(recording, webinar), 201)

    @blue.post("/webinars/<int:webinar_id>/instances/<int:number>/recording/<change>")
    def change_recording(webinar_id: int, number: int, change: str) -> Response:
        """`complete`, `announce-again`, `transcript` ({text}), `trash`, `recover`, `delete`."""
        body, silent = _body()
        with world.lock:
            state, webinar = world.zoom, _webinar(world, webinar_id)
            instance = _instance(world, webinar_id, number)
            recording = state.recordings[instance.uuid]
            if change == "transcript":
                text = str(body.get("text", "WEBVTT\n"))
                taping.add_transcript(state, instance, recording, text, silent=silent)
            elif change == "announce-again":
                taping.announce_again(state, recording)
            else:
                taping.change_recording(state, recording, change, silent=silent)
            return json_answer(taping.describe_recording(recording, webinar))
