// What the steps of a training program share while it runs.
#ifndef AVOCET_ENGINE_ONEDNN_TRAINING_STEP_STATE_H_
#define AVOCET_ENGINE_ONEDNN_TRAINING_STEP_STATE_H_

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "engine/graph/parameters.h"

namespace avocet {

// Set before a run, but for the results. Steps keep its address.
struct StepState {
  std::uint64_t seed = 0;
  bool accumulate = false;
  float gradient_scale = 1.0f;
  bool moves_statistics = true;
  std::function<void(const std::string& name)> on_gradient;

  Parameters gradients;
  std::vector<std::string> gradient_order;

  double loss = 0;  // of the last run
};

}  // namespace avocet

#endif  // AVOCET_ENGINE_ONEDNN_TRAINING_STEP_STATE_H_
