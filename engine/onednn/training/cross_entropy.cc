#include <algorithm>
#include <cmath>
#include <cstddef>

#include "engine/onednn/training/lower_training.h"

namespace avocet {
namespace {

// Writes `scale` times the gradient of one row, and returns its cross-entropy.
double Row(const float* logits, const float* targets, int classes, double scale, float* diff) {
  const double largest = *std::max_element(logits, logits + classes);
  double sum = 0, weight = 0, dot = 0;
  for (int c = 0; c < classes; ++c) {
    sum += std::exp(logits[c] - largest);
    weight += targets[c];
    dot += double{targets[c]} * (logits[c] - largest);
  }
  for (int c = 0; c < classes; ++c) {
    const double probability = std::exp(logits[c] - largest) / sum;
    diff[c] = static_cast<float>((probability * weight - targets[c]) * scale);
  }
  return weight * std::log(sum) - dot;
}

}  // namespace

TensorRef LowerCrossEntropy(const TensorRef& logits, const TensorRef& targets, Tape& tape) {
  StepState* const state = tape.state();
  const dnnl::memory::dims dims = logits.desc.get_dims();
  const int images = static_cast<int>(dims[0]);
  const int classes = static_cast<int>(dims[1]);
  const TensorRef diff = tape.emitter().NewTensor(logits.desc);
  tape.emitter().KernelStep(
      "loss", "own:plain", {logits, targets, diff}, [=](std::span<void* const> addresses) {
        double loss = 0;
        for (int n = 0; n < images; ++n) {
          const std::ptrdiff_t row = std::ptrdiff_t{n} * classes;
          loss +=
              Row(static_cast<const float*>(addresses[0]) + row,
                  static_cast<const float*>(addresses[1]) + row, classes,
                  double{state->gradient_scale} / images, static_cast<float*>(addresses[2]) + row);
        }
        state->loss = loss / images;
      });
  return diff;
}

}  // namespace avocet
