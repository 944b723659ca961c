// 1x1 convolutions: every pixel's channels times a matrix, then bias, shortcut and activation while
// the results are in registers or in the nearest cache.
#ifndef AVOCET_ENGINE_KERNELS_POINTWISE_H_
#define AVOCET_ENGINE_KERNELS_POINTWISE_H_

#include <cstddef>
#include <optional>

#include "engine/graph/op.h"
#include "engine/kernels/bfloat16.h"

namespace avocet {

// Output channels whose weights lie together: weights are
// [out_channels / kPointwiseTile, rounded up][in_channels][kPointwiseTile] for float32 and
// [...][in_channels / 2][kPointwiseTile][2] for bfloat16 (oneDNN's Ohwi48o and OhwI48o2i), with
// zeros behind the last output channel.
inline constexpr int kPointwiseTile = 48;

// One image, or any number of pixels; T is float or BFloat16. For BFloat16, in_channels is even.
template <typename T>
struct Pointwise {
  const T* src;       // [pixels, in_channels]
  const T* weights;   // see kPointwiseTile; on a cache line
  const float* bias;  // [out_channels], or null
  const T* gate;      // [in_channels] factors of src, or null
  const T* residual;  // [pixels, out_channels], added before the activation, or null; may be dst
  T* dst;             // [pixels, out_channels]
  int in_channels;
  int out_channels;
  std::optional<ActivationKind> activation;
};

constexpr int PointwiseTiles(int out_channels) {
  return (out_channels + kPointwiseTile - 1) / kPointwiseTile;
}

// Pixels whose channels, of `bytes` together, are multiplied with a tile's weights before the next
// tile: they stay in the second-level cache, in a fourth of it.
constexpr int PointwiseBlock(std::size_t bytes) {
  const auto fitting = static_cast<int>((std::size_t{256} << 10) / bytes);
  return fitting < 32 ? 32 : fitting < 256 ? fitting : 256;
}

// Bytes of scratch for one call of RunPointwise with a gate.
template <typename T>
std::size_t PointwiseScratchBytes(int in_channels);

// Computes `pixels` [begin, end) of the tiles [first_tile, last_tile). Needs HasFloat32Kernels or
// HasBFloat16Kernels. Calls for distinct results may run at the same time, with their own
// `scratch` (64-byte aligned; used where there is a gate).
template <typename T>
void RunPointwise(const Pointwise<T>& conv, int begin, int end, int first_tile, int last_tile,
                  void* scratch);

// The two ways of RunPointwise without AMX: with instructions for pairs of bfloat16 numbers, and
// with those for float32 (see MultipliesBFloat16AsFloat). For RunPointwise and tests.
void RunPointwisePairs(const Pointwise<BFloat16>& conv, int begin, int end, int first_tile,
                       int last_tile, void* scratch);
void RunPointwiseWidened(const Pointwise<BFloat16>& conv, int begin, int end, int first_tile,
                         int last_tile, void* scratch);

// What RunPointwise uses for sources of `in_channels`, as in the names of oneDNN's implementations.
template <typename T>
const char* PointwiseIsa(int in_channels);

}  // namespace avocet

#endif  // AVOCET_ENGINE_KERNELS_POINTWISE_H_
