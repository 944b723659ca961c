#include "engine/onednn/training/channel_sums.h"

#include <utility>
#include <vector>

#include "engine/kernels/channel_scale.h"
#include "engine/onednn/training/numbers.h"
#include "engine/onednn/training/own_step.h"
#include "engine/onednn/training/partial_sums.h"

namespace avocet {

void EmitChannelSums(const std::string& step_name, const std::string& parameter, const Shape& shape,
                     const TensorRef& left, const std::optional<TensorRef>& right, Tape& tape) {
  const PartialSums sums(shape.n * shape.h, shape.c);
  RowStep step = OwnStep(step_name, shape);
  step.by_row = {left};
  if (right) step.by_row.push_back(*right);
  step.writes = {sums.NewTensor(tape.emitter())};
  step.start = [sums](RowStep::Whole whole) { sums.Clear(whole[0]); };
  WithType(tape.type(), [&]<typename T>(T*) {
    step.run = [sums, width = shape.w, channels = shape.c](
                   const Rows& turn, std::span<const RowTensor> tensors, RowStep::Whole whole) {
      const void* factor = tensors.size() == 2 ? tensors[1].rows : nullptr;
      AddProducts(static_cast<const T*>(tensors[0].rows), static_cast<const T*>(factor),
                  turn.count() * width, channels, sums.Of(turn, whole[0]));
    };
  });
  step.finish = [sums, channels = shape.c,
                 store = tape.GradientStore(parameter)](RowStep::Whole whole) {
    const double* total = sums.Total(whole[0]);
    const std::vector<float> gradient(total, total + channels);
    store(gradient.data());
  };
  tape.emitter().AppendRows(std::move(step));
}

}  // namespace avocet
