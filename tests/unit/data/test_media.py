"""Sound and frames out of small media files that are made here."""

from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from inforeg.data import media
from inforeg.data.containers import FLV_HEAD, promised
from inforeg.errors import UserError
from tests.media import RATE, grey, make
from tests.unit.data.test_hateful_memes import png


@pytest.mark.parametrize("name", ["a.flv", "a.mp4", "a.avi", "a.wav"])
@pytest.mark.parametrize("layout", ["mono", "stereo"])
def test_sound_is_one_channel_at_the_rate_that_is_asked_for(tmp_path, name, layout):
    found = media.sound(make(tmp_path / name, layout=layout, video=not name.endswith("wav")), 22_050)
    assert found.dtype == np.int16
    assert len(found) == pytest.approx(2 * 22_050, abs=0.15 * 22_050)  # codecs pad
    spectrum = np.abs(np.fft.rfft(found))
    assert spectrum.argmax() * 22_050 / len(found) == pytest.approx(440, abs=2)
    assert np.abs(found[len(found) // 4 : len(found) // 2]).max() == pytest.approx(10_000, rel=0.05)


@pytest.mark.parametrize("name", ["a.flv", "a.mp4", "a.avi"])
def test_frames_are_those_shown_at_even_times(tmp_path, name):
    found = media.frames(make(tmp_path / name), rate=3, size=(24, 32))
    assert found.pictures.shape == (6, 3, 24, 32)
    assert found.pictures.dtype == np.uint8
    assert found.size == (48, 64)
    assert found.seconds == pytest.approx(2.0, abs=0.11)
    # At 0, 1/3, 2/3 ... seconds the frames 0, 3, 6, 10, 13, 16 of ten a second are shown.
    greys = found.pictures.mean((1, 2, 3))
    assert greys == pytest.approx([grey(number) for number in (0, 3, 6, 10, 13, 16)], abs=4)


def test_frames_at_most(tmp_path):
    assert len(media.frames(make(tmp_path / "a.mp4"), rate=3, size=(24, 32), most=4).pictures) == 4


def test_one_frame_is_a_video(tmp_path):
    found = media.frames(make(tmp_path / "a.mp4", seconds=0.1, sound=False), rate=3, size=(24, 32))
    assert len(found.pictures) == 1


def test_times_count_where_frames_are_unevenly_spaced(tmp_path):
    path = tmp_path / "uneven.mp4"
    with av.open(str(path), "w") as file:
        track = file.add_stream("libx264", rate=10)
        track.width, track.height, track.pix_fmt, track.time_base = 64, 48, "yuv420p", Fraction(1, 10)
        track.codec_context.time_base = Fraction(1, 10)
        for number, time in enumerate((0, 1, 2, 12, 13, 14)):
            frame = av.VideoFrame.from_ndarray(np.full((48, 64, 3), grey(number), np.uint8), "rgb24")
            frame.pts, frame.time_base = time, Fraction(1, 10)
            file.mux(track.encode(frame))
        file.mux(track.encode())
    greys = media.frames(path, rate=2, size=(48, 64)).pictures.mean((1, 2, 3))
    assert greys == pytest.approx([grey(0), grey(2), grey(2)], abs=4)


SHARES = (0.02, 0.5, 0.9, 0.99)


def cut(path: Path, share: float) -> Path:
    """A beginning of the file, beside it."""
    content = path.read_bytes()
    shorter = path.with_name(f"{share}_{path.name}")
    shorter.write_bytes(content[: int(share * len(content))])
    return shorter


@pytest.mark.parametrize("name", ["a.flv", "a.mp4", "a.avi", "a.wav", "a.mkv"])
def test_a_file_that_is_cut_is_not_taken_for_a_short_one(tmp_path, name):
    whole = make(tmp_path / name, seconds=4, video=not name.endswith("wav"))
    for path in (cut(whole, share) for share in SHARES):
        with pytest.raises(UserError, match=rf"{path.name} is cut short: .* are there; fetch it again"):
            media.sound(path, RATE)
        if not name.endswith("wav"):
            with pytest.raises(UserError, match=rf"{path.name} is cut short: .*; fetch it again"):
                media.frames(path, 3, (24, 32))


def test_a_film_that_is_cut_behind_its_index_is_not_taken_for_a_whole_one(tmp_path):
    whole = tmp_path / "a.mp4"
    with (
        av.open(str(make(tmp_path / "plain.mp4", seconds=4, sound=False))) as plain,
        av.open(str(whole), "w", options={"movflags": "faststart"}) as file,
    ):
        track = file.add_stream_from_template(plain.streams.video[0])
        for packet in plain.demux():
            if packet.dts is not None:
                packet.stream = track
                file.mux(packet)
    content = whole.read_bytes()
    assert content.index(b"moov") < content.index(b"mdat")
    assert len(media.frames(whole, 3, (24, 32)).pictures) == 12
    for path in (cut(whole, share) for share in SHARES):
        with pytest.raises(UserError, match=rf"{path.name} is cut short"):
            media.frames(path, 3, (24, 32))


def test_tracks_that_end_before_their_time_are_cut_whatever_the_container_says(tmp_path):
    content = make(tmp_path / "a.flv", seconds=4).read_bytes()
    at = FLV_HEAD
    while at < len(content) // 2:  # so that it ends with a whole tag
        at += 15 + int.from_bytes(content[at + 5 : at + 8], "big")
    (tmp_path / "b.flv").write_bytes(content[: at + 4])
    for read in (lambda path: media.sound(path, RATE), lambda path: media.frames(path, 3, (24, 32))):
        with pytest.raises(UserError, match=r"b\.flv is cut short: [12]\.\d of 4\.\d seconds of"):
            read(tmp_path / "b.flv")


@pytest.mark.parametrize("size", [0, 0x7FFF_F024, 2**32 - 1])
def test_a_sound_that_was_written_as_a_stream_is_whole(tmp_path, size):
    path = make(tmp_path / "a.wav", video=False)
    content = bytearray(path.read_bytes())
    content[4:8] = size.to_bytes(4, "little")
    path.write_bytes(content)
    assert len(media.sound(path, RATE)) == 2 * RATE


def test_titles_are_of_any_encoding(tmp_path):
    path = make(tmp_path / "a.mp4")
    with av.open(str(path)) as plain, av.open(str(tmp_path / "b.mp4"), "w") as file:
        file.metadata["title"] = "a cafe"
        track = file.add_stream_from_template(plain.streams.audio[0])
        for packet in plain.demux(plain.streams.audio[0]):
            if packet.dts is not None:
                packet.stream = track
                file.mux(packet)
    content = (tmp_path / "b.mp4").read_bytes()
    (tmp_path / "b.mp4").write_bytes(content.replace(b"a cafe", b"a caf\xe9"))
    assert b"\xe9" in content.replace(b"a cafe", b"a caf\xe9")
    assert np.array_equal(media.sound(tmp_path / "b.mp4", RATE), media.sound(path, RATE))


def test_a_picture_is_no_clip(tmp_path):
    png(tmp_path / "a.png", (48, 64), 90)
    (tmp_path / "a.png").rename(tmp_path / "a.mp4")
    with pytest.raises(UserError, match=r"a\.mp4 is a picture, not a clip; fetch it again"):
        media.frames(tmp_path / "a.mp4", 3, (24, 32))
    assert media.picture(tmp_path / "a.mp4", (24, 32)).size == (48, 64)


def test_tracks_of_no_length_are_none(tmp_path):
    with av.open(str(tmp_path / "a.avi"), "w") as file:
        track = file.add_stream("mpeg4", rate=10)
        track.width, track.height, track.pix_fmt = 64, 48, "yuv420p"
        file.add_stream("pcm_s16le", rate=RATE, layout="mono")
        file.start_encoding()
    with pytest.raises(media.AbsentError, match=r"a\.avi has a sound of no length"):
        media.sound(tmp_path / "a.avi", RATE)
    with pytest.raises(media.AbsentError, match=r"a\.avi has no frames; give another file, or leave"):
        media.frames(tmp_path / "a.avi", 3, (24, 32))


@pytest.mark.parametrize(
    ("content", "end"),
    [
        (b"", 0),
        (b"noise" * 9, 0),
        (b"RIFF", 0),
        (b"RIFF\x10\0\0\0AVI " + bytes(12) + b"RIFF\xff\0\0\0AVIX", 24 + 8 + 255),
        (b"\0\0\0\x08ftyp\0\0\0\0mdat" + bytes(99), 8),  # to the file's end
        (b"\0\0\0\x08ftyp\0\0\0\x01mdat" + b"\xff" * 8, 8 + 2**64 - 1),
        (b"\0\0\0\x01mdat" + bytes(99), 0),
        (b"\0\0\0\x08ftyp" + b"TAGtitle" * 9, 8),
        (b"\x1a\x45\xdf\xa3\x81" + bytes(1) + b"\x18\x53\x80\x67\x40\xff" + bytes(10), 6 + 6 + 255),
        (b"\x1a\x45\xdf\xa3\x81" + bytes(1) + b"\x18\x53\x80\x67\x01" + b"\xff" * 7 + bytes(10), 6),
        (b"FLV\x01\5\0\0\0\x09\0\0\0\0\x12\0\1\0", 9 + 4 + 11 + 256),
    ],
)
def test_what_a_file_says_of_its_own_length(tmp_path, content, end):
    (tmp_path / "a").write_bytes(content)
    assert promised(tmp_path / "a") == end


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (
            b"version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n",
            "pointer of Git LFS.*git lfs pull",
        ),
        (b"  <!DOCTYPE html><html>Sign in</html>", "a web page"),
        (b"\xef\xbb\xbf\n<html>Sign in</html>", "a web page, not a media file; fetch it again"),
        (b"hello" * 9, "cannot be decoded .*; fetch it again"),
        (b"", "is empty; fetch it again"),
        (b"noise" * 100, "cannot be decoded"),
    ],
)
def test_what_is_no_media_file_is_said(tmp_path, content, words):
    path = tmp_path / "1001_DFA_ANG_XX.flv"
    path.write_bytes(content)
    with pytest.raises(UserError, match=rf"1001_DFA_ANG_XX.flv .*{words}"):
        media.sound(path, RATE)


def test_a_track_that_is_not_there_is_said(tmp_path):
    with pytest.raises(UserError, match=r"silent\.mp4 has no sound"):
        media.sound(make(tmp_path / "silent.mp4", sound=False), RATE)
    with pytest.raises(UserError, match=r"voice\.wav has no frames"):
        media.frames(make(tmp_path / "voice.wav", video=False), 3, 24)
