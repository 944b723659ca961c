// Weights as AVX512-BF16's products want them: pairs of numbers side by side.
#ifndef AVOCET_ENGINE_KERNELS_PAIR_LAYOUT_H_
#define AVOCET_ENGINE_KERNELS_PAIR_LAYOUT_H_

#include <cstddef>

#include "engine/kernels/bfloat16.h"

namespace avocet {

// A float32 tensor of three sides, element (b, p, t) at b * blocked_stride + p * paired_stride + t,
// that becomes [blocked / block, rounded up][taps][paired / 2][block][2] in bfloat16, with zeros
// behind the last of `blocked`: oneDNN's AcdB..a2b of weights [O, I, kh, kw], where O is blocked,
// and its BcdA..b2a, where I is. One of the strides is `taps`.
struct PairLayout {
  const float* src;
  BFloat16* dst;  // on a cache line
  std::ptrdiff_t blocked_stride;
  std::ptrdiff_t paired_stride;
  int blocked;
  int paired;  // even
  int taps;    // at most kMaxPairTaps
  int block;   // a multiple of kPairUnit
};

inline constexpr int kMaxPairTaps = 9;
inline constexpr int kPairUnit = 16;

// Parts that may be computed at the same time.
int PairLayoutParts(const PairLayout& layout);

// Computes the parts [begin, end). Rounds to the nearest, ties to even. Any CPU.
void RunPairLayout(const PairLayout& layout, int begin, int end);

}  // namespace avocet

#endif  // AVOCET_ENGINE_KERNELS_PAIR_LAYOUT_H_
