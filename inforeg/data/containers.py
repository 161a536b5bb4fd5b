"""How many bytes a media file should have by what it says itself: FFmpeg takes a cut one for a whole one."""

from pathlib import Path

HEAD = 16
"""Bytes at the beginning of a part that tell how long it is."""

STREAM = 0x7FFF_0000
"""From here on, sizes in WAV and AVI are those of a writer that did not know them."""

BOXES = (
    *(b"ftyp", b"styp", b"moov", b"moof", b"mdat", b"mfra", b"sidx", b"free", b"skip", b"wide"),
    *(b"uuid", b"udta", b"meta"),
)
TAGS = (8, 9, 18)


def promised(path: Path) -> int:
    """Bytes to the end of the last part that a file of one of `KINDS` tells of; 0 of others, such as MPEG."""
    there = path.stat().st_size
    with path.open("rb") as file:
        head = file.read(HEAD)
        end = FLV_HEAD if head.startswith(b"FLV\x01") else 0
        part = next((read for start, read in KINDS.items() if head.startswith(start)), _box)
        while end < there:
            file.seek(end)
            if not (size := part(file.read(HEAD))):
                break
            end += size
    return end


FLV_HEAD = 9


def _riff(head: bytes) -> int:
    """Of a part of a WAV or AVI file, which has several where it is long."""
    size = int.from_bytes(head[4:8], "little")
    return size + 8 if head.startswith(b"RIFF") and 0 < size < STREAM else 0


def _box(head: bytes) -> int:
    """Of a box of an ISO base media file (ISO/IEC 14496-12, 4.2); 0 if it goes on to the file's end."""
    if head[4:8] not in BOXES:
        return 0
    size = int.from_bytes(head[:4], "big")
    return int.from_bytes(head[8:16], "big") if size == 1 else size


def _flv(head: bytes) -> int:
    """Of the length of a tag in Flash video and the next tag (Video File Format 10, E.3)."""
    return 15 + int.from_bytes(head[5:8], "big") if len(head) > 7 and head[4] in TAGS else 0


def _element(head: bytes) -> int:
    """Of an element of Matroska or WebM (RFC 8794, 4 to 6); 0 if its writer did not know."""
    if head[:4] not in ELEMENTS or len(head) < HEAD or not head[4]:
        return 0
    width = 9 - head[4].bit_length()
    unknown = (1 << 7 * width) - 1
    size = int.from_bytes(head[4 : 4 + width], "big") & unknown
    return 0 if size == unknown else 4 + width + size


ELEMENTS = (b"\x1a\x45\xdf\xa3", b"\x18\x53\x80\x67")
KINDS = {b"RIFF": _riff, b"FLV\x01": _flv, ELEMENTS[0]: _element}
"""What tells how long a part is, by how a file begins; of MP4 and its kin, whose beginnings vary, `_box`."""
