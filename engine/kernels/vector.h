// AVX-512 building blocks, for the sources of this folder alone: include after the system's
// headers, between AVOCET_BEGIN_AVX512 and AVOCET_END_AVX512.
//
// Everything is inline and local to the source that includes it: code for AVX-512 must not be
// merged by the linker with code for any CPU.
#ifndef AVOCET_ENGINE_KERNELS_VECTOR_H_
#define AVOCET_ENGINE_KERNELS_VECTOR_H_

#if defined(__x86_64__)

#include <immintrin.h>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <type_traits>

#include "engine/base/check.h"
#include "engine/graph/op.h"
#include "engine/kernels/bfloat16.h"

#define AVOCET_BEGIN_AVX512   \
  _Pragma("GCC push_options") \
      _Pragma("GCC target(\"avx512f,avx512bw,avx512dq,avx512vl,avx512bf16,avx512vnni,fma,avx2\")")
#define AVOCET_END_AVX512 _Pragma("GCC pop_options")

AVOCET_BEGIN_AVX512

namespace avocet {
namespace {

constexpr int kLanes = 16;  // float32 numbers in a vector

// The lowest `count` lanes of 16.
inline __mmask16 FirstLanes(int count) {
  return static_cast<__mmask16>(count >= kLanes ? 0xffffu : (1u << count) - 1u);
}

inline __m512 Load(const float* src, __mmask16 lanes) { return _mm512_maskz_loadu_ps(lanes, src); }
inline __m512 Load(const BFloat16* src, __mmask16 lanes) {
  const __m256i bits = _mm256_maskz_loadu_epi16(lanes, src);
  return _mm512_castsi512_ps(_mm512_slli_epi32(_mm512_cvtepu16_epi32(bits), 16));
}
inline __m512 Load(const float* src) { return _mm512_loadu_ps(src); }
inline __m512 Load(const BFloat16* src) {
  const __m256i bits = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(src));
  return _mm512_castsi512_ps(_mm512_slli_epi32(_mm512_cvtepu16_epi32(bits), 16));
}

// Rounds to the nearest, ties to even.
inline void Store(float* dst, __m512 value, __mmask16 lanes) {
  if (lanes == 0xffff) {
    _mm512_storeu_ps(dst, value);
  } else {
    _mm512_mask_storeu_ps(dst, lanes, value);
  }
}
inline void Store(BFloat16* dst, __m512 value, __mmask16 lanes) {
  _mm256_mask_storeu_epi16(dst, lanes, (__m256i)_mm512_cvtneps_pbh(value));
}

inline __m512 Load(const std::int8_t* src, __mmask16 lanes) {
  return _mm512_cvtepi32_ps(_mm512_cvtepi8_epi32(_mm_maskz_loadu_epi8(lanes, src)));
}
inline __m512 Load(const std::uint8_t* src, __mmask16 lanes) {
  return _mm512_cvtepi32_ps(_mm512_cvtepu8_epi32(_mm_maskz_loadu_epi8(lanes, src)));
}

// Rounds to the nearest integer and clips to what fits.
inline void Store(std::int8_t* dst, __m512 value, __mmask16 lanes) {
  _mm512_mask_cvtsepi32_storeu_epi8(dst, lanes, _mm512_cvtps_epi32(value));
}
inline void Store(std::uint8_t* dst, __m512 value, __mmask16 lanes) {
  const __m512i integer = _mm512_cvtps_epi32(_mm512_max_ps(_mm512_setzero_ps(), value));
  _mm512_mask_cvtusepi32_storeu_epi8(dst, lanes, integer);
}

// How exact results have to be before they are rounded to T.
template <typename T>
constexpr bool kExact = sizeof(T) == sizeof(float);

// 1 / value; with kExact to the last bit or two, else to 14 bits.
template <bool kExact>
inline __m512 Reciprocal(__m512 value) {
  const __m512 guess = _mm512_rcp14_ps(value);
  if constexpr (!kExact) return guess;
  const __m512 error = _mm512_fnmadd_ps(value, guess, _mm512_set1_ps(1.0f));
  return _mm512_fmadd_ps(guess, error, guess);
}

// 1 / (1 + exp(-x)).
template <bool kExact>
inline __m512 Sigmoid(__m512 x) {
  // exp(-x) = 2^t = 2^floor(t) 2^f with f in [0, 1); scalef takes the floor itself.
  __m512 t = _mm512_mul_ps(x, _mm512_set1_ps(-1.44269504f));
  // Beyond 2^100 the result would soon be a denormal, which is slow.
  if constexpr (kExact) t = _mm512_min_ps(_mm512_set1_ps(100.0f), t);
  const __m512 f = _mm512_reduce_ps(t, _MM_FROUND_TO_NEG_INF | _MM_FROUND_NO_EXC);
  // Minimax polynomials of 2^f: largest relative error 7.5e-8, or 7.5e-5.
  __m512 p;
  if constexpr (kExact) {
    p = _mm512_set1_ps(0.00187757665f);
    p = _mm512_fmadd_ps(p, f, _mm512_set1_ps(0.00898934014f));
    p = _mm512_fmadd_ps(p, f, _mm512_set1_ps(0.055826318f));
    p = _mm512_fmadd_ps(p, f, _mm512_set1_ps(0.240153617f));
    p = _mm512_fmadd_ps(p, f, _mm512_set1_ps(0.693153073f));
    p = _mm512_fmadd_ps(p, f, _mm512_set1_ps(0.999999925f));
  } else {
    p = _mm512_set1_ps(0.0780245207f);
    p = _mm512_fmadd_ps(p, f, _mm512_set1_ps(0.226067158f));
    p = _mm512_fmadd_ps(p, f, _mm512_set1_ps(0.69583354f));
    p = _mm512_fmadd_ps(p, f, _mm512_set1_ps(0.999925219f));
  }
  const __m512 e = _mm512_scalef_ps(p, t);
  return Reciprocal<kExact>(_mm512_add_ps(e, _mm512_set1_ps(1.0f)));
}

// x times the normal distribution function of x, which is 0.5 + x P(x^2) / Q(x^2) with coefficients
// fitted by weighted least squares: largest error 2e-8 up to 5.5, or 1e-5 up to 5; it is 0 or 1
// beyond.
template <bool kExact>
inline __m512 Gelu(__m512 x) {
  const float limit = kExact ? 5.5f : 5.0f;
  const __m512 z = _mm512_max_ps(_mm512_set1_ps(-limit), _mm512_min_ps(_mm512_set1_ps(limit), x));
  const __m512 s = _mm512_mul_ps(z, z);
  __m512 p;
  __m512 q;
  if constexpr (kExact) {
    p = _mm512_set1_ps(2.22159403e-08f);
    p = _mm512_fmadd_ps(p, s, _mm512_set1_ps(6.53066953e-06f));
    p = _mm512_fmadd_ps(p, s, _mm512_set1_ps(0.000182854513f));
    p = _mm512_fmadd_ps(p, s, _mm512_set1_ps(0.00476159585f));
    p = _mm512_fmadd_ps(p, s, _mm512_set1_ps(0.0351420148f));
    p = _mm512_fmadd_ps(p, s, _mm512_set1_ps(0.398941986f));
    q = _mm512_set1_ps(1.19539278e-06f);
    q = _mm512_fmadd_ps(q, s, _mm512_set1_ps(7.86088258e-05f));
    q = _mm512_fmadd_ps(q, s, _mm512_set1_ps(0.00196241514f));
    q = _mm512_fmadd_ps(q, s, _mm512_set1_ps(0.0293985103f));
    q = _mm512_fmadd_ps(q, s, _mm512_set1_ps(0.254751556f));
  } else {
    p = _mm512_set1_ps(3.00982335e-05f);
    p = _mm512_fmadd_ps(p, s, _mm512_set1_ps(0.00375904977f));
    p = _mm512_fmadd_ps(p, s, _mm512_set1_ps(0.0294075471f));
    p = _mm512_fmadd_ps(p, s, _mm512_set1_ps(0.398877333f));
    q = _mm512_set1_ps(0.00109666701f);
    q = _mm512_fmadd_ps(q, s, _mm512_set1_ps(0.0246410864f));
    q = _mm512_fmadd_ps(q, s, _mm512_set1_ps(0.240053835f));
  }
  q = _mm512_fmadd_ps(q, s, _mm512_set1_ps(1.0f));
  const __m512 phi =
      _mm512_fmadd_ps(_mm512_mul_ps(z, p), Reciprocal<kExact>(q), _mm512_set1_ps(0.5f));
  const __mmask16 not_far_below = _mm512_cmp_ps_mask(x, _mm512_set1_ps(-limit), _CMP_NLT_UQ);
  return _mm512_maskz_mul_ps(not_far_below, x, phi);
}

// The activations that have a kernel here.
enum class VectorActivation { kNone, kRelu, kRelu6, kSilu, kGelu, kSigmoid };

template <VectorActivation activation, typename T>
inline __m512 Activate(__m512 x) {
  // The operand that may be NaN comes second: it wins.
  if constexpr (activation == VectorActivation::kRelu) {
    return _mm512_max_ps(_mm512_setzero_ps(), x);
  } else if constexpr (activation == VectorActivation::kRelu6) {
    return _mm512_min_ps(_mm512_set1_ps(6.0f), _mm512_max_ps(_mm512_setzero_ps(), x));
  } else if constexpr (activation == VectorActivation::kSilu) {
    return _mm512_mul_ps(x, Sigmoid<kExact<T>>(x));
  } else if constexpr (activation == VectorActivation::kGelu) {
    return Gelu<kExact<T>>(x);
  } else if constexpr (activation == VectorActivation::kSigmoid) {
    return Sigmoid<kExact<T>>(x);
  } else {
    return x;
  }
}

// Calls `body` with the activation as a constant.
template <typename Body>
inline void WithActivation(std::optional<ActivationKind> kind, const Body& body) {
  using A = VectorActivation;
  if (!kind.has_value()) return body(std::integral_constant<A, A::kNone>());
  switch (*kind) {
    case ActivationKind::kRelu:
      return body(std::integral_constant<A, A::kRelu>());
    case ActivationKind::kRelu6:
      return body(std::integral_constant<A, A::kRelu6>());
    case ActivationKind::kSilu:
      return body(std::integral_constant<A, A::kSilu>());
    case ActivationKind::kGelu:
      return body(std::integral_constant<A, A::kGelu>());
    case ActivationKind::kSigmoid:
      return body(std::integral_constant<A, A::kSigmoid>());
    case ActivationKind::kTanh:
      break;
  }
  AVOCET_CHECK(false);
}

}  // namespace
}  // namespace avocet

AVOCET_END_AVX512

#endif  // defined(__x86_64__)

#endif  // AVOCET_ENGINE_KERNELS_VECTOR_H_
