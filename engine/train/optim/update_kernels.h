// What an optimizer does to consecutive numbers: one pass over parameter, gradient and state.
#ifndef AVOCET_ENGINE_TRAIN_OPTIM_UPDATE_KERNELS_H_
#define AVOCET_ENGINE_TRAIN_OPTIM_UPDATE_KERNELS_H_

#include <cstddef>

namespace avocet {

// `count` numbers of one parameter. What a rule does not keep is null.
struct UpdateSpan {
  float* parameter;
  const float* gradient;
  float* momentum;  // first moment
  float* square;    // second moment
  std::size_t count;
};

// The factors of one step for one parameter. In all rules the gradient is g = gradient_scale *
// gradient + l2 * parameter.

// momentum = mu * momentum + g; parameter -= rate * (nesterov ? g + mu * momentum : momentum)
struct SgdFactors {
  float rate;
  float gradient_scale;
  float l2;
  float mu;
  bool nesterov;
};
void UpdateSgd(const UpdateSpan& span, const SgdFactors& factors);

// momentum += (1 - beta1) * (g - momentum); square = beta2 * square + (1 - beta2) * g^2;
// parameter = shrink * parameter - rate * momentum / (inverse_root * sqrt(square) + epsilon)
struct AdamFactors {
  float rate;  // over the bias correction of the first moment
  float gradient_scale;
  float l2;
  float shrink;  // 1 - learning rate * decoupled weight decay
  float beta1;
  float beta2;
  float inverse_root;  // 1 / sqrt of the bias correction of the second moment
  float epsilon;
};
void UpdateAdam(const UpdateSpan& span, const AdamFactors& factors);

// square += (1 - alpha) * (g^2 - square); momentum = mu * momentum + rate * g / sqrt(square +
// epsilon); parameter -= momentum
struct RmsPropFactors {
  float rate;
  float gradient_scale;
  float l2;
  float alpha;
  float mu;
  float epsilon;
};
void UpdateRmsProp(const UpdateSpan& span, const RmsPropFactors& factors);

// average += weight * (value - average)
void UpdateAverage(float* average, const float* value, float weight, std::size_t count);

// The sum of the squares, in double.
double SumOfSquares(const float* values, std::size_t count);

}  // namespace avocet

#endif  // AVOCET_ENGINE_TRAIN_OPTIM_UPDATE_KERNELS_H_
