#include "tests/reference/golden.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <map>
#include <string>

#include "engine/base/check.h"
#include "engine/checkpoint/safetensors.h"
#include "tests/reference/worst.h"

namespace avocet {
namespace {

std::uint64_t Fnv1a(std::string_view text) {
  std::uint64_t hash = 0xCBF29CE484222325;
  for (const char c : text) {
    hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001B3;
  }
  return hash;
}

bool EndsWith(std::string_view text, std::string_view suffix) { return text.ends_with(suffix); }

// v * scale + offset, rounded to float32 after each operation as NumPy does.
std::vector<float> Affine(std::vector<float> values, float scale, float offset) {
  for (float& v : values) {
    v *= scale;
    v += offset;
  }
  return values;
}

std::vector<float> NamedParameter(const ParameterSpec& spec) {
  std::vector<float> v = NamedValues(spec.name, static_cast<std::size_t>(spec.size()));
  if (EndsWith(spec.name, "running_var")) return Affine(std::move(v), 0.5f, 1.0f);
  if (EndsWith(spec.name, "running_mean") || EndsWith(spec.name, ".bias")) {
    return Affine(std::move(v), 0.1f, 0.0f);
  }
  if (EndsWith(spec.name, "gamma")) return Affine(std::move(v), 0.2f, 0.3f);
  if (spec.shape.size() >= 2) {
    const auto fan_in = static_cast<double>(spec.size() / spec.shape[0]);
    return Affine(std::move(v), static_cast<float>(std::sqrt(6.0 / fan_in)), 0.0f);
  }
  return Affine(std::move(v), 0.2f, 1.0f);
}

const Safetensors& Open(const char* file) {
  static std::map<std::string, Safetensors> opened;
  const auto found = opened.find(file);
  if (found != opened.end()) return found->second;
  absl::StatusOr<Safetensors> tensors =
      Safetensors::Open(std::string(AVOCET_TEST_DATA "/golden/") + file);
  AVOCET_CHECK(tensors.ok());
  return opened.emplace(file, std::move(*tensors)).first->second;
}

std::vector<float> Read(const TensorView& tensor) {
  AVOCET_CHECK(tensor.dtype == DType::kF32);
  std::vector<float> values(tensor.data.size() / sizeof(float));
  std::memcpy(values.data(), tensor.data.data(), tensor.data.size());
  return values;
}

}  // namespace

std::vector<float> NamedValues(std::string_view key, std::size_t count) {
  std::vector<float> values(count);
  std::uint64_t state = Fnv1a(key);
  for (float& value : values) {
    state += 0x9E3779B97F4A7C15;
    std::uint64_t z = state;
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
    z = z ^ (z >> 31);
    value = static_cast<float>(static_cast<double>(z >> 40) * 0x1p-23 - 1.0);
  }
  return values;
}

Parameters NamedParameters(const Graph& graph) {
  const std::vector<ParameterSpec> specs = GraphParameters(graph);
  Parameters parameters(specs);
  for (const ParameterSpec& spec : specs) {
    const std::vector<float> values = NamedParameter(spec);
    std::copy(values.begin(), values.end(), parameters.Get(spec.name).begin());
  }
  return parameters;
}

Parameters GoldenParameters(const Graph& graph, std::string_view arch) {
  Parameters parameters = NamedParameters(graph);
  const Safetensors& statistics = Open("statistics.safetensors");
  for (const ParameterSpec& spec : GraphParameters(graph)) {
    const TensorView* tensor = statistics.Find(std::string(arch) + "/" + spec.name);
    if (tensor == nullptr) continue;
    const std::vector<float> values = Read(*tensor);
    AVOCET_CHECK(values.size() == static_cast<std::size_t>(spec.size()));
    std::copy(values.begin(), values.end(), parameters.Get(spec.name).begin());
  }
  return parameters;
}

std::vector<float> NamedImages(std::string_view key, const Shape& shape) {
  return Affine(NamedValues(key, static_cast<std::size_t>(shape.size())), 1.5f, 0.0f);
}

std::vector<float> GoldenLogits(std::string_view entry) {
  const TensorView* tensor = Open("logits.safetensors").Find(std::string(entry));
  AVOCET_CHECK(tensor != nullptr);
  return Read(*tensor);
}

double RelativeError(const std::vector<double>& found, const std::vector<float>& expected) {
  AVOCET_CHECK(found.size() == expected.size());
  double mean = 0, square = 0, largest = 0;
  for (const float e : expected) mean += e / static_cast<double>(expected.size());
  for (std::size_t i = 0; i < expected.size(); ++i) {
    square += (expected[i] - mean) * (expected[i] - mean) / static_cast<double>(expected.size());
    largest = Worst(largest, std::abs(found[i] - expected[i]));
  }
  return largest / std::sqrt(square);
}

}  // namespace avocet
