#include "engine/train/optim/update_kernels.h"

// Highway compiles this file once for each instruction set.
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "engine/train/optim/update_kernels.cc"
#include "hwy/foreach_target.h"  // IWYU pragma: keep
// After foreach_target.h.
#include "hwy/highway.h"

HWY_BEFORE_NAMESPACE();
namespace avocet {
namespace HWY_NAMESPACE {
namespace {

namespace hn = hwy::HWY_NAMESPACE;

// Calls body(tag, i) for whole vectors, then for what is left number by number.
template <typename Body>
HWY_INLINE void ForEachVector(std::size_t count, const Body& body) {
  const hn::ScalableTag<float> vector;
  const hn::CappedTag<float, 1> single;
  std::size_t i = 0;
  for (; i + hn::Lanes(vector) <= count; i += hn::Lanes(vector)) body(vector, i);
  for (; i < count; ++i) body(single, i);
}

template <typename D, typename Factors>
HWY_INLINE hn::Vec<D> Gradient(D d, const UpdateSpan& span, std::size_t i, hn::Vec<D> parameter,
                               const Factors& f) {
  const auto scaled = hn::Mul(hn::LoadU(d, span.gradient + i), hn::Set(d, f.gradient_scale));
  return hn::MulAdd(hn::Set(d, f.l2), parameter, scaled);
}

void SgdKernel(const UpdateSpan& span, const SgdFactors& f) {
  ForEachVector(span.count, [&](auto d, std::size_t i) HWY_ATTR {
    const auto parameter = hn::LoadU(d, span.parameter + i);
    const auto gradient = Gradient(d, span, i, parameter, f);
    const auto mu = hn::Set(d, f.mu);
    const auto momentum = hn::MulAdd(mu, hn::LoadU(d, span.momentum + i), gradient);
    hn::StoreU(momentum, d, span.momentum + i);
    const auto direction = f.nesterov ? hn::MulAdd(mu, momentum, gradient) : momentum;
    hn::StoreU(hn::NegMulAdd(hn::Set(d, f.rate), direction, parameter), d, span.parameter + i);
  });
}

void AdamKernel(const UpdateSpan& span, const AdamFactors& f) {
  ForEachVector(span.count, [&](auto d, std::size_t i) HWY_ATTR {
    const auto parameter = hn::LoadU(d, span.parameter + i);
    const auto gradient = Gradient(d, span, i, parameter, f);
    auto momentum = hn::LoadU(d, span.momentum + i);
    momentum = hn::MulAdd(hn::Set(d, 1.0f - f.beta1), hn::Sub(gradient, momentum), momentum);
    auto square = hn::Mul(hn::Set(d, f.beta2), hn::LoadU(d, span.square + i));
    square = hn::MulAdd(hn::Mul(hn::Set(d, 1.0f - f.beta2), gradient), gradient, square);
    hn::StoreU(momentum, d, span.momentum + i);
    hn::StoreU(square, d, span.square + i);
    const auto root =
        hn::MulAdd(hn::Sqrt(square), hn::Set(d, f.inverse_root), hn::Set(d, f.epsilon));
    const auto step = hn::Div(hn::Mul(hn::Set(d, f.rate), momentum), root);
    hn::StoreU(hn::MulSub(hn::Set(d, f.shrink), parameter, step), d, span.parameter + i);
  });
}

void RmsPropKernel(const UpdateSpan& span, const RmsPropFactors& f) {
  ForEachVector(span.count, [&](auto d, std::size_t i) HWY_ATTR {
    const auto parameter = hn::LoadU(d, span.parameter + i);
    const auto gradient = Gradient(d, span, i, parameter, f);
    auto square = hn::LoadU(d, span.square + i);
    square = hn::MulAdd(hn::Set(d, 1.0f - f.alpha), hn::MulSub(gradient, gradient, square), square);
    hn::StoreU(square, d, span.square + i);
    const auto root = hn::Sqrt(hn::Add(square, hn::Set(d, f.epsilon)));
    const auto step = hn::Div(hn::Mul(hn::Set(d, f.rate), gradient), root);
    const auto momentum = hn::MulAdd(hn::Set(d, f.mu), hn::LoadU(d, span.momentum + i), step);
    hn::StoreU(momentum, d, span.momentum + i);
    hn::StoreU(hn::Sub(parameter, momentum), d, span.parameter + i);
  });
}

void AverageKernel(float* average, const float* value, float weight, std::size_t count) {
  ForEachVector(count, [&](auto d, std::size_t i) HWY_ATTR {
    const auto old = hn::LoadU(d, average + i);
    const auto change = hn::Sub(hn::LoadU(d, value + i), old);
    hn::StoreU(hn::MulAdd(hn::Set(d, weight), change, old), d, average + i);
  });
}

}  // namespace
}  // namespace HWY_NAMESPACE
}  // namespace avocet
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace avocet {

HWY_EXPORT(SgdKernel);
HWY_EXPORT(AdamKernel);
HWY_EXPORT(RmsPropKernel);
HWY_EXPORT(AverageKernel);

void UpdateSgd(const UpdateSpan& span, const SgdFactors& factors) {
  HWY_DYNAMIC_DISPATCH(SgdKernel)(span, factors);
}
void UpdateAdam(const UpdateSpan& span, const AdamFactors& factors) {
  HWY_DYNAMIC_DISPATCH(AdamKernel)(span, factors);
}
void UpdateRmsProp(const UpdateSpan& span, const RmsPropFactors& factors) {
  HWY_DYNAMIC_DISPATCH(RmsPropKernel)(span, factors);
}
void UpdateAverage(float* average, const float* value, float weight, std::size_t count) {
  HWY_DYNAMIC_DISPATCH(AverageKernel)(average, value, weight, count);
}

double SumOfSquares(const float* values, std::size_t count) {
  // Independent sums: one alone would wait for every addition before it.
  constexpr std::size_t kSums = 8;
  double sums[kSums] = {};
  std::size_t i = 0;
  for (; i + kSums <= count; i += kSums) {
    for (std::size_t s = 0; s < kSums; ++s) {
      const double value = values[i + s];
      sums[s] += value * value;
    }
  }
  double total = 0;
  for (; i < count; ++i) total += static_cast<double>(values[i]) * values[i];
  for (const double sum : sums) total += sum;
  return total;
}

}  // namespace avocet
#endif
