#include "engine/train/job/trainer.h"

#include <algorithm>
#include <cmath>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "engine/base/status.h"
#include "engine/onednn/team.h"
#include "engine/train/job/config_options.h"
#include "engine/train/job/data_identity.h"
#include "engine/train/job/evaluate.h"
#include "engine/train/job/model_output.h"
#include "engine/train/mpi/agreement.h"
#include "engine/train/mpi/replicas.h"
#include "engine/train/optim/gradient_norm.h"

namespace avocet {
namespace {

// Of the report; more would not be looked at.
constexpr int kKeptMistakes = 36;

double SecondsSince(std::chrono::steady_clock::time_point begin) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
}

}  // namespace

Trainer::Trainer(const TrainerInputs& inputs)
    : inputs_(inputs),
      config_(*inputs.phase.config),
      network_(*inputs.network),
      parameters_(network_.parameters) {}

absl::StatusOr<std::unique_ptr<Trainer>> Trainer::Create(const TrainerInputs& inputs) {
  std::unique_ptr<Trainer> trainer(new Trainer(inputs));
  const train::v1::TrainingConfig& config = trainer->config_;
  trainer->steps_per_epoch_ =
      EpochOrder::Training(inputs.phase.data->train.size(), config.run().batch_size(), 0, 0)
          .batches();
  if (inputs.folder != nullptr) trainer->data_identity_ = IdentityOf(*inputs.phase.data);
  ASSIGN_OR_RETURN(trainer->schedule_, ScheduleOptionsOf(config, trainer->steps_per_epoch_));
  ASSIGN_OR_RETURN(const OptimizerOptions options, OptimizerOptionsOf(config));
  std::vector<TrainedParameter> trained = TrainedParameters(trainer->network_.specs);
  SetRateFactors(ParameterLayers(trainer->network_.graph), RateFactorsOf(config), trained);
  trainer->optimizer_ = std::make_unique<Optimizer>(options, std::move(trained));
  if (config.optimizer().ema_decay() > 0) {
    trainer->average_ = std::make_unique<MovingAverage>(
        config.optimizer().ema_decay(), trainer->network_.specs, trainer->parameters_);
  }
  return trainer;
}

TrainingState Trainer::State() {
  return {.progress = &progress_,
          .parameter_specs = network_.specs,
          .parameters = &parameters_,
          .average = average_ ? &average_->values() : nullptr,
          .optimizer_specs = optimizer_->state_specs(),
          .optimizer = &optimizer_->state(),
          .data = data_identity_};
}

const Parameters& Trainer::finished() const { return average_ ? average_->values() : parameters_; }

const SkippedByName& Trainer::skipped() {
  if (!phase_) return skipped_;
  for (const BatchSource* source : {phase_->train.get(), phase_->validation.get()}) {
    if (source == nullptr) continue;
    for (const auto& [sample, name, reason] : source->unreadable()) skipped_.emplace(name, reason);
  }
  return skipped_;
}

absl::Status Trainer::Begin() {
  ProcessGroup* const group = inputs_.phase.group;
  absl::Status read;
  if (inputs_.folder != nullptr && !inputs_.folder->Last().empty()) {
    read = ReadTrainingState(inputs_.folder->Last() / "training_state.safetensors", State());
  }
  RETURN_IF_ERROR(Agree(group, read));
  if (group != nullptr) BroadcastTrainingState(*group, State());
  if (average_) average_->set_updates(progress_.average_updates);
  return absl::OkStatus();
}

absl::Status Trainer::EnterPhase() {
  const bool frozen = IsFrozenEpoch(config_, progress_.epoch);
  if (phase_ && phase_->frozen == frozen) return absl::OkStatus();
  skipped();       // what the phase at hand found goes with it
  phase_.reset();  // before the next one takes memory
  ASSIGN_OR_RETURN(phase_,
                   Agree(inputs_.phase.group, MakePhase(inputs_.phase, parameters_, frozen)));
  return absl::OkStatus();
}

