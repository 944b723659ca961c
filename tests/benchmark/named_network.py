"""The networks of tests/reference/golden.h in NumPy and PyTorch: weights and images that are functions of their names.

plan_benchmark runs the same numbers, so the logits of every engine can be held against one reference.
"""
import numpy

PROBE_IMAGES = 4


def named_values(key, shape):
    """NamedValues of golden.h: splitmix64 from the FNV-1a hash of `key`, in [-1, 1)."""
    state = 0xCBF29CE484222325
    for byte in key.encode():
        state = ((state ^ byte) * 0x100000001B3) % 2**64
    count = int(numpy.prod(shape))
    with numpy.errstate(over="ignore"):
        z = numpy.uint64(state) + numpy.arange(1, count + 1, dtype=numpy.uint64) * numpy.uint64(0x9E3779B97F4A7C15)
        z = (z ^ (z >> numpy.uint64(30))) * numpy.uint64(0xBF58476D1CE4E5B9)
        z = (z ^ (z >> numpy.uint64(27))) * numpy.uint64(0x94D049BB133111EB)
        z = z ^ (z >> numpy.uint64(31))
    return ((z >> numpy.uint64(40)).astype("f8") * 2.0**-23 - 1.0).astype("f4").reshape(shape)


def named_images(key, count, size=224):
    """NamedImages of golden.h: [count, 3, size, size], already normalised."""
    return named_values(key, (count, 3, size, size)) * numpy.float32(1.5)


def named_parameter(name, shape):
    """NamedParameter of golden.cc: unit-gain weights, norms near one, biases near zero."""
    values = named_values(name, shape)
    if name.endswith("running_var"):
        scale, offset = 0.5, 1.0
    elif name.endswith(("running_mean", ".bias")):
        scale, offset = 0.1, 0.0
    elif name.endswith("gamma"):
        scale, offset = 0.2, 0.3
    elif len(shape) >= 2:
        scale, offset = (6.0 / numpy.prod(shape[1:])) ** 0.5, 0.0
    else:
        scale, offset = 0.2, 1.0
    return values * numpy.float32(scale) + numpy.float32(offset)


def named_model(network):
    """timm's `network` in evaluation mode, with the values of NamedParameters (golden.h)."""
    import timm
    import torch

    model = timm.create_model(network, exportable=True).eval()
    for name, tensor in model.state_dict().items():
        if not name.endswith("num_batches_tracked"):
            tensor.copy_(torch.from_numpy(named_parameter(name, tuple(tensor.shape))))
    return model


def cosine(logits, reference):
    """The least cosine similarity over the images of two arrays [images, classes]."""
    logits, reference = logits.astype("f8"), reference.astype("f8")
    products = (logits * reference).sum(1)
    return float((products / numpy.linalg.norm(logits, axis=1) / numpy.linalg.norm(reference, axis=1)).min())
