#include "engine/kernels/bfloat16_products.h"

#include <algorithm>
#include <chrono>
#include <limits>

#include "engine/kernels/cpu.h"
#include "engine/kernels/vector.h"

namespace avocet {

#if defined(__x86_64__)

AVOCET_BEGIN_AVX512

namespace {

using Clock = std::chrono::steady_clock;

constexpr int kSums = 12;  // independent ones, to hide the instructions' latency
constexpr int kSteps = 400;
constexpr int kRuns = 15;
// What it costs to widen weights and pixels, of the products themselves.
constexpr double kWidening = 1.2;

// A pair of products in each lane. The empty statements keep the compiler from leaving some out.
template <bool kAsFloat>
inline __m512 AddPair(__m512 sum, __m512 zero) {
  if constexpr (kAsFloat) {
    sum = _mm512_fmadd_ps(zero, zero, sum);
    asm volatile("" : "+v"(sum));
    sum = _mm512_fmadd_ps(zero, zero, sum);
  } else {
    sum = _mm512_dpbf16_ps(sum, (__m512bh)zero, (__m512bh)zero);
  }
  asm volatile("" : "+v"(sum));
  return sum;
}

// Seconds that pairs of products take, the least of some runs: interruptions only add.
template <bool kAsFloat>
double LeastSeconds() {
  const __m512 zero = _mm512_setzero_ps();
  double least = std::numeric_limits<double>::infinity();
  for (int run = 0; run < kRuns; ++run) {
    __m512 sum[kSums];
#pragma GCC unroll 12
    for (int s = 0; s < kSums; ++s) sum[s] = zero;
    const Clock::time_point start = Clock::now();
    for (int i = 0; i < kSteps; ++i) {
#pragma GCC unroll 12
      for (int s = 0; s < kSums; ++s) sum[s] = AddPair<kAsFloat>(sum[s], zero);
    }
    least = std::min(least, std::chrono::duration<double>(Clock::now() - start).count());
  }
  return least;
}

bool Measure() { return LeastSeconds<false>() > kWidening * LeastSeconds<true>(); }

}  // namespace

AVOCET_END_AVX512

bool MultipliesBFloat16AsFloat() {
  static const bool as_float = HasBFloat16Kernels() && !HasAmxKernels() && Measure();
  return as_float;
}

#else

bool MultipliesBFloat16AsFloat() { return false; }

#endif  // defined(__x86_64__)

}  // namespace avocet
