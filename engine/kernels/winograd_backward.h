// Gradients of the filters of a 3x3 convolution of stride 1: the adjoint of what winograd.h does.
// At each point, the transformed tiles of the source times those of the result's gradient, summed
// over tiles, are the gradient of the transformed filters.
#ifndef AVOCET_ENGINE_KERNELS_WINOGRAD_BACKWARD_H_
#define AVOCET_ENGINE_KERNELS_WINOGRAD_BACKWARD_H_

#include <cstddef>

#include "engine/kernels/winograd.h"

namespace avocet {

// Numbers from one point to the next of `tiles` transformed tiles, which lie as
// [points][tiles][channels]: no two points of a tile share a set of the nearest cache.
constexpr std::ptrdiff_t WinogradPointStride(int tiles, int channels) {
  constexpr int kLine = 16;
  const int lines = (tiles * channels + kLine - 1) / kLine;
  return std::ptrdiff_t{lines | 1} * kLine;
}

// The tiles [begin, end) of `src` [N, height, width, in_channels], to `transformed`, where the
// points of tile `begin` start. Any CPU, as all functions here; calls for distinct results may run
// at the same time.
void TransformWinogradSource(const WinogradSizes& sizes, const float* src, int begin, int end,
                             std::ptrdiff_t point_stride, float* transformed);

// The same of the gradient of the result [N, out_height, out_width, out_channels].
void TransformWinogradDiffDst(const WinogradSizes& sizes, const float* diff_dst, int begin, int end,
                              std::ptrdiff_t point_stride, float* transformed);

// From `sums` [points][in_channels][out_channels] to `diff_weights`
// [out_channels][in_channels][3][3], for the output channels [first, last), multiples of
// kWinogradChannels.
void WinogradDiffWeights(const WinogradSizes& sizes, const float* sums, int first, int last,
                         float* diff_weights);

}  // namespace avocet

#endif  // AVOCET_ENGINE_KERNELS_WINOGRAD_BACKWARD_H_
