#include "engine/onednn/training/norm_sums.h"

#include <cstddef>

#include "engine/kernels/channel_scale.h"
#include "engine/onednn/training/depthwise_gradients.h"

namespace avocet {
namespace {

using DataType = dnnl::memory::data_type;
using Tag = dnnl::memory::format_tag;

}  // namespace

NormSums::NormSums(const NormGradients& norm, const DepthwiseSizes& sizes, int rows,
                   const dnnl::memory& weights, Emitter& emitter)
    : channels_(sizes.channels),
      taps_(sizes.kernel * sizes.kernel),
      partial_(rows, 2 * sizes.channels),
      weights_(weights),
      means_(emitter.NewTensor({{2, channels_}, DataType::f32, Tag::ab})),
      take_(norm.take(means_)) {}

std::vector<TensorRef> NormSums::NewTensors(Emitter& emitter) const {
  return {means_, partial_.NewTensor(emitter),
          emitter.NewTensor({{taps_, channels_}, DataType::f32, Tag::ab}),
          emitter.NewTensor({{partial_.parts(), 2, taps_, channels_}, DataType::f32, Tag::abcd})};
}

void NormSums::Start(RowStep::Whole whole) const {
  partial_.Clear(whole[1]);
  TransposeFilters(weights_, channels_, taps_, static_cast<float*>(whole[2]));
}

std::span<float> NormSums::OfTurn(const Rows& turn, RowStep::Whole whole) const {
  const auto count = 2 * static_cast<std::size_t>(taps_) * static_cast<std::size_t>(channels_);
  return {static_cast<float*>(whole[3]) + static_cast<std::size_t>(turn.part) * count, count};
}

void NormSums::EndTurn(const Rows& turn, RowStep::Whole whole) const {
  const float* const sums = OfTurn(turn, whole).data();
  const auto* const filters = static_cast<const float*>(whole[2]);
  double* const total = partial_.Of(turn, whole[1]);
  AddProducts(sums, filters, taps_, channels_, total);
  AddProducts(sums + taps_ * channels_, filters, taps_, channels_, total + channels_);
}

void NormSums::Finish(RowStep::Whole whole) const {
  take_(partial_.Total(whole[1]), static_cast<float*>(whole[0]));
}

}  // namespace avocet
