// What moves the weights: SGD, Adam, AdamW and RMSprop.
//
//   Optimizer optimizer({.kind = OptimizerKind::kAdamW}, TrainedParameters(specs));
//   optimizer.Step(parameters, plan->gradients(), {.learning_rate = 1e-3});
#ifndef AVOCET_ENGINE_TRAIN_OPTIM_OPTIMIZER_H_
#define AVOCET_ENGINE_TRAIN_OPTIM_OPTIMIZER_H_

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "engine/graph/parameter_spec.h"
#include "engine/graph/parameters.h"

namespace avocet {

// How the optimizer treats one parameter.
struct TrainedParameter {
  ParameterSpec spec;
  bool decays = true;        // whether weight decay applies, unless all decay
  double rate_factor = 1.0;  // on the learning rate
};

// The trainable ones of `specs`. Biases and parameters of rank 1 (norms, layer scales) do not
// decay, as in timm.
std::vector<TrainedParameter> TrainedParameters(std::span<const ParameterSpec> specs);

// kSgd:     PyTorch's, with momentum, and Nesterov's if wanted
// kAdam:    PyTorch's; weight decay is L2 regularisation, part of the gradient, as in SGD
// kAdamW:   decoupled weight decay (arXiv 1711.05101)
// kRmsProp: TensorFlow's form, as timm's RMSpropTF: epsilon inside the root, squares that begin at
//           1, momentum of the step and not of the gradient
enum class OptimizerKind { kSgd, kAdam, kAdamW, kRmsProp };

// "sgd", "adam", "adamw", "rmsprop".
std::string_view OptimizerName(OptimizerKind kind);
// INVALID_ARGUMENT, with all names, for any other.
absl::StatusOr<OptimizerKind> ParseOptimizer(std::string_view name);

struct OptimizerOptions {
  OptimizerKind kind = OptimizerKind::kAdamW;
  double weight_decay = 0.0;
  bool decays_all = false;  // also what TrainedParameter::decays spares
  double momentum = 0.9;    // of kSgd and kRmsProp
  bool nesterov = false;    // of kSgd
  double beta1 = 0.9;       // of kAdam and kAdamW; PyTorch's defaults
  double beta2 = 0.999;
  double alpha = 0.9;     // of kRmsProp: what an old square keeps; the EfficientNet paper's
  double epsilon = 1e-8;  // 1e-3 in EfficientNet's RMSprop

  bool operator==(const OptimizerOptions&) const = default;
};

class Optimizer {
 public:
  Optimizer(const OptimizerOptions& options, std::vector<TrainedParameter> trained);

  struct StepOptions {
    double learning_rate = 1e-3;
    double gradient_scale = 1.0;  // see ClipFactor
  };
  // Moves every parameter that has a gradient; what the optimizer keeps of the others stays too.
  // Works on the calling thread's OpenMP team; the same bits for any number of threads.
  void Step(Parameters& parameters, const Parameters& gradients, const StepOptions& options);

  // All that the optimizer remembers, for checkpoints: "<parameter>.momentum" and
  // "<parameter>.square", of the parameter's shape, and "<parameter>.steps" [1], the number of its
  // steps.
  Parameters& state() { return state_; }
  const Parameters& state() const { return state_; }
  const std::vector<ParameterSpec>& state_specs() const { return state_specs_; }

 private:
  OptimizerOptions options_;
  std::vector<TrainedParameter> trained_;
  std::vector<ParameterSpec> state_specs_;
  Parameters state_;
};

}  // namespace avocet

#endif  // AVOCET_ENGINE_TRAIN_OPTIM_OPTIMIZER_H_
