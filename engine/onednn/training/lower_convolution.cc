#include "engine/graph/infer_shape.h"
#include "engine/onednn/convolution_choice.h"
#include "engine/onednn/lower.h"
#include "engine/onednn/training/dense_gradients.h"
#include "engine/onednn/training/depthwise_gradients.h"
#include "engine/onednn/training/depthwise_rows.h"
#include "engine/onednn/training/lower_training.h"
#include "engine/onednn/training/pointwise_rows.h"
#include "engine/onednn/training/winograd.h"

namespace avocet {
namespace {

using Dims = dnnl::memory::dims;
using DataType = dnnl::memory::data_type;
using Tag = dnnl::memory::format_tag;

// A convolution's sizes and layouts.
struct Geometry {
  Dims strides;
  Dims padding_begin;
  Dims padding_end;
  dnnl::memory::desc src;
  dnnl::memory::desc plain_weights;
  dnnl::memory::desc any_weights;   // of the program's type
  dnnl::memory::desc diff_weights;  // float32
  dnnl::memory::desc bias;          // none: empty
  dnnl::memory::desc dst;
};

Geometry GeometryOf(const Conv2d& conv, const Node& node, const TensorRef& src, Emitter& emitter) {
  const Dims dims = src.desc.get_dims();
  const int in_channels = static_cast<int>(dims[1]);
  const Pads pads = ResolvePads(conv, static_cast<int>(dims[2]), static_cast<int>(dims[3]));
  const Dims weights = ConvWeightDims(conv, in_channels);
  return {.strides = {conv.stride, conv.stride},
          .padding_begin = {pads.top, pads.left},
          .padding_end = {pads.bottom, pads.right},
          .src = src.desc,
          .plain_weights = {weights, DataType::f32, conv.groups == 1 ? Tag::oihw : Tag::goihw},
          .any_weights = {weights, emitter.type(), Tag::any},
          .diff_weights = {weights, DataType::f32, Tag::any},
          .bias = conv.bias ? dnnl::memory::desc({conv.out_channels}, DataType::f32, Tag::x)
                            : dnnl::memory::desc(),
          .dst = emitter.Activation(node.shape)};
}

void EmitSourceGradient(const Conv2d& conv, const Geometry& g,
                        const dnnl::convolution_forward::primitive_desc& forward, NodeId id,
                        const TensorRef& diff_dst, Tape& tape) {
  Emitter& emitter = tape.emitter();
  const std::string& name = tape.graph().node(id).name;
  const dnnl::convolution_backward_data::primitive_desc descriptor(
      emitter.engine(), dnnl::algorithm::convolution_direct, g.src, g.any_weights, g.dst, g.strides,
      g.padding_begin, g.padding_end, forward, Emitter::Attributes());
  const int in_channels = static_cast<int>(g.src.get_dims()[1]);
  if (TakesDepthwiseGradients(conv, in_channels, descriptor.impl_info_str())) {
    return EmitDepthwiseDiffSrc(conv, id, diff_dst, tape);
  }
  const TensorRef diff_src = emitter.NewTensor(g.src);
  const Emitter::Argument weights =
      tape.Weights(name + ".weight", g.plain_weights, descriptor.weights_desc());
  emitter.Step<dnnl::convolution_backward_data>(
      name + ".diff_src", descriptor,
      {{DNNL_ARG_DIFF_DST, diff_dst}, {DNNL_ARG_WEIGHTS, weights}, {DNNL_ARG_DIFF_SRC, diff_src}});
  tape.AddGradient(id, 0, diff_src);
}

void EmitWeightGradients(const Conv2d& conv, const Geometry& g,
                         const dnnl::convolution_forward::primitive_desc& forward, NodeId id,
                         const TensorRef& src, const TensorRef& diff_dst, Tape& tape) {
  Emitter& emitter = tape.emitter();
  const std::string& name = tape.graph().node(id).name;
  const bool has_bias = g.bias.get_ndims() > 0;
  const dnnl::convolution_backward_weights::primitive_desc descriptor(
      emitter.engine(), dnnl::algorithm::convolution_direct, g.src, g.diff_weights, g.bias, g.dst,
      g.strides, g.padding_begin, g.padding_end, forward, Emitter::Attributes());
  const int in_channels = static_cast<int>(g.src.get_dims()[1]);
  if (TakesDepthwiseGradients(conv, in_channels, descriptor.impl_info_str())) {
    return EmitDepthwiseDiffWeights(conv, id, diff_dst, tape);
  }
  const TensorRef diff_weights = emitter.NewTensor(descriptor.diff_weights_desc());
  Emitter::Arguments arguments = {
      {DNNL_ARG_SRC, src}, {DNNL_ARG_DIFF_DST, diff_dst}, {DNNL_ARG_DIFF_WEIGHTS, diff_weights}};
  TensorRef diff_bias;
  if (has_bias) {
    diff_bias = emitter.NewTensor(g.bias);
    arguments.emplace_back(DNNL_ARG_DIFF_BIAS, diff_bias);
  }
  emitter.Step<dnnl::convolution_backward_weights>(name + ".diff_weights", descriptor,
                                                   std::move(arguments));
  if (tape.IsTrainable(name + ".weight")) {
    tape.StoreGradient(name + ".weight", diff_weights, g.plain_weights);
  }
  if (has_bias && tape.IsTrainable(name + ".bias")) {
    tape.StoreGradient(name + ".bias", diff_bias, g.bias);
  }
}

}  // namespace

TensorRef LowerTraining(const Conv2d& conv, NodeId id, Tape& tape) {
  if (TakesPointwiseRows(conv, id, tape)) return LowerPointwiseRows(conv, id, tape);
  if (TakesDepthwiseRows(id, tape)) return LowerDepthwiseRows(conv, id, tape);
  const Node& node = tape.graph().node(id);
  Emitter& emitter = tape.emitter();
  if (TakesWinograd(conv, id, tape)) return LowerWinogradTraining(conv, id, tape);
  const TensorRef src = tape.Input(id);
  const Geometry g = GeometryOf(conv, node, src, emitter);
  dnnl::convolution_forward::primitive_desc forward(
      emitter.engine(), dnnl::prop_kind::forward_training, dnnl::algorithm::convolution_direct,
      g.src, g.any_weights, g.bias, g.dst, g.strides, g.padding_begin, g.padding_end,
      Emitter::Attributes());
  SkipWrongImplementation(forward);
  const TensorRef dst = emitter.NewTensor(g.dst);
  Emitter::Arguments arguments = {
      {DNNL_ARG_SRC, src},
      {DNNL_ARG_WEIGHTS,
       tape.Weights(node.name + ".weight", g.plain_weights, forward.weights_desc())},
      {DNNL_ARG_DST, dst}};
  if (conv.bias) {
    arguments.emplace_back(DNNL_ARG_BIAS, tape.Parameter(node.name + ".bias", g.bias));
  }
  emitter.Step<dnnl::convolution_forward>(node.name, forward, std::move(arguments));
  tape.OnBackward(id, [=, &tape](const TensorRef& diff_dst) {
    const std::string& name = tape.graph().node(id).name;
    if (TakesDenseDiffWeights(conv, id, tape)) {
      EmitDenseDiffWeights(conv, id, src, diff_dst, tape);
    } else if (tape.IsTrainable(name + ".weight") ||
               (conv.bias && tape.IsTrainable(name + ".bias"))) {
      EmitWeightGradients(conv, g, forward, id, src, diff_dst, tape);
    }
    if (tape.NeedsGradient(tape.graph().node(id).inputs[0])) {
      EmitSourceGradient(conv, g, forward, id, diff_dst, tape);
    }
  });
  return dst;
}

}  // namespace avocet
