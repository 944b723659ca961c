#include "engine/onednn/training/lower_training.h"

namespace avocet {

TensorRef LowerTraining(const Add&, NodeId id, Tape& tape) {
  Emitter& emitter = tape.emitter();
  const TensorRef left = tape.Input(id, 0);
  const TensorRef right = tape.Input(id, 1);
  const dnnl::binary::primitive_desc descriptor(emitter.engine(), dnnl::algorithm::binary_add,
                                                left.desc, right.desc, left.desc,
                                                Emitter::Attributes());
  const TensorRef dst = emitter.NewTensor(left.desc);
  emitter.Step<dnnl::binary>(
      tape.graph().node(id).name, descriptor,
      {{DNNL_ARG_SRC_0, left}, {DNNL_ARG_SRC_1, right}, {DNNL_ARG_DST, dst}});
  tape.OnBackward(id, [=, &tape](const TensorRef& diff_dst) {
    tape.AddGradient(id, 0, diff_dst);
    tape.AddGradient(id, 1, diff_dst);
  });
  return dst;
}

}  // namespace avocet
