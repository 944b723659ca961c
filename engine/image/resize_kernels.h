// The two inner loops of a resize, in vector code that is chosen when the program runs.
#ifndef AVOCET_ENGINE_IMAGE_RESIZE_KERNELS_H_
#define AVOCET_ENGINE_IMAGE_RESIZE_KERNELS_H_

#include <cstddef>
#include <cstdint>

#include "engine/image/resize_table.h"

namespace avocet {

// The horizontal kernel's table: weights in groups of four taps, each for the three channels and a
// fourth lane that is unused.
inline constexpr int kHorizontalGroup = 4;
inline constexpr int kHorizontalRepeat = 4;
// Rows at a time, which share the loads of the weights.
inline constexpr int kHorizontalRows = 4;
// Bytes after the end of a row that the horizontal kernel may read, and write.
inline constexpr std::size_t kHorizontalReadSlack = 16;
inline constexpr std::size_t kHorizontalWriteSlack = 1;

// Resizes four rows of 3-byte pixels, `sources` to `destinations` of table.size() pixels, by a
// table of kHorizontalGroup and kHorizontalRepeat. Two destinations may be the same when their
// sources are.
void ResizeRows(const std::uint8_t* const* sources, const ResizeTable& table,
                std::uint8_t* const* destinations);

// One output row from `taps` input rows: for each of `bytes` columns the weighted sum, rounded and
// clipped to 0..255.
void ResizeColumns(const std::uint8_t* const* rows, const std::int32_t* weights, int taps,
                   std::size_t bytes, std::uint8_t* destination);

}  // namespace avocet

#endif  // AVOCET_ENGINE_IMAGE_RESIZE_KERNELS_H_
