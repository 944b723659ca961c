#include "engine/base/check.h"
#include "engine/onednn/lower.h"

namespace avocet {

Eltwise EltwiseOf(ActivationKind kind) {
  using Algorithm = dnnl::algorithm;
  switch (kind) {
    case ActivationKind::kRelu:
      return {Algorithm::eltwise_relu, 0.0f, 0.0f};
    case ActivationKind::kRelu6:
      return {Algorithm::eltwise_clip, 0.0f, 6.0f};
    case ActivationKind::kSilu:
      return {Algorithm::eltwise_swish, 1.0f, 0.0f};
    case ActivationKind::kGelu:
      return {Algorithm::eltwise_gelu_erf, 0.0f, 0.0f};
    case ActivationKind::kSigmoid:
      return {Algorithm::eltwise_logistic, 0.0f, 0.0f};
    case ActivationKind::kTanh:
      return {Algorithm::eltwise_tanh, 0.0f, 0.0f};
  }
  AVOCET_CHECK(false);
}

TensorRef Lower(const Activation& activation, const Node& node, std::span<const TensorRef> inputs,
                Emitter& emitter) {
  const TensorRef& src = inputs[0];
  const Eltwise eltwise = EltwiseOf(activation.kind);
  const dnnl::eltwise_forward::primitive_desc descriptor(
      emitter.engine(), dnnl::prop_kind::forward_inference, eltwise.algorithm, src.desc, src.desc,
      eltwise.alpha, eltwise.beta, Emitter::Attributes());
  const TensorRef dst = emitter.NewTensor(src.desc);
  emitter.Step<dnnl::eltwise_forward>(node.name, descriptor,
                                      {{DNNL_ARG_SRC, src}, {DNNL_ARG_DST, dst}});
  return dst;
}

}  // namespace avocet
