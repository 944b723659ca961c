// A result that is computed where it is read, a few rows at a time.
#ifndef AVOCET_ENGINE_ONEDNN_TRAINING_ROW_SOURCE_H_
#define AVOCET_ENGINE_ONEDNN_TRAINING_ROW_SOURCE_H_

#include <functional>
#include <span>
#include <vector>

#include "engine/onednn/tensor_ref.h"

namespace avocet {

struct RowSource {
  // What `run` reads: complete before the first rows.
  std::vector<TensorRef> reads;
  // dst = the rows [first, last) of all images, one image after the other. `whole` has the
  // addresses of `reads`. Runs at the same time for distinct `dst`.
  std::function<void(int first, int last, std::span<void* const> whole, void* dst)> run;
};

}  // namespace avocet

#endif  // AVOCET_ENGINE_ONEDNN_TRAINING_ROW_SOURCE_H_
