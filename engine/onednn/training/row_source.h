// A result that is computed where it is read, a few rows at a time.
#ifndef AVOCET_ENGINE_ONEDNN_TRAINING_ROW_SOURCE_H_
#define AVOCET_ENGINE_ONEDNN_TRAINING_ROW_SOURCE_H_

#include <functional>
#include <optional>
#include <span>
#include <vector>

#include "engine/kernels/batch_norm.h"
#include "engine/onednn/tensor_ref.h"

namespace avocet {

// For a reader of a norm's results that finds the gradients of the norm's parameters along with its
// own, float32.
struct NormGradients {
  // As RowSource::run, with what NormForwardSlopes has beside the results.
  std::function<void(int first, int last, std::span<void* const> whole, const NormSlopes& results)>
      run;
  // Promises `means` [2, channels] to the norm. Returns what computes them, once a run, from the
  // sums of AddNormGradients over all pixels.
  std::function<std::function<void(double* sums, float* means)>(const TensorRef& means)> take;
};

struct RowSource {
  // What `run` reads: complete before the first rows.
  std::vector<TensorRef> reads;
  // dst = the rows [first, last) of all images, one image after the other. `whole` has the
  // addresses of `reads`. Runs at the same time for distinct `dst`.
  std::function<void(int first, int last, std::span<void* const> whole, void* dst)> run;
  std::optional<NormGradients> norm = std::nullopt;
};

}  // namespace avocet

#endif  // AVOCET_ENGINE_ONEDNN_TRAINING_ROW_SOURCE_H_
