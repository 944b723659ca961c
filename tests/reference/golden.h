// Networks and images whose numbers are functions of their names, as the golden values' generator
// defines them.
#ifndef AVOCET_TESTS_REFERENCE_GOLDEN_H_
#define AVOCET_TESTS_REFERENCE_GOLDEN_H_

#include <string_view>
#include <vector>

#include "engine/graph/graph.h"
#include "engine/graph/parameters.h"

namespace avocet {

// `count` numbers in [-1, 1): number i is splitmix64(fnv1a(key) + (i + 1) * 0x9E3779B97F4A7C15),
// its top 24 bits times 2^-23, minus 1.
std::vector<float> NamedValues(std::string_view key, std::size_t count);

// Every parameter of `graph` by its name and shape: unit-gain weights, norms near one, biases near
// zero.
Parameters NamedParameters(const Graph& graph);

// Like `NamedParameters`, with the running statistics measured for `arch`
// (tests/data/golden/statistics.safetensors).
Parameters GoldenParameters(const Graph& graph, std::string_view arch);

// [N, C, H, W], already normalised.
std::vector<float> NamedImages(std::string_view key, const Shape& shape);

// [2, classes] of the entry "<arch>@<size>".
std::vector<float> GoldenLogits(std::string_view entry);

// Largest difference between `found` and `expected`, in standard deviations of `expected`.
double RelativeError(const std::vector<double>& found, const std::vector<float>& expected);

}  // namespace avocet

#endif  // AVOCET_TESTS_REFERENCE_GOLDEN_H_
