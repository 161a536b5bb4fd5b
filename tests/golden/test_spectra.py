"""Spectra against librosa's, and filter banks against Kaldi's definition."""

from pathlib import Path

import numpy as np
import pytest
import torch

from inforeg.data.spectra import LogSpectrogram, filter_bank
from inforeg.errors import UserError

with np.load(Path(__file__).with_name("log_spectrogram.npz")) as stored:
    WAVE, LOG = stored["wave"], stored["log"]
"""A tone, one that swells, and noise: int16 samples at 22,050 Hz; and by librosa 0.11.0
log(|stft(wave / 32768, n_fft=512, hop_length=353)| + 1e-7), float32.
"""


def test_log_spectrogram_is_librosas():
    transform = LogSpectrogram()
    found = transform.clean(torch.from_numpy(np.stack([WAVE, np.zeros_like(WAVE)])))
    assert found.dtype == torch.float32
    assert found.shape == (2, *transform.shape((4_000,)))
    log = found[0, 0].numpy()
    np.testing.assert_allclose(np.exp(log), np.exp(LOG), rtol=0, atol=1e-4)
    loud = np.log(0.02) < LOG  # below, both are the rounding of float32
    assert loud.mean() > 0.95
    np.testing.assert_allclose(log[loud], LOG[loud], rtol=0, atol=1e-4)
    assert found[1] == pytest.approx(np.log(1e-7))  # silence


def test_three_seconds_have_the_papers_shape():
    assert LogSpectrogram().shape((66_150,)) == (1, 257, 188)


def test_other_than_sound_is_refused():
    with pytest.raises(UserError, match=r"one dimension, not of shape \(3, 4\)"):
        LogSpectrogram().shape((3, 4))


def mel(frequency):
    return 1127 * np.log1p(np.asarray(frequency) / 700)


def kaldis(wave, rate, bins):
    """Kaldi's filter bank by its definition (feature-fbank, mel-computations)."""
    length, shift = round(0.025 * rate), round(0.01 * rate)
    size = 1 << (length - 1).bit_length()
    window = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(length) / (length - 1))
    edges = np.linspace(mel(20), mel(rate / 2), bins + 2)
    places = mel(np.arange(size // 2) * rate / size)
    rising = (places - edges[:-2, None]) / np.diff(edges)[:-1, None]
    falling = (edges[2:, None] - places) / np.diff(edges)[1:, None]
    triangles = np.maximum(0, np.minimum(rising, falling))
    lines = []
    for start in range(0, len(wave) - length + 1, shift):
        frame = wave[start : start + length] - wave[start : start + length].mean()
        frame = frame - 0.97 * np.concatenate([frame[:1], frame[:-1]])
        power = np.abs(np.fft.rfft(frame * window, size)[: size // 2]) ** 2
        lines.append(np.log(np.maximum(triangles @ power, np.finfo(np.float32).eps)))
    return np.stack(lines)


@pytest.mark.parametrize(("rate", "bins"), [(22_050, 128), (16_000, 23)])
def test_filter_bank_is_kaldis(rate, bins):
    wave = WAVE / 32_768
    found = filter_bank(WAVE, rate, bins)
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, kaldis(wave - wave.mean(), rate, bins), rtol=0, atol=1e-3)


def test_a_sound_shorter_than_a_frame_has_none():
    assert filter_bank(WAVE[:100], 22_050).shape == (0, 128)
