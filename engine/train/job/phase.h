// What runs between two changes of what is frozen.
#ifndef AVOCET_ENGINE_TRAIN_JOB_PHASE_H_
#define AVOCET_ENGINE_TRAIN_JOB_PHASE_H_

#include <atomic>
#include <functional>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "engine/base/precision.h"
#include "engine/onednn/inference_model.h"
#include "engine/onednn/training/training_plan.h"
#include "engine/train/data/dataset.h"
#include "engine/train/job/batch_source.h"
#include "engine/train/job/network_setup.h"
#include "engine/train/mpi/gradient_reducer.h"
#include "engine/train/mpi/join.h"
#include "proto/training.pb.h"

namespace avocet {

// Outlive all phases.
struct PhaseInputs {
  const train::v1::TrainingConfig* config;  // resolved
  const TrainingData* data;
  const TrainedNetwork* network;
  Precision precision = Precision::kFloat32;
  ProcessGroup* group = nullptr;  // null: this process is alone
  std::string folder;             // for features that do not fit in memory
  std::function<void(const std::string& text)> say;
  // Set in any process: all stop soon, training after the step that runs. Null: never.
  const std::atomic<bool>* stop = nullptr;
};

struct Phase {
  bool frozen = false;
  bool head_alone = false;   // on features: the frozen backbone runs as inference
  int feature_variants = 0;  // of each image; 0: the head is not alone
  Graph graph;               // that is trained and validated: the network, or its head
  std::unique_ptr<TrainingPlan> plan;
  std::unique_ptr<GradientReducer> reducer;  // of the plan's gradients; null: this process is alone
  std::unique_ptr<BatchSource> train;
  std::unique_ptr<BatchSource> validation;  // null: there is nothing to validate on
};

// Images that this process takes of every batch, and of every part of it that is computed at once.
int LocalBatchSize(const PhaseInputs& inputs);
int PartSize(const PhaseInputs& inputs);

// `parameters` are the network's at the beginning of the phase.
absl::StatusOr<Phase> MakePhase(const PhaseInputs& inputs, const Parameters& parameters,
                                bool frozen);

// A plan that validates `graph` (a phase's) with these values.
struct ValidationPlan {
  std::unique_ptr<InferenceModel> model;
  std::unique_ptr<InferencePlan> plan;
};
absl::StatusOr<ValidationPlan> MakeValidationPlan(const PhaseInputs& inputs, const Graph& graph,
                                                  const Parameters& parameters);

}  // namespace avocet

#endif  // AVOCET_ENGINE_TRAIN_JOB_PHASE_H_
