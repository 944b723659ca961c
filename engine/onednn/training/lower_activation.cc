#include "engine/kernels/activation.h"

#include <cstddef>
#include <utility>

#include "engine/onednn/training/lower_training.h"
#include "engine/onednn/training/numbers.h"
#include "engine/onednn/training/own_step.h"

namespace avocet {

TensorRef LowerTraining(const Activation& activation, NodeId id, Tape& tape) {
  const Node& node = tape.graph().node(id);
  const TensorRef src = tape.Input(id);
  const TensorRef dst = tape.emitter().NewTensor(src.desc);
  const ActivationKind kind = activation.kind;
  const std::ptrdiff_t row = std::ptrdiff_t{node.shape.w} * node.shape.c;
  RowStep step = OwnStep(node.name, node.shape);
  step.by_row = {src, dst};
  WithType(tape.type(), [&]<typename T>(T*) {
    step.run = [=](const Rows& turn, std::span<const RowTensor> tensors, RowStep::Whole) {
      ActivationForward(kind, static_cast<const T*>(tensors[0].rows), turn.count() * row,
                        static_cast<T*>(tensors[1].rows));
    };
  });
  tape.emitter().AppendRows(std::move(step));
  tape.OnBackward(id, [=, &tape](const TensorRef& diff_dst) {
    const Node& self = tape.graph().node(id);
    const TensorRef diff_src = tape.emitter().NewTensor(src.desc);
    RowStep backward = OwnStep(self.name + ".diff_src", self.shape);
    backward.by_row = {src, diff_dst, diff_src};
    WithType(tape.type(), [&]<typename T>(T*) {
      backward.run = [=](const Rows& turn, std::span<const RowTensor> tensors, RowStep::Whole) {
        ActivationBackward(kind, static_cast<const T*>(tensors[0].rows),
                           static_cast<const T*>(tensors[1].rows), turn.count() * row,
                           static_cast<T*>(tensors[2].rows));
      };
    });
    tape.emitter().AppendRows(std::move(backward));
    tape.AddGradient(id, 0, diff_src);
  });
  return dst;
}

}  // namespace avocet
