// A batch norm, with the activation that alone reads it, as the steps of its lowering see it.
#ifndef AVOCET_ENGINE_ONEDNN_TRAINING_NORM_H_
#define AVOCET_ENGINE_ONEDNN_TRAINING_NORM_H_

#include <functional>
#include <optional>
#include <string>

#include "engine/kernels/batch_norm.h"
#include "engine/onednn/row_step.h"
#include "engine/onednn/training/partial_sums.h"
#include "engine/onednn/training/tape.h"

namespace avocet {

struct Norm {
  std::string name;
  std::optional<ActivationKind> activation;
  Shape shape;
  float epsilon;
  bool is_frozen;  // normalises with running statistics
  dnnl::memory::data_type type;
  dnnl::memory weight;
  dnnl::memory bias;
  dnnl::memory running_mean;
  dnnl::memory running_var;
  TensorRef src;
  TensorRef statistics;  // [2, channels]: mean, 1 / sqrt(variance + epsilon)
  Collective* collective;
  StepState* state;

  int channels() const { return shape.c; }
  int rows() const { return shape.n * shape.h; }  // of all images
  // Of `turn`.
  int Pixels(const Rows& turn) const { return turn.count() * shape.w; }
  std::ptrdiff_t row_size() const { return std::ptrdiff_t{shape.w} * shape.c; }
  PartialSums Sums() const { return {rows(), 2 * channels()}; }  // [2, channels]
};

Norm NormOf(const BatchNorm& batch_norm, NodeId id, Tape& tape);

// What takes the gradients of its parameters; null: nothing does.
struct NormStores {
  std::function<void(const float* values)> weight;
  std::function<void(const float* values)> bias;
};

// For the backward pass: of the trainable ones, the tape's.
NormStores StoresOf(const Norm& norm, Tape& tape);

// What the kernels know of its channels. `statistics` are the tensor's numbers.
NormChannels ChannelsOf(const Norm& norm, const void* statistics, bool streams = false);

// Whether the kernels can write such results past the caches, and should.
bool StreamsResults(const Norm& norm, const Emitter& emitter);

// Pixels of all processes.
double CountOf(const Norm& norm);

// Adds up the sums [2, channels] of all processes.
void SumOverProcesses(const Norm& norm, double* sums);

// Stores the gradients of bias and weight [2, channels], sums over this process's pixels, and
// leaves in `means` what NormBackward subtracts of them.
void StoreNormGradients(const Norm& norm, const NormStores& stores, double* sums, float* means);

}  // namespace avocet

#endif  // AVOCET_ENGINE_ONEDNN_TRAINING_NORM_H_
