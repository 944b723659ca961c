#include "tests/train/report/sample_run.h"

#include <array>
#include <cmath>
#include <string>
#include <vector>

namespace avocet {
namespace {

constexpr int kClasses = 9;

// A disc on a plain ground.
Image Disc(int width, int height, int hue) {
  Image image{.width = width, .height = height, .bgr = {}};
  for (int y = 0; y < height; ++y) {
    for (int x = 0; x < width; ++x) {
      const bool inside = std::hypot(x - width / 2, y - height / 2) < height / 3.0;
      image.bgr.push_back(static_cast<std::uint8_t>(inside ? 40 * hue % 256 : 235));
      image.bgr.push_back(static_cast<std::uint8_t>(inside ? 90 + 10 * hue : 240));
      image.bgr.push_back(static_cast<std::uint8_t>(inside ? 255 - 25 * hue : 245));
    }
  }
  return image;
}

ClassificationScores SampleScores() {
  ClassificationScores scores(kClasses);
  for (int i = 0; i < 1855; ++i) {
    const int label = i % kClasses;
    // Every seventh image, and more of class 4, looks like the class after it.
    const bool wrong = i % 7 == 0 || (label == 4 && i % 3 == 0);
    std::vector<float> logits(kClasses, 0.0f);
    logits[static_cast<std::size_t>(wrong ? (label + 1 + i % 2) % kClasses : label)] = 4;
    logits[static_cast<std::size_t>(label)] += 2;
    scores.Add(logits, std::array{label});
  }
  return scores;
}

}  // namespace

RunFacts SampleFacts(std::int64_t steps_done) {
  return {.architecture = "tf_efficientnet_lite0",
          .class_names = {"Activities", "Animals & Nature", "Flags", "Food & Drink", "Objects",
                          "People & Body", "Smileys <&> \"Emotion\"", "Symbols", "Travel & Places"},
          .parameters = 3'382'537,
          .trainable_parameters = 3'382'537,
          .train_images = {300, 310, 320, 260, 520, 700, 340, 440, 430},
          .validation_images = {150, 150, 160, 130, 250, 350, 160, 220, 285},
          .data_notes = {"2 files cannot be read and are left out: a.png, b.png"},
          .epochs = kSampleEpochs,
          .steps_per_epoch = kSampleStepsPerEpoch,
          .steps_done = steps_done,
          .epochs_done = steps_done / kSampleStepsPerEpoch,
          .batch_size = 32,
          .settings = {{"precision", "bf16"}, {"threads", "2"}},
          .configuration = "model: \"tf_efficientnet_lite0\"\nepochs: 4\n"};
}

StepFacts SampleStep(std::int64_t step) {
  const double part = static_cast<double>(step) / (kSampleEpochs * kSampleStepsPerEpoch);
  const double noise = std::sin(static_cast<double>(step) * 12.9898);
  return {.step = step,
          .epoch = static_cast<int>((step - 1) / kSampleStepsPerEpoch) + 1,
          .loss = 0.4 + 1.8 * std::exp(-4 * part) + 0.08 * noise,
          .top1 = 0.85 - 0.7 * std::exp(-4 * part) + 0.04 * noise,
          .learning_rate = 1e-3 * (1 + std::cos(3.14159 * part)) / 2,
          .gradient_norm = 2 + noise,
          .images = 32,
          .seconds = 0.25,
          .wait_seconds = 0.01};
}

EpochFacts SampleEpoch(int epoch) {
  const StepFacts last = SampleStep(epoch * kSampleStepsPerEpoch);
  return {.epoch = epoch,
          .step = last.step,
          .loss = last.loss,
          .top1 = last.top1,
          .learning_rate = last.learning_rate,
          .images = 32 * kSampleStepsPerEpoch,
          .seconds = 0.25 * kSampleStepsPerEpoch + 2,
          .wait_seconds = 0.01 * kSampleStepsPerEpoch,
          .validation =
              ValidationFacts{
                  .loss = last.loss + 0.1, .top1 = last.top1 - 0.03, .top5 = 0.97, .images = 1855},
          .best = true};
}

RunResult SampleResult() {
  RunResult result{.status = absl::OkStatus(),
                   .stopped_early = "",
                   .seconds = 33.4,
                   .best_epoch = 4,
                   .scores = SampleScores(),
                   .mistakes = {}};
  for (int i = 0; i < 12; ++i) {
    result.mistakes.push_back({.source = "val/" + std::to_string(i) + ".png",
                               .label = i % kClasses,
                               .predicted = (i + 1) % kClasses,
                               .confidence = 0.99 - 0.01 * i,
                               .picture = i == 5 ? Image() : Disc(180 + 20 * i, 200, i)});
  }
  return result;
}

void PlayRun(RunObserver& observer, std::int64_t steps_done, std::int64_t last_step) {
  observer.OnStart(SampleFacts(steps_done));
  for (std::int64_t step = steps_done + 1; step <= last_step; ++step) {
    observer.OnStep(SampleStep(step));
    if (step % kSampleStepsPerEpoch == 0) {
      observer.OnEpoch(SampleEpoch(static_cast<int>(step / kSampleStepsPerEpoch)));
    }
  }
  if (last_step == kSampleEpochs * kSampleStepsPerEpoch) observer.OnEnd(SampleResult());
}

}  // namespace avocet
