#include "engine/onednn/training/lower_training.h"

namespace avocet {
namespace {

using Dims = dnnl::memory::dims;
using DataType = dnnl::memory::data_type;
using Tag = dnnl::memory::format_tag;

// A linear layer's layouts.
struct Geometry {
  dnnl::memory::desc src;
  dnnl::memory::desc plain_weights;
  dnnl::memory::desc weights;       // of the program's type
  dnnl::memory::desc diff_weights;  // float32
  dnnl::memory::desc bias;
  dnnl::memory::desc dst;
};

void EmitWeightGradients(const Geometry& g,
                         const dnnl::inner_product_forward::primitive_desc& forward, NodeId id,
                         const TensorRef& src, const TensorRef& diff_dst, Tape& tape) {
  Emitter& emitter = tape.emitter();
  const std::string& name = tape.graph().node(id).name;
  const dnnl::inner_product_backward_weights::primitive_desc descriptor(
      emitter.engine(), g.src, g.diff_weights, g.bias, diff_dst.desc, forward,
      Emitter::Attributes());
  const TensorRef diff_weights = emitter.NewTensor(descriptor.diff_weights_desc());
  const TensorRef diff_bias = emitter.NewTensor(g.bias);
  emitter.Step<dnnl::inner_product_backward_weights>(name + ".diff_weights", descriptor,
                                                     {{DNNL_ARG_SRC, src},
                                                      {DNNL_ARG_DIFF_DST, diff_dst},
                                                      {DNNL_ARG_DIFF_WEIGHTS, diff_weights},
                                                      {DNNL_ARG_DIFF_BIAS, diff_bias}});
  if (tape.IsTrainable(name + ".weight")) {
    tape.StoreGradient(name + ".weight", diff_weights, g.plain_weights);
  }
  if (tape.IsTrainable(name + ".bias")) tape.StoreGradient(name + ".bias", diff_bias, g.bias);
}

void EmitSourceGradient(const Geometry& g,
                        const dnnl::inner_product_forward::primitive_desc& forward, NodeId id,
                        const TensorRef& diff_dst, Tape& tape) {
  Emitter& emitter = tape.emitter();
  const std::string& name = tape.graph().node(id).name;
  const dnnl::inner_product_backward_data::primitive_desc descriptor(
      emitter.engine(), g.src, g.weights, diff_dst.desc, forward, Emitter::Attributes());
  const TensorRef diff_src = emitter.NewTensor(g.src);
  const Emitter::Argument weights =
      tape.Weights(name + ".weight", g.plain_weights, descriptor.weights_desc());
  emitter.Step<dnnl::inner_product_backward_data>(
      name + ".diff_src", descriptor,
      {{DNNL_ARG_DIFF_DST, diff_dst}, {DNNL_ARG_WEIGHTS, weights}, {DNNL_ARG_DIFF_SRC, diff_src}});
  tape.AddGradient(id, 0, diff_src);
}

}  // namespace

TensorRef LowerTraining(const Linear& linear, NodeId id, Tape& tape) {
  const Node& node = tape.graph().node(id);
  Emitter& emitter = tape.emitter();
  const TensorRef src = tape.Input(id);
  Dims weights = src.desc.get_dims();
  weights[0] = linear.out_features;
  // Of vectors, weights stay as they are, which is both oihw and ohwi: a step reads them no more
  // often than a reorder would.
  const bool is_vector = weights[2] == 1 && weights[3] == 1;
  const Tag layout = is_vector ? Tag::ohwi : Tag::any;
  // Logits keep the float32 of their sums.
  const DataType dst_type = id == tape.graph().output() ? DataType::f32 : emitter.type();
  const Geometry g = {.src = src.desc,
                      .plain_weights = {weights, DataType::f32, is_vector ? Tag::ohwi : Tag::oihw},
                      .weights = {weights, emitter.type(), layout},
                      .diff_weights = {weights, DataType::f32, layout},
                      .bias = {{linear.out_features}, DataType::f32, Tag::x},
                      .dst = {{node.shape.n, linear.out_features}, dst_type, Tag::nc}};
  const dnnl::inner_product_forward::primitive_desc forward(
      emitter.engine(), dnnl::prop_kind::forward_training, g.src, g.weights, g.bias, g.dst,
      Emitter::Attributes());
  const TensorRef dst = emitter.NewTensor(g.dst);
  emitter.Step<dnnl::inner_product_forward>(
      node.name, forward,
      {{DNNL_ARG_SRC, src},
       {DNNL_ARG_WEIGHTS,
        tape.Weights(node.name + ".weight", g.plain_weights, forward.weights_desc())},
       {DNNL_ARG_BIAS, tape.Parameter(node.name + ".bias", g.bias)},
       {DNNL_ARG_DST, dst}});
  tape.OnBackward(id, [=, &tape](const TensorRef& diff) {
    const std::string& name = tape.graph().node(id).name;
    const dnnl::memory::desc rows(g.dst.get_dims(), diff.desc.get_data_type(), Tag::nc);
    const TensorRef diff_dst = tape.emitter().Alias(diff, rows);
    if (tape.IsTrainable(name + ".weight") || tape.IsTrainable(name + ".bias")) {
      EmitWeightGradients(g, forward, id, src, diff_dst, tape);
    }
    if (tape.NeedsGradient(tape.graph().node(id).inputs[0])) {
      EmitSourceGradient(g, forward, id, diff_dst, tape);
    }
  });
  // [N, C] and [N, C, 1, 1], channels last, are the same bytes.
  return emitter.Alias(dst, ChannelsLast(node.shape, dst_type));
}

}  // namespace avocet
