// 3x3 convolutions of stride 1 by Winograd's minimal filtering F(m x m, 3 x 3): m x m results cost
// (m + 2)^2 products for each pair of channels, rather than 9 m^2, once tiles of the source and the
// filters are transformed (Lavin and Gray, "Fast Algorithms for Convolutional Neural Networks").
#ifndef AVOCET_ENGINE_KERNELS_WINOGRAD_H_
#define AVOCET_ENGINE_KERNELS_WINOGRAD_H_

#include <cstddef>
#include <optional>

#include "engine/graph/op.h"
#include "engine/kernels/bfloat16.h"

namespace avocet {

// Channels are multiples of this: no vector is partly there.
inline constexpr int kWinogradChannels = 16;

// Of a convolution. Tensors are channels last. All images' tiles are numbered one after
// the other, row by row.
struct WinogradSizes {
  int tile;  // m: 2 or 4
  int in_channels;
  int out_channels;
  int height;  // of the source
  int width;
  int out_height;
  int out_width;
  int pad_top;
  int pad_left;

  int tiles_down() const { return (out_height + tile - 1) / tile; }
  int tiles_across() const { return (out_width + tile - 1) / tile; }
  int tiles() const { return tiles_down() * tiles_across(); }  // of an image
  // Of a transformed tile or filter: what the products are taken of, point by point.
  int points() const { return (tile + 2) * (tile + 2); }
};

// T is float or BFloat16; whatever it is, what is transformed is float32.
template <typename T>
struct Winograd {
  WinogradSizes sizes;
  const T* src;  // [N, height, width, in_channels]
  // [out_channels / 16][in_channels][3][3][16] (oneDNN's Oihw16o); on a cache line.
  const T* filters;
  bool is_turned;     // filters by half a turn: for gradients of a source
  const float* bias;  // [out_channels], or null
  const T* residual;  // as dst, added before the activation, or null; may be dst
  T* dst;             // [N, out_height, out_width, out_channels]
  std::optional<ActivationKind> activation;
};

// Groups of output channels that this CPU's kernel computes together.
int WinogradPanels(int out_channels);

// Numbers of scratch, on a cache line, for one call of RunWinograd for so many tiles or fewer.
std::size_t WinogradScratchSize(const WinogradSizes& sizes, int tiles);

// Computes the tiles [begin, end) of the panels [first_panel, last_panel). Any CPU; calls for
// distinct results may run at the same time.
template <typename T>
void RunWinograd(const Winograd<T>& conv, int begin, int end, int first_panel, int last_panel,
                 float* scratch);

}  // namespace avocet

#endif  // AVOCET_ENGINE_KERNELS_WINOGRAD_H_
