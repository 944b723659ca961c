// What a data set holds, and what is wrong with it, before anything is trained.
#ifndef AVOCET_ENGINE_TRAIN_DATA_INSPECT_H_
#define AVOCET_ENGINE_TRAIN_DATA_INSPECT_H_

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "engine/train/data/dataset.h"

namespace avocet {

struct InspectOptions {
  // Decodes every image. Otherwise only headers are read: a file that is cut off or damaged inside
  // is then found when it is trained on.
  bool decode = false;
  int threads = 2;  // at least 1
  // If set, asked before each file, by any thread: what is not looked at by the time it says true
  // is left out of everything but the counts of classes.
  std::function<bool()> stop = nullptr;
};

// Two pictures with the same bytes: indices in Dataset::samples. The first is the earliest one.
struct Duplicate {
  std::int64_t first = 0;
  std::int64_t second = 0;

  bool operator==(const Duplicate&) const = default;
};

struct DatasetReport {
  struct Unreadable {
    std::string name;
    std::string reason;
  };

  std::vector<std::string> class_names;
  std::vector<std::int64_t> train_counts;       // [classes]
  std::vector<std::int64_t> validation_counts;  // [classes]
  std::int64_t looked_at = 0;                   // of all images
  std::vector<Unreadable> train_unreadable;
  std::vector<Unreadable> validation_unreadable;
  std::vector<Duplicate> train_duplicates;  // both in training
  std::vector<Duplicate> leaks;             // first in training, second in validation
  std::int64_t contradictions = 0;          // of both kinds, those with different labels
  std::vector<std::string> examples;        // of leaks and contradictions, as text; at most a few
};

// Reads every file once, those to validate on first. Which is found does not depend on `threads`.
DatasetReport Inspect(const TrainingData& data, const InspectOptions& options);

// For people: a line for each trouble.
std::vector<std::string> NotesOf(const DatasetReport& report);

}  // namespace avocet

#endif  // AVOCET_ENGINE_TRAIN_DATA_INSPECT_H_
