// Depthwise convolutions: each channel with a filter of its own, then bias and activation, and on
// demand the sums of the results over the image, which a squeeze-and-excite block starts from.
#ifndef AVOCET_ENGINE_KERNELS_DEPTHWISE_H_
#define AVOCET_ENGINE_KERNELS_DEPTHWISE_H_

#include <cstdint>
#include <optional>

#include "engine/graph/op.h"
#include "engine/kernels/bfloat16.h"

namespace avocet {

// Channels whose filters lie together.
inline constexpr int kDepthwiseTile = 16;

// One image; Src is float, BFloat16, std::int8_t or std::uint8_t, Dst the same, or any of them for
// float. For integers, the weights include the scale of src.
template <typename Src, typename Dst = Src>
struct Depthwise {
  const Src* src;        // [height, width, channels]
  const float* weights;  // [channels / 16, rounded up][kernel][kernel][16]: oneDNN's Goihw16g
  const float* bias;     // [channels], or null
  Dst* dst;              // [out_height, out_width, channels], from row dst_begin on
  int channels;
  int height;
  int width;
  int out_height;
  int out_width;
  int pad_top;
  int pad_left;
  std::optional<ActivationKind> activation;
  int dst_begin = 0;
  float dst_scale = 1.0f;  // results are rounded to multiples of it
};

// Whether there is a kernel for this size: 3, 5 or 7 and stride 1 or 2.
bool HasDepthwiseKernel(int kernel, int stride);

// Computes the rows [begin, end) of the result. If `sums` [channels] is not null, adds each
// channel's results to it, before they are rounded to Dst. Needs HasFloat32Kernels where
// both are float, HasBFloat16Kernels where one is BFloat16, else HasAvx512Kernels; and
// HasDepthwiseKernel. Calls for distinct rows may run at the same
// time, with their own sums.
template <typename Src, typename Dst>
void RunDepthwise(const Depthwise<Src, Dst>& conv, int kernel, int stride, int begin, int end,
                  float* sums);

}  // namespace avocet

#endif  // AVOCET_ENGINE_KERNELS_DEPTHWISE_H_
