// What the versions of RunPointwiseInt8 share: the ways into a product and out of it. For the
// sources of this folder alone, as vector.h.
#ifndef AVOCET_ENGINE_KERNELS_POINTWISE_INT8_PARTS_H_
#define AVOCET_ENGINE_KERNELS_POINTWISE_INT8_PARTS_H_

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <type_traits>

#include "engine/kernels/pointwise_int8.h"
#include "engine/kernels/vector.h"

#if defined(__x86_64__)

AVOCET_BEGIN_AVX512

namespace avocet {
namespace {

// Stores the activation of `rows` rows of sums [rows, kStride] of up to `most` channels from
// `channel` on, as numbers of type Dst.
template <VectorActivation activation, int kStride, typename Dst>
void Finish(const PointwiseInt8& conv, const std::int32_t* sums, std::size_t row, int rows,
            int channel, int most = kStride) {
  constexpr bool kIsFloat = std::is_same_v<Dst, float>;
  // What rounds to 8 bits needs no more than what rounds to bfloat16.
  using Accuracy = std::conditional_t<kIsFloat, float, BFloat16>;
  const __m512 inverse = _mm512_set1_ps(kIsFloat ? 1.0f : 1.0f / conv.dst_scale);
  const __m512 residual_scale = _mm512_set1_ps(conv.residual_scale);
  const int count = std::min(most, conv.out_channels - channel);
  for (int c = 0; c < count; c += kLanes) {
    const __mmask16 lanes = FirstLanes(count - c);
    const __m512 multiplier = Load(conv.multiplier + channel + c, lanes);
    const __m512 shift = Load(conv.offset + channel + c, lanes);
    std::size_t offset =
        row * static_cast<std::size_t>(conv.out_channels) + static_cast<std::size_t>(channel + c);
    for (int r = 0; r < rows; ++r, offset += static_cast<std::size_t>(conv.out_channels)) {
      const __m512 sum = _mm512_cvtepi32_ps(_mm512_load_si512(sums + r * kStride + c));
      __m512 value = _mm512_fmadd_ps(sum, multiplier, shift);
      if (conv.residual != nullptr) {
        const __m512 residual = Load(static_cast<const Dst*>(conv.residual) + offset, lanes);
        value = _mm512_fmadd_ps(residual, residual_scale, value);
      }
      value = _mm512_mul_ps(Activate<activation, Accuracy>(value), inverse);
      Store(static_cast<Dst*>(conv.dst) + offset, value, lanes);
    }
  }
}

// dst = src + 128, as unsigned integers.
void MakeUnsigned(const std::uint8_t* src, std::size_t count, std::uint8_t* dst) {
  const __m512i flip = _mm512_set1_epi8(static_cast<char>(0x80));
  std::size_t i = 0;
  for (; i + 64 <= count; i += 64) {
    _mm512_storeu_si512(dst + i, _mm512_xor_si512(_mm512_loadu_si512(src + i), flip));
  }
  for (; i < count; ++i) dst[i] = src[i] ^ 0x80;
}

// dst [rows, channels] = src * gate, rounded, + 128 if Dst is unsigned.
template <typename Src, typename Dst>
void ApplyGate(const Src* src, const float* gate, int rows, int channels, Dst* dst) {
  const __m512 shift = _mm512_set1_ps(std::is_signed_v<Dst> ? 0.0f : 128.0f);
  for (int c = 0; c < channels; c += kLanes) {
    const __mmask16 lanes = FirstLanes(channels - c);
    const __m512 factor = Load(gate + c, lanes);
    std::size_t offset = static_cast<std::size_t>(c);
    for (int r = 0; r < rows; ++r, offset += static_cast<std::size_t>(channels)) {
      const __m512 value = _mm512_fmadd_ps(Load(src + offset, lanes), factor, shift);
      Store(dst + offset, value, lanes);
    }
  }
}

// The source's pixels [start, start + pixels), gated; integers that are or become signed are Signed
// in the result.
template <typename Signed>
const std::uint8_t* Prepare(const PointwiseInt8& conv, int start, int pixels,
                            std::uint8_t* scratch) {
  const auto channels = static_cast<std::size_t>(conv.in_channels);
  const std::uint8_t* src =
      static_cast<const std::uint8_t*>(conv.src) + static_cast<std::size_t>(start) * channels;
  const bool is_signed = conv.src_storage == Storage::kSigned8;
  if (conv.gate != nullptr) {
    auto* const dst = reinterpret_cast<Signed*>(scratch);
    if (is_signed) {
      ApplyGate(reinterpret_cast<const std::int8_t*>(src), conv.gate, pixels, conv.in_channels,
                dst);
    } else {
      ApplyGate(src, conv.gate, pixels, conv.in_channels, dst);
    }
    return scratch;
  }
  if (!is_signed || std::is_signed_v<Signed>) return src;
  MakeUnsigned(src, static_cast<std::size_t>(pixels) * channels, scratch);
  return scratch;
}

}  // namespace
}  // namespace avocet

AVOCET_END_AVX512

#endif  // defined(__x86_64__)

#endif  // AVOCET_ENGINE_KERNELS_POINTWISE_INT8_PARTS_H_
