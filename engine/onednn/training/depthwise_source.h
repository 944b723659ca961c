// The source of a depthwise convolution in row steps, which read it beside their own rows: in
// memory, or computed as rows of the result need it.
#ifndef AVOCET_ENGINE_ONEDNN_TRAINING_DEPTHWISE_SOURCE_H_
#define AVOCET_ENGINE_ONEDNN_TRAINING_DEPTHWISE_SOURCE_H_

#include <algorithm>
#include <cstddef>
#include <optional>
#include <vector>

#include "engine/graph/graph.h"
#include "engine/kernels/depthwise_backward.h"
#include "engine/onednn/emitter.h"
#include "engine/onednn/row_step.h"
#include "engine/onednn/training/row_source.h"
#include "engine/onednn/training/tape.h"

namespace avocet {

class DepthwiseSource {
 public:
  // In memory.
  DepthwiseSource(const DepthwiseSizes& sizes, const TensorRef& src);
  // Of the node `id`, whose sizes are `sizes`. `with_slopes`: windows have all of NormSlopes, if
  // the source is computed and has them.
  DepthwiseSource(const DepthwiseSizes& sizes, NodeId id, Tape& tape, bool with_slopes = false);

  // Null: windows have the source alone.
  const NormGradients* norm() const { return planes_ > 1 ? &*rows_->norm : nullptr; }

  // Completes a step that reads nothing else whole: reads, a window for each thread and what
  // precedes `start`. The step finds what it writes itself in `Own`.
  void AddTo(RowStep& step, Emitter& emitter) const;
  RowStep::Whole Own(RowStep::Whole whole) const { return whole.subspan(own_); }

  // What rows [first, first + count) of the result read, as an image of its own.
  struct Window {
    const void* src;  // [height, width, channels]
    // As `src`, of a norm's slopes, and of their products with the normalised values; or null.
    const float* slope = nullptr;
    const float* slope_normalised = nullptr;
    int height;
    int pad_top;
    int first;
    int count;
  };

  // Calls body(window, offset) for all rows of `turn`, `offset` rows behind its first.
  template <typename Body>
  void ForWindows(const Rows& turn, RowStep::Whole whole, const Body& body) const {
    ForImages(turn, sizes_.out_height, [&](int image, int begin, int end, int offset) {
      const int most = rows_ ? window_rows_ : end - begin;
      for (int row = begin; row < end; row += most) {
        const int count = std::min(most, end - row);
        body(
            rows_ ? Fetch(turn.part, image, row, count, whole) : InMemory(image, row, count, whole),
            offset + row - begin);
      }
    });
  }

 private:
  Window InMemory(int image, int row, int count, RowStep::Whole whole) const;
  Window Fetch(int part, int image, int row, int count, RowStep::Whole whole) const;

  DepthwiseSizes sizes_;
  std::vector<TensorRef> reads_;
  std::optional<RowSource> rows_;
  std::size_t row_bytes_ = 0;  // of the source
  std::size_t own_ = 1;        // first address that is not this object's
  int parts_ = 0;
  int planes_ = 1;       // of a window
  int window_rows_ = 0;  // of the result, at most
  std::size_t plane_bytes_ = 0;
  std::size_t part_bytes_ = 0;  // of a thread's window, with its header
};

}  // namespace avocet

#endif  // AVOCET_ENGINE_ONEDNN_TRAINING_DEPTHWISE_SOURCE_H_
