"""InfoReg as released, transcribed into plain Python a second time.

The encoder of a modality is a convolution over a signal of length one, tanh, a linear layer, and a batch
norm with fixed statistics (mean 0, variance 1): z_1 = A x + c, r = tanh z_1, z_2 = B r + d,
h = gamma z_2 + delta. The head's share is u = W h + b / 2. The loss is that of u_audio + u_video plus those
of u_audio and u_video. Every parameter is a list of rows; vectors are one row.
"""

import math
from statistics import fmean

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from inforeg.regulation import InfoReg, ReleasedInfoReg

RATE, EPOCHS, K = 0.2, 14, 0.05
AUDIO_STRENGTH, VIDEO_STRENGTH = 0.95, 0.1
MODALITIES = ("audio", "video")
WEIGHTS = ("A", "B")  # of the convolution and of the linear layer: the only ones in the "trace"

SAMPLES = [  # audio, video, class
    [([-1.7, -1.1], [-0.8, 1.6], 1), ([-1.9, -1.8], [-0.7, -0.7], 0)],
    [([0.1, 1.8], [1.5, -0.5], 0), ([0.2, 1.1], [0.1, -0.1], 0)],
    [([1.3, 1.8], [-1.2, -1.7], 0), ([-1.9, 0.1], [0.9, -0.2], 1)],
]
BATCHES = [[({"audio": a, "video": v}, y) for a, v, y in batch] for batch in SAMPLES]
START = {
    "audio": {
        "A": [[-0.8, -0.8], [-0.3, -0.6], [-0.3, 0.8]],
        "c": [[-0.2, 0.2, 0.1]],
        "B": [[0.1, 0.1, 0.5], [0.2, -0.5, -0.3]],
        "d": [[-0.2, -0.1]],
        "gamma": [[1.3, 1.0]],
        "delta": [[-0.2, 0.0]],
    },
    "video": {
        "A": [[0.6, -0.1], [0.4, -0.7], [-0.8, 0.3]],
        "c": [[-0.3, -0.1, -0.1]],
        "B": [[-0.6, -0.8, -0.9], [0.8, 0.3, 0.8]],
        "d": [[0.0, 0.3]],
        "gamma": [[1.2, 1.1]],
        "delta": [[0.0, 0.0]],
    },
}
HEAD = {"audio": [[-0.5, -0.2], [0.4, -0.5]], "video": [[0.6, 0.0], [0.2, 0.6]]}
HEAD_BIAS = [0.1, -0.2]


def softmax(logits):
    exponentials = [math.exp(z) for z in logits]
    return [e / sum(exponentials) for e in exponentials]


def affine(rows, x, offset):
    return [sum(a * b for a, b in zip(row, x, strict=True)) + c for row, c in zip(rows, offset, strict=True)]


def outer(left, right):
    return [[a * b for b in right] for a in left]


def backward_through(rows, g):
    return [sum(row[j] * k for row, k in zip(rows, g, strict=True)) for j in range(len(rows[0]))]


def combine(left, right, factor):
    """left + factor * right, row by row."""
    return [[a + factor * b for a, b in zip(u, v, strict=True)] for u, v in zip(left, right, strict=True)]


def encode(net, x):
    z1 = affine(net["A"], x, net["c"][0])
    r = [math.tanh(z) for z in z1]
    z2 = affine(net["B"], r, net["d"][0])
    h = [g * z + o for g, z, o in zip(net["gamma"][0], z2, net["delta"][0], strict=True)]
    return r, z2, h


def encoder_gradient(net, x, dh):
    r, z2, _ = encode(net, x)
    dz2 = [g * k for g, k in zip(net["gamma"][0], dh, strict=True)]
    dz1 = [k * (1 - t * t) for k, t in zip(backward_through(net["B"], dz2), r, strict=True)]
    return {
        "A": outer(dz1, x),
        "c": [dz1],
        "B": outer(dz2, r),
        "d": [dz2],
        "gamma": [[z * k for z, k in zip(z2, dh, strict=True)]],
        "delta": [dh],
    }


