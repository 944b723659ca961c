#include "engine/kernels/activation.h"

#include <cstdint>
#include <optional>

// Highway compiles this file once for each instruction set.
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "engine/kernels/activation.cc"
#include "hwy/foreach_target.h"  // IWYU pragma: keep
// After foreach_target.h.
#include "hwy/highway.h"

HWY_BEFORE_NAMESPACE();
namespace avocet {
namespace HWY_NAMESPACE {
namespace {

#include "engine/kernels/elements.inc"

template <typename T>
void Forward(ActivationKind kind, const T* src, std::ptrdiff_t count, T* dst) {
  WithActivation(kind, [&](auto activation) HWY_ATTR {
    ForVectors(0, count, [&](auto d, std::ptrdiff_t i) HWY_ATTR {
      Write(d, decltype(activation)::Value(d, Read(d, src + i)), dst + i);
    });
  });
}

template <typename T>
void Backward(ActivationKind kind, const T* src, const T* diff_dst, std::ptrdiff_t count,
              T* diff_src) {
  WithActivation(kind, [&](auto activation) HWY_ATTR {
    ForVectors(0, count, [&](auto d, std::ptrdiff_t i) HWY_ATTR {
      const auto slope = decltype(activation)::Derivative(d, Read(d, src + i));
      Write(d, hn::Mul(Read(d, diff_dst + i), slope), diff_src + i);
    });
  });
}

// One function a type, for Highway's tables.
#define AVOCET_ACTIVATION_KERNELS(T, Name)                                                        \
  void Forward##Name(ActivationKind kind, const T* src, std::ptrdiff_t count, T* dst) {           \
    Forward(kind, src, count, dst);                                                               \
  }                                                                                               \
  void Backward##Name(ActivationKind kind, const T* src, const T* diff_dst, std::ptrdiff_t count, \
                      T* diff_src) {                                                              \
    Backward(kind, src, diff_dst, count, diff_src);                                               \
  }

AVOCET_ACTIVATION_KERNELS(float, Float)
AVOCET_ACTIVATION_KERNELS(BFloat16, BFloat)
#undef AVOCET_ACTIVATION_KERNELS

}  // namespace
}  // namespace HWY_NAMESPACE
}  // namespace avocet
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace avocet {

#define AVOCET_ACTIVATION_FUNCTIONS(T, Name)                                                \
  HWY_EXPORT(Forward##Name);                                                                \
  HWY_EXPORT(Backward##Name);                                                               \
  template <>                                                                               \
  void ActivationForward(ActivationKind kind, const T* src, std::ptrdiff_t count, T* dst) { \
    HWY_DYNAMIC_DISPATCH(Forward##Name)(kind, src, count, dst);                             \
  }                                                                                         \
  template <>                                                                               \
  void ActivationBackward(ActivationKind kind, const T* src, const T* diff_dst,             \
                          std::ptrdiff_t count, T* diff_src) {                              \
    HWY_DYNAMIC_DISPATCH(Backward##Name)(kind, src, diff_dst, count, diff_src);             \
  }

AVOCET_ACTIVATION_FUNCTIONS(float, Float)
AVOCET_ACTIVATION_FUNCTIONS(BFloat16, BFloat)
#undef AVOCET_ACTIVATION_FUNCTIONS

}  // namespace avocet
#endif
