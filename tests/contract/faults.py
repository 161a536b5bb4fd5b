"""Methods that each break one promise, and one that keeps all."""

from typing import Annotated, ClassVar, Literal

import torch
import torch.nn.functional as F
from pydantic import Field

from inforeg.data.mapped import Mapped
from inforeg.methods.base import Method, stream


class Sound(Method):
    """Joint training with a temperature.

    Attributes:
        temperature: by which logits are divided.
    """

    name, title, family, reference = "planted", "Tempered", "objective", "Somebody, A Journal, 2026"
    temperature: Annotated[float, Field(gt=0)] = 2.0

    def losses(self, state, batch, output):
        tempered = F.cross_entropy(output.logits / self.temperature, batch.target)
        return super().losses(state, batch, output) | {"joint": tempered}

    def scaled(self, state, batch, output, factor):
        """The losses times a factor."""
        return {name: factor * term for name, term in Sound.losses(self, state, batch, output).items()}


class Infinite(Sound):
    def losses(self, state, batch, output):
        state.log("ratio", float("inf"))
        return super().losses(state, batch, output)


class Untimely(Sound):
    """Something outside of the run has a say."""

    calls = 0

    def losses(self, state, batch, output):
        type(self).calls += 1
        return self.scaled(state, batch, output, 1 + 0.001 * type(self).calls)


class Idle(Method):
    name, title, family, reference = "planted", "Idle", "objective", "Somebody, A Journal, 2026"


class Resting(Sound):
    """An encoder gets no gradient."""

    def forward(self, state, batch):
        features = state.model.encode(batch.inputs)
        first = state.model.modalities[0]
        return state.model.fuse({**features, first: features[first].detach()})


class Ranking(Sound):
    """The first modality is another one in another order."""

    def on_gradients(self, state, batch, output):
        for parameter in state.model.parameters_of(state.model.modalities[0]):
            parameter.grad *= 0.1


class Comparing(Sound):
    def predict(self, output):
        return output.logits - output.logits.mean(0)


class Peeking(Sound):
    """It reads the test split, which it has got from where it should not."""

    def setup(self, state, weights):
        import inspect

        frames = inspect.stack()
        test = next(f.frame.f_locals["data"].test for f in frames if f.function == "train")
        self.seen = test.target.double().mean().item()

    def losses(self, state, batch, output):
        return self.scaled(state, batch, output, self.seen)


class Steering(Sound):
    def losses(self, state, batch, output):
        return self.scaled(state, batch, output, state.val.target.double().mean().item())


class Forgetful(Sound):
    """What it keeps is not remembered."""

    def setup(self, state, weights):
        self.epochs_seen = 0

    def on_epoch_end(self, state, metrics):
        self.epochs_seen += 1

    def losses(self, state, batch, output):
        return self.scaled(state, batch, output, 1 / (1 + self.epochs_seen))


class Presuming(Sound):
    """What stands in the place of an absent modality is taken for a sample."""

    def losses(self, state, batch, output):
        factor = 1.0
        for values in batch.inputs.values():
            found = values["values"] if isinstance(values, dict) else values
            factor = factor + found.abs().mean()
        return self.scaled(state, batch, output, factor)


class Gambling(Sound):
    def losses(self, state, batch, output):
        return self.scaled(state, batch, output, 1 + torch.rand(()))


class Evaluating(Sound):
    def on_epoch_start(self, state):
        state.model.eval()


class Late(Sound):
    def step(self, state, batch):
        state.zero()
        output = self.forward(state, batch)
        losses = self.losses(state, batch, output)
        self.backward(state, losses)
        self.on_gradients(state, batch, output)
        state.trace.add()
        state.update()
        return losses


class Narrow(Sound):
    def step(self, state, batch):
        state.zero()
        output = self.forward(state, batch)
        losses = self.losses(state, batch, output)
        self.backward(state, losses)
        state.trace.add()
        state.update()
        return losses


class Repeating(Sound):
    def losses(self, state, batch, output):
        noise = torch.rand(3, generator=stream(state.spec.seed, "repeating"))
        return self.scaled(state, batch, output, 1 + noise.mean())


class Counting(Sound):
    """The number of readers has a say."""

    def losses(self, state, batch, output):
        readers = state.train.readers if isinstance(state.train, Mapped) else 1
        return self.scaled(state, batch, output, 1 + readers)


class Padded(Sound):
    def losses(self, state, batch, output):
        values = batch.inputs["audio"]
        factor = values["values"].abs().mean() if isinstance(values, dict) else 1
        return self.scaled(state, batch, output, factor)


class Deaf(Sound):
    """One option does nothing.

    Attributes:
        form: of nothing.
    """

    form: Literal["one", "other"] = "one"


class Silent(Sound):
    """It does not say what its option is."""

    name = "planted"
    secret: Annotated[float, Field(ge=0)] = 0.0


class Unlike(Sound):
    neutral: ClassVar = {"temperature": 3.0}


class Failing(Sound):
    def on_epoch_end(self, state, metrics):
        raise KeyError("mine")


class Impatient(Sound):
    def backward(self, state, losses):
        sum(losses.values()).backward()


FAULTS = {
    "finite": Infinite,
    "same-bits": Untimely,
    "does-something": Idle,
    "moves": Resting,
    "order": Ranking,
    "alone": Comparing,
    "blind": Peeking,
    "validation": Steering,
    "resumes": Forgetful,
    "absent": Presuming,
    "chance": Gambling,
    "training-mode": Evaluating,
    "trace": Late,
    "bf16": Narrow,
    "noise": Repeating,
    "readers": Counting,
    "padding": Padded,
    "options": Deaf,
    "says": Silent,
    "neutral": Unlike,
    "steps": Impatient,
}
"""By the promise that each breaks."""
