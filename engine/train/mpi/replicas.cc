#include "engine/train/mpi/replicas.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "engine/base/digest.h"

namespace avocet {
namespace {

std::uint64_t DigestOf(const Parameters& parameters) {
  Digest digest;
  for (const std::string& name : parameters.names()) {
    digest.Add(name);
    for (const float value : parameters.Get(name)) {
      digest.Add(std::uint64_t{std::bit_cast<std::uint32_t>(value)});
    }
  }
  return digest.value();
}

// The bits of floats, in doubles, so that a sum with zeros keeps all of them, NaN and -0 included.
void Broadcast(Collective& group, std::span<float> values) {
  std::vector<double> bits(values.size());
  if (group.rank() == 0) {
    std::ranges::transform(values, bits.begin(), [](float value) {
      return static_cast<double>(std::bit_cast<std::uint32_t>(value));
    });
  }
  group.Sum(std::span<double>(bits));
  std::ranges::transform(bits, values.begin(), [](double value) {
    return std::bit_cast<float>(static_cast<std::uint32_t>(value));
  });
}

}  // namespace

void BroadcastParameters(Collective& group, Parameters& parameters) {
  for (const std::string& name : parameters.names()) Broadcast(group, parameters.Get(name));
}

absl::Status CheckEqual(Collective& group, const Parameters& parameters) {
  const std::uint64_t digest = DigestOf(parameters);
  // Halves are exact in a double.
  const std::array mine = {static_cast<double>(digest >> 32),
                           static_cast<double>(digest & 0xFFFFFFFFu)};
  std::array<double, 2> first = group.rank() == 0 ? mine : std::array<double, 2>{};
  group.Sum(std::span<double>(first));
  std::array<double, 1> different = {first == mine ? 0.0 : 1.0};
  group.Sum(std::span<double>(different));
  if (different[0] == 0) return absl::OkStatus();
  return absl::FailedPreconditionError(
      absl::StrCat("expected the same parameters on all ", group.size(), " ranks, found ",
                   static_cast<int>(different[0]), " that differ from rank 0"));
}

void AverageStatistics(Collective& group, std::span<const ParameterSpec> specs,
                       Parameters& parameters) {
  for (const ParameterSpec& spec : specs) {
    if (spec.trainable) continue;
    const std::span<float> values = parameters.Get(spec.name);
    group.Sum(values);
    for (float& value : values) value /= static_cast<float>(group.size());
  }
}

}  // namespace avocet
