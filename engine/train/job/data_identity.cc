#include "engine/train/job/data_identity.h"

#include <cstdint>

#include "absl/strings/str_cat.h"
#include "engine/base/digest.h"

namespace avocet {
namespace {

// With its length, so that no two lists of texts are the same bytes.
void AddText(const std::string& text, Digest& digest) {
  digest.Add(std::uint64_t{text.size()});
  digest.Add(text);
}

void AddSamples(const Dataset& dataset, Digest& digest) {
  digest.Add(static_cast<std::uint64_t>(dataset.samples.size()));
  for (const Sample& sample : dataset.samples) {
    AddText(sample.path, digest);
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
  for (const std::string& name : data.train.class_names) AddText(name, digest);
  AddSamples(data.train, digest);
  AddSamples(data.validation, digest);
  return absl::StrCat(SizesOf(data), " (names and labels ",
                      absl::Hex(digest.value(), absl::kZeroPad16), ")");
}

}  // namespace avocet
