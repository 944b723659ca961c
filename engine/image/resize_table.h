// Filter coefficients of one axis of a resize, equal to Pillow's.
#ifndef AVOCET_ENGINE_IMAGE_RESIZE_TABLE_H_
#define AVOCET_ENGINE_IMAGE_RESIZE_TABLE_H_

#include <cstddef>
#include <cstdint>
#include <vector>

#include "engine/base/preprocess_config.h"
#include "engine/image/crop_geometry.h"

namespace avocet {

// Binary places of a coefficient: 32 bits less 8 of a pixel, and 2 for sums of lobes beyond 1 and
// for the sign.
inline constexpr int kResizeBits = 22;

// For each pixel of a window: which input pixels it is made of, and their weights. Reusable:
// building it again for the same window costs nothing, for another one it reuses the memory.
class ResizeTable {
 public:
  // Input pixels [first, first + count).
  struct Taps {
    std::int32_t first;
    std::int32_t count;
  };

  // Weights are padded with zeros to a multiple of `group` taps, and each is stored `repeat` times
  // in a row.
  ResizeTable(int group, int repeat) : group_(group), repeat_(repeat) {}

  // window.input must fit an int.
  void Build(const AxisWindow& window, Interpolation interpolation);

  int size() const { return static_cast<int>(taps_.size()); }
  const Taps& taps(int i) const { return taps_[static_cast<std::size_t>(i)]; }
  const Taps* all_taps() const { return taps_.data(); }
  // Weights of output pixel i, times 2^22: [padded taps, repeat].
  const std::int32_t* weights(int i) const {
    return weights_.data() + static_cast<std::size_t>(i) * stride();
  }
  // Taps stored for each output pixel, padding included.
  int padded_taps() const { return padded_taps_; }
  // Integers from one pixel's weights to the next's.
  std::size_t stride() const {
    return static_cast<std::size_t>(padded_taps_) * static_cast<std::size_t>(repeat_);
  }
  // The most real taps of any output pixel.
  int max_taps() const { return max_taps_; }

 private:
  int ComputeTaps(const AxisWindow& window, double support, double scale);
  void ComputeWeights(const AxisWindow& window, double scale);

  int group_;
  int repeat_;
  AxisWindow window_;
  Interpolation interpolation_ = Interpolation::kBicubic;
  int max_taps_ = 0;
  int padded_taps_ = 0;
  std::vector<Taps> taps_;
  std::vector<std::int32_t> weights_;
  std::vector<double> exact_;  // of one output pixel
};

}  // namespace avocet

#endif  // AVOCET_ENGINE_IMAGE_RESIZE_TABLE_H_
