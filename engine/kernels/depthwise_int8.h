// Depthwise convolutions of 8-bit integers: the taps of four rows in one product.
#ifndef AVOCET_ENGINE_KERNELS_DEPTHWISE_INT8_H_
#define AVOCET_ENGINE_KERNELS_DEPTHWISE_INT8_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "engine/graph/op.h"

namespace avocet {

// Channels that are computed together.
inline constexpr int kDepthwiseInt8Tile = 64;

// The layer as the kernel reads it: in tiles, with zeros behind the last channel.
struct DepthwiseInt8Parameters {
  std::vector<std::int8_t> weights;
  std::vector<float> multiplier;  // scale of the products
  std::vector<float> offset;      // bias, less what makes signed sources unsigned
};

// `weights` are [channels, kernel, kernel], times `scales` [channels], which include that of the
// source; `bias` is empty or [channels].
DepthwiseInt8Parameters PackDepthwiseInt8(std::span<const std::int8_t> weights,
                                          std::span<const float> scales,
                                          std::span<const float> bias, int kernel, bool is_signed);

// One image. Integers q stand for scale * q.
struct DepthwiseInt8 {
  const std::uint8_t* src;  // [height, width, channels], of std::int8_t if `is_signed`
  const std::int8_t* weights;
  const float* multiplier;
  const float* offset;
  std::uint8_t* dst;  // [out_height, out_width, channels], as src
  bool is_signed;
  int channels;
  int height;
  int width;
  int out_height;
  int out_width;
  int pad_top;
  int pad_left;
  std::optional<ActivationKind> activation;
  float dst_scale;
};

// As RunDepthwise of depthwise.h; `sums` are of real values. Needs HasInt8Kernels
// (pointwise_int8.h) and HasDepthwiseKernel.
void RunDepthwiseInt8(const DepthwiseInt8& conv, int kernel, int stride, int begin, int end,
                      float* sums);

}  // namespace avocet

#endif  // AVOCET_ENGINE_KERNELS_DEPTHWISE_INT8_H_
