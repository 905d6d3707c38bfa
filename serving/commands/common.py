"""What the commands of serving share: settings, the actor's option, JSON on standard output, files."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec

from features.files.atomic import write_output
from serving.http.settings import Settings, read_settings


def settings_of(args: argparse.Namespace) -> Settings:
    """Settings of the environment, with the home and the actor of the command line."""
    settings = read_settings()
    actor = getattr(args, "actor", None) or settings.actor
    return replace(settings, home=args.home, actor=actor)


def add_actor_option(parser: argparse.ArgumentParser) -> None:
    """Add `--actor`."""
    parser.add_argument(
        "--actor", metavar="姓名", help="以谁的名义操作（须在名册中；默认取环境变量 GOLDENKEY_ACTOR，否则为 system）"
    )


def print_lines(lines: Iterable[str]) -> None:
    """Sentences that somebody must see beside what a command prints, on standard error."""
    for line in lines:
        print(line, file=sys.stderr)


def print_json(value: Any) -> None:
    """Print a value as JSON; what JSON does not know (days, paths) as text."""
    print(json.dumps(value, ensure_ascii=False, indent=1, default=str))


def encode_view(view: Any) -> bytes:
    """A structure as indented JSON, without a line end."""
    return msgspec.json.format(msgspec.json.encode(view), indent=1)


def write_or_print(path: Path | None, content: bytes) -> None:
    """Text to a file, or to standard output where none is given; it ends with a line end."""
    if path is not None:
        write_output(path, content + b"\n")
    else:
        print(content.decode())
