#!/usr/bin/env python3
"""Writes the benchmark's networks in the forms that the peers read.

    tests/benchmark/peer_models.py [--out build/peers] [NETWORK...]

For each network: NETWORK.onnx (float32, any batch), NETWORK.int8.xml (OpenVINO, quantised by NNCF), NETWORK.int8.onnx (ONNX
Runtime, quantize-dequantize pairs) and NETWORK.npz (probe images and PyTorch's float32 logits). What exists is left alone; a
file appears when it is whole. Needs the packages of tests/benchmark/requirements.txt.
"""
import argparse
import logging
import os
import pathlib
import sys
import tempfile

TOP = pathlib.Path(__file__).resolve().parents[2]
NETWORKS = ("tf_efficientnet_lite0", "efficientnet_b0", "convnext_tiny", "resnet50")
CALIBRATION_IMAGES = 8
# NNCF's defaults also quantise what multiplies elementwise; left alone, efficientnet_b0 is 1.4 to 1.8 times as fast in
# OpenVINO 2026.4 with bfloat16 there, and the other networks no slower. Every convolution is int8 either way.
LEFT_IN_FLOATING_POINT = ("Multiply", "Sigmoid", "Swish")


def calibration_images():
    import named_network
    return named_network.named_images("calibration", CALIBRATION_IMAGES)


def write_reference(network, path):
    """The images every engine is probed with, and what float32 PyTorch says to them."""
    import named_network
    import numpy
    import torch
    images = named_network.named_images("input", named_network.PROBE_IMAGES)
    with torch.inference_mode():
        logits = named_network.named_model(network)(torch.from_numpy(images)).numpy()
    numpy.savez(path, images=images, logits=logits)


def write_onnx(network, path):
    import named_network
    import onnx
    import torch
    batch = torch.export.Dim("n")
    program = torch.onnx.export(named_network.named_model(network), (torch.zeros(2, 3, 224, 224),), dynamo=True,
                                input_names=["x"], output_names=["y"], dynamic_shapes=({0: batch},), opset_version=18,
                                verbose=False)
    onnx.save(program.model_proto, path)


def write_openvino_int8(network, path):
    import nncf
    import openvino
    nncf.set_log_level(logging.ERROR)
    images = calibration_images()
    data = nncf.Dataset([images[i:i + 1] for i in range(len(images))])
    model = openvino.Core().read_model(path.parents[1] / f"{network}.onnx")
    elementwise = nncf.IgnoredScope(types=list(LEFT_IN_FLOATING_POINT), validate=False)
    openvino.save_model(nncf.quantize(model, data, subset_size=len(images), ignored_scope=elementwise), path)


def write_onnxruntime_int8(network, path):
    """Weights a channel, symmetric, in int8; activations in uint8: with int8 ONNX Runtime 1.32 is three times as slow."""
    from onnxruntime import quantization
    from onnxruntime.quantization import shape_inference

    class Images(quantization.CalibrationDataReader):

        def __init__(self):
            images = calibration_images()
            self.left = iter([{"x": images[i:i + 1]} for i in range(len(images))])

        def get_next(self):
            return next(self.left, None)

    # It warns of every norm's weight, which has no second axis.
    logging.getLogger().setLevel(logging.ERROR)
    plain = path.with_name("prepared.onnx")
    shape_inference.quant_pre_process(path.parents[1] / f"{network}.onnx", plain)
    quantization.quantize_static(plain, path, Images(), quant_format=quantization.QuantFormat.QDQ, per_channel=True,
                                 activation_type=quantization.QuantType.QUInt8,
                                 weight_type=quantization.QuantType.QInt8,
                                 extra_options={"ActivationSymmetric": False, "WeightSymmetric": True})


# The file that says a form is there -> who writes it. Float32 comes first: the others read it.
FORMS = {".onnx": write_onnx, ".npz": write_reference, ".int8.xml": write_openvino_int8,
         ".int8.onnx": write_onnxruntime_int8}


def write_form(network, suffix, out):
    """Writes beside, then renames: the file that names the form last."""
    final = out / f"{network}{suffix}"
    if final.exists():
        return
    print(f"writing {final}", flush=True)
    with tempfile.TemporaryDirectory(dir=out) as scratch:
        FORMS[suffix](network, pathlib.Path(scratch) / final.name)
        companion = final.with_suffix(".bin").name
        for name in (companion, final.name):
            if (pathlib.Path(scratch) / name).exists():
                os.replace(pathlib.Path(scratch) / name, out / name)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("networks", nargs="*", metavar="NETWORK", help=f"default: {' '.join(NETWORKS)}")
    parser.add_argument("--out", type=pathlib.Path, default=TOP / "build/peers")
    args = parser.parse_args()
    unknown = sorted(set(args.networks) - set(NETWORKS))
    if unknown:
        sys.exit(f"expected networks of {', '.join(NETWORKS)}, found {', '.join(unknown)}")
    args.out.mkdir(parents=True, exist_ok=True)
    for network in args.networks or NETWORKS:
        for suffix in FORMS:
            write_form(network, suffix, args.out)


if __name__ == "__main__":
    main()
