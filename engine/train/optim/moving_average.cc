#include "engine/train/optim/moving_average.h"

#include <algorithm>

#include "engine/train/optim/parameter_chunks.h"
#include "engine/train/optim/update_kernels.h"

namespace avocet {

MovingAverage::MovingAverage(double decay, std::span<const ParameterSpec> specs,
                             const Parameters& parameters)
    : decay_(decay), specs_(specs.begin(), specs.end()), values_(specs) {
  for (const ParameterSpec& spec : specs_) {
    std::ranges::copy(parameters.Get(spec.name), values_.Get(spec.name).begin());
  }
}

void MovingAverage::Update(const Parameters& parameters) {
  const auto t = static_cast<double>(updates_++);
  const auto weight = static_cast<float>(1 - std::min(decay_, (1 + t) / (10 + t)));
  std::vector<std::span<float>> averages;
  std::vector<std::span<const float>> values;
  std::vector<std::size_t> sizes;
  for (const ParameterSpec& spec : specs_) {
    averages.push_back(values_.Get(spec.name));
    values.push_back(parameters.Get(spec.name));
    sizes.push_back(values.back().size());
  }
  const std::vector<ParameterChunk> chunks = SplitIntoChunks(sizes);
  ForEachChunk(chunks.size(), [&](std::size_t i) {
    const ParameterChunk& chunk = chunks[i];
    UpdateAverage(averages[chunk.view].data() + chunk.offset,
                  values[chunk.view].data() + chunk.offset, weight, chunk.count);
  });
}

}  // namespace avocet
