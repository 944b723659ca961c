// Parameters cut into pieces that threads work on.
#ifndef AVOCET_ENGINE_TRAIN_OPTIM_PARAMETER_CHUNKS_H_
#define AVOCET_ENGINE_TRAIN_OPTIM_PARAMETER_CHUNKS_H_

#include <cstddef>
#include <functional>
#include <span>
#include <vector>

namespace avocet {

// A piece of one view.
struct ParameterChunk {
  std::size_t view;    // its position in the sizes
  std::size_t offset;  // numbers
  std::size_t count;
};

// Consecutive pieces of views of these sizes, none across two views. The same whatever the number
// of threads, so that sums over pieces are too.
std::vector<ParameterChunk> SplitIntoChunks(std::span<const std::size_t> view_sizes);

// Calls body(i) for i in [0, count) on the calling thread's OpenMP team.
void ForEachChunk(std::size_t count, const std::function<void(std::size_t i)>& body);

}  // namespace avocet

#endif  // AVOCET_ENGINE_TRAIN_OPTIM_PARAMETER_CHUNKS_H_
