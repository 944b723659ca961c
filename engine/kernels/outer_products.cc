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
  std::ptrdiff_t left;
  std::ptrdiff_t right;
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
  for (int r = 0; r < R; ++r, sums += strides.right) {
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

template <int V>
void AddColumns(const float* left, int left_channels, const float* right, Strides strides,
                int pixels, int rest, float* sums) {
  int row = 0;
  for (; row + kRows <= left_channels; row += kRows) {
    AddTile<kRows, V>(left + row, right, strides, pixels, rest, sums + row * strides.right);
  }
  for (; row < left_channels; ++row) {
    AddTile<1, V>(left + row, right, strides, pixels, rest, sums + row * strides.right);
  }
}

// The columns of the next tile of so many that are left. Two and two vectors rather than three and
// one: the sums of one vector wait for each other.
int ColumnsOfTile(int left) {
  const bool is_four = left > kVectors * kLanes && left <= (kVectors + 1) * kLanes;
  return std::min((is_four ? 2 : kVectors) * kLanes, left);
}

void OuterProducts(const float* left, int left_channels, const float* right, int right_channels,
                   int pixels, float* sums) {
  const Strides strides = {left_channels, right_channels};
  for (int first = 0; first < pixels; first += kBlockPixels) {
    const int count = std::min(kBlockPixels, pixels - first);
    const float* left_block = left + first * strides.left;
    const float* right_block = right + first * strides.right;
    int columns;
    for (int column = 0; column < right_channels; column += columns) {
      columns = ColumnsOfTile(right_channels - column);
      const int vectors = (columns + kLanes - 1) / kLanes;
      const int rest = columns - (vectors - 1) * kLanes;
      const float* from = right_block + column;
      float* to = sums + column;
      if (vectors == 3) {
        AddColumns<3>(left_block, left_channels, from, strides, count, rest, to);
      } else if (vectors == 2) {
        AddColumns<2>(left_block, left_channels, from, strides, count, rest, to);
      } else {
        AddColumns<1>(left_block, left_channels, from, strides, count, rest, to);
      }
    }
  }
}

}  // namespace
}  // namespace HWY_NAMESPACE
}  // namespace avocet
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace avocet {

HWY_EXPORT(OuterProducts);

void AddOuterProducts(const float* left, int left_channels, const float* right, int right_channels,
                      int pixels, float* sums) {
  HWY_DYNAMIC_DISPATCH(OuterProducts)(left, left_channels, right, right_channels, pixels, sums);
}

}  // namespace avocet
#endif
