// How well a network does on a set of images.
#ifndef AVOCET_ENGINE_TRAIN_JOB_EVALUATE_H_
#define AVOCET_ENGINE_TRAIN_JOB_EVALUATE_H_

#include <atomic>
#include <optional>
#include <vector>

#include "absl/status/statusor.h"
#include "engine/base/plan.h"
#include "engine/metrics/classification_scores.h"
#include "engine/train/data/dataset.h"
#include "engine/train/job/batch_source.h"
#include "engine/train/job/phase.h"
#include "engine/train/report/run_observer.h"
#include "engine/train/report/worst_mistakes.h"

namespace avocet {

// Runs `plan` over one epoch of `source`, whose batches may have any number of rows. `mistakes` may
// be null. CANCELLED before the next batch once `stop` (null: never) is set.
absl::StatusOr<ClassificationScores> Evaluate(Plan& plan, BatchSource& source, int classes,
                                              WorstMistakes* mistakes,
                                              const std::atomic<bool>* stop = nullptr);

// How the phase's graph does with the values `finished` on the images to validate on, those of all
// processes; nothing where there are none. `mistakes` may be null. CANCELLED, on all processes, if
// one of them is to stop.
absl::StatusOr<std::optional<ClassificationScores>> Validate(const PhaseInputs& inputs,
                                                             const Phase& phase,
                                                             const Parameters& finished,
                                                             WorstMistakes* mistakes);

// With the pictures of `images`, the set that was evaluated.
std::vector<Mistake> MistakesOf(const WorstMistakes& mistakes, const Dataset& images);

}  // namespace avocet

#endif  // AVOCET_ENGINE_TRAIN_JOB_EVALUATE_H_
