// Row steps of a program under construction.
#include <algorithm>
#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "engine/base/check.h"
#include "engine/onednn/emitter.h"
#include "engine/onednn/row_group.h"
#include "engine/onednn/team.h"

namespace avocet {
namespace {

// Whether one of the steps `later` has its turn on the rows of the tensor of that id.
bool IsReused(std::span<const RowStep> later, int id, const RootOf& root) {
  return std::ranges::any_of(later, [&](const RowStep& step) {
    return std::ranges::any_of(step.by_row,
                               [&](const TensorRef& tensor) { return root(tensor) == id; });
  });
}

}  // namespace

void Emitter::AppendRows(RowStep step) {
  AVOCET_CHECK(step.rows > 0);
  const RootOf root = [this](const TensorRef& tensor) { return Root(tensor); };
  if (steps_.size() == turns_ended_ || steps_.back().rows.empty() ||
      !JoinsGroup(step, steps_.back().rows, turns_.bytes, root)) {
    steps_.push_back({step.name, step.implementation, dnnl::primitive(), {}});
  } else {
    steps_.back().name += " + " + step.name;
    std::string& implementation = steps_.back().implementation;
    if (implementation.find(step.implementation) == std::string::npos) {
      implementation += " + " + step.implementation;
    }
  }
  const int position = static_cast<int>(steps_.size()) - 1;
  for (const auto* tensors : {&step.by_row, &step.reads, &step.writes}) {
    for (const TensorRef& tensor : *tensors) Extend(tensor, position);
  }
  steps_.back().rows.push_back(std::move(step));
}

void Emitter::ShrinkToTurns(int position) {
  const std::vector<RowStep>& group = steps_[static_cast<std::size_t>(position)].rows;
  const RootOf root = [this](const TensorRef& tensor) { return Root(tensor); };
  const auto turn = static_cast<std::size_t>(RowsPerTurn(group, turns_.bytes, root));
  const auto parts = static_cast<std::size_t>(std::min(TeamSize(), group.front().rows));
  for (const RowStep& step : group) {
    for (const TensorRef& tensor : step.by_row) {
      Tensor& memory = tensors_[static_cast<std::size_t>(Root(tensor))];
      if (memory.lifetime.first != position || memory.lifetime.last != position) continue;
      const std::size_t bytes = turn * RowBytes(tensor, step.rows);
      memory.part_bytes = std::max(memory.part_bytes, (bytes + 63) / 64 * 64);
      memory.lifetime.size = parts * memory.part_bytes;
    }
  }
}

Step Emitter::BindRows(int position, const AddressOf& address) const {
  const PendingStep& pending = steps_[static_cast<std::size_t>(position)];
  const RootOf root = [this](const TensorRef& tensor) { return Root(tensor); };
  const std::span<const RowStep> rows = pending.rows;
  auto group = std::make_shared<RowGroup>();
  group->rows = rows.front().rows;
  group->rows_per_turn = RowsPerTurn(rows, turns_.bytes, root);
  for (std::size_t s = 0; s < rows.size(); ++s) {
    BoundRowStep bound = {rows[s], {}, {}};
    for (const TensorRef& tensor : rows[s].by_row) {
      const int id = Root(tensor);
      bound.by_row.push_back({.data = address(tensor),
                              .row_bytes = RowBytes(tensor, rows[s].rows),
                              .part_bytes = tensors_[static_cast<std::size_t>(id)].part_bytes,
                              .is_reused = IsReused(rows.subspan(s + 1), id, root)});
    }
    for (const auto* tensors : {&rows[s].reads, &rows[s].writes}) {
      for (const TensorRef& tensor : *tensors) bound.whole.push_back(address(tensor));
    }
    group->steps.push_back(std::move(bound));
  }
  return {pending.name, pending.implementation, {}, {}, [group] { RunRowGroup(*group); }};
}

}  // namespace avocet
