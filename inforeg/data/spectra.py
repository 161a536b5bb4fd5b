"""Sounds as spectra: on the training device from integers, or once when the data are prepared."""

from collections.abc import Mapping
from dataclasses import dataclass

import kaldi_native_fbank as knf
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from inforeg.batch import Shape, Values, on_each
from inforeg.data.transforms import Scaled, Transform
from inforeg.errors import UserError

FULL = 32_768
"""The int16 number that stands for an amplitude of 1."""


@dataclass(frozen=True)
class LogSpectrogram(Transform):
    """log(|STFT| + floor) of int16 samples (S,), as one channel (1, frequencies, frames), float32.

    Frames are centred, with zeros beyond the ends, under a periodic Hann window; there are 1 + S // hop.
    The settings at their default are those of InfoReg's code for CREMA-D.

    Attributes:
        size: of the window and the transform, in samples; it gives 1 + size // 2 frequencies.
        hop: between two frames, in samples.
        floor: added to the magnitude.
    """

    size: int = 512
    hop: int = 353
    floor: float = 1e-7

    def shape(self, stored: Shape) -> Shape:
        """One channel of frequencies by frames."""
        if isinstance(stored, Mapping) or len(stored) != 1:
            raise UserError(f"LogSpectrogram takes samples of one dimension, not of shape {stored}.")
        return 1, 1 + self.size // 2, 1 + stored[0] // self.hop

    def clean(self, values: Values) -> Values:
        """The spectra of (B, S)."""
        return on_each(values, self._spectra)

    def _spectra(self, samples: Tensor) -> Tensor:
        waves = samples.to(torch.float32) / FULL
        window = torch.hann_window(self.size, device=samples.device)
        found = torch.stft(
            waves, self.size, self.hop, window=window, center=True, pad_mode="constant", return_complex=True
        )
        return (found.abs() + self.floor).log().unsqueeze(1)


@dataclass(frozen=True)
class ScaledSpectrum(Scaled):
    """Spectra (frames, bins) scaled, as one channel (1, frames, bins)."""

    def shape(self, stored: Shape) -> Shape:
        """One channel."""
        assert not isinstance(stored, Mapping)
        return 1, *stored

    def clean(self, values: Values) -> Values:
        """(B, 1, frames, bins)."""
        return on_each(super().clean(values), lambda x: x.unsqueeze(1))


def filter_bank(samples: NDArray[np.int16], rate: int, bins: int = 128) -> NDArray[np.float32]:
    """Kaldi's logarithmic mel filter bank, (frames, `bins`), of a sound whose mean is taken away.

    Frames of 25 ms every 10 ms, as far as whole ones fit, under a Hann window, without dither; as the field
    prepares Kinetics-Sounds. Computed on the processor: floats need not be the same bits elsewhere.

    Args:
        samples: of one channel, (S,).
        rate: samples a second.
        bins: of the mel scale.
    """
    options = knf.FbankOptions()
    options.frame_opts.samp_freq = rate
    options.frame_opts.dither = 0.0
    options.frame_opts.window_type = "hanning"
    options.mel_opts.num_bins = bins
    options.use_energy = False
    options.htk_compat = True
    wave = samples.astype(np.float32) / FULL
    bank = knf.OnlineFbank(options)
    bank.accept_waveform(rate, wave - wave.mean())
    bank.input_finished()
    found = [bank.get_frame(number) for number in range(bank.num_frames_ready)]
    return np.stack(found) if found else np.empty((0, bins), np.float32)
