// How well a network does on a set of images.
#ifndef AVOCET_ENGINE_TRAIN_JOB_EVALUATE_H_
#define AVOCET_ENGINE_TRAIN_JOB_EVALUATE_H_

#include "absl/status/statusor.h"
#include "engine/base/plan.h"
#include "engine/metrics/classification_scores.h"
#include "engine/train/job/batch_source.h"
#include "engine/train/report/worst_mistakes.h"

namespace avocet {

// Runs `plan` over one epoch of `source`, whose batches may have any number of rows. `mistakes` may
// be null.
absl::StatusOr<ClassificationScores> Evaluate(Plan& plan, BatchSource& source, int classes,
                                              WorstMistakes* mistakes);

}  // namespace avocet

#endif  // AVOCET_ENGINE_TRAIN_JOB_EVALUATE_H_
