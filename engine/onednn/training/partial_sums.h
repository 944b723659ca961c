// Sums that threads gather for themselves while row steps run.
#ifndef AVOCET_ENGINE_ONEDNN_TRAINING_PARTIAL_SUMS_H_
#define AVOCET_ENGINE_ONEDNN_TRAINING_PARTIAL_SUMS_H_

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "engine/base/shape.h"
#include "engine/onednn/emitter.h"
#include "engine/onednn/row_step.h"
#include "engine/onednn/team.h"
#include "engine/onednn/training/numbers.h"

namespace avocet {

// Of channels, over all pixels: [parts, count] doubles, of a step over `rows`.
class PartialSums {
 public:
  PartialSums(int rows, int count) : parts_(std::min(TeamSize(), rows)), count_(count) {}

  int parts() const { return parts_; }
  TensorRef NewTensor(Emitter& emitter) const {
    return emitter.NewTensor({{std::int64_t{8} * parts_ * count_},
                              dnnl::memory::data_type::u8,
                              dnnl::memory::format_tag::x});
  }
  // For RowStep::start.
  void Clear(void* sums) const {
    std::fill_n(static_cast<double*>(sums), std::ptrdiff_t{parts_} * count_, 0.0);
  }
  // Those of a turn's thread.
  double* Of(const Rows& turn, void* sums) const {
    return static_cast<double*>(sums) + std::ptrdiff_t{turn.part} * count_;
  }
  // For RowStep::finish: adds all parts to the first, and returns that.
  double* Total(void* sums) const {
    auto* total = static_cast<double*>(sums);
    for (int part = 1; part < parts_; ++part) {
      const double* own = total + std::ptrdiff_t{part} * count_;
      for (int i = 0; i < count_; ++i) total[i] += own[i];
    }
    return total;
  }

 private:
  int parts_;
  int count_;
};

// Of channels, over the pixels of each image: a part has sums of the images that its rows, which
// follow one another, belong to.
class ImageSums {
 public:
  explicit ImageSums(const Shape& shape)
      : rows_(shape.n * shape.h),
        height_(shape.h),
        channels_(shape.c),
        parts_(std::min(TeamSize(), rows_)),
        images_((rows_ + parts_ - 1) / parts_ / height_ + 2) {}

  TensorRef NewTensor(Emitter& emitter) const {
    return emitter.NewTensor({{std::int64_t{8} * parts_ * images_ * channels_},
                              dnnl::memory::data_type::u8,
                              dnnl::memory::format_tag::x});
  }
  void Clear(void* sums) const {
    std::fill_n(static_cast<double*>(sums), std::ptrdiff_t{parts_} * images_ * channels_, 0.0);
  }
  double* Of(const Rows& turn, int image, void* sums) const {
    return At(turn.part, image, static_cast<double*>(sums));
  }
  // Calls visit(image, sums [channels]) for every image, after adding up its parts.
  template <typename Visit>
  void ForTotals(void* sums, const Visit& visit) const {
    auto* all = static_cast<double*>(sums);
    int part = 0;
    for (int image = 0; image * height_ < rows_; ++image) {
      while (EndOf(part) <= image * height_) ++part;
      double* total = At(part, image, all);
      for (; EndOf(part) < (image + 1) * height_; ++part) {
        const double* more = At(part + 1, image, all);
        for (int c = 0; c < channels_; ++c) total[c] += more[c];
      }
      visit(image, total);
    }
  }

 private:
  // As ParallelTeam shares the rows.
  int BeginOf(int part) const { return static_cast<int>(std::int64_t{rows_} * part / parts_); }
  int EndOf(int part) const { return BeginOf(part + 1); }
  double* At(int part, int image, double* sums) const {
    const int place = image - BeginOf(part) / height_;
    return sums + (std::ptrdiff_t{part} * images_ + place) * channels_;
  }

  int rows_;
  int height_;
  int channels_;
  int parts_;
  int images_;  // at most, of a part
};

// dst [N, channels] = the sums [channels] of every image, divided.
template <typename T>
void StoreTotals(const ImageSums& sums, void* partial, int channels, int divisor, void* dst) {
  sums.ForTotals(partial, [&](int image, const double* total) {
    T* to = static_cast<T*>(dst) + std::ptrdiff_t{image} * channels;
    for (int c = 0; c < channels; ++c) SetNumber(static_cast<float>(total[c] / divisor), to + c);
  });
}

}  // namespace avocet

#endif  // AVOCET_ENGINE_ONEDNN_TRAINING_PARTIAL_SUMS_H_
