#include "engine/train/data/mix.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <span>

#include "engine/base/check.h"

namespace avocet {
namespace {

Mixing DrawBox(double lambda, int height, int width, Random* random) {
  const double side = std::sqrt(1 - lambda);
  const int box_height = static_cast<int>(height * side);
  const int box_width = static_cast<int>(width * side);
  const int y = static_cast<int>(random->Below(static_cast<std::uint32_t>(height)));
  const int x = static_cast<int>(random->Below(static_cast<std::uint32_t>(width)));
  Mixing mixing;
  mixing.kind = Mixing::Kind::kCutmix;
  mixing.left = std::max(0, x - box_width / 2);
  mixing.top = std::max(0, y - box_height / 2);
  mixing.right = std::min(width, x + box_width / 2);
  mixing.bottom = std::min(height, y + box_height / 2);
  const double cut = static_cast<double>(mixing.right - mixing.left) *
                     static_cast<double>(mixing.bottom - mixing.top);
  mixing.lambda = static_cast<float>(1 - cut / (static_cast<double>(height) * width));
  return mixing;
}

void Mixup(float lambda, std::span<float> a, std::span<float> b) {
  for (std::size_t i = 0; i < a.size(); ++i) {
    const float own = a[i];
    a[i] = lambda * own + (1 - lambda) * b[i];
    b[i] = lambda * b[i] + (1 - lambda) * own;
  }
}

void Cutmix(const Mixing& mixing, int height, int width, std::span<float> a, std::span<float> b) {
  const std::size_t row = a.size() / static_cast<std::size_t>(height);
  const std::size_t pixel = row / static_cast<std::size_t>(width);
  for (int y = mixing.top; y < mixing.bottom; ++y) {
    const std::size_t start = static_cast<std::size_t>(y) * row;
    const std::size_t first = start + static_cast<std::size_t>(mixing.left) * pixel;
    const std::size_t end = start + static_cast<std::size_t>(mixing.right) * pixel;
    for (std::size_t i = first; i < end; ++i) std::swap(a[i], b[i]);
  }
}

}  // namespace

Mixing DrawMixing(const MixOptions& options, int height, int width, Random* random) {
  if (!options.enabled() || !random->Chance(options.probability)) return {};
  const bool cutmix = options.cutmix_alpha > 0 &&
                      (options.mixup_alpha <= 0 || random->Chance(options.switch_probability));
  if (cutmix) return DrawBox(random->SymmetricBeta(options.cutmix_alpha), height, width, random);
  Mixing mixing;
  mixing.kind = Mixing::Kind::kMixup;
  mixing.lambda = static_cast<float>(random->SymmetricBeta(options.mixup_alpha));
  return mixing;
}

void MixImages(const Mixing& mixing, int height, int width, Batch* batch) {
  if (mixing.kind == Mixing::Kind::kNone || batch->rows == 0) return;
  AVOCET_CHECK(batch->rows % 2 == 0);
  const std::span<float> images(batch->images);
  const std::size_t size = images.size() / static_cast<std::size_t>(batch->rows);
  for (std::size_t start = 0; start < images.size(); start += 2 * size) {
    const std::span<float> a = images.subspan(start, size);
    const std::span<float> b = images.subspan(start + size, size);
    if (mixing.kind == Mixing::Kind::kMixup) {
      Mixup(mixing.lambda, a, b);
    } else {
      Cutmix(mixing, height, width, a, b);
    }
  }
}

void MakeTargets(const Mixing& mixing, const TargetOptions& options, int classes, Batch* batch) {
  const auto columns = static_cast<std::size_t>(classes);
  batch->targets.assign(batch->labels.size() * columns, 0.0f);
  batch->main_labels = batch->labels;
  const std::span<float> targets(batch->targets);
  for (std::size_t i = 0; i < batch->labels.size(); ++i) {
    const std::span<float> row = targets.subspan(i * columns, columns);
    AddTarget(batch->labels[i], mixing.lambda, options.label_smoothing, row);
    if (mixing.kind != Mixing::Kind::kNone) {
      AddTarget(batch->labels[i ^ 1], 1 - mixing.lambda, options.label_smoothing, row);
      if (mixing.lambda < 0.5f) batch->main_labels[i] = batch->labels[i ^ 1];
    }
  }
  WeightTargets(options.class_weights, targets);
}

}  // namespace avocet
