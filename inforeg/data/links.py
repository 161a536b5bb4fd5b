"""Git LFS's batch protocol: by checksums and sizes of objects, links to fetch them by for a while."""

import http.client
import json
import math
import time
import urllib.error
import urllib.request
from collections.abc import Collection, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from pydantic import BaseModel

from inforeg.data.pointers import Pinned
from inforeg.data.transfer import TransferError, opened
from inforeg.errors import shown
from inforeg.reading import json_value, validated

MEDIA = "application/vnd.git-lfs+json"
LONGEST = 1 << 24  # bytes of an answer
MARGIN = 10.0  # seconds before a link's end in which it is not begun with
BUSY = 429  # as codes from 500 on, an error that may pass


@dataclass(frozen=True)
class Link:
    """Where an object is fetched.

    Attributes:
        href: its address.
        header: what the server there asks for.
        until: when it ends, in seconds since 1970.
    """

    href: str
    header: Mapping[str, str]
    until: float

    @property
    def has_ended(self) -> bool:
        """Whether no transfer should begin with it any more."""
        return time.time() > self.until - MARGIN


class _Action(BaseModel):
    href: str
    header: dict[str, str] | None = None
    expires_in: float | None = None
    expires_at: datetime | None = None

    @property
    def until(self) -> float:
        if self.expires_in:  # which counts where both are given
            return time.time() + self.expires_in
        return self.expires_at.timestamp() if self.expires_at else math.inf


class _Error(BaseModel):
    code: int
    message: str = "no reason given"


class _Object(BaseModel):
    oid: str
    actions: dict[str, _Action] | None = None
    error: _Error | None = None

    def link(self) -> Link | Exception:
        if self.error:
            kind = ConnectionError if self.error.code == BUSY or self.error.code >= 500 else TransferError
            return kind(f"{self.error.code}: {_line(self.error.message)}")
        action = (self.actions or {}).get("download")
        if action is None:
            return TransferError("the server has no link to it")
        if not action.href.startswith(("https://", "http://")):
            return TransferError(f"its link {shown(action.href)} is no web address")
        return Link(action.href, action.header or {}, action.until)


class _Answer(BaseModel):
    transfer: Literal["basic"] = "basic"
    objects: list[_Object]


def ask(endpoint: str, wanted: Collection[Pinned]) -> dict[str, Link | Exception]:
    """Ask once where objects are fetched.

    Args:
        endpoint: address of the server's Git LFS.
        wanted: objects, at most 100 by custom.

    Returns:
        For each object's checksum its link, or why there is none.

    Raises:
        TransferError: the answer is of no use; other failures are those that `persist` knows.
    """
    objects = [{"oid": each.oid, "size": each.size} for each in dict.fromkeys(wanted)]
    question = {"operation": "download", "transfers": ["basic"], "hash_algo": "sha256", "objects": objects}
    request = urllib.request.Request(
        f"{endpoint}/objects/batch",
        data=json.dumps(question).encode(),
        headers={"Accept": MEDIA, "Content-Type": MEDIA},
    )
    try:
        with opened(request) as reply:
            text = reply.read(LONGEST).decode()
        answer = validated(_Answer, json_value(text, "its answer"), "its answer")
    except urllib.error.HTTPError as error:
        error.msg = _message(error) or error.msg
        raise
    except ValueError as error:  # no address, no text, no JSON, or not what the protocol says
        raise TransferError(str(error).rstrip(".")) from None
    links = {each.oid: each.link() for each in answer.objects}
    return {each.oid: links.get(each.oid, TransferError("the server left it out")) for each in wanted}


def _message(error: urllib.error.HTTPError) -> str:
    """What the server says about its error, where it says so as the protocol asks for."""
    with suppress(OSError, ValueError, TypeError, LookupError, http.client.HTTPException):
        return _line(json.loads(error.read(LONGEST))["message"])
    return ""


def _line(message: str) -> str:
    """A server's words as part of a sentence."""
    return " ".join(message.split())[:200].rstrip(".")
