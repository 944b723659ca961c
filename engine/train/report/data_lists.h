// classes.csv and unreadable.csv of a run folder: what the images of a run are, in full.
#ifndef AVOCET_ENGINE_TRAIN_REPORT_DATA_LISTS_H_
#define AVOCET_ENGINE_TRAIN_REPORT_DATA_LISTS_H_

#include <string>
#include <utility>

#include "engine/train/report/run_observer.h"

namespace avocet {

inline constexpr char kClassesFile[] = "classes.csv";
inline constexpr char kUnreadableFile[] = "unreadable.csv";

// Writes classes.csv at the start: a class's index, name and images in both parts. Writes
// unreadable.csv at the start and at the end, with the images known by then that cannot be read,
// and why; where there are none, there is no file.
class DataLists final : public RunObserver {
 public:
  explicit DataLists(std::string run_folder) : run_folder_(std::move(run_folder)) {}

  void OnStart(const RunFacts& facts) override;
  void OnEnd(const RunResult& result) override;

 private:
  void Write(const char* name, const std::string& text) const;
  void WriteUnreadable(const std::vector<SkippedImage>& images) const;

  std::string run_folder_;
};

}  // namespace avocet

#endif  // AVOCET_ENGINE_TRAIN_REPORT_DATA_LISTS_H_
