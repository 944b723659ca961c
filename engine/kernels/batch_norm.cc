#include "engine/kernels/batch_norm.h"

#include <cstddef>
#include <cstdint>

// Highway compiles this file once for each instruction set.
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "engine/kernels/batch_norm.cc"
#include "hwy/foreach_target.h"  // IWYU pragma: keep
// After foreach_target.h.
#include "hwy/cache_control.h"
#include "hwy/highway.h"

HWY_BEFORE_NAMESPACE();
namespace avocet {
namespace HWY_NAMESPACE {
namespace {

#include "engine/kernels/elements.inc"

// Where a vector is a whole line of the cache: parts of one would be read first.
template <class D>
HWY_INLINE void WriteResult(D d, hn::Vec<D> value, bool streams, float* dst) {
  if constexpr (hn::MaxLanes(D()) == 64 / sizeof(float)) {
    if (streams) return hn::Stream(value, d, dst);
  }
  Write(d, value, dst);
}
template <class D>
HWY_INLINE void WriteResult(D d, hn::Vec<D> value, bool, BFloat16* dst) {
  Write(d, value, dst);
}

template <typename T>
void Moments(const T* src, int pixels, int channels, const float* origin, double* sums) {
  ForBlocks(pixels, channels, [&](auto d, const PixelBlock& block, std::ptrdiff_t c) HWY_ATTR {
    const auto base = hn::LoadU(d, origin + c);
    auto sum = hn::Zero(d), square = hn::Zero(d);
    std::ptrdiff_t ahead = block.ahead;
    for (std::ptrdiff_t i = block.begin; i < block.end; i += channels, ahead += hn::MaxLanes(d)) {
      hwy::Prefetch(src + ahead);
      const auto x = hn::Sub(Read(d, src + i), base);
      sum = hn::Add(sum, x);
      square = hn::MulAdd(x, x, square);
    }
    AddTo(d, sum, sums + c);
    AddTo(d, square, sums + channels + c);
  });
}

template <typename Activation, typename T>
void Forward(const NormChannels& norm, const T* src, const float* gate, int pixels, T* dst) {
  const int channels = norm.channels;
  ForBlocks(pixels, channels, [&](auto d, const PixelBlock& block, std::ptrdiff_t c) HWY_ATTR {
    const auto mean = hn::LoadU(d, norm.mean + c);
    const auto scale = hn::Mul(hn::LoadU(d, norm.inverse + c), hn::LoadU(d, norm.weight + c));
    const auto bias = hn::LoadU(d, norm.bias + c);
    const auto factor = gate == nullptr ? hn::Set(d, 1.0f) : hn::LoadU(d, gate + c);
    std::ptrdiff_t ahead = block.ahead;
    for (std::ptrdiff_t i = block.begin; i < block.end; i += channels, ahead += hn::MaxLanes(d)) {
      hwy::Prefetch(src + ahead);
      const auto y = hn::MulAdd(hn::Sub(Read(d, src + i), mean), scale, bias);
      WriteResult(d, hn::Mul(Activation::Value(d, y), factor), norm.streams, dst + i);
    }
  });
  if (norm.streams) hwy::FlushStream();
}

template <typename Activation>
void ForwardSlopes(const NormChannels& norm, const float* src, int pixels,
                   const NormSlopes& results) {
  const int channels = norm.channels;
  ForBlocks(pixels, channels, [&](auto d, const PixelBlock& block, std::ptrdiff_t c) HWY_ATTR {
    const auto mean = hn::LoadU(d, norm.mean + c);
    const auto inverse = hn::LoadU(d, norm.inverse + c);
    const auto scale = hn::Mul(inverse, hn::LoadU(d, norm.weight + c));
    const auto bias = hn::LoadU(d, norm.bias + c);
    std::ptrdiff_t ahead = block.ahead;
    for (std::ptrdiff_t i = block.begin; i < block.end; i += channels, ahead += hn::MaxLanes(d)) {
      hwy::Prefetch(src + ahead);
      const auto centred = hn::Sub(Read(d, src + i), mean);
      const auto y = hn::MulAdd(centred, scale, bias);
      const auto slope = Activation::Derivative(d, y);
      Write(d, Activation::Value(d, y), results.dst + i);
      Write(d, slope, results.slope + i);
      Write(d, hn::Mul(slope, hn::Mul(centred, inverse)), results.slope_normalised + i);
    }
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
    auto sum = hn::Zero(d), product = hn::Zero(d);
    std::ptrdiff_t ahead = block.ahead;
    for (std::ptrdiff_t i = block.begin; i < block.end; i += channels, ahead += hn::MaxLanes(d)) {
      hwy::Prefetch(src + ahead);
      hwy::Prefetch(diff_dst + ahead);
      const auto centred = hn::Sub(Read(d, src + i), mean);
      const auto normalised = hn::Mul(centred, inverse);
      // To the last bit what `Forward` had.
      const auto slope = Activation::Derivative(d, hn::MulAdd(centred, scale, bias));
      const auto diff = hn::Mul(Read(d, diff_dst + i), slope);
      sum = hn::Add(sum, diff);
      product = hn::MulAdd(diff, normalised, product);
    }
    AddTo(d, sum, sums + c);
    AddTo(d, product, sums + channels + c);
  });
}

template <typename Activation, typename T>
void Backward(const NormChannels& norm, const NormGradient& gradient, const T* src,
              const T* diff_dst, int pixels, T* diff_src) {
  const int channels = norm.channels;
  ForBlocks(pixels, channels, [&](auto d, const PixelBlock& block, std::ptrdiff_t c) HWY_ATTR {
    const auto mean = hn::LoadU(d, norm.mean + c);
    const auto inverse = hn::LoadU(d, norm.inverse + c);
    const auto bias = hn::LoadU(d, norm.bias + c);
    const auto scale = hn::Mul(inverse, hn::LoadU(d, norm.weight + c));
    const auto constant = hn::LoadU(d, gradient.mean_diff + c);
    const auto linear = hn::LoadU(d, gradient.mean_product + c);
    const bool is_gated = gradient.gate != nullptr;
    const auto gate = is_gated ? hn::LoadU(d, gradient.gate + c) : hn::Set(d, 1.0f);
    const auto added = is_gated ? hn::LoadU(d, gradient.added + c) : hn::Zero(d);
    std::ptrdiff_t ahead = block.ahead;
    for (std::ptrdiff_t i = block.begin; i < block.end; i += channels, ahead += hn::MaxLanes(d)) {
      hwy::Prefetch(src + ahead);
      hwy::Prefetch(diff_dst + ahead);
      const auto centred = hn::Sub(Read(d, src + i), mean);
      const auto normalised = hn::Mul(centred, inverse);
      // To the last bit what `Forward` had.
      const auto slope = Activation::Derivative(d, hn::MulAdd(centred, scale, bias));
      auto diff = hn::MulAdd(Read(d, diff_dst + i), gate, added);
      diff = hn::MulSub(diff, slope, constant);
      diff = hn::NegMulAdd(normalised, linear, diff);
      WriteResult(d, hn::Mul(diff, scale), norm.streams, diff_src + i);
    }
  });
  if (norm.streams) hwy::FlushStream();
}

// One function a type, for Highway's tables.
#define AVOCET_NORM_KERNELS(T, Name)                                                              \
  void Moments##Name(const T* src, int pixels, int channels, const float* origin, double* sums) { \
    Moments(src, pixels, channels, origin, sums);                                                 \
  }                                                                                               \
  void Forward##Name(const NormChannels& norm, const T* src, const float* gate, int pixels,       \
                     T* dst) {                                                                    \
    WithActivation(norm.activation, [&](auto activation) HWY_ATTR {                               \
      Forward<decltype(activation)>(norm, src, gate, pixels, dst);                                \
    });                                                                                           \
  }                                                                                               \
  void Gradients##Name(const NormChannels& norm, const T* src, const T* diff_dst, int pixels,     \
                       double* sums) {                                                            \
    WithActivation(norm.activation, [&](auto activation) HWY_ATTR {                               \
      Gradients<decltype(activation)>(norm, src, diff_dst, pixels, sums);                         \
    });                                                                                           \
  }                                                                                               \
  void Backward##Name(const NormChannels& norm, const NormGradient& gradient, const T* src,       \
                      const T* diff_dst, int pixels, T* diff_src) {                               \
    WithActivation(norm.activation, [&](auto activation) HWY_ATTR {                               \
      Backward<decltype(activation)>(norm, gradient, src, diff_dst, pixels, diff_src);            \
    });                                                                                           \
  }

