#include "engine/onednn/lower.h"

namespace avocet {

// Additions that no convolution could take in.
TensorRef Lower(const Add&, const Node& node, std::span<const TensorRef> inputs, Emitter& emitter) {
  const dnnl::memory::desc& desc = inputs[0].desc;
  const dnnl::binary::primitive_desc descriptor(emitter.engine(), dnnl::algorithm::binary_add, desc,
                                                inputs[1].desc, desc, Emitter::Attributes());
  const TensorRef dst = emitter.NewTensor(desc);
  emitter.Step<dnnl::binary>(
      node.name, descriptor,
      {{DNNL_ARG_SRC_0, inputs[0]}, {DNNL_ARG_SRC_1, inputs[1]}, {DNNL_ARG_DST, dst}});
  return dst;
}

}  // namespace avocet
