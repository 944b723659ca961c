#include "engine/onednn/lower.h"

#include "engine/base/check.h"
#include "engine/onednn/lower_pointwise.h"

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

bool TakesGate(const Op& op, const TensorRef& input, const Emitter& emitter) {
  const auto* conv = std::get_if<Conv2d>(&op);
  return conv != nullptr && TakesPointwiseKernel(*conv, static_cast<int>(input.desc.get_dims()[1]),
                                                 /*is_gated=*/true, emitter.type());
}

}  // namespace avocet