AVOCET_NORM_KERNELS(float, Float)
AVOCET_NORM_KERNELS(BFloat16, BFloat)
#undef AVOCET_NORM_KERNELS

void ForwardSlopesFloat(const NormChannels& norm, const float* src, int pixels,
                        const NormSlopes& results) {
  WithActivation(norm.activation, [&](auto activation) HWY_ATTR {
    ForwardSlopes<decltype(activation)>(norm, src, pixels, results);
  });
}

}  // namespace
}  // namespace HWY_NAMESPACE
}  // namespace avocet
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace avocet {

#define AVOCET_NORM_FUNCTIONS(T, Name)                                                         \
  HWY_EXPORT(Moments##Name);                                                                   \
  HWY_EXPORT(Forward##Name);                                                                   \
  HWY_EXPORT(Gradients##Name);                                                                 \
  HWY_EXPORT(Backward##Name);                                                                  \
  template <>                                                                                  \
  void AddMoments(const T* src, int pixels, int channels, const float* origin, double* sums) { \
    HWY_DYNAMIC_DISPATCH(Moments##Name)(src, pixels, channels, origin, sums);                  \
  }                                                                                            \
  template <>                                                                                  \
  void NormForward(const NormChannels& norm, const T* src, const float* gate, int pixels,      \
                   T* dst) {                                                                   \
    HWY_DYNAMIC_DISPATCH(Forward##Name)(norm, src, gate, pixels, dst);                         \
  }                                                                                            \
  template <>                                                                                  \
  void AddNormGradients(const NormChannels& norm, const T* src, const T* diff_dst, int pixels, \
                        double* sums) {                                                        \
    HWY_DYNAMIC_DISPATCH(Gradients##Name)(norm, src, diff_dst, pixels, sums);                  \
  }                                                                                            \
  template <>                                                                                  \
  void NormBackward(const NormChannels& norm, const NormGradient& gradient, const T* src,      \
                    const T* diff_dst, int pixels, T* diff_src) {                              \
    HWY_DYNAMIC_DISPATCH(Backward##Name)                                                       \
    (norm, gradient, src, diff_dst, pixels, diff_src);                                         \
  }

AVOCET_NORM_FUNCTIONS(float, Float)
AVOCET_NORM_FUNCTIONS(BFloat16, BFloat)
#undef AVOCET_NORM_FUNCTIONS

HWY_EXPORT(ForwardSlopesFloat);

void NormForwardSlopes(const NormChannels& norm, const float* src, int pixels,
                       const NormSlopes& results) {
  HWY_DYNAMIC_DISPATCH(ForwardSlopesFloat)(norm, src, pixels, results);
}

}  // namespace avocet
#endif
