"""Spectra against librosa's."""

from pathlib import Path

import numpy as np
import pytest
import torch

from inforeg.data.spectra import LogSpectrogram
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
