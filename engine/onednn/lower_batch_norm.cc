#include "engine/onednn/lower.h"

namespace avocet {

// With the running statistics: norms that no convolution could take in.
TensorRef Lower(const BatchNorm& norm, const Node& node, std::span<const TensorRef> inputs,
                Emitter& emitter) {
  using Flags = dnnl::normalization_flags;
  const TensorRef& src = inputs[0];
  const dnnl::batch_normalization_forward::primitive_desc descriptor(
      emitter.engine(), dnnl::prop_kind::forward_inference, src.desc, src.desc, norm.epsilon,
      Flags::use_global_stats | Flags::use_scale | Flags::use_shift, Emitter::Attributes());
  const TensorRef dst = emitter.NewTensor(src.desc);
  const dnnl::memory::desc per_channel({node.shape.c}, dnnl::memory::data_type::f32,
                                       dnnl::memory::format_tag::x);
  const auto parameter = [&](const char* suffix) {
    return emitter.Weights(node.name + suffix, per_channel, per_channel);
  };
  emitter.Step<dnnl::batch_normalization_forward>(node.name, descriptor,
                                                  {{DNNL_ARG_SRC, src},
                                                   {DNNL_ARG_MEAN, parameter(".running_mean")},
                                                   {DNNL_ARG_VARIANCE, parameter(".running_var")},
                                                   {DNNL_ARG_SCALE, parameter(".weight")},
                                                   {DNNL_ARG_SHIFT, parameter(".bias")},
                                                   {DNNL_ARG_DST, dst}});
  return dst;
}

}  // namespace avocet
