#include "engine/train/data/inspect.h"

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <functional>
#include <span>
#include <string_view>
#include <thread>
#include <unordered_map>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "engine/base/check.h"
#include "engine/base/status.h"
#include "engine/image/decode.h"
#include "engine/image/image_header.h"
#include "engine/train/data/read_file.h"
#include "engine/train/data/sample_reader.h"

namespace avocet {
namespace {

constexpr std::size_t kMaxExamples = 5;

// What one look at a sample gives.
struct Finding {
  bool looked_at = false;
  absl::Status status;

  bool readable() const { return looked_at && status.ok(); }

  std::size_t hash = 0;  // of its bytes
  std::size_t size = 0;
};

// The bytes that make a sample: its file, or its pixels in memory.
absl::Status ReadBytes(const Dataset& dataset, const Sample& sample, std::string* bytes) {
  if (sample.index < 0) return ReadFile(sample.path, kMaxImageFileBytes, bytes);
  const std::span<const std::uint8_t> pixels = dataset.grey_images->image(sample.index);
  bytes->assign(pixels.begin(), pixels.end());
  return absl::OkStatus();
}

Finding Look(const Dataset& dataset, const Sample& sample, bool decode, std::string* bytes,
             Image* image) {
  Finding finding;
  finding.looked_at = true;
  finding.status = ReadBytes(dataset, sample, bytes);
  if (!finding.status.ok()) return finding;
  finding.hash = std::hash<std::string_view>()(*bytes);
  finding.size = bytes->size();
  if (sample.index >= 0) return finding;
  finding.status =
      decode ? Decode(*bytes, DecodeOptions(), image) : ReadImageHeader(*bytes).status();
  return finding;
}

std::vector<Finding> LookAtAll(const Dataset& dataset, const InspectOptions& options) {
  std::vector<Finding> findings(dataset.samples.size());
  std::atomic<std::size_t> next = 0;
  const auto work = [&] {
    std::string bytes;
    Image image;
    for (std::size_t i = next++; i < findings.size(); i = next++) {
      if (options.stop && options.stop()) return;
      findings[i] = Look(dataset, dataset.samples[i], options.decode, &bytes, &image);
    }
  };
  std::vector<std::thread> threads;
  for (int i = 1; i < options.threads; ++i) threads.emplace_back(work);
  work();
  for (std::thread& thread : threads) thread.join();
  return findings;
}

// A hash may lie, so the bytes are compared too.
bool SameBytes(const Dataset& a, const Sample& first, const Dataset& b, const Sample& second) {
  std::string first_bytes;
  std::string second_bytes;
  return ReadBytes(a, first, &first_bytes).ok() && ReadBytes(b, second, &second_bytes).ok() &&
         first_bytes == second_bytes;
}

// Finds earlier samples by their content.
class ContentIndex {
 public:
  explicit ContentIndex(const Dataset& dataset) : dataset_(dataset) {}

  // The earliest sample added with the content of `sample`; -1: none.
  std::int64_t Find(const Dataset& dataset, const Sample& sample, const Finding& finding) const {
    const auto [begin, end] = by_hash_.equal_range(finding.hash);
    std::int64_t earliest = -1;
    for (auto it = begin; it != end; ++it) {
      const auto& [place, size] = it->second;
      const Sample& candidate = dataset_.samples[static_cast<std::size_t>(place)];
      if (size != finding.size || (earliest >= 0 && place > earliest)) continue;
      if (SameBytes(dataset_, candidate, dataset, sample)) earliest = place;
    }
    return earliest;
  }
  void Add(std::int64_t place, const Finding& finding) {
    by_hash_.emplace(finding.hash, std::pair(place, finding.size));
  }

 private:
  const Dataset& dataset_;
  std::unordered_multimap<std::size_t, std::pair<std::int64_t, std::size_t>> by_hash_;
};

std::vector<DatasetReport::Unreadable> UnreadableOf(const Dataset& dataset,
                                                    const std::vector<Finding>& findings) {
  std::vector<DatasetReport::Unreadable> unreadable;
  for (std::size_t i = 0; i < findings.size(); ++i) {
    if (!findings[i].looked_at || findings[i].readable()) continue;
    unreadable.push_back({NameOf(dataset.samples[i]), std::string(findings[i].status.message())});
  }
  return unreadable;
}

// Notes that two samples are the same picture.
void Note(const Dataset& train, const Sample& first, const Sample& second, bool leak,
          DatasetReport* report) {
  const bool contradiction = first.label != second.label;
  if (contradiction) ++report->contradictions;
  if ((!leak && !contradiction) || report->examples.size() >= kMaxExamples) return;
  const auto name = [&train](const Sample& sample) {
    return absl::StrCat(NameOf(sample), " (",
                        train.class_names[static_cast<std::size_t>(sample.label)], ")");
  };
  report->examples.push_back(absl::StrCat(name(first), " = ", name(second)));
}

}  // namespace

DatasetReport Inspect(const TrainingData& data, const InspectOptions& options) {
  AVOCET_CHECK(options.threads >= 1);
  // Where there is no time for all, the fewer ones that are measured with matter more.
  const std::vector<Finding> validation = LookAtAll(data.validation, options);
  const std::vector<Finding> train = LookAtAll(data.train, options);
  DatasetReport report;
  for (const std::vector<Finding>* findings : {&train, &validation}) {
    report.looked_at += std::ranges::count_if(*findings, &Finding::looked_at);
  }
  report.class_names = data.train.class_names;
  report.train_counts = data.train.ClassCounts();
  report.validation_counts = data.validation.ClassCounts();
  report.train_unreadable = UnreadableOf(data.train, train);
  report.validation_unreadable = UnreadableOf(data.validation, validation);

  ContentIndex index(data.train);
  for (std::size_t i = 0; i < train.size(); ++i) {
    if (!train[i].readable()) continue;
    const Sample& sample = data.train.samples[i];
    const std::int64_t first = index.Find(data.train, sample, train[i]);
    if (first < 0) {
      index.Add(static_cast<std::int64_t>(i), train[i]);
      continue;
    }
    report.train_duplicates.push_back({first, static_cast<std::int64_t>(i)});
    Note(data.train, data.train.samples[static_cast<std::size_t>(first)], sample, /*leak=*/false,
         &report);
  }
  for (std::size_t i = 0; i < validation.size(); ++i) {
    if (!validation[i].readable()) continue;
    const Sample& sample = data.validation.samples[i];
    const std::int64_t first = index.Find(data.validation, sample, validation[i]);
    if (first < 0) continue;
    report.leaks.push_back({first, static_cast<std::int64_t>(i)});
    Note(data.train, data.train.samples[static_cast<std::size_t>(first)], sample, /*leak=*/true,
         &report);
  }
  return report;
}

}  // namespace avocet
