#include "engine/train/optim/gradient_norm.h"

#include <algorithm>
#include <cmath>
#include <span>
#include <vector>

#include "engine/train/optim/parameter_chunks.h"
#include "engine/train/optim/update_kernels.h"

namespace avocet {

double GradientNorm(const Parameters& gradients) {
  std::vector<std::span<const float>> views;
  std::vector<std::size_t> sizes;
  for (const std::string& name : gradients.names()) {
    views.push_back(gradients.Get(name));
    sizes.push_back(views.back().size());
  }
  const std::vector<ParameterChunk> chunks = SplitIntoChunks(sizes);
  std::vector<double> sums(chunks.size());
  ForEachChunk(chunks.size(), [&](std::size_t i) {
    const ParameterChunk& chunk = chunks[i];
    sums[i] = SumOfSquares(views[chunk.view].data() + chunk.offset, chunk.count);
  });
  double total = 0;
  for (const double sum : sums) total += sum;
  return std::sqrt(total);
}

double ClipFactor(double norm, double max_norm) {
  if (max_norm <= 0) return 1;
  return std::min(1.0, max_norm / (norm + 1e-6));
}

}  // namespace avocet
