"""
Write docs/protocol.md: what each verb does and how it is answered, as the
tables of verbs have it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import cast

from ftpactive.core.control import ControlChannel
from ftpactive.core.settings import Settings
from ftpactive.interfaces import IStorage
from ftpactive.storage.local import LocalStorage
from ftpactive.testing.conversation import Conversation
from ftpactive.testing.shield import PlayedTLS
from ftpactive.verbs.options import OPTIONS
from ftpactive.verbs.site import SUBCOMMANDS
from ftpactive.verbs.table import NOT_IMPLEMENTED, Needs, Verb
from ftpactive.verbs.vocabulary import FAMILIES, TABLE
from tools.deviations import DEVIATIONS, Deviation
from tools.protocol_words import CODES, HEADINGS, INTRODUCTION

PAGE = Path(__file__).resolve().parent.parent / "docs" / "protocol.md"

#: Told once for all verbs.
_COMMON = {421, 451, 501}


def page() -> str:
    """
    Give the whole page.
    """
    settings = Settings()
    introduction = INTRODUCTION.format(
        line=settings.lineLimit,
        backlog=ControlChannel.BACKLOG // 1024,
        failures=settings.loginFailures,
        ascii=settings.asciiSizeLimit // 1024**2,
        missing=", ".join(f"`{name}`" for name in sorted(NOT_IMPLEMENTED)),
    )
    parts = [introduction, *map(_family, (each.__name__ for each in FAMILIES))]
    return "\n".join([*parts, _codes(), _deviations()])


def _family(module: str) -> str:
    heading = HEADINGS[module.rpartition(".")[2]]
    rows = [verb for verb in TABLE.values() if verb.function.__module__ == module]
    features = _features()
    blocks = [_verb(verb, features) for verb in rows if not _isOldName(verb)]
    return "\n".join([f"## {heading}", "", *blocks])


def _isOldName(verb: Verb) -> bool:
    return any(each.function is verb.function for each in _before(verb))


def _before(verb: Verb) -> Iterator[Verb]:
    for each in TABLE.values():
        if each is verb:
            return
        yield each


def _verb(verb: Verb, features: dict[str, str]) -> str:
    same = [v.name for v in TABLE.values() if v.function is verb.function and v is not verb]
    about = f"{_source(verb)}. {_NEEDS[verb.needs]}"
    if same:
        old = _link("RFC 1123", "1123", "4.1.3.1")
        about += f" Also as {', '.join(f'`{name}`' for name in same)}, {old}."
    if verb.name in features:
        about += f" In FEAT: {features[verb.name]}."
    replies = "; ".join(_replies(verb))
    lines = [f"### {verb.name}", "", f"`{verb.syntax}`", "", f"{verb.summary}.", about, ""]
    if verb.name in _INNER:
        lines += [*_INNER[verb.name](), ""]
    return "\n".join([*lines, f"Replies: {replies}.", ""])


def _source(verb: Verb) -> str:
    if verb.rfc.startswith("draft-"):
        return f"[{verb.rfc}](https://datatracker.ietf.org/doc/{verb.rfc}/)"
    if not verb.rfc[0].isdigit():
        return verb.rfc[0].upper() + verb.rfc[1:]
    number, _, section = verb.rfc.partition(" ")
    return _link(f"RFC {number}" + f", section {section}" * bool(section), number, section)


def _link(text: str, number: str, section: str) -> str:
    anchor = f"#section-{section}" if section else ""
    return f"[{text}](https://www.rfc-editor.org/rfc/rfc{number}{anchor})"


_NEEDS = {
    Needs.NOTHING: "Needs no login.",
    Needs.LOGIN: "Needs a login.",
    Needs.LOGIN | Needs.DATA: "Needs a login and a data connection.",
}


def _replies(verb: Verb) -> Iterator[str]:
    for code in sorted(verb.replies - _COMMON):
        if code != 530 or Needs.LOGIN not in verb.needs:
            yield f"`{code}` {CODES[code]}"


def _features() -> dict[str, str]:
    """
    Give what FEAT tells of each verb, to somebody who is logged in to a
    folder on disk, and whether everybody is told that.
    """
    with TemporaryDirectory() as folder:
        storage = LocalStorage(folder)
        told = _told(Conversation(cast(IStorage, storage)))
        told |= _told(Conversation(login=False, tls=PlayedTLS(allowsClear=True)))
        storage.close()
    always = _told(Conversation(login=False))
    return {
        name: f"`{line}`" + ("" if name in always else _condition(name))
        for name, line in told.items()
    }


def _condition(name: str) -> str:
    if TABLE[name].function.__module__.endswith(".security"):
        return ", if the operator has set it up"
    return ", if the user's storage can do it"


def _told(conversation: Conversation) -> dict[str, str]:
    lines = conversation.hears("FEAT").last().split("\n")[1:-1]
    return {line.split()[0]: line.strip() for line in lines}


def _options() -> Iterator[str]:
    yield "| option | |"
    yield "|---|---|"
    for name, function in OPTIONS.items():
        yield f"| `OPTS {name}` | {_sentence(function)} |"


def _subcommands() -> Iterator[str]:
    yield "| subcommand | |"
    yield "|---|---|"
    for _, each in sorted(SUBCOMMANDS.items()):
        yield f"| `{each.syntax}` | {_sentence(each.function)} |"


#: The verbs that have a table of their own within them.
_INNER: dict[str, Callable[[], Iterator[str]]] = {"OPTS": _options, "SITE": _subcommands}


def _sentence(function: Callable[..., object]) -> str:
    """
    Give the first paragraph of what it says of itself, without the marks of
    epytext.
    """
    first = " ".join((function.__doc__ or "").strip().partition("\n\n")[0].split())
    return re.sub(r"C\{([^}]*)\}", r"`\1`", first)


def _codes() -> str:
    sent = {code for verb in TABLE.values() for code in verb.replies} | {500, 502}
    lines = ["## Reply codes", "", "| code | meaning |", "|---|---|"]
    return "\n".join([*lines, *(f"| `{code}` | {CODES[code]} |" for code in sorted(sent)), ""])


def _deviations() -> str:
    lines = [
        "## Where the lists of the RFCs are left",
        "",
        "Section 5.4 of RFC 959 lists the replies that each verb may have; later RFCs list those of"
        " theirs. A test holds the table to the lists, but for these:",
        "",
        "| code | verbs | reason |",
        "|---|---|---|",
    ]
    return "\n".join([*lines, *map(_deviation, DEVIATIONS), ""])


def _deviation(each: Deviation) -> str:
    codes = ", ".join(f"`{code}`" for code in each.codes)
    verbs = ", ".join(f"`{name}`" for name in each.verbs) or "all"
    return f"| {codes} | {verbs} | {each.reason} |"


if __name__ == "__main__":
    PAGE.write_text(page())