class Plain:
    """The released procedure; keeps what the tests compare."""

    def __init__(self):
        self.nets = {m: {k: [list(row) for row in rows] for k, rows in START[m].items()} for m in MODALITIES}
        self.heads = {m: [list(row) for row in HEAD[m]] for m in MODALITIES}
        self.bias = [list(HEAD_BIAS)]
        self.traces = {m: [] for m in MODALITIES}
        self.weights, self.windows, self.pulls = [], [], []

    def window(self):
        """Point 2: the audio traces behind ten zeros; open in epoch 0."""
        h = [0.0] * 10 + self.traces["audio"]
        if len(h) == 10:
            return True
        late, early = sum(h[-10:]) / 10, sum(h[-11:-1]) / 10
        return (late - early) / late > K

    def gradients(self, batch):
        """Points 4-5: of the batch mean of L + L_audio + L_video; and point 1's sums of probabilities."""
        encoders = {m: {k: combine(v, v, -1) for k, v in self.nets[m].items()} for m in MODALITIES}
        heads = {m: combine(self.heads[m], self.heads[m], -1) for m in MODALITIES}
        bias = [[0.0, 0.0]]
        sums = dict.fromkeys(MODALITIES, 0.0)
        for x, y in batch:
            h = {m: encode(self.nets[m], x[m])[2] for m in MODALITIES}
            u = {m: affine(self.heads[m], h[m], [b / 2 for b in self.bias[0]]) for m in MODALITIES}
            p = softmax([a + v for a, v in zip(u["audio"], u["video"], strict=True)])
            for m in MODALITIES:
                q = softmax(u[m])
                sums[m] += q[y]
                g = [(p[c] - (c == y)) + (q[c] - (c == y)) for c in range(2)]
                heads[m] = combine(heads[m], outer(g, h[m]), 1 / len(batch))
                bias = combine(bias, [g], 1 / (2 * len(batch)))
                step = encoder_gradient(self.nets[m], x[m], backward_through(self.heads[m], g))
                encoders[m] = {k: combine(encoders[m][k], step[k], 1 / len(batch)) for k in step}
        return encoders, heads, bias, sums

    def strengths(self, sums, is_open):
        """Point 1."""
        gap = sums["audio"] - sums["video"]
        leads = {"audio": is_open and gap > 0, "video": is_open and gap < 0}
        return {
            "audio": AUDIO_STRENGTH * math.exp(math.tanh(gap)) if leads["audio"] else 0.0,
            "video": VIDEO_STRENGTH * math.exp(math.tanh(-gap)) if leads["video"] else 0.0,
        }

    def epoch(self):
        """Points 2-6 over one epoch, plain gradient descent."""
        is_open = self.window()
        start = {m: dict(self.nets[m]) for m in MODALITIES}
        trace = dict.fromkeys(MODALITIES, 0.0)
        for batch in BATCHES:
            encoders, heads, bias, sums = self.gradients(batch)
            strengths = self.strengths(sums, is_open)
            for m in MODALITIES:
                for k, now in self.nets[m].items():
                    moved = combine(now, start[m][k], -1)
                    gradient = combine(encoders[m][k], moved, strengths[m])
                    if k in WEIGHTS:
                        trace[m] += fmean(g * g for row in gradient for g in row)
                    self.nets[m][k] = combine(now, gradient, -RATE)
                self.heads[m] = combine(self.heads[m], heads[m], -RATE)
            self.bias = combine(self.bias, bias, -RATE)
            self.pulls.append(strengths)
            self.weights.append(self.flat())
        self.windows.append(is_open)
        for m in MODALITIES:
            self.traces[m].append(trace[m])

    def flat(self):
        nets = [rows for m in MODALITIES for rows in self.nets[m].values()]
        parts = [*nets, *(self.heads[m] for m in MODALITIES), self.bias]
        return [value for rows in parts for row in rows for value in row]


def double(values):
    return torch.tensor(values, dtype=torch.float64)


def encoder(start):
    """The encoder in torch."""
    convolution, linear, norm = nn.Conv1d(2, 3, 1), nn.Linear(3, 2), nn.BatchNorm1d(2, eps=0.0)
    net = nn.Sequential(convolution, nn.Tanh(), nn.Flatten(), linear, norm).double().eval()
    convolution.weight.data = double(start["A"]).unsqueeze(2)
    linear.weight.data = double(start["B"])
    vectors = {"c": convolution.bias, "d": linear.bias, "gamma": norm.weight, "delta": norm.bias}
    for key, vector in vectors.items():
        vector.data = double(start[key][0])
    return net


