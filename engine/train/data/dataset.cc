#include "engine/train/data/dataset.h"

#include "absl/strings/str_cat.h"
#include "engine/base/check.h"

namespace avocet {

std::span<const std::uint8_t> GreyImages::image(std::int64_t index) const {
  AVOCET_CHECK(index >= 0 && index < count);
  const auto size = static_cast<std::size_t>(height) * static_cast<std::size_t>(width);
  return std::span(pixels).subspan(static_cast<std::size_t>(index) * size, size);
}

std::string NameOf(const Sample& sample) {
  return sample.index < 0 ? sample.path : absl::StrCat(sample.path, "[", sample.index, "]");
}

std::vector<std::int64_t> Dataset::ClassCounts() const {
  std::vector<std::int64_t> counts(class_names.size(), 0);
  for (const Sample& sample : samples) ++counts[static_cast<std::size_t>(sample.label)];
  return counts;
}

Dataset Dataset::Select(std::span<const std::size_t> indices) const {
  Dataset selected{{}, class_names, grey_images};
  selected.samples.reserve(indices.size());
  for (const std::size_t index : indices) selected.samples.push_back(samples[index]);
  return selected;
}

}  // namespace avocet
