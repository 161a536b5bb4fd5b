"""What may lie in place of a file that was to be fetched."""

from pathlib import Path

from inforeg.errors import UserError

POINTER = b"version https://git-lfs.github.com/spec/"
PAGES = (b"<!doctype", b"<html", b"<?xml")
HEAD = 512
"""Bytes that are looked at."""


def is_page(head: bytes) -> bool:
    """Whether a file that begins so is a web page."""
    return head.removeprefix(b"\xef\xbb\xbf").lstrip().lower().startswith(PAGES)


def refuse_substitute(path: Path, kind: str) -> None:
    """Raise if nothing, a pointer of Git LFS or a web page is in `path`, which should be a `kind` file."""
    with path.open("rb") as file:
        head = file.read(HEAD)
    if not head:
        raise UserError(f"{path} is empty; fetch it again.")
    if head.startswith(POINTER):
        raise UserError(f"{path} is a pointer of Git LFS, not the file itself; fetch it with `git lfs pull`.")
    if is_page(head):
        raise UserError(f"{path} is a web page, not a {kind} file; fetch it again.")
