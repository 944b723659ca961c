#include "engine/kernels/outer_products.h"

#include <algorithm>
#include <cstddef>

// Highway compiles this file once for each instruction set.
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "engine/kernels/outer_products.cc"
#include "hwy/foreach_target.h"  // IWYU pragma: keep
// After foreach_target.h.
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
constexpr int kVectors = 3;

// Pixels that all tiles go over before the next: their channels stay in the second-level cache.
constexpr int kBlockPixels = 128;

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

// Of `channels` of left, and of columns that V vectors hold. `packed`: left as PackLeft has it.
template <int V>
void AddColumns(const OuterProducts& at, const float* left, const float* packed, int channels,
                const float* right, std::ptrdiff_t right_stride, int pixels, int rest,
                float* sums) {
  const std::ptrdiff_t sums_stride = at.right_channels;
  int row = 0;
  for (; row + kRows <= channels; row += kRows) {
    const bool is_packed = packed != nullptr;
    const float* from = is_packed ? packed + row / kRows * kLeftTile : left + row;
    AddTile<kRows, V>(
        from, right,
        {.left = is_packed ? kRows : at.left_stride, .right = right_stride, .sums = sums_stride},
        pixels, rest, sums + row * sums_stride);
  }
  for (; row < channels; ++row) {
    AddTile<1, V>(left + row, right,
                  {.left = at.left_stride, .right = right_stride, .sums = sums_stride}, pixels,
                  rest, sums + row * sums_stride);
  }
}

// The columns of the next tile of so many that are left. Two and two vectors rather than three and
// one: the sums of one vector wait for each other.
int ColumnsOfTile(int left) {
  const bool is_four = left > kVectors * kLanes && left <= (kVectors + 1) * kLanes;
  return std::min((is_four ? 2 : kVectors) * kLanes, left);
}

// The channels [first, first + channels) of left, of a block of pixels.
void AddBlock(const OuterProducts& at, int first_pixel, int pixels, int first, int channels,
              Packed& packed) {
  const float* left = at.left + first_pixel * at.left_stride + first;
  const float* packed_left = nullptr;
  if (SharesSets(at.left_stride)) {
    PackLeft(left, at.left_stride, channels, pixels, packed.left);
    packed_left = packed.left;
  }
  int columns;
  for (int column = 0; column < at.right_channels; column += columns) {
    columns = ColumnsOfTile(at.right_channels - column);
    const int vectors = (columns + kLanes - 1) / kLanes;
    const int rest = columns - (vectors - 1) * kLanes;
    const float* right = at.right + std::ptrdiff_t{first_pixel} * at.right_channels + column;
    std::ptrdiff_t right_stride = at.right_channels;
    if (SharesSets(right_stride)) {
      PackRight(right, right_stride, columns, pixels, packed.right);
      right = packed.right;
      right_stride = kColumns;
    }
    float* sums = at.sums + std::ptrdiff_t{first} * at.right_channels + column;
    if (vectors == 3) {
      AddColumns<3>(at, left, packed_left, channels, right, right_stride, pixels, rest, sums);
    } else if (vectors == 2) {
      AddColumns<2>(at, left, packed_left, channels, right, right_stride, pixels, rest, sums);
    } else {
      AddColumns<1>(at, left, packed_left, channels, right, right_stride, pixels, rest, sums);
    }
  }
}

void AddAll(const OuterProducts& at) {
  Packed packed;
  for (int pixel = 0; pixel < at.pixels; pixel += kBlockPixels) {
    const int pixels = std::min(kBlockPixels, at.pixels - pixel);
    for (int first = 0; first < at.left_channels; first += kPackedChannels) {
      AddBlock(at, pixel, pixels, first, std::min(kPackedChannels, at.left_channels - first),
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

void AddOuterProducts(const OuterProducts& products) { HWY_DYNAMIC_DISPATCH(AddAll)(products); }

}  // namespace avocet
#endif
