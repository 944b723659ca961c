#include "engine/kernels/outer_products.h"
#include "engine/kernels/outer_products_amx.h"

#include <algorithm>
#include <cstddef>

#include "engine/kernels/outer_products_tiles.h"

// Highway compiles this file once for each instruction set.
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "engine/kernels/outer_products.cc"
#include "hwy/foreach_target.h"  // IWYU pragma: keep
// After foreach_target.h.
#include "hwy/cache_control.h"
#include "hwy/highway.h"

HWY_BEFORE_NAMESPACE();
namespace avocet {
namespace HWY_NAMESPACE {
namespace {

namespace hn = hwy::HWY_NAMESPACE;

using D = hn::ScalableTag<float>;
using Vec = hn::Vec<D>;
constexpr int kLanes = static_cast<int>(hn::MaxLanes(D()));
// Sums in registers: with 3 vectors of `right` and a factor, these fill 16 or 32.
constexpr int kRows = kLanes == 16 ? 8 : 4;
constexpr int kVectors = kOuterProductVectors;

// Pixels that all tiles go over before the next: their channels stay in the second-level cache.
constexpr int kBlockPixels = kFloatOuterPixels;

struct Strides {
  std::ptrdiff_t left;  // from pixel to pixel
  std::ptrdiff_t right;
  std::ptrdiff_t sums;  // from channel to channel of left
};

// One tile of the sums: R channels of left by V vectors of right, of which `rest` lanes of the last
// are there.
template <int R, int V>
void AddTile(const float* left, const float* right, Strides strides, int pixels, int rest,
             float* sums) {
  const D d;
  const bool whole = rest == kLanes;
  const auto last = hn::FirstN(d, static_cast<std::size_t>(rest));
  Vec sum[R][V];
#pragma GCC unroll 8
  for (int r = 0; r < R; ++r) {
#pragma GCC unroll 3
    for (int v = 0; v < V; ++v) sum[r][v] = hn::Zero(d);
  }
  for (int p = 0; p < pixels; ++p, left += strides.left, right += strides.right) {
    Vec vector[V];
#pragma GCC unroll 3
    for (int v = 0; v < V; ++v) {
      const float* from = right + v * kLanes;
      vector[v] = v + 1 < V || whole ? hn::LoadU(d, from) : hn::MaskedLoad(last, d, from);
    }
#pragma GCC unroll 8
    for (int r = 0; r < R; ++r) {
      const Vec factor = hn::Set(d, left[r]);
#pragma GCC unroll 3
      for (int v = 0; v < V; ++v) sum[r][v] = hn::MulAdd(factor, vector[v], sum[r][v]);
    }
  }
#pragma GCC unroll 8
  for (int r = 0; r < R; ++r, sums += strides.sums) {
#pragma GCC unroll 3
    for (int v = 0; v < V; ++v) {
      float* to = sums + v * kLanes;
      if (v + 1 < V || whole) {
        hn::StoreU(hn::Add(hn::LoadU(d, to), sum[r][v]), d, to);
      } else {
        hn::BlendedStore(hn::Add(hn::MaskedLoad(last, d, to), sum[r][v]), last, d, to);
      }
    }
  }
}

// Channels of left whose pixels are packed at once, into a fourth of a second-level cache: the
// more, the fewer times right is packed.
constexpr int kPackedChannels = 256;
constexpr int kColumns = kVectors * kLanes;

// From tile to tile of packed left: an odd number of cache lines.
constexpr std::ptrdiff_t kLeftTile = (kBlockPixels + 16 / kRows) * kRows;

// Whether the pixels of a block, so many numbers apart, share few of the nearest cache's 64 sets.
bool SharesSets(std::ptrdiff_t stride) { return stride % 128 == 0; }

// Channels of a block of pixels that would share sets, as tiles want them: one pixel's behind the
// other's.
struct Packed {
  alignas(64) float left[kPackedChannels / kRows * kLeftTile];  // [channels / kRows][pixels][kRows]
  alignas(64) float right[kBlockPixels * kColumns];             // [pixels][kColumns]
};

void PackLeft(const float* left, std::ptrdiff_t stride, int channels, int pixels, float* packed) {
  const hn::CappedTag<float, kRows> rows;
  for (int p = 0; p < pixels; ++p, left += stride, packed += kRows) {
    for (int row = 0; row + kRows <= channels; row += kRows) {
      float* to = packed + row / kRows * kLeftTile;
      hn::StoreU(hn::LoadU(rows, left + row), rows, to);
    }
  }
}

void PackRight(const float* right, std::ptrdiff_t stride, int columns, int pixels, float* packed) {
  const D d;
  for (int p = 0; p < pixels; ++p, right += stride, packed += kColumns) {
    int c = 0;
    for (; c + kLanes <= columns; c += kLanes) hn::Store(hn::LoadU(d, right + c), d, packed + c);
    for (; c < columns; ++c) packed[c] = right[c];
  }
}

// Numbers of the pixels that the next tiles read: fetched along with the products of these, for
// they are too far apart for the CPU to foresee.
struct Ahead {
  const float* from = nullptr;  // null: nothing
  std::ptrdiff_t stride = 0;    // from pixel to pixel
  int numbers = 0;
  int pixels = 0;

