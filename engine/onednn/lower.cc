#include "engine/onednn/lower.h"

#include "engine/base/check.h"

namespace avocet {

TensorRef LowerNode(const Node& node, std::span<const TensorRef> inputs, Emitter& emitter) {
  return std::visit(
      Overloaded{
          [&](const Input&) {
            return emitter.NewTensor(ChannelsLast(node.shape, dnnl::memory::data_type::f32));
          },
          // The identity at inference, for graphs that no pass has cleaned.
          [&](const Dropout&) { return inputs[0]; },
          [&](const DropPath&) { return inputs[0]; },
          [&](const auto& op) { return Lower(op, node, inputs, emitter); },
      },
      node.op);
}

}  // namespace avocet