absl::StatusOr<Speed> Trainer::Measure() {
  Speed speed;
  const auto measure = [&](std::int64_t epoch, Phase& phase) {
    return Agree(inputs_.phase.group,
                 MeasurePhase(inputs_.phase, epoch, steps_per_epoch_, parameters_, phase));
  };
  const std::int64_t change = progress_.epoch + EpochsAlike(config_, progress_.epoch);
  if (change < config_.run().epochs()) {  // first, before the phase at hand takes memory too
    ASSIGN_OR_RETURN(Phase later, Agree(inputs_.phase.group,
                                        MakePhase(inputs_.phase, parameters_, /*frozen=*/false)));
    ASSIGN_OR_RETURN(speed.later, measure(change, later));
  }
  RETURN_IF_ERROR(EnterPhase());
  ASSIGN_OR_RETURN(speed.now, measure(progress_.epoch, *phase_));
  return speed;
}

Trainer::Outcome Trainer::SumOutcome(const BatchGradients& own) const {
  const double minutes = config_.outputs().checkpoint_minutes();
  const bool stop = inputs_.phase.stop != nullptr && inputs_.phase.stop->load();
  const bool save = minutes > 0 && SecondsSince(saved_) > 60 * minutes;
  ProcessGroup* const group = inputs_.phase.group;
  if (group == nullptr) return {own, stop, save};
  // One clock decides, the first one's.
  double sums[] = {own.loss / group->size(), static_cast<double>(own.correct), stop ? 1.0 : 0.0,
                   save && IsFirst(group) ? 1.0 : 0.0};
  group->Sum(std::span<double>(sums));
  return {{sums[0], std::llround(sums[1])}, sums[2] > 0, sums[3] > 0};
}

absl::StatusOr<Trainer::Outcome> Trainer::Learn(const Batch& batch, StepFacts& facts) {
  const Outcome outcome =
      SumOutcome(ComputeGradients(inputs_.phase, batch, progress_.step, parameters_, *phase_));
  const auto [loss, correct] = outcome.batch;
  const Collective* const group = inputs_.phase.group;
  const double share = group == nullptr ? 1.0 : 1.0 / group->size();
  const double norm = GradientNorm(phase_->plan->gradients()) * share;
  if (!std::isfinite(loss) || !std::isfinite(norm)) {
    return absl::FailedPreconditionError(absl::StrCat(
        "the loss is ", loss, " and the gradient's norm ", norm, " at step ", progress_.step + 1,
        ": training has diverged. A smaller --learning-rate or --clip-norm 1 often helps; the last "
        "checkpoint is from before"));
  }
  const double rate = LearningRate(schedule_, progress_.step);
  const double scale = share * ClipFactor(norm, config_.optimizer().clip_norm());
  optimizer_->Step(parameters_, phase_->plan->gradients(),
                   {.learning_rate = rate, .gradient_scale = scale});
  if (average_) {
    average_->Update(parameters_);
    progress_.average_updates = average_->updates();
  }
  const int images = config_.run().batch_size();
  ++progress_.step;
  ++progress_.batch;
  progress_.loss_sum += loss * images;
  progress_.correct += correct;
  progress_.images += images;
  facts.step = progress_.step;
  facts.epoch = static_cast<int>(progress_.epoch) + 1;
  facts.loss = loss;
  facts.top1 = static_cast<double>(correct) / images;
  facts.learning_rate = rate;
  facts.gradient_norm = norm;
  facts.images = images;
  return outcome;
}

void Trainer::JoinStatistics() {
  ProcessGroup* const group = inputs_.phase.group;
  if (group == nullptr || config_.run().sync_bn()) return;
  AverageStatistics(*group, network_.specs, parameters_);
  if (average_) AverageStatistics(*group, network_.specs, average_->values());
}

absl::Status Trainer::RunEpoch() {
  RETURN_IF_ERROR(EnterPhase());
  ProcessGroup* const group = inputs_.phase.group;
  epoch_began_ = Clock::now();
  epoch_wait_seconds_ = 0;
  epoch_images_before_ = progress_.images;
  const absl::Status started = AgreeToStop(
      group, phase_->train->Start(static_cast<std::uint32_t>(progress_.epoch), progress_.batch));
  if (absl::IsCancelled(started)) return SaveAndStop();
  RETURN_IF_ERROR(started);
  while (true) {
    const Clock::time_point begin = Clock::now();
    ASSIGN_OR_RETURN(const Batch* batch, OrAbort(group, phase_->train->Next()));
    if (batch == nullptr) return EndEpoch();
    StepFacts facts{.wait_seconds = SecondsSince(begin)};
    ASSIGN_OR_RETURN(const Outcome outcome, Learn(*batch, facts));
    facts.seconds = SecondsSince(begin);
    epoch_wait_seconds_ += facts.wait_seconds;
    inputs_.observer->OnStep(facts);
    if (!outcome.stop && !outcome.save) continue;
    JoinStatistics();
    if (outcome.stop) return SaveAndStop();
    RETURN_IF_ERROR(Save(/*best=*/false));
  }
}

