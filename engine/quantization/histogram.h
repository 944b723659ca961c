// How often which magnitudes occur.
#ifndef AVOCET_ENGINE_QUANTIZATION_HISTOGRAM_H_
#define AVOCET_ENGINE_QUANTIZATION_HISTOGRAM_H_

#include <cstdint>
#include <span>
#include <vector>

namespace avocet {

// Counts absolute values in equal bins from 0 to at least the largest value seen. A larger value
// merges neighbouring bins until it fits, so one pass over the data is enough. Zeroes, which every
// scale represents exactly, count apart.
class Histogram {
 public:
  Histogram();

  // The values are finite.
  void Add(std::span<const float> values);

  // Count of bin i: values in [i, i + 1) * bin_width().
  const std::vector<std::int64_t>& bins() const { return bins_; }
  double bin_width() const { return bin_width_; }
  float largest() const { return largest_; }
  std::int64_t zeroes() const { return zeroes_; }
  std::int64_t total() const;  // with the zeroes

 private:
  void Widen(float largest);

  std::vector<std::int64_t> bins_;
  double bin_width_ = 0;  // 0: nothing but zeroes so far
  float largest_ = 0;
  std::int64_t zeroes_ = 0;
};

}  // namespace avocet

#endif  // AVOCET_ENGINE_QUANTIZATION_HISTOGRAM_H_
