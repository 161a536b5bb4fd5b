"""InfoReg (`paper`) against Algorithm 1 and Eq. 7-16, worked out with lists and the math module alone.

The model is the smallest that has all parts. Modality m: two inputs, one feature h_m = w_m1 x_1 + w_m2 x_2 +
w_m3, and a share u_m = v_m h_m + b / M of the logits z = sum_m u_m over two classes. With p = softmax(z) and
g = p - onehot(y) the gradients of a sample's cross-entropy are g for b, g h_m for v_m, and (g . v_m) (x, 1)
for w_m.
"""

import math
from itertools import chain, pairwise

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from inforeg import InfoReg

BETA, K = 0.9, 0.04
RATE = 0.3
EPOCHS = 6

BATCHES = [
    [
        ({"audio": [-1.7, 1.7], "video": [-0.5, 0.7], "text": [0.5, 1.9]}, 1),
        ({"audio": [1.5, 1.4], "video": [1.2, -0.8], "text": [1.3, 1.0]}, 0),
    ],
    [
        ({"audio": [1.9, -2.0], "video": [0.8, 1.9], "text": [-0.5, 1.1]}, 0),
        ({"audio": [0.7, -1.3], "video": [1.9, -0.2], "text": [-0.3, 1.1]}, 0),
    ],
    [
        ({"audio": [0.1, 0.1], "video": [-1.7, -0.2], "text": [1.5, 0.6]}, 1),
        ({"audio": [0.5, 1.6], "video": [-0.2, 0.1], "text": [-0.6, -0.7]}, 0),
    ],
]
ENCODERS = {"audio": [-0.2, 0.5, -0.3], "video": [0.1, 0.1, 0.0], "text": [-0.1, 0.0, -0.3]}
HEADS = {"audio": [-0.6, -0.5], "video": [0.2, 0.0], "text": [-0.5, -0.6]}
PAIR, TRIPLE = ("audio", "video"), ("audio", "video", "text")


def dot(left, right):
    return sum(a * b for a, b in zip(left, right, strict=True))


def softmax(logits):
    exponentials = [math.exp(z) for z in logits]
    return [e / sum(exponentials) for e in exponentials]


class Plain:
    """Algorithm 1 over lists of floats; keeps what the test compares."""

    def __init__(self, modalities):
        self.encoders = {m: list(ENCODERS[m]) for m in modalities}
        self.heads = {m: list(HEADS[m]) for m in modalities}
        self.bias = [0.0, 0.0]
        self.history = {m: [] for m in modalities}
        self.weights, self.windows, self.deltas, self.alphas = [], [], [], []

    def shares(self, inputs):
        """h_m and u_m of one sample."""
        h = {m: dot(w, [*inputs[m], 1.0]) for m, w in self.encoders.items()}
        u = {m: [v * h[m] + b / len(h) for v, b in zip(self.heads[m], self.bias, strict=True)] for m in h}
        return h, u

    def gradients(self, batch):
        """Of the batch's mean cross-entropy: for each encoder, each head and the bias."""
        encoders = {m: [0.0] * 3 for m in self.encoders}
        heads = {m: [0.0] * 2 for m in self.heads}
        bias = [0.0] * 2
        for inputs, y in batch:
            h, u = self.shares(inputs)
            p = softmax([sum(u[m][c] for m in u) for c in range(2)])
            g = [(p[c] - (c == y)) / len(batch) for c in range(2)]
            bias = [bias[c] + g[c] for c in range(2)]
            for m in h:
                heads[m] = [heads[m][c] + g[c] * h[m] for c in range(2)]
                back = dot(g, self.heads[m])
                encoders[m] = [e + back * x for e, x in zip(encoders[m], [*inputs[m], 1.0], strict=True)]
        return encoders, heads, bias

    def delta(self, batch):
        """Eq. 8-10."""
        s = {
            m: sum(math.log(softmax(self.shares(x)[1][m])[y]) for x, y in batch) / len(batch)
            for m in self.encoders
        }
        leads = {m: [s[m] - s[other] for other in s if s[other] < s[m]] for m in s}
        return {m: sum(lead) / len(lead) if lead else 0.0 for m, lead in leads.items()}

    def window(self, m):
        """Eq. 11, from epoch 2 on."""
        past = self.history[m]
        return len(past) >= 2 and (past[-1] - past[-2]) / past[-1] > K

    def epoch(self):
        """One epoch of Algorithm 1 with plain gradient descent."""
        start = {m: list(w) for m, w in self.encoders.items()}
        window = {m: self.window(m) for m in start}
        squares = dict.fromkeys(start, 0.0)
        for batch in BATCHES:
            encoders, heads, bias = self.gradients(batch)
            delta = self.delta(batch)
            alpha = {
                m: math.exp(BETA * math.tanh(delta[m])) if window[m] and delta[m] > 0 else 0.0 for m in start
            }
            for m, origin in start.items():
                squares[m] += dot(encoders[m], encoders[m])
                pull = [alpha[m] * (w - w0) for w, w0 in zip(self.encoders[m], origin, strict=True)]
                self.encoders[m] = [
                    w - RATE * (g + p) for w, g, p in zip(self.encoders[m], encoders[m], pull, strict=True)
                ]
                self.heads[m] = [v - RATE * g for v, g in zip(self.heads[m], heads[m], strict=True)]
            self.bias = [b - RATE * g for b, g in zip(self.bias, bias, strict=True)]
            self.deltas.append(delta)
            self.alphas.append(alpha)
            self.weights.append([*chain(*self.encoders.values(), *self.heads.values()), *self.bias])
        self.windows.append(window)
        for m, square in squares.items():
            self.history[m].append(square / len(BATCHES))


