"""The BentoML service: mounts the application at /; BentoML's own endpoints are off or behind the gate."""

from __future__ import annotations

import os

# BentoML reads this when it is imported.
os.environ["BENTOML_DO_NOT_TRACK"] = "True"

import bentoml

from serving.app import Gate, create_app
from serving.http.settings import read_settings

SETTINGS = read_settings()


class Platform:
    """Scores, explanations and queues of terminated enforcement cases over HTTP."""


GoldenKey = bentoml.service(
    Platform,
    name="goldenkey",
    workers=max(SETTINGS.workers, 1),
    traffic={"timeout": SETTINGS.request_seconds},
    logging={"access": {"enabled": False}},
    metrics={"enabled": False},
    http={"cors": {"enabled": False}},
)
GoldenKey.mount_asgi_app(create_app(SETTINGS), path="/", name="goldenkey")
GoldenKey.add_asgi_middleware(Gate)
