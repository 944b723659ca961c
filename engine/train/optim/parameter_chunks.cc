#include "engine/train/optim/parameter_chunks.h"

#include <algorithm>
#include <cstdint>

namespace avocet {
namespace {

// 64 KiB of each array: parameter, gradient and two of state stay in a second-level cache.
constexpr std::size_t kChunkFloats = std::size_t{1} << 14;

}  // namespace

std::vector<ParameterChunk> SplitIntoChunks(std::span<const std::size_t> view_sizes) {
  std::vector<ParameterChunk> chunks;
  for (std::size_t view = 0; view < view_sizes.size(); ++view) {
    for (std::size_t offset = 0; offset < view_sizes[view]; offset += kChunkFloats) {
      chunks.push_back({view, offset, std::min(kChunkFloats, view_sizes[view] - offset)});
    }
  }
  return chunks;
}

void ForEachChunk(std::size_t count, const std::function<void(std::size_t i)>& body) {
  const auto end = static_cast<std::int64_t>(count);
#pragma omp parallel for schedule(static) if (end > 1)
  for (std::int64_t i = 0; i < end; ++i) body(static_cast<std::size_t>(i));
}

}  // namespace avocet
