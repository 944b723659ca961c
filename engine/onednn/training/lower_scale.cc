// Operators that multiply by a factor: of a channel and image, of a channel, of an image.
#include <cstdint>
#include <utility>
#include <vector>

#include "engine/kernels/channel_scale.h"
#include "engine/onednn/training/channel_sums.h"
#include "engine/onednn/training/lower_training.h"
#include "engine/onednn/training/numbers.h"
#include "engine/onednn/training/own_step.h"
#include "engine/onednn/training/partial_sums.h"
#include "engine/onednn/training/random_mask.h"

namespace avocet {
namespace {

std::ptrdiff_t RowSize(const Shape& shape) { return std::ptrdiff_t{shape.w} * shape.c; }

// dst = src * gate.
TensorRef EmitGate(const std::string& name, const Shape& shape, const TensorRef& src,
                   const TensorRef& gate, Emitter& emitter) {
  const TensorRef dst = emitter.NewTensor(src.desc);
  RowStep step = OwnStep(name, shape);
  step.by_row = {src, dst};
  step.reads = {gate};
  WithType(emitter.type(), [&]<typename T>(T*) {
    step.run = [=](const Rows& turn, std::span<const RowTensor> tensors, RowStep::Whole whole) {
      ForImages(turn, shape.h, [&](int image, int begin, int end, int offset) {
        const std::vector<float> factor = VectorOf<T>(whole[0], image, shape.c);
        ScaleChannels(static_cast<const T*>(tensors[0].rows) + offset * RowSize(shape),
                      factor.data(), (end - begin) * shape.w, shape.c,
                      static_cast<T*>(tensors[1].rows) + offset * RowSize(shape));
      });
    };
  });
  emitter.AppendRows(std::move(step));
  return dst;
}

// The gradient of the gate: sums over each image of src * diff_dst.
TensorRef EmitGateGradient(const std::string& name, const Shape& shape, const TensorRef& src,
                           const TensorRef& gate, const TensorRef& diff_dst, Emitter& emitter) {
  const TensorRef diff_gate = emitter.NewTensor(gate.desc);
  const ImageSums sums(shape);
  RowStep step = OwnStep(name, shape);
  step.by_row = {src, diff_dst};
  step.writes = {diff_gate, sums.NewTensor(emitter)};
  step.start = [sums](RowStep::Whole whole) { sums.Clear(whole[1]); };
  WithType(emitter.type(), [&]<typename T>(T*) {
    step.run = [=](const Rows& turn, std::span<const RowTensor> tensors, RowStep::Whole whole) {
      ForImages(turn, shape.h, [&](int image, int begin, int end, int offset) {
        AddProducts(static_cast<const T*>(tensors[0].rows) + offset * RowSize(shape),
                    static_cast<const T*>(tensors[1].rows) + offset * RowSize(shape),
                    (end - begin) * shape.w, shape.c, sums.Of(turn, image, whole[1]));
      });
    };
    step.finish = [=](RowStep::Whole whole) {
      StoreTotals<T>(sums, whole[1], shape.c, /*divisor=*/1, whole[0]);
    };
  });
  emitter.AppendRows(std::move(step));
  return diff_gate;
}

// dst = src * gamma, one factor a channel.
TensorRef EmitScale(const std::string& name, const Shape& shape, const TensorRef& src,
                    const dnnl::memory& gamma, Emitter& emitter) {
  const TensorRef dst = emitter.NewTensor(src.desc);
  RowStep step = OwnStep(name, shape);
  step.by_row = {src, dst};
  WithType(emitter.type(), [&]<typename T>(T*) {
    step.run = [=](const Rows& turn, std::span<const RowTensor> tensors, RowStep::Whole) {
      ScaleChannels(static_cast<const T*>(tensors[0].rows),
                    static_cast<const float*>(gamma.get_data_handle()), turn.count() * shape.w,
                    shape.c, static_cast<T*>(tensors[1].rows));
    };
  });
  emitter.AppendRows(std::move(step));
  return dst;
}

// dst = src times 0 or 1 / (1 - rate), drawn for each image.
TensorRef EmitDrop(const std::string& name, const Shape& shape, const TensorRef& src,
                   const RandomMask& mask, StepState* state, Emitter& emitter) {
  const TensorRef dst = emitter.NewTensor(src.desc);
  RowStep step = OwnStep(name, shape);
  step.by_row = {src, dst};
  WithType(emitter.type(), [&]<typename T>(T*) {
    step.run = [=](const Rows& turn, std::span<const RowTensor> tensors, RowStep::Whole) {
      ForImages(turn, shape.h, [&](int image, int begin, int end, int offset) {
        Scale(static_cast<const T*>(tensors[0].rows) + offset * RowSize(shape),
              mask.Factor(state->seed, static_cast<std::uint64_t>(image)),
              (end - begin) * RowSize(shape),
              static_cast<T*>(tensors[1].rows) + offset * RowSize(shape));
      });
    };
  });
  emitter.AppendRows(std::move(step));
  return dst;
}

}  // namespace

TensorRef LowerTraining(const ChannelScale&, NodeId id, Tape& tape) {
  const Node& node = tape.graph().node(id);
  const Shape shape = node.shape;
  const TensorRef src = tape.Input(id, 0);
  const TensorRef gate = tape.Input(id, 1);
  tape.OnRecompute(id, [=, &tape] {
    return EmitGate(tape.graph().node(id).name, shape, src, gate, tape.emitter());
  });
  tape.OnBackward(id, [=, &tape](const TensorRef& diff_dst) {
    const Node& self = tape.graph().node(id);
    if (tape.NeedsGradient(self.inputs[1])) {
      tape.AddGradient(
          id, 1,
          EmitGateGradient(self.name + ".diff_gate", shape, src, gate, diff_dst, tape.emitter()));
    }
    if (tape.NeedsGradient(self.inputs[0])) {
      tape.AddGradient(id, 0,
                       EmitGate(self.name + ".diff_src", shape, diff_dst, gate, tape.emitter()));
    }
  });
  return EmitGate(node.name, shape, src, gate, tape.emitter());
}

TensorRef LowerTraining(const LayerScale&, NodeId id, Tape& tape) {
  const Node& node = tape.graph().node(id);
  const Shape shape = node.shape;
  const TensorRef src = tape.Input(id);
  const dnnl::memory gamma = tape.Vector(node.name, shape.c);
  tape.OnBackward(id, [=, &tape](const TensorRef& diff_dst) {
    const Node& self = tape.graph().node(id);
    if (tape.IsTrainable(self.name)) {
      EmitChannelSums(self.name + ".diff_weights", self.name, shape, src, diff_dst, tape);
    }
    if (tape.NeedsGradient(self.inputs[0])) {
      tape.AddGradient(id, 0,
                       EmitScale(self.name + ".diff_src", shape, diff_dst, gamma, tape.emitter()));
    }
  });
  return EmitScale(node.name, shape, src, gamma, tape.emitter());
}

TensorRef LowerTraining(const DropPath& drop_path, NodeId id, Tape& tape) {
  const Node& node = tape.graph().node(id);
  const Shape shape = node.shape;
  const RandomMask mask(static_cast<std::uint64_t>(id), drop_path.rate);
  tape.OnBackward(id, [=, &tape](const TensorRef& diff_dst) {
    tape.AddGradient(id, 0,
                     EmitDrop(tape.graph().node(id).name + ".diff_src", shape, diff_dst, mask,
                              tape.state(), tape.emitter()));
  });
  return EmitDrop(node.name, shape, tape.Input(id), mask, tape.state(), tape.emitter());
}

}  // namespace avocet
