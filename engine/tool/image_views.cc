#include "engine/tool/image_views.h"

#include <algorithm>
#include <cerrno>
#include <cmath>
#include <fstream>
#include <iterator>
#include <random>
#include <utility>

#include "absl/strings/str_cat.h"
#include "engine/base/status.h"
#include "engine/image/decode.h"

namespace avocet {
namespace {

constexpr double kLeastArea = 0.25;
constexpr double kMostStretch = 4.0 / 3.0;

// FNV-1a.
std::uint64_t Hash(std::string_view text) {
  std::uint64_t hash = 0xcbf29ce484222325u;
  for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3u;
  return hash;
}

int Part(int whole, double share) {
  return std::clamp(static_cast<int>(std::lround(whole * share)), 1, whole);
}

}  // namespace

Image MakeView(const Image& image, int number, std::uint64_t seed) {
  if (number == 0) return image;
  std::mt19937_64 random(seed + static_cast<std::uint64_t>(number));
  const auto uniform = [&random] { return static_cast<double>(random() >> 11) * 0x1p-53; };
  const double side = std::sqrt(kLeastArea + (1 - kLeastArea) * uniform());
  const double stretch = std::sqrt(std::pow(kMostStretch, 2 * uniform() - 1));
  Image view;
  view.width = Part(image.width, side * stretch);
  view.height = Part(image.height, side / stretch);
  const auto left = static_cast<int>(uniform() * (image.width - view.width + 1));
  const auto top = static_cast<int>(uniform() * (image.height - view.height + 1));
  const bool flip = uniform() < 0.5;
  view.bgr.reserve(static_cast<std::size_t>(view.width) * static_cast<std::size_t>(view.height) *
                   3);
  for (int y = 0; y < view.height; ++y) {
    for (int x = 0; x < view.width; ++x) {
      const int column = left + (flip ? view.width - 1 - x : x);
      const auto* pixel =
          image.bgr.data() + (static_cast<std::ptrdiff_t>(top + y) * image.width + column) * 3;
      view.bgr.insert(view.bgr.end(), pixel, pixel + 3);
    }
  }
  return view;
}

absl::StatusOr<ViewReader> ViewReader::Create(const PreprocessConfig& config) {
  ASSIGN_OR_RETURN(Preprocessor preprocessor, Preprocessor::Create(config));
  return ViewReader(std::move(preprocessor));
}

absl::StatusOr<std::vector<std::vector<float>>> ViewReader::Read(const std::string& path,
                                                                 int views) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return absl::ErrnoToStatus(errno, absl::StrCat(path, ": cannot open"));
  const std::string encoded{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  if (file.bad()) return absl::ErrnoToStatus(errno, absl::StrCat(path, ": cannot read"));
  Image image;
  if (const absl::Status decoded = Decode(encoded, {}, &image); !decoded.ok()) {
    return absl::Status(decoded.code(), absl::StrCat(path, ": ", decoded.message()));
  }
  // Of the content: a picture has the same views wherever it lies.
  const std::uint64_t seed = Hash(encoded);
  const PreprocessConfig& config = preprocessor_.config();
  const auto size = static_cast<std::size_t>(config.height) *
                    static_cast<std::size_t>(config.width) *
                    static_cast<std::size_t>(config.channels);
  std::vector<std::vector<float>> inputs;
  for (int number = 0; number < views; ++number) {
    inputs.emplace_back(size);
    preprocessor_.Run(MakeView(image, number, seed), &scratch_, inputs.back());
  }
  return inputs;
}

}  // namespace avocet
