// What a training run tells whoever watches it. The trainer calls one RunObserver and knows nothing
// of files, terminals and ports.
//
//   RunObservers observers;
//   observers.Add(...);
//   observers.OnStart(facts);
//   for (...) observers.OnStep(step);
//   observers.OnEpoch(epoch);
//   observers.OnEnd(result);
#ifndef AVOCET_ENGINE_TRAIN_REPORT_RUN_OBSERVER_H_
#define AVOCET_ENGINE_TRAIN_REPORT_RUN_OBSERVER_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "engine/image/image.h"
#include "engine/metrics/classification_scores.h"

namespace avocet {

// A file that is left out, since it cannot be read.
struct SkippedImage {
  std::string name = {};  // path of the file, or what else tells the image
  std::string reason = {};
};

// Known before the first step.
struct RunFacts {
  std::string architecture = {};              // timm's name
  std::vector<std::string> class_names = {};  // by index
  std::int64_t parameters = 0;
  std::int64_t trainable_parameters = 0;

  std::vector<std::int64_t> train_images = {};       // by class
  std::vector<std::int64_t> validation_images = {};  // by class; empty without validation
  // What was found amiss with the data, a sentence each: unreadable files, duplicates.
  std::vector<std::string> data_notes = {};
  std::vector<SkippedImage> skipped = {};  // those known by now

  int epochs = 0;
  std::int64_t steps_per_epoch = 0;
  // Steps that an earlier process did; a resumed run goes on with the next. What was recorded of
  // later steps is void.
  std::int64_t steps_done = 0;
  // Epochs that ended before that, with their validation: fewer than their steps where a run was
  // stopped between the two.
  std::int64_t epochs_done = 0;
  int batch_size = 0;  // images that move the weights once, over all ranks and accumulated parts
  // More lines for people, in this order, for example {"precision", "bf16"}, {"threads", "2"}.
  std::vector<std::pair<std::string, std::string>> settings = {};
  std::string configuration = {};  // the resolved configuration, as text
};

// One update of the weights. With several ranks, the values are of all of them together.
struct StepFacts {
  std::int64_t step = 0;  // counts from 1 over the whole run, resumed parts included
  int epoch = 0;          // counts from 1
  double loss = 0;        // mean over the images
  double top1 = 0;        // share of the images, 0 to 1; for mixed pictures of the larger part
  double learning_rate = 0;
  double gradient_norm = 0;  // before clipping; 0: not computed
  int images = 0;
  double seconds = 0;       // from the end of the step before to the end of this one
  double wait_seconds = 0;  // of these, waiting for data
};

// The validation at the end of an epoch.
struct ValidationFacts {
  double loss = 0;
  double top1 = 0;  // shares, 0 to 1
  double top5 = 0;
  std::int64_t images = 0;
};

// One pass over the training images. Losses and shares are of all of it, also where a run was
// resumed within it.
struct EpochFacts {
  int epoch = 0;          // counts from 1
  std::int64_t step = 0;  // the epoch's last
  double loss = 0;        // mean over the epoch's training images, as they were augmented
  double top1 = 0;
  double learning_rate = 0;  // at the last step
  std::int64_t images = 0;   // that `seconds` were spent on: a resumed run leaves out those before
  double seconds = 0;        // training and validation, in this process
  double wait_seconds = 0;   // waiting for data
  std::optional<ValidationFacts> validation = {};
  bool best = false;  // no earlier validation was as good
};

// An image that was put confidently into a wrong class.
struct Mistake {
  std::string source = {};  // path of the file, or what else tells the image
  int label = 0;
  int predicted = 0;
  double confidence = 0;  // probability of the predicted class, 0 to 1
  Image picture = {};     // as decoded; empty where it cannot be had
};

// At the end, however it came.
struct RunResult {
  absl::Status status = {};  // OK, CANCELLED when somebody stopped the run, or what went wrong
  std::string stopped_early = {};  // why before the last epoch, of an OK run; else empty
  double seconds = 0;              // of this process
  int best_epoch = 0;              // 0: nothing was validated
  // The finished weights on the validation images; missing where there are none or the run failed.
  std::optional<ClassificationScores> scores = {};
  std::vector<Mistake> mistakes = {};      // worst first
  std::vector<SkippedImage> skipped = {};  // of all processes, each once, by name
};

// Called from the thread that trains, in the order OnStart, OnStep and OnEpoch in the order of
// events, OnEnd. What keeps an observer from recording (a full disk) is its own affair: it says so
// once in the log, and the run goes on.
class RunObserver {
 public:
  virtual ~RunObserver() = default;

  virtual void OnStart(const RunFacts& /*facts*/) {}
  virtual void OnStep(const StepFacts& /*step*/) {}
  virtual void OnEpoch(const EpochFacts& /*epoch*/) {}
  virtual void OnEnd(const RunResult& /*result*/) {}
};

// Tells several.
class RunObservers final : public RunObserver {
 public:
  void Add(std::unique_ptr<RunObserver> observer) { observers_.push_back(std::move(observer)); }

  void OnStart(const RunFacts& facts) override {
    for (const auto& observer : observers_) observer->OnStart(facts);
  }
  void OnStep(const StepFacts& step) override {
    for (const auto& observer : observers_) observer->OnStep(step);
  }
  void OnEpoch(const EpochFacts& epoch) override {
    for (const auto& observer : observers_) observer->OnEpoch(epoch);
  }
  void OnEnd(const RunResult& result) override {
    for (const auto& observer : observers_) observer->OnEnd(result);
  }

 private:
  std::vector<std::unique_ptr<RunObserver>> observers_;
};

}  // namespace avocet

#endif  // AVOCET_ENGINE_TRAIN_REPORT_RUN_OBSERVER_H_
