// Row steps that take turns: each thread goes through its rows a few at a time, and for these
// through all steps, so that what one writes for the next is still in the core's cache, and often
// nowhere else.
#ifndef AVOCET_ENGINE_ONEDNN_ROW_GROUP_H_
#define AVOCET_ENGINE_ONEDNN_ROW_GROUP_H_

#include <cstddef>
#include <functional>
#include <span>
#include <vector>

#include "engine/onednn/row_step.h"

namespace avocet {

// The id of the tensor whose bytes a tensor has.
using RootOf = std::function<int(const TensorRef& tensor)>;

// Whether `step` may take turns with the steps of `group`, behind them: it has as many rows, needs
// of their results no more than its own rows, and a row of all tensors fits TurnOptions::bytes.
bool JoinsGroup(const RowStep& step, std::span<const RowStep> group, std::size_t turn_bytes,
                const RootOf& root);

// Rows a turn: as many as fit, at least one, at most what a thread of the team has; more where
// weights and sums take much of the cache anyway.
int RowsPerTurn(std::span<const RowStep> group, std::size_t turn_bytes, const RootOf& root);

// Bytes of one row of a tensor of `rows` rows.
std::size_t RowBytes(const TensorRef& tensor, int rows);

// A tensor's rows in memory.
struct BoundRows {
  std::byte* data;
  std::size_t row_bytes;
  // If not 0, each thread has memory of this size for the rows of a turn: no step outside needs
  // them, or they are StreamedRows.
  std::size_t part_bytes;
  bool is_reused;  // RowTensor::is_reused
};

// Rows that steps outside need too, and none of this group's before: written to `window`, the
// threads' memory for the rows of a turn, and copied to `data` when all steps have had their turn.
struct StreamedRows {
  const std::byte* window;
  std::size_t part_bytes;  // of a thread's
  std::byte* data;
  std::size_t row_bytes;
};

struct BoundRowStep {
  RowStep step;
  std::vector<BoundRows> by_row;
  std::vector<void*> whole;
};

struct RowGroup {
  int rows = 0;
  int rows_per_turn = 0;
  std::vector<BoundRowStep> steps;
  std::vector<StreamedRows> streamed;
};

// On the calling thread's team.
void RunRowGroup(const RowGroup& group);

}  // namespace avocet

#endif  // AVOCET_ENGINE_ONEDNN_ROW_GROUP_H_
