#include "engine/onednn/training/sum_step.h"

#include "engine/kernels/channel_scale.h"
#include "engine/onednn/training/numbers.h"
#include "engine/onednn/training/own_step.h"

namespace avocet {

RowStep SumStep(const std::string& name, const Shape& shape, const TensorRef& left,
                const TensorRef& right, const TensorRef& dst) {
  RowStep step = OwnStep(name, shape);
  step.by_row = {left, right, dst};
  WithType(dst.desc.get_data_type(), [&]<typename T>(T*) {
    step.run = [row = std::ptrdiff_t{shape.w} * shape.c](
                   const Rows& turn, std::span<const RowTensor> tensors, RowStep::Whole) {
      Sum(static_cast<const T*>(tensors[0].rows), static_cast<const T*>(tensors[1].rows),
          turn.count() * row, static_cast<T*>(tensors[2].rows));
    };
  });
  return step;
}

}  // namespace avocet
