// Steps that are loops over the rows of their images. Neighbours among them become one step of the
// program, in which they take turns on a few rows at a time (row_group.h).
#ifndef AVOCET_ENGINE_ONEDNN_ROW_STEP_H_
#define AVOCET_ENGINE_ONEDNN_ROW_STEP_H_

#include <algorithm>
#include <cstddef>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "engine/onednn/tensor_ref.h"

namespace avocet {

// The rows [first, last) of all images, one image after the other, for one thread: `part` is less
// than TeamSize().
struct Rows {
  int part = 0;
  int first = 0;
  int last = 0;
  int count() const { return last - first; }
};

// A tensor as a step finds it in its turn.
struct RowTensor {
  void* rows = nullptr;  // from Rows::first on
  // A later step has its turn on these rows: past the caches is the wrong way for them.
  bool is_reused = false;
};

struct RowStep {
  // Addresses of `reads`, then of `writes`.
  using Whole = std::span<void* const>;

  std::string name;            // of the node
  std::string implementation;  // as Step::implementation
  int rows = 0;                // of all images
  // Tensors of that many rows. Row r of a result is made of rows r of the others, and of `reads`.
  std::vector<TensorRef> by_row;
  // Tensors that are complete before the step and read anywhere.
  std::vector<TensorRef> reads;
  // Results that are complete after `finish`, and scratch.
  std::vector<TensorRef> writes;
  // What a turn reads and writes whatever its rows: weights and sums.
  std::size_t fixed_bytes = 0;

  // Before the first rows; null: nothing to do.
  std::function<void(Whole whole)> start = nullptr;
  // Runs at the same time for distinct rows.
  std::function<void(const Rows& rows, std::span<const RowTensor> by_row, Whole whole)> run;
  // After the last rows; null: nothing to do.
  std::function<void(Whole whole)> finish = nullptr;
};

// Calls body(image, begin, end, offset) for the rows [begin, end) that `rows` has of each image of
// `height` rows; they are `offset` rows behind Rows::first.
template <typename Body>
void ForImages(const Rows& rows, int height, const Body& body) {
  for (int row = rows.first; row < rows.last;) {
    const int image = row / height;
    const int end = std::min(rows.last, (image + 1) * height);
    body(image, row - image * height, end - image * height, row - rows.first);
    row = end;
  }
}

}  // namespace avocet

#endif  // AVOCET_ENGINE_ONEDNN_ROW_STEP_H_
