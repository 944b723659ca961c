#include "engine/onednn/int8_kernels.h"

#include <array>
#include <cstdint>

// Highway compiles this file once for each instruction set.
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "engine/onednn/int8_kernels.cc"
#include "hwy/foreach_target.h"  // IWYU pragma: keep
// After foreach_target.h.
#include "hwy/highway.h"

HWY_BEFORE_NAMESPACE();
namespace avocet {
namespace HWY_NAMESPACE {
namespace {

namespace hn = hwy::HWY_NAMESPACE;

template <typename T>
HWY_INLINE void Mean(const Int8Pixels& block, float scale, float* means) {
  const T* data = static_cast<const T*>(block.data) + block.offset;
  const hn::CappedTag<std::int32_t, 16> d32;
  const hn::Rebind<T, decltype(d32)> d8;
  const hn::Rebind<float, decltype(d32)> df;
  const int lanes = static_cast<int>(hn::Lanes(d32));
  int c = 0;
  for (; c + 4 * lanes <= block.channels; c += 4 * lanes) {
    auto sum0 = hn::Zero(d32), sum1 = sum0, sum2 = sum0, sum3 = sum0;
    const T* pixel = data + c;
    for (int p = 0; p < block.pixels; ++p, pixel += block.stride) {
      sum0 = hn::Add(sum0, hn::PromoteTo(d32, hn::LoadU(d8, pixel)));
      sum1 = hn::Add(sum1, hn::PromoteTo(d32, hn::LoadU(d8, pixel + lanes)));
      sum2 = hn::Add(sum2, hn::PromoteTo(d32, hn::LoadU(d8, pixel + 2 * lanes)));
      sum3 = hn::Add(sum3, hn::PromoteTo(d32, hn::LoadU(d8, pixel + 3 * lanes)));
    }
    const auto factor = hn::Set(df, scale);
    hn::StoreU(hn::Mul(hn::ConvertTo(df, sum0), factor), df, means + c);
    hn::StoreU(hn::Mul(hn::ConvertTo(df, sum1), factor), df, means + c + lanes);
    hn::StoreU(hn::Mul(hn::ConvertTo(df, sum2), factor), df, means + c + 2 * lanes);
    hn::StoreU(hn::Mul(hn::ConvertTo(df, sum3), factor), df, means + c + 3 * lanes);
  }
  for (; c < block.channels; ++c) {
    std::int32_t sum = 0;
    for (int p = 0; p < block.pixels; ++p) sum += data[std::ptrdiff_t{p} * block.stride + c];
    means[c] = static_cast<float>(sum) * scale;
  }
}

void MeanS8Kernel(const Int8Pixels& block, float scale, float* means) {
  Mean<std::int8_t>(block, scale, means);
}
void MeanU8Kernel(const Int8Pixels& block, float scale, float* means) {
  Mean<std::uint8_t>(block, scale, means);
}

}  // namespace
}  // namespace HWY_NAMESPACE
}  // namespace avocet
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace avocet {

HWY_EXPORT(MeanS8Kernel);
HWY_EXPORT(MeanU8Kernel);

void MeanS8(const Int8Pixels& block, float scale, float* means) {
  HWY_DYNAMIC_DISPATCH(MeanS8Kernel)(block, scale, means);
}
void MeanU8(const Int8Pixels& block, float scale, float* means) {
  HWY_DYNAMIC_DISPATCH(MeanU8Kernel)(block, scale, means);
}

}  // namespace avocet
#endif
