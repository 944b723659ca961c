#include "engine/graph/parameters.h"

#include <algorithm>
#include <cstdlib>

#include "engine/base/check.h"

namespace avocet {
namespace {

constexpr std::size_t kAlignment = 64;  // bytes; a cache line, and an AVX-512 vector
constexpr std::size_t kFloatsPerLine = kAlignment / sizeof(float);

}  // namespace

Parameters::Parameters(std::span<const ParameterSpec> specs) {
  std::size_t total = 0;
  for (const ParameterSpec& spec : specs) {
    const auto size = static_cast<std::size_t>(spec.size());
    const bool inserted = views_.emplace(spec.name, View{total, size}).second;
    AVOCET_CHECK(inserted);
    total += (size + kFloatsPerLine - 1) / kFloatsPerLine * kFloatsPerLine;
  }
  if (total == 0) return;
  buffer_.reset(static_cast<float*>(std::aligned_alloc(kAlignment, total * sizeof(float))));
  AVOCET_CHECK(buffer_ != nullptr);
  std::fill_n(buffer_.get(), total, 0.0f);
}

void Parameters::Free::operator()(float* buffer) const { std::free(buffer); }

bool Parameters::Has(std::string_view name) const { return views_.find(name) != views_.end(); }

const Parameters::View& Parameters::Find(std::string_view name) const {
  const auto found = views_.find(name);
  AVOCET_CHECK(found != views_.end());
  return found->second;
}

std::span<float> Parameters::Get(std::string_view name) {
  const View& view = Find(name);
  return {buffer_.get() + view.offset, view.size};
}

std::span<const float> Parameters::Get(std::string_view name) const {
  const View& view = Find(name);
  return {buffer_.get() + view.offset, view.size};
}

void Parameters::Rename(std::string_view from, std::string_view to) {
  const View view = Find(from);
  const bool inserted = views_.emplace(to, view).second;
  AVOCET_CHECK(inserted);
  Remove(from);
}

void Parameters::Remove(std::string_view name) {
  const auto found = views_.find(name);
  AVOCET_CHECK(found != views_.end());
  views_.erase(found);
}

std::vector<std::string> Parameters::names() const {
  std::vector<std::string> names;
  for (const auto& [name, view] : views_) names.push_back(name);
  return names;
}

}  // namespace avocet
