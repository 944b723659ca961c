#include "engine/tool/receptive_field.h"

#include <algorithm>

namespace avocet {
namespace {

ReceptiveField Window(ReceptiveField field, int kernel, double stride) {
  field.size += (kernel - 1) * field.jump;
  field.jump *= stride;
  return field;
}

ReceptiveField Global(ReceptiveField field) {
  field.global = true;
  return field;
}

// Each result covers at most two source pixels, since it is smaller than one.
ReceptiveField Enlarged(const ReceptiveField& field, const Shape& src, const Shape& dst) {
  if (src == dst) return field;
  const int covered = std::max(src.h, src.w) > 1 ? 2 : 1;
  return Window(field, covered, static_cast<double>(src.h) / dst.h);
}

ReceptiveField Larger(const std::vector<ReceptiveField>& inputs) {
  ReceptiveField largest = inputs[0];
  for (const ReceptiveField& field : inputs) {
    largest.size = std::max(largest.size, field.size);
    largest.global = largest.global || field.global;
  }
  return largest;
}

ReceptiveField FieldOf(const Node& node, const Shape& src,
                       const std::vector<ReceptiveField>& inputs) {
  const ReceptiveField field = inputs[0];
  const auto same = [&](const auto&) { return field; };
  return std::visit(
      Overloaded{
          [&](const Conv2d& conv) {
            ReceptiveField result = Window(field, conv.kernel, conv.stride);
            if (inputs.size() > 1) {  // a shortcut that a pass has moved in here
              result.size = std::max(result.size, inputs[1].size);
              result.global = result.global || inputs[1].global;
            }
            return result;
          },
          [&](const MaxPool& pool) { return Window(field, pool.kernel, pool.stride); },
          [&](const ScaledAveragePool& pool) { return Window(field, pool.kernel, pool.kernel); },
          [&](const Linear&) { return Window(field, std::max(src.h, src.w), 1); },
          [&](const PoolUp&) { return Enlarged(field, src, node.shape); },
          [&](const GlobalAveragePool&) {
            return src.h == 1 && src.w == 1 ? field : Global(field);
          },
          [&](const GlobalResponseNorm&) { return Global(field); },
          [&](const Add&) { return Larger(inputs); },
          [&](const ChannelScale&) { return Larger(inputs); },
          [&](const Input& op) { return same(op); },
          [&](const BatchNorm& op) { return same(op); },
          [&](const LayerNorm& op) { return same(op); },
          [&](const LayerScale& op) { return same(op); },
          [&](const Activation& op) { return same(op); },
          [&](const Dropout& op) { return same(op); },
          [&](const DropPath& op) { return same(op); },
      },
      node.op);
}

}  // namespace

std::vector<ReceptiveField> ReceptiveFields(const Graph& graph) {
  std::vector<ReceptiveField> fields;
  for (const Node& node : graph.nodes()) {
    if (node.inputs.empty()) {
      fields.emplace_back();
      continue;
    }
    std::vector<ReceptiveField> inputs;
    for (const NodeId id : node.inputs) inputs.push_back(fields[static_cast<std::size_t>(id)]);
    fields.push_back(FieldOf(node, graph.node(node.inputs[0]).shape, inputs));
  }
  return fields;
}

}  // namespace avocet