def double(values):
    return torch.tensor(values, dtype=torch.float64)


class Late(nn.Module):
    """The same model in torch, in double precision."""

    def __init__(self, modalities):
        super().__init__()
        self.encoders = nn.ModuleDict({m: nn.Linear(2, 1) for m in modalities})
        self.heads = nn.ParameterDict({m: double(HEADS[m]) for m in modalities})
        self.bias = nn.Parameter(double([0.0, 0.0]))
        for m, encoder in self.encoders.items():
            encoder.weight.data = double([ENCODERS[m][:2]])
            encoder.bias.data = double(ENCODERS[m][2:])

    def forward(self, batch):
        inputs = {m: double([x[m] for x, _ in batch]) for m in self.encoders}
        return {m: self.encoders[m](x) * self.heads[m] + self.bias / len(inputs) for m, x in inputs.items()}

    def flat(self):
        encoders = [p.flatten() for e in self.encoders.values() for p in (e.weight, e.bias)]
        heads = [self.heads[m] for m in self.encoders]
        return torch.cat([*encoders, *heads, self.bias]).tolist()


def train(modalities, epochs=EPOCHS, **options):
    """The loop of the README; weights after every batch, windows and mean strengths of every epoch."""
    model = Late(modalities)
    regulation = InfoReg(model.encoders, beta=BETA, threshold=K, **options)
    optimizer = torch.optim.SGD(model.parameters(), lr=RATE)
    weights, windows, strengths = [], [], []
    for _ in range(epochs):
        regulation.open_epoch()
        windows.append(dict(regulation.windows))
        for batch in BATCHES:
            target = torch.tensor([y for _, y in batch])
            shares = model(batch)
            optimizer.zero_grad()
            F.cross_entropy(sum(shares.values()), target).backward()
            regulation.regulate(shares, target)
            optimizer.step()
            weights.append(model.flat())
        strengths.append(regulation.close_epoch())
    return weights, windows, strengths, regulation.state_dict()["history"]


@pytest.fixture(params=[PAIR, TRIPLE], ids=["two modalities", "three modalities"])
def plain(request):
    algorithm = Plain(request.param)
    for _ in range(EPOCHS):
        algorithm.epoch()
    return algorithm


