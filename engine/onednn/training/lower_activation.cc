#include "engine/onednn/lower.h"
#include "engine/onednn/training/lower_training.h"

namespace avocet {
namespace {

// As for inference, but that of ReLU6 has no slope at its ends.
Eltwise TrainingEltwiseOf(ActivationKind kind) {
  if (kind == ActivationKind::kRelu6) return {dnnl::algorithm::eltwise_clip_v2, 0.0f, 6.0f};
  return EltwiseOf(kind);
}

}  // namespace

TensorRef LowerTraining(const Activation& activation, NodeId id, Tape& tape) {
  Emitter& emitter = tape.emitter();
  const TensorRef src = tape.Input(id);
  const Eltwise eltwise = TrainingEltwiseOf(activation.kind);
  const dnnl::eltwise_forward::primitive_desc forward(
      emitter.engine(), dnnl::prop_kind::forward_training, eltwise.algorithm, src.desc, src.desc,
      eltwise.alpha, eltwise.beta, Emitter::Attributes());
  const TensorRef dst = emitter.NewTensor(src.desc);
  emitter.Step<dnnl::eltwise_forward>(tape.graph().node(id).name, forward,
                                      {{DNNL_ARG_SRC, src}, {DNNL_ARG_DST, dst}});
  tape.OnBackward(id, [=, &tape](const TensorRef& diff_dst) {
    const dnnl::eltwise_backward::primitive_desc backward(
        tape.emitter().engine(), eltwise.algorithm, src.desc, diff_dst.desc, src.desc,
        eltwise.alpha, eltwise.beta, forward, Emitter::Attributes());
    const TensorRef diff_src = tape.emitter().NewTensor(src.desc);
    tape.emitter().Step<dnnl::eltwise_backward>(
        tape.graph().node(id).name + ".diff_src", backward,
        {{DNNL_ARG_SRC, src}, {DNNL_ARG_DIFF_DST, diff_dst}, {DNNL_ARG_DIFF_SRC, diff_src}});
    tape.AddGradient(id, 0, diff_src);
  });
  return dst;
}

}  // namespace avocet
