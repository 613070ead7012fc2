"""What an answer costs at least: a Flask route that does nothing."""

from __future__ import annotations

from flask import Flask, Response


def create_app() -> Flask:
    """An application with one route, answered 204."""
    app = Flask("bare")

    @app.get("/nothing")
    def nothing() -> Response:
        return Response(status=204)

    return app