class Late(nn.Module):
    """Two encoders and one linear head over their concatenated features."""

    def __init__(self):
        super().__init__()
        self.encoders = nn.ModuleDict({m: encoder(START[m]) for m in MODALITIES})
        self.head = nn.Linear(4, 2).double()
        self.head.weight.data = double([a + v for a, v in zip(*HEAD.values(), strict=True)])
        self.head.bias.data = double(HEAD_BIAS)

    def forward(self, batch):
        """Joint logits, and the head's slices with half of the bias each."""
        h = {m: net(double([x[m] for x, _ in batch]).unsqueeze(2)) for m, net in self.encoders.items()}
        audio, video = self.head.weight.split(2, dim=1)
        half = self.head.bias / 2
        unimodal = {"audio": h["audio"] @ audio.T + half, "video": h["video"] @ video.T + half}
        return self.head(torch.cat([h["audio"], h["video"]], dim=1)), unimodal

    def flat(self):
        nets = [p for net in self.encoders.values() for p in net.parameters()]
        slices = self.head.weight.split(2, dim=1)
        return torch.cat([p.flatten() for p in (*nets, *slices, self.head.bias)]).tolist()


def train(make, epochs=EPOCHS):
    """Weights after every batch, windows and mean strengths of every epoch, and the traces."""
    model = Late()
    regulation = make(model.encoders)
    optimizer = torch.optim.SGD(model.parameters(), lr=RATE)
    weights, windows, strengths = [], [], []
    for _ in range(epochs):
        regulation.open_epoch()
        windows.append(dict(regulation.windows))
        for batch in BATCHES:
            target = torch.tensor([y for _, y in batch])
            logits, unimodal = model(batch)
            optimizer.zero_grad()
            sum(F.cross_entropy(z, target) for z in (logits, *unimodal.values())).backward()
            regulation.regulate(unimodal, target)
            optimizer.step()
            weights.append(model.flat())
        strengths.append(regulation.close_epoch())
    return weights, windows, strengths, regulation.state_dict()["history"]


def released(encoders):
    return ReleasedInfoReg(encoders, reference="audio")


@pytest.fixture(scope="module")
def plain():
    procedure = Plain()
    for _ in range(EPOCHS):
        procedure.epoch()
    return procedure


@pytest.fixture(scope="module")
def computed():
    return train(released)


def test_example_exercises_every_branch(plain):
    assert plain.windows == [True] * 8 + [False] * 3 + [True] * 2 + [False]
    padded = [0.0] * 10 + plain.traces["video"]
    growths = [1 - sum(padded[n - 1 : n + 9]) / sum(padded[n : n + 10]) for n in range(1, EPOCHS)]
    assert [growth > K for growth in growths] != plain.windows[1:]  # the video trace would decide otherwise
    inside = [pulls for n, pulls in enumerate(plain.pulls) if plain.windows[n // 3]]
    assert all((pulls["audio"] > 0) != (pulls["video"] > 0) for pulls in inside)
    for m in MODALITIES:
        assert any(pulls[m] > 0 for n, pulls in enumerate(plain.pulls) if n % 3)  # after weights have moved


def test_weights_after_every_batch(plain, computed):
    assert len(computed[0]) == len(plain.weights) == EPOCHS * len(BATCHES)
    for weights, expected in zip(computed[0], plain.weights, strict=True):
        assert weights == pytest.approx(expected, rel=1e-9, abs=1e-12)


def test_audio_decides_the_window_of_both(plain, computed):
    assert computed[1] == [dict.fromkeys(MODALITIES, is_open) for is_open in plain.windows]


def test_trace_of_the_reference(plain, computed):
    assert computed[3]["audio"] == pytest.approx(plain.traces["audio"], rel=1e-6)


def test_mean_strength_of_every_epoch(plain, computed):
    for epoch, strengths in enumerate(computed[2]):
        pulls = plain.pulls[3 * epoch : 3 * epoch + 3]
        expected = {m: fmean(pull[m] for pull in pulls) for m in MODALITIES}
        assert strengths == pytest.approx(expected, rel=1e-6)


def test_released_is_not_the_paper(computed):
    def paper(encoders):
        return InfoReg(encoders, threshold=K)

    def free(encoders):
        return InfoReg(encoders, threshold=K, weight=0.0)

    weights, windows, *_ = train(paper)
    assert weights[: 3 * 2] == train(free, epochs=2)[0]  # the paper only records in the first two epochs
    assert computed[0][0] == weights[0]  # the first batch of all: nothing has moved yet
    assert math.dist(computed[0][2], weights[2]) > 1e-2  # released pulls in epoch 0
    assert math.dist(computed[0][-1], weights[-1]) > 1e-2
    assert computed[1] != windows
    assert all(window["audio"] == window["video"] for window in computed[1])
    assert any(window["audio"] != window["video"] for window in windows)
