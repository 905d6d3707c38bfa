"""Run the service: BentoML's supervisor in this process, its workers as children, telemetry off."""

from __future__ import annotations

import os
import socket
import sys
from pathlib import Path

from features.errors import GoldenKeyError, reason_of
from models.ledger.ledger import Ledger

QUIET = {
    "BENTOML_DO_NOT_TRACK": "True",
    "DO_NOT_TRACK": "true",
    "BENTOML_CONFIG_OPTIONS": "tracing.excluded_urls=.*",
    "OMP_NUM_THREADS": "1",
}
"""Environment of the workers: no telemetry, no tracing of our addresses, one thread per prediction."""

SERVICE = "serving.service:GoldenKey"
"""Where BentoML finds the service."""


def serve(home: Path, host: str, port: int, workers: int) -> int:
    """Serve until interrupted.

    Args:
        home: the home folder.
        host, port: where to listen.
        workers: processes.

    Raises:
        GoldenKeyError: the address cannot be listened on.
        DatabaseError: the operational database cannot be opened.
    """
    _check_address(host, port)
    Ledger(home).close()
    root = Path(__file__).resolve().parent.parent
    paths = [str(root), *filter(None, [os.environ.get("PYTHONPATH")])]
    os.environ.update(QUIET)
    os.environ.update(
        {
            "GOLDENKEY_HOME": str(home.absolute()),
            "GOLDENKEY_WORKERS": str(workers),
            "PYTHONPATH": os.pathsep.join(paths),
        }
    )
    # BentoML reads the environment set above when it is imported.
    from _bentoml_impl.loader import load  # type: ignore[import-untyped]
    from _bentoml_impl.server import serve_http  # type: ignore[import-untyped]

    load(SERVICE, str(root)).inject_config()
    print(
        f"服务启动中：http://{host}:{port}/（按 Ctrl+C 停止；登录用 ./goldenkey token new 发放的令牌）", file=sys.stderr
    )
    serve_http(SERVICE, working_dir=str(root), host=host, port=port)
    return 0


def _check_address(host: str, port: int) -> None:
    if not 1 <= port <= 65535:
        raise GoldenKeyError(f"端口应在 1 至 65535 之间，实为 {port}。")
    try:
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind((host, port))
    except OSError as error:
        raise GoldenKeyError(
            f"无法监听 {host}:{port}（{reason_of(error)}）；请换一个端口（--port）或地址（--host）。"
        ) from error
