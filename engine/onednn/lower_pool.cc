#include "engine/onednn/lower.h"
#include "engine/onednn/lower_depthwise.h"

namespace avocet {
namespace {

using Dims = dnnl::memory::dims;

struct Window {
  dnnl::algorithm algorithm;
  Dims kernel;
  Dims stride;
  Dims padding;
};

dnnl::pooling_forward::primitive_desc Describe(const Window& window, const TensorRef& src,
                                               const dnnl::memory::desc& dst,
                                               const dnnl::primitive_attr& attributes,
                                               Emitter& emitter) {
  return {emitter.engine(),
          dnnl::prop_kind::forward_inference,
          window.algorithm,
          src.desc,
          dst,
          window.stride,
          window.kernel,
          /*dilation=*/Dims{0, 0},
          window.padding,
          window.padding,
          attributes};
}

TensorRef Pool(const Window& window, const Node& node, const TensorRef& src, Emitter& emitter) {
  const dnnl::memory::desc dst_desc = emitter.Activation(node.shape);
  const auto descriptor = Describe(window, src, dst_desc, Emitter::Attributes(), emitter);
  const TensorRef dst = emitter.NewTensor(dst_desc);
  emitter.Step<dnnl::pooling_forward>(node.name, descriptor,
                                      {{DNNL_ARG_SRC, src}, {DNNL_ARG_DST, dst}});
  return dst;
}

}  // namespace

TensorRef Lower(const GlobalAveragePool&, const Node& node, std::span<const TensorRef> inputs,
                Emitter& emitter) {
  if (inputs[0].sums != nullptr) return LowerPoolOfSums(node, inputs[0], emitter);
  const Dims dims = inputs[0].desc.get_dims();
  const Window whole = {
      dnnl::algorithm::pooling_avg_exclude_padding, {dims[2], dims[3]}, {1, 1}, {0, 0}};
  return Pool(whole, node, inputs[0], emitter);
}

TensorRef Lower(const MaxPool& pool, const Node& node, std::span<const TensorRef> inputs,
                Emitter& emitter) {
  const Window window = {dnnl::algorithm::pooling_max,
                         {pool.kernel, pool.kernel},
                         {pool.stride, pool.stride},
                         {pool.padding, pool.padding}};
  return Pool(window, node, inputs[0], emitter);
}

// The weight and the bias are operands of post-ops.
TensorRef Lower(const ScaledAveragePool& pool, const Node& node, std::span<const TensorRef> inputs,
                Emitter& emitter) {
  const Window window = {dnnl::algorithm::pooling_avg_exclude_padding,
                         {pool.kernel, pool.kernel},
                         {pool.kernel, pool.kernel},
                         {0, 0}};
  const dnnl::memory::desc scalar = ChannelsLast({1, 1, 1, 1}, dnnl::memory::data_type::f32);
  dnnl::post_ops post_ops;
  post_ops.append_binary(dnnl::algorithm::binary_mul, scalar);
  post_ops.append_binary(dnnl::algorithm::binary_add, scalar);
  dnnl::primitive_attr attributes = Emitter::Attributes();
  attributes.set_post_ops(post_ops);
  const dnnl::memory::desc dst_desc = emitter.Activation(node.shape);
  const auto descriptor = Describe(window, inputs[0], dst_desc, attributes, emitter);
  const TensorRef dst = emitter.NewTensor(dst_desc);
  emitter.Step<dnnl::pooling_forward>(node.name, descriptor,
                                      {{DNNL_ARG_SRC, inputs[0]},
                                       {DNNL_ARG_ATTR_MULTIPLE_POST_OP(0) | DNNL_ARG_SRC_1,
                                        emitter.Weights(node.name + ".weight", scalar, scalar)},
                                       {DNNL_ARG_ATTR_MULTIPLE_POST_OP(1) | DNNL_ARG_SRC_1,
                                        emitter.Weights(node.name + ".bias", scalar, scalar)},
                                       {DNNL_ARG_DST, dst}});
  return dst;
}

}  // namespace avocet
