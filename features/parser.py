"""The argument parser of all commands: argparse with headings, help and errors in Chinese."""

from __future__ import annotations

import argparse
import re
from typing import Any, NoReturn

from features.errors import GoldenKeyError
from features.rules.characters import text_width

_ERRORS = (
    (r"the following arguments are required: (?P<names>.+)", "缺少参数 {names}"),
    (r"one of the arguments (?P<names>.+) is required", "参数 {names} 须给出其中之一"),
    (r"unrecognized arguments: (?P<value>.+)", "不认识的参数 {value}"),
    (r"ambiguous option: (?P<value>.+) could match (?P<names>.+)", "参数 {value} 写得不全，可能是 {names}"),
    (
        r"argument (?P<name>[^:]+): invalid choice: (?P<value>.*) \(choose from (?P<names>.+)\)",
        "参数 {name} 的值 {value} 无效，可用的有 {names}",
    ),
    (r"argument (?P<name>[^:]+): invalid int value: (?P<value>.*)", "参数 {name} 的值 {value} 无效，应为整数"),
    (r"argument (?P<name>[^:]+): invalid float value: (?P<value>.*)", "参数 {name} 的值 {value} 无效，应为数"),
    (r"argument (?P<name>[^:]+): invalid \S+ value: (?P<value>.*)", "参数 {name} 的值 {value} 无效"),
    (r"argument (?P<name>[^:]+): expected \w[\w ]* arguments?", "参数 {name} 后面缺少值"),
    (r"argument (?P<name>[^:]+): ignored explicit argument (?P<value>.*)", "参数 {name} 不带值，收到 {value}"),
    (r"argument (?P<name>[^:]+): not allowed with argument (?P<value>.+)", "参数 {name} 不能与 {value} 同用"),
    (r"argument (?P<name>[^:]+): (?P<value>.+)", "参数 {name}：{value}"),
)
"""Messages of argparse (regular expressions) and ours."""

_WIDE = "\ue000"
"""Stands before every character two columns wide while help is laid out, so that lengths are widths on a terminal."""


class Parser(argparse.ArgumentParser):
    """An argument parser that speaks Chinese; an error is raised as one sentence, not printed with the usage."""

    def __init__(self, **settings: Any) -> None:
        wants_help = settings.pop("add_help", True)
        super().__init__(**{"formatter_class": _Formatter} | settings, add_help=False)
        self._positionals.title, self._optionals.title = "参数", "选项"
        if wants_help:
            self.add_argument("-h", "--help", action="help", default=argparse.SUPPRESS, help="显示本说明并退出")

    def format_help(self) -> str:
        """The help text; headings end in a full-width colon."""
        return re.sub(r"(?m)^(\S.*):$", r"\1：", super().format_help().replace(_WIDE, ""))

    def error(self, message: str) -> NoReturn:
        """Raise what is wrong with the command line as a GoldenKeyError."""
        raise GoldenKeyError(f"命令行有误：{chinese_error(message)}；用法见 {self.prog} --help。")


def chinese_error(message: str) -> str:
    """A message of argparse in Chinese; one that is not known stays as it is.

    >>> chinese_error("argument --format: invalid choice: 'x' (choose from 'table', 'json')")
    '参数 --format 的值 x 无效，可用的有 table、json'
    """
    for pattern, sentence in _ERRORS:
        if found := re.fullmatch(pattern, message, re.DOTALL):
            parts = {name: _plain(text) for name, text in found.groupdict().items()}
            names = "、".join(_plain(name) for name in re.split(r"[, ]+", found.groupdict().get("names") or ""))
            return sentence.format(**{**parts, "names": names})
    return message


class _Formatter(argparse.HelpFormatter):
    """Lays help out by the width of Chinese characters, and names the choices of an option behind its help."""

    def add_usage(self, usage: Any, actions: Any, groups: Any, prefix: str | None = None) -> None:
        super().add_usage(usage, actions, groups, "用法：" if prefix is None else prefix)

    def _format_action_invocation(self, action: argparse.Action) -> str:
        return _widened(super()._format_action_invocation(action))

    def _expand_help(self, action: argparse.Action) -> str:
        return _widened(super()._expand_help(action))

    def _fill_text(self, text: str, width: int, indent: str) -> str:
        return super()._fill_text(_widened(text), width, indent)

    def _get_help_string(self, action: argparse.Action) -> str | None:
        text = super()._get_help_string(action)
        if text is None or action.choices is None or isinstance(action, argparse._SubParsersAction):
            return text
        choices = [str(choice) for choice in action.choices]
        return text if all(choice in text for choice in choices) else f"{text}；可选 {'、'.join(choices)}"


def _widened(text: str) -> str:
    wide = (_WIDE + letter if text_width(letter) > 1 else letter for letter in text)
    return "".join(wide)


def _plain(text: str) -> str:
    """A value without the quotes in which Python represents it."""
    return text[1:-1] if len(text) > 1 and text[0] == text[-1] and text[0] in "'\"" else text
