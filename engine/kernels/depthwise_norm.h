// A depthwise convolution of 7 x 7 and the layer norm behind it, ConvNeXt's pair: a few pixels are
// normalised while all of their channels are in the nearest cache.
#ifndef AVOCET_ENGINE_KERNELS_DEPTHWISE_NORM_H_
#define AVOCET_ENGINE_KERNELS_DEPTHWISE_NORM_H_

#include <cstddef>

#include "engine/kernels/depthwise.h"

namespace avocet {

inline constexpr int kDepthwiseNormKernel = 7;

// One image. What the convolution gives is not rounded before it is normalised; statistics are
// float32.
template <typename Src, typename Dst>
struct DepthwiseNorm {
  Depthwise<Src> conv;  // stride 1, no activation; dst and dst_scale not used
  const float* weight;  // [channels]: the norm's
  const float* bias;    // [channels]
  float epsilon;
  Dst* dst;                // [out_height, out_width, channels]
  float dst_scale = 1.0f;  // results are rounded to multiples of it if Dst has 8 bits
};

// Bytes of scratch for one call.
std::size_t DepthwiseNormScratchBytes(int channels);

// Computes the rows [begin, end) of the result. Src and Dst are both float, both BFloat16 or both
// std::int8_t. Needs HasAvx512Kernels, or HasBFloat16Kernels for that. Calls for distinct rows may
// run at the same time, with their own `scratch` (64-byte aligned).
template <typename Src, typename Dst>
void RunDepthwiseNorm(const DepthwiseNorm<Src, Dst>& step, int begin, int end, void* scratch);

}  // namespace avocet

#endif  // AVOCET_ENGINE_KERNELS_DEPTHWISE_NORM_H_
