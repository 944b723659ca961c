#include "engine/onednn/training/lower_training.h"

namespace avocet {

TensorRef LowerTraining(const LayerNorm& norm, NodeId id, Tape& tape) {
  using Flags = dnnl::normalization_flags;
  using DataType = dnnl::memory::data_type;
  using Tag = dnnl::memory::format_tag;
  const Node& node = tape.graph().node(id);
  Emitter& emitter = tape.emitter();
  // The primitive normalises the last logical dimension; channels last, pixels are rows of
  // channels.
  const std::int64_t channels = node.shape.c;
  const std::int64_t pixels = node.shape.size() / channels;
  const dnnl::memory::desc rows({pixels, channels}, emitter.type(), Tag::ab);
  const auto flags = Flags::use_scale | Flags::use_shift;
  const dnnl::layer_normalization_forward::primitive_desc forward(
      emitter.engine(), dnnl::prop_kind::forward_training, rows, rows, norm.epsilon, flags,
      Emitter::Attributes());
  const TensorRef src = emitter.Alias(tape.Input(id), rows);
  const TensorRef dst = emitter.NewTensor(rows);
  const TensorRef mean = emitter.NewTensor(forward.mean_desc());
  const TensorRef variance = emitter.NewTensor(forward.variance_desc());
  emitter.Step<dnnl::layer_normalization_forward>(
      node.name, forward,
      {{DNNL_ARG_SRC, src},
       {DNNL_ARG_SCALE, tape.Vector(node.name + ".weight", channels)},
       {DNNL_ARG_SHIFT, tape.Vector(node.name + ".bias", channels)},
       {DNNL_ARG_DST, dst},
       {DNNL_ARG_MEAN, mean},
       {DNNL_ARG_VARIANCE, variance}});
  const float epsilon = norm.epsilon;
  tape.OnBackward(id, [=, &tape](const TensorRef& diff) {
    Emitter& emit = tape.emitter();
    const std::string& name = tape.graph().node(id).name;
    const dnnl::layer_normalization_backward::primitive_desc backward(
        emit.engine(), dnnl::prop_kind::backward, rows, rows, rows, epsilon, flags, forward,
        Emitter::Attributes());
    const dnnl::memory::desc vector({channels}, DataType::f32, Tag::x);
    const TensorRef diff_src = emit.NewTensor(rows);
    const TensorRef diff_weight = emit.NewTensor(vector);
    const TensorRef diff_bias = emit.NewTensor(vector);
    emit.Step<dnnl::layer_normalization_backward>(
        name + ".diff_src", backward,
        {{DNNL_ARG_SRC, src},
         {DNNL_ARG_DIFF_DST, emit.Alias(diff, rows)},
         {DNNL_ARG_SCALE, tape.Vector(name + ".weight", channels)},
         {DNNL_ARG_MEAN, mean},
         {DNNL_ARG_VARIANCE, variance},
         {DNNL_ARG_DIFF_SRC, diff_src},
         {DNNL_ARG_DIFF_SCALE, diff_weight},
         {DNNL_ARG_DIFF_SHIFT, diff_bias}});
    if (tape.IsTrainable(name + ".weight")) {
      tape.StoreGradient(name + ".weight", diff_weight, vector);
    }
    if (tape.IsTrainable(name + ".bias")) tape.StoreGradient(name + ".bias", diff_bias, vector);
    tape.AddGradient(id, 0, emit.Alias(diff_src, emit.Activation(tape.graph().node(id).shape)));
  });
  return emitter.Alias(dst, emitter.Activation(node.shape));
}

}  // namespace avocet
