#include "engine/onednn/lower.h"

namespace avocet {
namespace {

// dst = src * factor, where factor has one value a channel, or one a channel and image.
TensorRef Multiply(const Node& node, const TensorRef& src, const dnnl::memory::desc& factor_desc,
                   Emitter::Argument factor, Emitter& emitter) {
  const dnnl::binary::primitive_desc descriptor(emitter.engine(), dnnl::algorithm::binary_mul,
                                                src.desc, factor_desc, src.desc,
                                                Emitter::Attributes());
  const TensorRef dst = emitter.NewTensor(src.desc);
  emitter.Step<dnnl::binary>(
      node.name, descriptor,
      {{DNNL_ARG_SRC_0, src}, {DNNL_ARG_SRC_1, std::move(factor)}, {DNNL_ARG_DST, dst}});
  return dst;
}

}  // namespace

TensorRef Lower(const ChannelScale&, const Node& node, std::span<const TensorRef> inputs,
                Emitter& emitter) {
  TensorRef dst = inputs[0];
  dst.gate = std::make_shared<TensorRef>(inputs[1]);
  dst.sums = nullptr;
  // By the time of a later reader, the values may have been overwritten in place.
  return emitter.readers().only_next ? dst : emitter.Gated(node.name, dst);
}

// Layer scales that no convolution could take in.
TensorRef Lower(const LayerScale&, const Node& node, std::span<const TensorRef> inputs,
                Emitter& emitter) {
  const dnnl::memory::desc gamma =
      ChannelsLast({1, node.shape.c, 1, 1}, dnnl::memory::data_type::f32);
  return Multiply(node, inputs[0], gamma, emitter.Weights(node.name, gamma, gamma), emitter);
}

}  // namespace avocet