  // The `part`th of so many equal parts.
  HWY_INLINE void Fetch(int part, int parts) const {
    constexpr int kLine = 16;
    if (from == nullptr) return;
    for (int p = pixels * part / parts; p < pixels * (part + 1) / parts; ++p) {
      const float* pixel = from + p * stride;
      for (int i = 0; i < numbers; i += kLine) hwy::Prefetch(pixel + i);
      hwy::Prefetch(pixel + numbers - 1);
    }
  }
};

// A tile of right and, of left, all channels of a block: as they are, or as PackLeft has them.
struct Block {
  const float* left;
  std::ptrdiff_t left_stride;
  const float* packed_left;  // or null
  int channels;
  const float* right;
  std::ptrdiff_t right_stride;
  int pixels;
  float* sums;
  std::ptrdiff_t sums_stride;
};

// V vectors hold the columns; `rest` lanes of the last are there.
template <int V>
void AddColumns(const Block& at, int rest, const Ahead& next_right, const Ahead& next_left) {
  const int tiles = at.channels / kRows;
  for (int tile = 0; tile < tiles; ++tile) {
    next_right.Fetch(tile, tiles);
    next_left.Fetch(tile, tiles);
    const bool is_packed = at.packed_left != nullptr;
    AddTile<kRows, V>(is_packed ? at.packed_left + tile * kLeftTile : at.left + tile * kRows,
                      at.right,
                      {.left = is_packed ? kRows : at.left_stride,
                       .right = at.right_stride,
                       .sums = at.sums_stride},
                      at.pixels, rest, at.sums + tile * kRows * at.sums_stride);
  }
  for (int row = tiles * kRows; row < at.channels; ++row) {
    AddTile<1, V>(at.left + row, at.right,
                  {.left = at.left_stride, .right = at.right_stride, .sums = at.sums_stride},
                  at.pixels, rest, at.sums + row * at.sums_stride);
  }
}

// The channels [first, first + channels) of left, of a block of pixels, of which `pixels_after`
// follow.
void AddBlock(const OuterProducts<float>& at, int first_pixel, int pixels, int pixels_after,
              int first, int channels, Packed& packed) {
  Block block = {.left = at.left + first_pixel * at.left_stride + first,
                 .left_stride = at.left_stride,
                 .packed_left = nullptr,
                 .channels = channels,
                 .right = nullptr,
                 .right_stride = at.right_stride,
                 .pixels = pixels,
                 .sums = nullptr,
                 .sums_stride = at.sums_stride};
  if (SharesSets(at.left_stride)) {
    PackLeft(block.left, at.left_stride, channels, pixels, packed.left);
    block.packed_left = packed.left;
  }
  const float* const right = at.right + first_pixel * at.right_stride;
  int columns;
  for (int column = 0; column < at.right_channels; column += columns) {
    columns = OuterProductColumns(at.right_channels - column, kLanes);
    const int vectors = (columns + kLanes - 1) / kLanes;
    const int rest = columns - (vectors - 1) * kLanes;
    block.right = right + column;
    block.sums = at.sums + first * at.sums_stride + column;
    if (SharesSets(at.right_stride)) {
      PackRight(block.right, at.right_stride, columns, pixels, packed.right);
      block.right = packed.right;
      block.right_stride = kColumns;
    }
    Ahead next_right = {.stride = at.right_stride, .numbers = columns, .pixels = pixels};
    Ahead next_left = {.stride = at.left_stride, .numbers = channels, .pixels = pixels_after};
    if (!at.is_far) {
      // Nothing to fetch.
    } else if (column + columns < at.right_channels) {
      next_right.from = right + column + columns;
    } else if (pixels_after > 0) {
      next_right.from = right + pixels * at.right_stride;
      next_right.pixels = pixels_after;
      next_left.from = block.left + pixels * at.left_stride;
    }
    if (vectors == 3) {
      AddColumns<3>(block, rest, next_right, next_left);
    } else if (vectors == 2) {
      AddColumns<2>(block, rest, next_right, next_left);
    } else {
      AddColumns<1>(block, rest, next_right, next_left);
    }
  }
}

void AddAll(const OuterProducts<float>& at) {
  Packed packed;
  for (int pixel = 0; pixel < at.pixels; pixel += kBlockPixels) {
    const int pixels = std::min(kBlockPixels, at.pixels - pixel);
    const int after = std::min(kBlockPixels, at.pixels - pixel - pixels);
    for (int first = 0; first < at.left_channels; first += kPackedChannels) {
      AddBlock(at, pixel, pixels, after, first, std::min(kPackedChannels, at.left_channels - first),
               packed);
    }
  }
}

}  // namespace
}  // namespace HWY_NAMESPACE
}  // namespace avocet
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace avocet {

HWY_EXPORT(AddAll);

void AddOuterProducts(const OuterProducts<float>& products) {
  if (products.in_digits) return AddOuterProductsAmx(products);
  HWY_DYNAMIC_DISPATCH(AddAll)(products);
}

}  // namespace avocet
#endif
