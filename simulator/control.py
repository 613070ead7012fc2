"""The simulator's own API: reset, journal, limits, faults, switches, scenes."""

from __future__ import annotations

from dataclasses import asdict, fields
from typing import Any

from flask import Blueprint, Response, jsonify, request

from simulator.scenes import SCENES
from simulator.world import World


def json_body() -> dict[str, Any]:
    """The request's JSON object, empty when there is no body."""
    body = request.get_json(silent=True)
    return body if isinstance(body, dict) else {}


def refuse(message: str, status: int = 400) -> Response:
    """An error of the control API."""
    answer = jsonify({"message": message})
    answer.status_code = status
    return answer


def blueprint(world: World) -> Blueprint:
    """Routes that steer what both platforms share."""
    routes = Blueprint("control", __name__)
    _add_journal_routes(routes, world)
    _add_behaviour_routes(routes, world)

    @routes.post("/reset")
    def reset() -> Response:
        world.reset()
        return jsonify({"reset": True})

    @routes.get("/health")
    def health() -> Response:
        return jsonify({"ok": True, "base_url": world.base_url})

    @routes.route("/apps", methods=["GET", "PATCH"])
    def apps() -> Response:
        wanted = json_body() if request.method == "PATCH" else {}
        unknown = set(wanted) - {item.name for item in fields(world.apps)}
        if unknown:
            return refuse(f"unknown app settings: {', '.join(sorted(unknown))}")
        for name, value in wanted.items():
            setattr(world.apps, name, str(value))
        return jsonify(asdict(world.apps))

    @routes.post("/tokens/expire")
    def expire_tokens() -> Response:
        """Every access token is over now; the refresh tokens still work."""
        with world.lock:
            count = world.hubspot.expire_access_tokens()
            return jsonify({"expired": count + world.zoom.grants.expire_access_tokens()})

    @routes.get("/secrets")
    def list_secrets() -> Response:
        """Every token and code given out so far: what must be found nowhere else."""
        with world.lock:
            hubspot = world.hubspot
            return jsonify(
                {
                    "secrets": [
                        *(*hubspot.codes, *hubspot.grants, *hubspot.access_tokens),
                        *world.zoom.ids.secrets,
                    ]
                }
            )

    @routes.get("/scenes")
    def list_scenes() -> Response:
        return jsonify({"scenes": sorted(SCENES)})

    @routes.post("/scenes/<name>")
    def play_scene(name: str) -> Response:
        scene = SCENES.get(name)
        if scene is None:
            return refuse(f"no scene {name!r}; there are {', '.join(sorted(SCENES))}", 404)
        return jsonify(scene(world, json_body()))

    return routes


def _add_journal_routes(routes: Blueprint, world: World) -> None:
    @routes.get("/journal")
    def read_journal() -> Response:
        platform, tenant = request.args.get("platform", ""), request.args.get("tenant", "")
        answer = world.journal.summary(platform, tenant)
        newest = request.args.get("entries", 0, type=int)
        if newest > 0:
            calls = world.journal.calls(platform, tenant)[-newest:]
            answer["entries"] = [asdict(call) | {"at": call.at.isoformat()} for call in calls]
        return jsonify(answer)

    @routes.delete("/journal")
    def clear_journal() -> Response:
        world.journal.clear()
        return jsonify(world.journal.summary())


def _add_behaviour_routes(routes: Blueprint, world: World) -> None:
    @routes.get("/limits")
    def read_limits() -> Response:
        return jsonify(world.limits.describe())

    @routes.patch("/limits")
    def change_limits() -> Response:
        wanted = json_body()
        for name in ("latency_seconds", "latency_per_item_seconds"):
            if name in wanted:
                setattr(world.limits, name, float(wanted.pop(name)))
        for name, size in wanted.items():
            world.limits.change(name, int(size["calls"]), float(size["seconds"]))
        return jsonify(world.limits.describe())

    @routes.get("/faults")
    def read_faults() -> Response:
        return jsonify({"faults": [rule.describe() for rule in world.faults.rules()]})

    @routes.post("/faults")
    def add_faults() -> Response:
        body = request.get_json()
        try:
            rules = [
                world.faults.add(rule) for rule in (body if isinstance(body, list) else [body])
            ]
        except ValueError as error:
            return refuse(str(error))
        return jsonify({"faults": [rule.describe() for rule in rules]})

    @routes.delete("/faults")
    def clear_faults() -> Response:
        world.faults.clear()
        return jsonify({"faults": []})

    @routes.route("/switches", methods=["GET", "PATCH"])
    def switches() -> Response:
        wanted = json_body() if request.method == "PATCH" else {}
        unknown = set(wanted) - set(world.switches)
        if unknown:
            return refuse(f"unknown switches: {', '.join(sorted(unknown))}")
        world.switches.update(wanted)
        return jsonify(world.switches)