absl::Status Trainer::EndEpoch() {
  JoinStatistics();
  if (inputs_.phase.group != nullptr) {
    RETURN_IF_ERROR(CheckEqual(*inputs_.phase.group, parameters_));
  }
  const absl::StatusOr<std::optional<ClassificationScores>> validated =
      Validate(inputs_.phase, *phase_, finished(), /*mistakes=*/nullptr);
  // Goes on with the end of this epoch.
  if (absl::IsCancelled(validated.status())) return SaveAndStop();
  RETURN_IF_ERROR(validated.status());
  const std::optional<ClassificationScores>& scores = *validated;
  EpochFacts facts;
  facts.epoch = static_cast<int>(progress_.epoch) + 1;
  facts.step = progress_.step;
  facts.learning_rate = LearningRate(schedule_, progress_.step - 1);
  const double images = static_cast<double>(std::max<std::int64_t>(progress_.images, 1));
  facts.loss = progress_.loss_sum / images;
  facts.top1 = static_cast<double>(progress_.correct) / images;
  facts.images = progress_.images - epoch_images_before_;
  ++progress_.epoch;
  progress_.batch = 0;
  progress_.loss_sum = 0;
  progress_.correct = progress_.images = 0;
  if (scores) {
    facts.validation = ValidationFacts{.loss = scores->loss(),
                                       .top1 = scores->top1(),
                                       .top5 = scores->top5(),
                                       .images = scores->images()};
    facts.best = scores->top1() > progress_.best_top1;
    ++progress_.epochs_without_better;
    if (facts.best) {
      progress_.best_top1 = scores->top1();
      progress_.best_epoch = progress_.epoch;
      progress_.epochs_without_better = 0;
    }
  }
  facts.seconds = SecondsSince(epoch_began_);
  facts.wait_seconds = epoch_wait_seconds_;
  inputs_.observer->OnEpoch(facts);
  return Save(facts.best);
}

absl::Status Trainer::Save(bool best) {
  saved_ = Clock::now();
  const auto write = [&](const std::filesystem::path& folder) -> absl::Status {
    RETURN_IF_ERROR(WriteModel(folder / "model", config_, network_, finished(), progress_));
    return WriteTrainingState(folder / "training_state.safetensors", State());
  };
  absl::Status status;
  if (inputs_.folder != nullptr) status = inputs_.folder->Save(progress_.step, best, write);
  return Agree(inputs_.phase.group, status);
}

absl::Status Trainer::Stopped() const {
  return absl::CancelledError(
      absl::StrCat("stopped after step ", progress_.step, "; go on with --resume"));
}

absl::Status Trainer::SaveAndStop() {
  RETURN_IF_ERROR(Save(/*best=*/false));
  return Stopped();
}

absl::Status Trainer::Run(RunResult& result) {
  const ScopedTeam team(config_.run().threads());
  const Clock::time_point began = Clock::now();
  result.best_epoch = static_cast<int>(progress_.best_epoch);
  while (!AtEnd()) {
    RETURN_IF_ERROR(RunEpoch());
    result.seconds = SecondsSince(began);
    result.best_epoch = static_cast<int>(progress_.best_epoch);
  }
  if (progress_.epoch < config_.run().epochs()) {
    result.stopped_early =
        absl::StrCat("no better top-1 in ", config_.run().early_stopping(), " epochs");
  }
  // Once more, for what only the end of a run wants to know.
  RETURN_IF_ERROR(EnterPhase());
  WorstMistakes mistakes(network_.model.num_classes, kKeptMistakes);
  auto scores = Validate(inputs_.phase, *phase_, finished(), &mistakes);
  if (absl::IsCancelled(scores.status())) return Stopped();  // the last checkpoint is of the end
  ASSIGN_OR_RETURN(result.scores, std::move(scores));
  if (IsFirst(inputs_.phase.group)) {
    result.mistakes = MistakesOf(mistakes, inputs_.phase.data->validation);
  }
  return absl::OkStatus();
}

}  // namespace avocet
