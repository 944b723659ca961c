#include "engine/onednn/training/lower_training.h"
#include "engine/onednn/training/sum_step.h"

namespace avocet {

TensorRef LowerTraining(const Add&, NodeId id, Tape& tape) {
  Emitter& emitter = tape.emitter();
  const TensorRef left = tape.Input(id, 0);
  const TensorRef right = tape.Input(id, 1);
  const Node& node = tape.graph().node(id);
  const TensorRef dst = emitter.NewTensor(left.desc);
  emitter.AppendRows(SumStep(node.name, node.shape, left, right, dst));
  tape.OnBackward(id, [=, &tape](const TensorRef& diff_dst) {
    tape.AddGradient(id, 0, diff_dst);
    tape.AddGradient(id, 1, diff_dst);
  });
  return dst;
}

}  // namespace avocet
