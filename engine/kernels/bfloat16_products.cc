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

// Seconds that pairs of products take, the least of some runs: interruptions only add.
template <typename Step>
double LeastSeconds(const Step& step) {
  double least = std::numeric_limits<double>::infinity();
  for (int run = 0; run < kRuns; ++run) {
    __m512 sum[kSums];
    for (__m512& value : sum) value = _mm512_setzero_ps();
    const Clock::time_point start = Clock::now();
    for (int i = 0; i < kSteps; ++i) {
#pragma GCC unroll 12
      for (int s = 0; s < kSums; ++s) {
        step(sum[s]);
        asm volatile("" : "+v"(sum[s]));  // keeps each where it is
      }
    }
    least = std::min(least, std::chrono::duration<double>(Clock::now() - start).count());
  }
  return least;
}

bool Measure() {
  const __m512 zero = _mm512_setzero_ps();
  const double pairs = LeastSeconds([&](__m512 & sum) __attribute__((always_inline)) {
    sum = _mm512_dpbf16_ps(sum, (__m512bh)zero, (__m512bh)zero);
  });
  const double floats = LeastSeconds([&](__m512 & sum) __attribute__((always_inline)) {
    sum = _mm512_fmadd_ps(zero, zero, sum);
    asm volatile("" : "+v"(sum));
    sum = _mm512_fmadd_ps(zero, zero, sum);
  });
  return pairs > kWidening * floats;
}

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
