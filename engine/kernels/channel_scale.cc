#include "engine/kernels/channel_scale.h"

#include <cstddef>
#include <cstdint>
#include <optional>

#include "engine/graph/op.h"

// Highway compiles this file once for each instruction set.
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "engine/kernels/channel_scale.cc"
#include "hwy/foreach_target.h"  // IWYU pragma: keep
// After foreach_target.h.
#include "hwy/cache_control.h"
#include "hwy/highway.h"

HWY_BEFORE_NAMESPACE();
namespace avocet {
namespace HWY_NAMESPACE {
namespace {

#include "engine/kernels/elements.inc"

template <typename T>
void ScaleEach(const T* src, const float* factor, int pixels, int channels, T* dst) {
  ForBlocks(pixels, channels, [&](auto d, const PixelBlock& block, std::ptrdiff_t c) HWY_ATTR {
    const auto by = hn::LoadU(d, factor + c);
    std::ptrdiff_t ahead = block.ahead;
    for (std::ptrdiff_t i = block.begin; i < block.end; i += channels, ahead += hn::MaxLanes(d)) {
      hwy::Prefetch(src + ahead);
      Write(d, hn::Mul(Read(d, src + i), by), dst + i);
    }
  });
}

template <typename T>
void ScaleAll(const T* src, float factor, std::ptrdiff_t count, T* dst) {
  ForVectors(0, count, [&](auto d, std::ptrdiff_t i) HWY_ATTR {
    Write(d, hn::Mul(Read(d, src + i), hn::Set(d, factor)), dst + i);
  });
}

template <typename T>
void Add(const T* left, const T* right, std::ptrdiff_t count, T* dst) {
  ForVectors(0, count, [&](auto d, std::ptrdiff_t i) HWY_ATTR {
    Write(d, hn::Add(Read(d, left + i), Read(d, right + i)), dst + i);
  });
}

template <typename T>
void Fill(const float* value, int pixels, int channels, T* dst) {
  for (int p = 0; p < pixels; ++p, dst += channels) {
    ForVectors(0, channels, [&](auto d, std::ptrdiff_t c) HWY_ATTR {
      Write(d, hn::LoadU(d, value + c), dst + c);
    });
  }
}

template <typename T>
void Products(const T* left, const T* right, int pixels, int channels, double* sums) {
  ForBlocks(pixels, channels, [&](auto d, const PixelBlock& block, std::ptrdiff_t c) HWY_ATTR {
    auto sum = hn::Zero(d);
    std::ptrdiff_t ahead = block.ahead;
    for (std::ptrdiff_t i = block.begin; i < block.end; i += channels, ahead += hn::MaxLanes(d)) {
      hwy::Prefetch(left + ahead);
      if (right == nullptr) {
        sum = hn::Add(sum, Read(d, left + i));
      } else {
        sum = hn::MulAdd(Read(d, left + i), Read(d, right + i), sum);
      }
    }
    AddTo(d, sum, sums + c);
  });
}

// One function a type, for Highway's tables.
#define AVOCET_SCALE_KERNELS(T, Name)                                                          \
  void ScaleEach##Name(const T* src, const float* factor, int pixels, int channels, T* dst) {  \
    ScaleEach(src, factor, pixels, channels, dst);                                             \
  }                                                                                            \
  void ScaleAll##Name(const T* src, float factor, std::ptrdiff_t count, T* dst) {              \
    ScaleAll(src, factor, count, dst);                                                         \
  }                                                                                            \
  void Add##Name(const T* left, const T* right, std::ptrdiff_t count, T* dst) {                \
    Add(left, right, count, dst);                                                              \
  }                                                                                            \
  void Fill##Name(const float* value, int pixels, int channels, T* dst) {                      \
    Fill(value, pixels, channels, dst);                                                        \
  }                                                                                            \
  void Products##Name(const T* left, const T* right, int pixels, int channels, double* sums) { \
    Products(left, right, pixels, channels, sums);                                             \
  }

AVOCET_SCALE_KERNELS(float, Float)
AVOCET_SCALE_KERNELS(BFloat16, BFloat)
#undef AVOCET_SCALE_KERNELS

}  // namespace
}  // namespace HWY_NAMESPACE
}  // namespace avocet
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace avocet {

#define AVOCET_SCALE_FUNCTIONS(T, Name)                                                     \
  HWY_EXPORT(ScaleEach##Name);                                                              \
  HWY_EXPORT(ScaleAll##Name);                                                               \
  HWY_EXPORT(Add##Name);                                                                    \
  HWY_EXPORT(Fill##Name);                                                                   \
  HWY_EXPORT(Products##Name);                                                               \
  template <>                                                                               \
  void ScaleChannels(const T* src, const float* factor, int pixels, int channels, T* dst) { \
    HWY_DYNAMIC_DISPATCH(ScaleEach##Name)(src, factor, pixels, channels, dst);              \
  }                                                                                         \
  template <>                                                                               \
  void Scale(const T* src, float factor, std::ptrdiff_t count, T* dst) {                    \
    HWY_DYNAMIC_DISPATCH(ScaleAll##Name)(src, factor, count, dst);                          \
  }                                                                                         \
  template <>                                                                               \
  void Sum(const T* left, const T* right, std::ptrdiff_t count, T* dst) {                   \
    HWY_DYNAMIC_DISPATCH(Add##Name)(left, right, count, dst);                               \
  }                                                                                         \
  template <>                                                                               \
  void FillChannels(const float* value, int pixels, int channels, T* dst) {                 \
    HWY_DYNAMIC_DISPATCH(Fill##Name)(value, pixels, channels, dst);                         \
  }                                                                                         \
  template <>                                                                               \
  void AddProducts(const T* left, const T* right, int pixels, int channels, double* sums) { \
    HWY_DYNAMIC_DISPATCH(Products##Name)(left, right, pixels, channels, sums);              \
  }

AVOCET_SCALE_FUNCTIONS(float, Float)
AVOCET_SCALE_FUNCTIONS(BFloat16, BFloat)
#undef AVOCET_SCALE_FUNCTIONS

}  // namespace avocet
#endif
