#include "engine/train/job/data_identity.h"

#include <cstdint>
#include <string_view>

#include "absl/strings/str_cat.h"

namespace avocet {
namespace {

// FNV-1a, 64 bits.
class Digest {
 public:
  // With its length, so that no two lists of texts are the same bytes.
  void Add(std::string_view text) {
    Add(static_cast<std::uint64_t>(text.size()));
    for (const char c : text) AddByte(static_cast<std::uint8_t>(c));
  }
  void Add(std::uint64_t value) {
    for (int i = 0; i < 8; ++i) AddByte(static_cast<std::uint8_t>(value >> (8 * i)));
  }
  std::uint64_t value() const { return value_; }

 private:
  void AddByte(std::uint8_t byte) { value_ = (value_ ^ byte) * 0x100000001B3u; }

  std::uint64_t value_ = 0xCBF29CE484222325u;
};

void AddSamples(const Dataset& dataset, Digest& digest) {
  digest.Add(static_cast<std::uint64_t>(dataset.samples.size()));
  for (const Sample& sample : dataset.samples) {
    digest.Add(sample.path);
    digest.Add(static_cast<std::uint64_t>(sample.index));
    digest.Add(static_cast<std::uint64_t>(sample.label));
  }
}

}  // namespace

std::string SizesOf(const TrainingData& data) {
  return absl::StrCat(data.train.size(), " images of ", data.train.classes(),
                      " classes to train on and ", data.validation.size(), " to validate on");
}

std::string IdentityOf(const TrainingData& data) {
  Digest digest;
  digest.Add(static_cast<std::uint64_t>(data.train.class_names.size()));
  for (const std::string& name : data.train.class_names) digest.Add(name);
  AddSamples(data.train, digest);
  AddSamples(data.validation, digest);
  return absl::StrCat(SizesOf(data), " (names and labels ",
                      absl::Hex(digest.value(), absl::kZeroPad16), ")");
}

}  // namespace avocet
