#include "engine/kernels/pair_layout.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "engine/graph/op.h"

// Highway compiles this file once for each instruction set.
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "engine/kernels/pair_layout.cc"
#include "hwy/foreach_target.h"  // IWYU pragma: keep
// After foreach_target.h.
#include "hwy/highway.h"

HWY_BEFORE_NAMESPACE();
namespace avocet {
namespace HWY_NAMESPACE {
namespace {

#include "engine/kernels/elements.inc"

// Numbers of the paired side that are converted before they are laid out: with kPairUnit of the
// other side they stay in the nearest cache.
constexpr int kRun = 64;

// What is converted at once, [kPairUnit][count][taps] or [count][kPairUnit][taps].
struct Converted {
  BFloat16 numbers[kPairUnit * kRun * kMaxPairTaps];
  std::ptrdiff_t blocked_stride;
  std::ptrdiff_t paired_stride;
};

void Convert(const float* src, std::ptrdiff_t count, BFloat16* dst) {
  ForVectors(0, count,
             [&](auto d, std::ptrdiff_t i) HWY_ATTR { Write(d, Read(d, src + i), dst + i); });
}

// `blocked` by `paired` numbers from (b, p) on.
void ConvertAll(const PairLayout& at, int b, int blocked, int p, int paired, Converted& to) {
  const float* const src = at.src + b * at.blocked_stride + p * at.paired_stride;
  const bool in_pairs = at.paired_stride == at.taps;
  to.blocked_stride = std::ptrdiff_t{at.taps} * (in_pairs ? kRun : 1);
  to.paired_stride = std::ptrdiff_t{at.taps} * (in_pairs ? 1 : kPairUnit);
  if (in_pairs) {
    for (int i = 0; i < blocked; ++i) {
      Convert(src + i * at.blocked_stride, std::ptrdiff_t{paired} * at.taps,
              to.numbers + i * to.blocked_stride);
    }
  } else {
    for (int i = 0; i < paired; ++i) {
      Convert(src + i * at.paired_stride, std::ptrdiff_t{blocked} * at.taps,
              to.numbers + i * to.paired_stride);
    }
  }
}

// Of one tap, kPairUnit pairs side by side for each of `pairs`.
void LayOut(const Converted& from, int tap, int blocked, int pairs, int block, std::uint32_t* dst) {
  const BFloat16* src = from.numbers + tap;
  for (int p = 0; p < pairs; ++p, src += 2 * from.paired_stride, dst += block) {
    for (int i = 0; i < blocked; ++i) {
      const BFloat16* const pair = src + i * from.blocked_stride;
      dst[i] = pair[0].bits | std::uint32_t{pair[from.paired_stride].bits} << 16;
    }
    for (int i = blocked; i < kPairUnit; ++i) dst[i] = 0;
  }
}

void Run(const PairLayout& at, int begin, int end) {
  Converted converted;
  const int units = at.block / kPairUnit;
  const int pairs = at.paired / 2;
  for (int part = begin; part < end; ++part) {
    const int b = part * kPairUnit;
    const int blocked = std::clamp(at.blocked - b, 0, kPairUnit);
    auto* const block = reinterpret_cast<std::uint32_t*>(at.dst) +
                        std::ptrdiff_t{part / units} * at.taps * pairs * at.block +
                        part % units * kPairUnit;
    for (int p = 0; p < at.paired; p += kRun) {
      const int paired = std::min(kRun, at.paired - p);
      ConvertAll(at, b, blocked, p, paired, converted);
      for (int tap = 0; tap < at.taps; ++tap) {
        LayOut(converted, tap, blocked, paired / 2, at.block,
               block + (std::ptrdiff_t{tap} * pairs + p / 2) * at.block);
      }
    }
  }
}

}  // namespace
}  // namespace HWY_NAMESPACE
}  // namespace avocet
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace avocet {

HWY_EXPORT(Run);

int PairLayoutParts(const PairLayout& layout) {
  return (layout.blocked + layout.block - 1) / layout.block * (layout.block / kPairUnit);
}

void RunPairLayout(const PairLayout& layout, int begin, int end) {
  HWY_DYNAMIC_DISPATCH(Run)(layout, begin, end);
}

}  // namespace avocet
#endif
