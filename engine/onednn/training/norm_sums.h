// The gradients of a norm's parameters, found by the depthwise convolution that reads its results.
#ifndef AVOCET_ENGINE_ONEDNN_TRAINING_NORM_SUMS_H_
#define AVOCET_ENGINE_ONEDNN_TRAINING_NORM_SUMS_H_

#include <functional>
#include <span>
#include <vector>

#include "engine/kernels/depthwise_backward.h"
#include "engine/onednn/emitter.h"
#include "engine/onednn/row_step.h"
#include "engine/onednn/training/partial_sums.h"
#include "engine/onednn/training/row_source.h"

namespace avocet {

// A part of the row step that finds the gradients of the convolution's filters w. Those of the norm
// are sums over the source's pixels of its gradient times one of two factors m (NormSlopes). That
// gradient is the result's, spread by the filters, so that
//
//   sum_p m[p] sum_k w[k] diff_dst[p - k] = sum_k w[k] sum_q m[q + k] diff_dst[q]:
//
// the filters times what would be their gradients if m were the source. So the gradient of the
// source need not be computed, and the source not be read, once more for these sums alone.
class NormSums {
 public:
  // `weights` is the parameter of the filters, `rows` are the step's.
  NormSums(const NormGradients& norm, const DepthwiseSizes& sizes, int rows,
           const dnnl::memory& weights, Emitter& emitter);

  // What the step writes for it: the functions below get these as `whole`.
  std::vector<TensorRef> NewTensors(Emitter& emitter) const;
  // For RowStep::start and finish.
  void Start(RowStep::Whole whole) const;
  void Finish(RowStep::Whole whole) const;
  // In RowStep::run: sums [2, taps, channels] to set for this turn, then to add to the others'.
  std::span<float> OfTurn(const Rows& turn, RowStep::Whole whole) const;
  void EndTurn(const Rows& turn, RowStep::Whole whole) const;

 private:
  int channels_;
  int taps_;
  PartialSums partial_;
  dnnl::memory weights_;
  TensorRef means_;
  std::function<void(double* sums, float* means)> take_;
};

}  // namespace avocet

#endif  // AVOCET_ENGINE_ONEDNN_TRAINING_NORM_SUMS_H_
