#include <utility>
#include <vector>

#include "engine/kernels/channel_scale.h"
#include "engine/onednn/training/lower_training.h"
#include "engine/onednn/training/numbers.h"
#include "engine/onednn/training/own_step.h"
#include "engine/onednn/training/partial_sums.h"

namespace avocet {
namespace {

// dst [N, C] = means over the pixels of `src`, of `shape`.
TensorRef EmitMean(const std::string& name, const Shape& shape, const TensorRef& src,
                   Emitter& emitter) {
  const TensorRef dst = emitter.NewTensor(emitter.Activation({shape.n, shape.c, 1, 1}));
  const ImageSums sums(shape);
  RowStep step = OwnStep(name, shape);
  step.by_row = {src};
  step.writes = {dst, sums.NewTensor(emitter)};
  step.start = [sums](RowStep::Whole whole) { sums.Clear(whole[1]); };
  WithType(emitter.type(), [&]<typename T>(T*) {
    step.run = [=](const Rows& turn, std::span<const RowTensor> tensors, RowStep::Whole whole) {
      const std::ptrdiff_t row = std::ptrdiff_t{shape.w} * shape.c;
      ForImages(turn, shape.h, [&](int image, int begin, int end, int offset) {
        AddProducts<T>(static_cast<const T*>(tensors[0].rows) + offset * row, nullptr,
                       (end - begin) * shape.w, shape.c, sums.Of(turn, image, whole[1]));
      });
    };
    step.finish = [=](RowStep::Whole whole) {
      StoreTotals<T>(sums, whole[1], shape.c, shape.h * shape.w, whole[0]);
    };
  });
  emitter.AppendRows(std::move(step));
  return dst;
}

// Backward: diff_src = diff_dst / pixels everywhere.
TensorRef EmitSpread(const std::string& name, const Shape& shape, const TensorRef& diff_dst,
                     Emitter& emitter) {
  const TensorRef diff_src = emitter.NewTensor(emitter.Activation(shape));
  RowStep step = OwnStep(name, shape);
  step.by_row = {diff_src};
  step.reads = {diff_dst};
  WithType(emitter.type(), [&]<typename T>(T*) {
    step.run = [=](const Rows& turn, std::span<const RowTensor> tensors, RowStep::Whole whole) {
      const std::ptrdiff_t row = std::ptrdiff_t{shape.w} * shape.c;
      std::vector<float> values(static_cast<std::size_t>(shape.c));
      ForImages(turn, shape.h, [&](int image, int begin, int end, int offset) {
        const T* diff = static_cast<const T*>(whole[0]) + std::ptrdiff_t{image} * shape.c;
        for (float& value : values)
          value = ToFloat(*diff++) / static_cast<float>(shape.h * shape.w);
        FillChannels(values.data(), (end - begin) * shape.w, shape.c,
                     static_cast<T*>(tensors[0].rows) + offset * row);
      });
    };
  });
  emitter.AppendRows(std::move(step));
  return diff_src;
}

}  // namespace

TensorRef LowerTraining(const GlobalAveragePool&, NodeId id, Tape& tape) {
  const Node& node = tape.graph().node(id);
  const Shape shape = tape.graph().node(node.inputs[0]).shape;
  tape.OnBackward(id, [=, &tape](const TensorRef& diff_dst) {
    tape.AddGradient(
        id, 0,
        EmitSpread(tape.graph().node(id).name + ".diff_src", shape, diff_dst, tape.emitter()));
  });
  return EmitMean(node.name, shape, tape.Input(id), tape.emitter());
}

}  // namespace avocet
