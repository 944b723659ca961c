// How AddOuterProducts cuts the channels of `right` into tiles, in all its versions.
#ifndef AVOCET_ENGINE_KERNELS_OUTER_PRODUCTS_TILES_H_
#define AVOCET_ENGINE_KERNELS_OUTER_PRODUCTS_TILES_H_

#include <algorithm>

namespace avocet {

// Of a whole tile.
inline constexpr int kOuterProductVectors = 3;

// The columns of the next tile of so many that are left, with vectors of `lanes`. Two and two
// vectors rather than three and one: the sums of one vector wait for each other.
constexpr int OuterProductColumns(int left, int lanes) {
  const int whole = kOuterProductVectors * lanes;
  const bool is_four = left > whole && left <= whole + lanes;
  return std::min(is_four ? 2 * lanes : whole, left);
}

}  // namespace avocet

#endif  // AVOCET_ENGINE_KERNELS_OUTER_PRODUCTS_TILES_H_
