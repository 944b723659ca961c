// Row steps of a program under construction.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
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

constexpr std::size_t kLine = 64;  // of the caches, and of StreamCopy

// Whether one of the steps `later` has its turn on the rows of the tensor of that id.
bool IsReused(std::span<const RowStep> later, int id, const RootOf& root) {
  return std::ranges::any_of(later, [&](const RowStep& step) {
    return std::ranges::any_of(step.by_row,
                               [&](const TensorRef& tensor) { return root(tensor) == id; });
  });
}

// Of a tensor that row steps access by row.
struct Use {
  TensorRef tensor;
  std::size_t row_bytes = 0;
  int steps = 0;
};

// By the tensors' ids.
std::map<int, Use> UsesOf(std::span<const RowStep> group, const RootOf& root) {
  std::map<int, Use> uses;
  for (const RowStep& step : group) {
    for (const TensorRef& tensor : step.by_row) {
      Use& use = uses[root(tensor)];
      use.tensor = tensor;
      use.row_bytes = std::max(use.row_bytes, RowBytes(tensor, step.rows));
      ++use.steps;
    }
  }
  return uses;
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
  const int parts = std::min(TeamSize(), group.front().rows);
  for (const auto& [id, use] : UsesOf(group, root)) {
    const Lifetime lifetime = tensors_[static_cast<std::size_t>(id)].lifetime;
    if (lifetime.first != position) continue;
    const bool is_streamed = lifetime.last > position && use.steps > 1 &&
                             use.row_bytes % kLine == 0 &&
                             static_cast<std::int64_t>(lifetime.size) >= turns_.streamed_tensor;
    if (lifetime.last > position && !is_streamed) continue;
    const std::size_t part_bytes = (turn * use.row_bytes + kLine - 1) / kLine * kLine;
    const std::size_t all_bytes = static_cast<std::size_t>(parts) * part_bytes;
    std::optional<TensorRef> window;
    if (is_streamed) {
      window = NewTensor({{static_cast<std::int64_t>(all_bytes)},
                          dnnl::memory::data_type::u8,
                          dnnl::memory::format_tag::x});
      Extend(*window, position);
    }
    Tensor& tensor = tensors_[static_cast<std::size_t>(id)];
    tensor.part_bytes = part_bytes;
    tensor.window = window;
    if (!is_streamed) tensor.lifetime.size = all_bytes;
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
      const Tensor& memory = tensors_[static_cast<std::size_t>(id)];
      const bool is_written = memory.lifetime.first == position;
      bound.by_row.push_back({.data = address(is_written ? memory.window.value_or(tensor) : tensor),
                              .row_bytes = RowBytes(tensor, rows[s].rows),
                              .part_bytes = is_written ? memory.part_bytes : 0,
                              .is_reused = IsReused(rows.subspan(s + 1), id, root)});
    }
    for (const auto* tensors : {&rows[s].reads, &rows[s].writes}) {
      for (const TensorRef& tensor : *tensors) bound.whole.push_back(address(tensor));
    }
    group->steps.push_back(std::move(bound));
  }
  for (const auto& [id, use] : UsesOf(rows, root)) {
    const Tensor& memory = tensors_[static_cast<std::size_t>(id)];
    if (!memory.window || memory.lifetime.first != position) continue;
    group->streamed.push_back({.window = address(*memory.window),
                               .part_bytes = memory.part_bytes,
                               .data = address(use.tensor),
                               .row_bytes = use.row_bytes});
  }
  return {pending.name, pending.implementation, {}, {}, [group] { RunRowGroup(*group); }};
}

}  // namespace avocet
