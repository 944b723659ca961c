#include "engine/kernels/gated_norm.h"

#include <cstddef>
#include <cstdint>
#include <optional>

// Highway compiles this file once for each instruction set.
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "engine/kernels/gated_norm.cc"
#include "hwy/foreach_target.h"  // IWYU pragma: keep
// After foreach_target.h.
#include "hwy/cache_control.h"
#include "hwy/highway.h"

HWY_BEFORE_NAMESPACE();
namespace avocet {
namespace HWY_NAMESPACE {
namespace {

#include "engine/kernels/elements.inc"

template <typename Activation, typename T>
void Results(const NormChannels& norm, const T* src, int pixels, double* sums) {
  const int channels = norm.channels;
  ForBlocks(pixels, channels, [&](auto d, const PixelBlock& block, std::ptrdiff_t c) HWY_ATTR {
    const auto mean = hn::LoadU(d, norm.mean + c);
    const auto scale = hn::Mul(hn::LoadU(d, norm.inverse + c), hn::LoadU(d, norm.weight + c));
    const auto bias = hn::LoadU(d, norm.bias + c);
    auto sum = hn::Zero(d);
    std::ptrdiff_t ahead = block.ahead;
    for (std::ptrdiff_t i = block.begin; i < block.end; i += channels, ahead += hn::MaxLanes(d)) {
      hwy::Prefetch(src + ahead);
      const auto y = hn::MulAdd(hn::Sub(Read(d, src + i), mean), scale, bias);
      sum = hn::Add(sum, Activation::Value(d, y));
    }
    AddTo(d, sum, sums + c);
  });
}

template <typename Activation, typename T>
void Gradients(const NormChannels& norm, const T* src, const T* diff_dst, int pixels,
               double* sums) {
  const int channels = norm.channels;
  ForBlocks(pixels, channels, [&](auto d, const PixelBlock& block, std::ptrdiff_t c) HWY_ATTR {
    const auto mean = hn::LoadU(d, norm.mean + c);
    const auto inverse = hn::LoadU(d, norm.inverse + c);
    const auto scale = hn::Mul(inverse, hn::LoadU(d, norm.weight + c));
    const auto bias = hn::LoadU(d, norm.bias + c);
    hn::Vec<decltype(d)> sum[kGateSums];
    for (auto& each : sum) each = hn::Zero(d);
    std::ptrdiff_t ahead = block.ahead;
    for (std::ptrdiff_t i = block.begin; i < block.end; i += channels, ahead += hn::MaxLanes(d)) {
      hwy::Prefetch(src + ahead);
      hwy::Prefetch(diff_dst + ahead);
      const auto centred = hn::Sub(Read(d, src + i), mean);
      const auto y = hn::MulAdd(centred, scale, bias);
      const auto slope = Activation::Derivative(d, y);
      const auto diff = Read(d, diff_dst + i);
      const auto slope_diff = hn::Mul(slope, diff);
      sum[kGateDiff] = hn::MulAdd(diff, Activation::Value(d, y), sum[kGateDiff]);
      sum[kGateSlopeDiff] = hn::Add(sum[kGateSlopeDiff], slope_diff);
      sum[kGateSlopeDiffNormal] = hn::MulAdd(slope_diff, centred, sum[kGateSlopeDiffNormal]);
      sum[kGateSlope] = hn::Add(sum[kGateSlope], slope);
      sum[kGateSlopeNormal] = hn::MulAdd(slope, centred, sum[kGateSlopeNormal]);
    }
    for (const GateSum with_centred : {kGateSlopeDiffNormal, kGateSlopeNormal}) {
      sum[with_centred] = hn::Mul(sum[with_centred], inverse);
    }
    for (int s = 0; s < kGateSums; ++s) AddTo(d, sum[s], sums + s * channels + c);
  });
}

// One function a type, for Highway's tables.
#define AVOCET_GATE_KERNELS(T, Name)                                                          \
  void Results##Name(const NormChannels& norm, const T* src, int pixels, double* sums) {      \
    WithActivation(norm.activation, [&](auto activation) HWY_ATTR {                           \
      Results<decltype(activation)>(norm, src, pixels, sums);                                 \
    });                                                                                       \
  }                                                                                           \
  void Gradients##Name(const NormChannels& norm, const T* src, const T* diff_dst, int pixels, \
                       double* sums) {                                                        \
    WithActivation(norm.activation, [&](auto activation) HWY_ATTR {                           \
      Gradients<decltype(activation)>(norm, src, diff_dst, pixels, sums);                     \
    });                                                                                       \
  }

AVOCET_GATE_KERNELS(float, Float)
AVOCET_GATE_KERNELS(BFloat16, BFloat)
#undef AVOCET_GATE_KERNELS

}  // namespace
}  // namespace HWY_NAMESPACE
}  // namespace avocet
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace avocet {

#define AVOCET_GATE_FUNCTIONS(T, Name)                                                         \
  HWY_EXPORT(Results##Name);                                                                   \
  HWY_EXPORT(Gradients##Name);                                                                 \
  template <>                                                                                  \
  void AddNormResults(const NormChannels& norm, const T* src, int pixels, double* sums) {      \
    HWY_DYNAMIC_DISPATCH(Results##Name)(norm, src, pixels, sums);                              \
  }                                                                                            \
  template <>                                                                                  \
  void AddGateGradients(const NormChannels& norm, const T* src, const T* diff_dst, int pixels, \
                        double* sums) {                                                        \
    HWY_DYNAMIC_DISPATCH(Gradients##Name)(norm, src, diff_dst, pixels, sums);                  \
  }

AVOCET_GATE_FUNCTIONS(float, Float)
AVOCET_GATE_FUNCTIONS(BFloat16, BFloat)
#undef AVOCET_GATE_FUNCTIONS

}  // namespace avocet
#endif
