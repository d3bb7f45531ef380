"""
Small programs that drive a library of another language.
"""

from __future__ import annotations

import os
import select
import subprocess

from tests.end_to_end.client import PATIENCE, environment


class Program:
    """
    A program that does one thing for each line of its input.  It goes on as
    long as the tests do: to start it takes longer than what it is to do.

    A line is words in hexadecimal, so that a name may have any byte in it; so
    is the answer, after C{done} or C{failed}.
    """

    _running: dict[tuple[str, ...], Program] = {}

    def __init__(self, command: tuple[str, ...]) -> None:
        self._process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment()
        )

    @classmethod
    def of(cls, command: tuple[str, ...]) -> Program:
        """
        Give the program, which may run already.
        """
        if command not in cls._running:
            cls._running[command] = cls(command)
        return cls._running[command]

    @classmethod
    def endAll(cls) -> None:
        """
        End all that run.
        """
        for each in cls._running.values():
            each._process.kill()
            each._process.communicate()
        cls._running.clear()

    def do(self, *words: str) -> str:
        """
        Let it do one thing.

        @return: what it says about it.
        """
        stdin, stdout = self._process.stdin, self._process.stdout
        assert stdin is not None and stdout is not None
        stdin.write(b" ".join(os.fsencode(word).hex().encode() for word in words) + b"\n")
        stdin.flush()
        assert select.select([stdout], [], [], PATIENCE)[0], f"no end to this: {words}"
        result, _, said = stdout.readline().partition(b" ")
        told = os.fsdecode(bytes.fromhex(said.decode()))
        assert result == b"done", f"{words}\n{told}"
        return told
