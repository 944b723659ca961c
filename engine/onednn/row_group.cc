#include "engine/onednn/row_group.h"

#include <algorithm>
#include <array>
#include <set>

#include "engine/base/check.h"
#include "engine/kernels/stream_copy.h"
#include "engine/onednn/team.h"

namespace avocet {
namespace {

// Tensors of a step that are accessed by row; more than any step has.
constexpr std::size_t kMostTensors = 8;

bool Shares(std::span<const TensorRef> left, std::span<const TensorRef> right, const RootOf& root) {
  return std::ranges::any_of(left, [&](const TensorRef& a) {
    return std::ranges::any_of(right, [&](const TensorRef& b) { return root(a) == root(b); });
  });
}

// Of one row of all tensors.
std::size_t GroupRowBytes(std::span<const RowStep> group, std::span<const RowStep> more,
                          const RootOf& root) {
  std::set<int> seen;
  std::size_t bytes = 0;
  for (const std::span<const RowStep> steps : {group, more}) {
    for (const RowStep& step : steps) {
      for (const TensorRef& tensor : step.by_row) {
        if (seen.insert(root(tensor)).second) bytes += RowBytes(tensor, step.rows);
      }
    }
  }
  return bytes;
}

}  // namespace

std::size_t RowBytes(const TensorRef& tensor, int rows) {
  const std::size_t bytes = tensor.desc.get_size();
  AVOCET_CHECK(bytes % static_cast<std::size_t>(rows) == 0);
  return bytes / static_cast<std::size_t>(rows);
}

bool JoinsGroup(const RowStep& step, std::span<const RowStep> group, std::size_t turn_bytes,
                const RootOf& root) {
  for (const RowStep& other : group) {
    if (other.rows != step.rows) return false;
    const bool needs_whole =
        Shares(step.reads, other.by_row, root) || Shares(step.reads, other.writes, root);
    const bool is_needed_whole =
        Shares(step.by_row, other.reads, root) || Shares(step.by_row, other.writes, root) ||
        Shares(step.writes, other.reads, root) || Shares(step.writes, other.writes, root) ||
        Shares(step.writes, other.by_row, root);
    if (needs_whole || is_needed_whole) return false;
  }
  return GroupRowBytes(group, std::span(&step, 1), root) <= turn_bytes;
}

int RowsPerTurn(std::span<const RowStep> group, std::size_t turn_bytes, const RootOf& root) {
  std::size_t fixed = 0;
  for (const RowStep& step : group) fixed += step.fixed_bytes;
  // Turns that are short beside weights and sums would do little but fetch these.
  const std::size_t bytes = std::max(turn_bytes, 2 * fixed);
  const std::size_t row = std::max(GroupRowBytes(group, {}, root), std::size_t{1});
  const int rows = group.front().rows;
  const int parts = std::min(TeamSize(), rows);
  const auto most = static_cast<std::size_t>((rows + parts - 1) / parts);
  return static_cast<int>(std::clamp(bytes / row, std::size_t{1}, most));
}

void RunRowGroup(const RowGroup& group) {
  for (const BoundRowStep& bound : group.steps) {
    if (bound.step.start) bound.step.start(bound.whole);
  }
  ParallelTeam(group.rows, [&](int part, int begin, int end) {
    std::array<RowTensor, kMostTensors> tensors;
    Rows rows = {.part = part, .first = begin, .last = begin};
    for (; rows.first < end; rows.first = rows.last) {
      rows.last = std::min(rows.first + group.rows_per_turn, end);
      for (const BoundRowStep& bound : group.steps) {
        AVOCET_CHECK(bound.by_row.size() <= kMostTensors);
        for (std::size_t i = 0; i < bound.by_row.size(); ++i) {
          const BoundRows& tensor = bound.by_row[i];
          const std::size_t offset = tensor.part_bytes > 0
                                         ? static_cast<std::size_t>(part) * tensor.part_bytes
                                         : static_cast<std::size_t>(rows.first) * tensor.row_bytes;
          tensors[i] = {tensor.data + offset, tensor.is_reused};
        }
        bound.step.run(rows, std::span(tensors).first(bound.by_row.size()), bound.whole);
      }
      for (const StreamedRows& tensor : group.streamed) {
        StreamCopy(tensor.window + static_cast<std::size_t>(part) * tensor.part_bytes,
                   static_cast<std::size_t>(rows.count()) * tensor.row_bytes,
                   tensor.data + static_cast<std::size_t>(rows.first) * tensor.row_bytes);
      }
    }
    if (!group.streamed.empty()) FinishStreams();
  });
  for (const BoundRowStep& bound : group.steps) {
    if (bound.step.finish) bound.step.finish(bound.whole);
  }
}

}  // namespace avocet