def test_example_exercises_every_branch(plain):
    openings = {m: [window[m] for window in plain.windows] for m in plain.encoders}
    assert all(not any(pattern[:2]) for pattern in openings.values())  # Algorithm 1 only records
    assert openings["audio"][2:] == [True, True, False, False]
    assert openings["video"][2:] == [True, True, True, False]
    if "text" in openings:
        assert openings["text"][2:] == [False, True, True, True]
        assert any(sum(lead > 0 for lead in delta.values()) == 2 for delta in plain.deltas)
    assert any(
        plain.windows[n // 3][m] and alpha[m] == 0 for n, alpha in enumerate(plain.alphas) for m in alpha
    )  # an open window of the weakest modality
    for m in plain.encoders:
        assert any(alpha[m] > 0 for alpha in plain.alphas)
        for before, now in pairwise(plain.history[m]):
            assert abs((now - before) / now - K) > 0.01  # no window hangs on a rounding error


def test_weights_after_every_batch(plain):
    weights, *_ = train(tuple(plain.encoders))
    assert len(weights) == len(plain.weights) == EPOCHS * len(BATCHES)
    for computed, expected in zip(weights, plain.weights, strict=True):
        assert computed == pytest.approx(expected, rel=1e-9, abs=1e-12)


def test_windows_of_every_epoch(plain):
    _, windows, *_ = train(tuple(plain.encoders))
    assert windows == plain.windows


def test_traces_of_every_epoch(plain):
    *_, history = train(tuple(plain.encoders))
    for m, traces in plain.history.items():
        assert history[m] == pytest.approx(traces, rel=1e-6)


def test_mean_alpha_of_every_epoch(plain):
    _, _, strengths, _ = train(tuple(plain.encoders))
    for epoch, computed in enumerate(strengths):
        alphas = plain.alphas[3 * epoch : 3 * epoch + 3]
        expected = {m: sum(alpha[m] for alpha in alphas) / 3 for m in plain.encoders}
        assert computed == pytest.approx(expected, rel=1e-6)


def test_regulation_slows_the_encoders_it_acts_on(plain):
    """Eq. 12: over an epoch the pull leaves the regulated encoders nearer to where the epoch began."""
    modalities = tuple(plain.encoders)
    free = train(modalities, epochs=3, weight=0.0)[0]
    held = train(modalities, epochs=3)[0]
    assert held[:7] == free[:7]  # two recording epochs, and the first batch of an epoch pulls by nothing
    assert math.dist(held[8][:3], held[5][:3]) < math.dist(free[8][:3], free[5][:3])


def shares_of(probabilities):
    """Two-class logits of two samples of class 0 whose true class has the given probabilities."""
    return torch.tensor([[math.log(p / (1 - p)), 0.0] for p in probabilities])


def test_delta_and_alpha_of_three_modalities_by_hand():
    """Mean log-probabilities log 3/4, log 1/2, log 1/4 (the last as the mean of log 1/2 and log 1/8).

    Eq. 9-10: Delta = mean(log 3/2, log 3), log 2, 0; the pull of a weight that moved by 1 is alpha.
    """
    weights = {m: nn.Parameter(torch.zeros(1)) for m in TRIPLE}
    regulation = InfoReg({m: [w] for m, w in weights.items()}, beta=BETA, threshold=K)
    for trace in (1.0, 2.0):
        regulation.open_epoch()
        regulation.close_epoch(dict.fromkeys(TRIPLE, trace))
    regulation.open_epoch()
    for weight in weights.values():
        weight.data += 1.0
        weight.grad = torch.zeros(1)
    unimodal = {
        "audio": shares_of([3 / 4, 3 / 4]),
        "video": shares_of([1 / 2, 1 / 2]),
        "text": shares_of([1 / 2, 1 / 8]),
    }
    regulation.regulate(unimodal, torch.tensor([0, 0]))
    audio = math.exp(0.9 * math.tanh((math.log(3 / 2) + math.log(3)) / 2))
    assert weights["audio"].grad.item() == pytest.approx(audio, rel=1e-5)
    # tanh(log 2) = (2 - 1/2) / (2 + 1/2) = 0.6, so that alpha = exp(0.54)
    assert weights["video"].grad.item() == pytest.approx(math.exp(0.54), rel=1e-5)
    assert weights["text"].grad.item() == 0.0


def test_trace_is_taken_before_the_pull():
    """Gradients of 3 and 5 in two batches give (9 + 25) / 2, although the second is pulled."""
    weights = {m: nn.Parameter(torch.zeros(1)) for m in PAIR}
    regulation = InfoReg({m: [w] for m, w in weights.items()}, beta=BETA, threshold=K)
    for trace in (1.0, 2.0):
        regulation.open_epoch()
        regulation.close_epoch(dict.fromkeys(PAIR, trace))
    regulation.open_epoch()
    unimodal = {"audio": shares_of([3 / 4]), "video": shares_of([1 / 2])}
    for gradient in (3.0, 5.0):
        for weight in weights.values():
            weight.grad = torch.tensor([gradient])
        regulation.regulate(unimodal, torch.tensor([0]))
        weights["audio"].data -= 1.0
    assert weights["audio"].grad.item() < 5.0
    regulation.close_epoch()
    assert regulation.state_dict()["history"] == {m: [1.0, 2.0, 17.0] for m in PAIR}
