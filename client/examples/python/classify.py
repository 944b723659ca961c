"""Prints the five most probable classes of an image: classify.py FILE [HOST:PORT].

The stubs come from proto/classifier.proto; see README.md.
"""
import sys

import grpc

from proto import classifier_pb2, classifier_pb2_grpc

path = sys.argv[1]
server = sys.argv[2] if len(sys.argv) > 2 else "localhost:50051"

with grpc.insecure_channel(server) as channel, open(path, "rb") as image:
    classifier = classifier_pb2_grpc.ClassifierStub(channel)
    request = classifier_pb2.ClassifyRequest(images=[image.read()], top_k=5)
    result = classifier.Classify(request, timeout=10).results[0]

if result.HasField("error"):
    sys.exit(f"{path}: {result.error.message}")
for score in result.classification.classes:
    print(f"{score.label}\t{100 * score.probability:.2f}")
