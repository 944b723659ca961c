#include "engine/onednn/training/pack_pairs.h"

#include <cstdint>

#include "engine/onednn/team.h"

namespace avocet {
namespace {

using Dims = dnnl::memory::dims;
using DataType = dnnl::memory::data_type;

constexpr int kOut = 0, kIn = 1, kHeight = 2, kWidth = 3;

// The side of weights that `desc` has in blocks, kOut or kIn, where the other is in pairs; -1 in
// any other layout.
int BlockedSide(const dnnl::memory::desc& desc) {
  if (desc.get_format_kind() != dnnl::memory::format_kind::blocked || desc.get_ndims() != 4 ||
      desc.get_inner_nblks() != 2 || desc.get_inner_blks()[1] != 2) {
    return -1;
  }
  const Dims sides = desc.get_inner_idxs();
  return sides == Dims{kOut, kIn} ? kOut : sides == Dims{kIn, kOut} ? kIn : -1;
}

// Whether [blocks][kh][kw][pairs] is the order of `desc`. The strides of sides of one are free.
bool HasOrder(const dnnl::memory::desc& desc, int blocked, int paired) {
  const Dims dims = desc.get_padded_dims();
  const Dims strides = desc.get_strides();
  std::int64_t stride = 2 * desc.get_inner_blks()[0];
  if (strides[paired] != stride) return false;
  stride *= dims[paired] / 2;
  if (dims[kWidth] > 1 && strides[kWidth] != stride) return false;
  stride *= dims[kWidth];
  if (dims[kHeight] > 1 && strides[kHeight] != stride) return false;
  stride *= dims[kHeight];
  return strides[blocked] == stride;
}

}  // namespace

std::optional<PairLayout> PairLayoutOf(const dnnl::memory::desc& plain,
                                       const dnnl::memory::desc& wanted) {
  if (plain.get_data_type() != DataType::f32 || wanted.get_data_type() != DataType::bf16) {
    return std::nullopt;
  }
  const int blocked = BlockedSide(wanted);
  if (blocked < 0) return std::nullopt;
  const int paired = blocked == kOut ? kIn : kOut;
  const Dims dims = plain.get_dims();
  const Dims strides = plain.get_strides();
  const std::int64_t taps = dims[kHeight] * dims[kWidth];
  const std::int64_t block = wanted.get_inner_blks()[0];
  const bool is_plain = strides[kIn] == taps && strides[kOut] == taps * dims[kIn];
  if (!is_plain || taps > kMaxPairTaps || dims[paired] % 2 != 0 || block % kPairUnit != 0 ||
      wanted.get_padded_dims()[paired] != dims[paired] || !HasOrder(wanted, blocked, paired)) {
    return std::nullopt;
  }
  return PairLayout{.src = nullptr,
                    .dst = nullptr,
                    .blocked_stride = strides[blocked],
                    .paired_stride = strides[paired],
                    .blocked = static_cast<int>(dims[blocked]),
                    .paired = static_cast<int>(dims[paired]),
                    .taps = static_cast<int>(taps),
                    .block = static_cast<int>(block)};
}

TensorRef EmitPairLayout(const std::string& name, const PairLayout& layout,
                         const dnnl::memory& parameter, const dnnl::memory::desc& wanted,
                         Emitter& emitter) {
  const TensorRef packed = emitter.NewTensor(wanted);
  emitter.KernelStep(name, "own:pairs", {packed},
                     [layout, parameter](std::span<void* const> addresses) {
                       PairLayout at = layout;
                       at.src = static_cast<const float*>(parameter.get_data_handle());
                       at.dst = static_cast<BFloat16*>(addresses[0]);
                       ParallelFor(PairLayoutParts(at),
                                   [&](int begin, int end) { RunPairLayout(at, begin, end); });
                     });
  return packed;
}

}  // namespace avocet
