"""Child processes that read files: a file made to exhaust memory ends one of them and not the process that asked.

One child serves many files. Messages are texts, numbers and lists, each with its length before it.
"""

from __future__ import annotations

import atexit
import contextlib
import marshal
import resource
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, BinaryIO, cast

from features.errors import GoldenKeyError

_ROOT = Path(__file__).resolve().parents[3]

_LENGTH = 8
"""Bytes that hold the length of a message."""


def _send(stream: BinaryIO, message: tuple[Any, ...]) -> None:
    """Write a message of texts, numbers and lists, its length before it."""
    data = marshal.dumps(message, 2)  # of this version each text stands by itself, which is the quickest
    stream.write(len(data).to_bytes(_LENGTH, "big") + data)
    stream.flush()


def _receive(stream: BinaryIO) -> Any:
    """The next message; EOFError when the other side has ended."""
    length = int.from_bytes(stream.read(_LENGTH), "big")
    data = stream.read(length)
    if not length or len(data) < length:
        raise EOFError
    return marshal.loads(data)


class UnreadableError(GoldenKeyError):
    """The library refuses the file: it is damaged, locked by a password or of another kind."""


class ChildError(GoldenKeyError):
    """The child process does not start: a fault of ours or of the machine, not of a file."""

    exit_status = 1
    http_status = 503


class _Child:
    """A running child; answers come one after another on its standard output."""

    def __init__(self, start: str) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-c", start], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
        )
        try:
            _receive(cast(BinaryIO, self._process.stdout))
        except EOFError as error:
            self.end()
            raise ChildError("读取文件的子进程未能启动，操作未完成；请将此情况告知维护人员。") from error

    def ask(self, *question: Any) -> Iterator[Any]:
        """Answers to a question; EOFError when the child ends before the last one."""
        source = cast(BinaryIO, self._process.stdout)
        try:
            _send(cast(BinaryIO, self._process.stdin), question)
            while True:
                kind, content = _receive(source)
                if kind == "end":
                    return
                if kind == "error":
                    raise UnreadableError(content)
                yield content
        except BrokenPipeError as error:
            raise EOFError from error

    def end(self) -> None:
        """End the child."""
        self._process.kill()
        self._process.wait()
        for stream in (self._process.stdin, self._process.stdout):
            with contextlib.suppress(OSError):
                cast(BinaryIO, stream).close()


class ChildPool:
    """Children that run `serve` of a module; one that answered to the end waits for the next question.

    Attributes:
        start: what a child runs.
        idle: children that wait.
    """

    def __init__(self, module: str) -> None:
        self.start = f"import sys; sys.path.insert(0, {str(_ROOT)!r}); from {module} import serve; serve()"
        self.idle: list[_Child] = []
        self._lock = threading.Lock()
        atexit.register(self.end_all)

    def ask(self, *question: Any, keep: Callable[[], bool] = lambda: True) -> Iterator[Any]:
        """Answers of a child to a question; `keep` says whether it may serve again.

        A child is ended where its reader stopped half way. Raises UnreadableError for a file that the library refuses,
        EOFError when the child ended before its last answer.
        """
        with self._lock:
            child = self.idle.pop() if self.idle else None
        child = child or _Child(self.start)
        whole = False
        try:
            yield from child.ask(*question)
            whole = keep()
        except UnreadableError:
            whole = True
            raise
        finally:
            if whole:
                with self._lock:
                    self.idle.append(child)
            else:
                child.end()

    def end_all(self) -> None:
        """End the children that wait."""
        with self._lock:
            while self.idle:
                self.idle.pop().end()


def answer_questions(memory: int, answers: Callable[..., Iterator[Any]]) -> None:
    """Run a child: answer each question of standard input on standard output until input ends.

    Args:
        memory: bytes the child may use; it ends where a question needs more.
        answers: yields the answers to a question.
    """
    _, most = resource.getrlimit(resource.RLIMIT_AS)
    resource.setrlimit(resource.RLIMIT_AS, (memory if most == resource.RLIM_INFINITY else min(memory, most), most))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    source, target = sys.stdin.buffer, sys.stdout.buffer
    _send(target, ("ready",))
    while True:
        try:
            question = _receive(source)
        except EOFError:
            return
        try:
            for answer in answers(*question):
                _send(target, ("row", answer))
            _send(target, ("end", None))
        except MemoryError:
            return
        except BaseException as error:  # the library's panics are no Exception
            _send(target, ("error", type(error).__name__))
