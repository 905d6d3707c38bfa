"""Command `serve`: the service and its pages."""

from __future__ import annotations

import argparse

from features.command import Command
from serving.commands.common import settings_of
from serving.server import serve


def _configure_serve(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--host", metavar="地址", help="监听地址（默认 127.0.0.1）")
    parser.add_argument("--port", type=int, metavar="端口", help="监听端口（默认 3000）")
    parser.add_argument("--workers", type=int, metavar="数量", help="服务进程数（默认 1）")


def _run_serve(args: argparse.Namespace) -> int:
    settings = settings_of(args)
    return serve(args.home, args.host or settings.host, args.port or settings.port, args.workers or settings.workers)


COMMANDS: tuple[Command, ...] = (Command("serve", _configure_serve, _run_serve),)
