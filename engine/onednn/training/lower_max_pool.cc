#include "engine/onednn/training/lower_training.h"

namespace avocet {

TensorRef LowerTraining(const MaxPool& pool, NodeId id, Tape& tape) {
  using Dims = dnnl::memory::dims;
  const Node& node = tape.graph().node(id);
  Emitter& emitter = tape.emitter();
  const TensorRef src = tape.Input(id);
  const Dims strides = {pool.stride, pool.stride};
  const Dims kernel = {pool.kernel, pool.kernel};
  const Dims dilation = {0, 0};
  const Dims padding = {pool.padding, pool.padding};
  const dnnl::memory::desc dst_desc = emitter.Activation(node.shape);
  const dnnl::pooling_forward::primitive_desc forward(
      emitter.engine(), dnnl::prop_kind::forward_training, dnnl::algorithm::pooling_max, src.desc,
      dst_desc, strides, kernel, dilation, padding, padding, Emitter::Attributes());
  const TensorRef dst = emitter.NewTensor(dst_desc);
  // Where each maximum was.
  const TensorRef workspace = emitter.NewTensor(forward.workspace_desc());
  emitter.Step<dnnl::pooling_forward>(
      node.name, forward,
      {{DNNL_ARG_SRC, src}, {DNNL_ARG_DST, dst}, {DNNL_ARG_WORKSPACE, workspace}});
  tape.OnBackward(id, [=, &tape](const TensorRef& diff_dst) {
    const dnnl::pooling_backward::primitive_desc backward(
        tape.emitter().engine(), dnnl::algorithm::pooling_max, src.desc, diff_dst.desc, strides,
        kernel, dilation, padding, padding, forward, Emitter::Attributes());
    const TensorRef diff_src = tape.emitter().NewTensor(src.desc);
    tape.emitter().Step<dnnl::pooling_backward>(tape.graph().node(id).name + ".diff_src", backward,
                                                {{DNNL_ARG_DIFF_DST, diff_dst},
                                                 {DNNL_ARG_WORKSPACE, workspace},
                                                 {DNNL_ARG_DIFF_SRC, diff_src}});
    tape.AddGradient(id, 0, diff_src);
  });
  return dst;
}

}  // namespace avocet
