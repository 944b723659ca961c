// The parameters of a network in the layouts that oneDNN's primitives ask for.
#ifndef AVOCET_ENGINE_ONEDNN_WEIGHT_STORE_H_
#define AVOCET_ENGINE_ONEDNN_WEIGHT_STORE_H_

#include <cstddef>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "dnnl.hpp"
#include "engine/graph/parameters.h"

namespace avocet {

// A parameter rounded to 8 bits (QuantizeWeights).
struct Int8Weights {
  dnnl::memory values;  // s8
  dnnl::memory scales;  // float32, one an output channel
};

// Keeps each parameter once in every layout in use; plans of all batch sizes and threads share it.
// Thread-safe.
class WeightStore {
 public:
  WeightStore(dnnl::engine engine, Parameters parameters);

  // The parameter `name`, whose values are float32 in the layout `plain`, as `wanted` has it.
  // Throws dnnl::error.
  dnnl::memory Get(const std::string& name, const dnnl::memory::desc& plain,
                   const dnnl::memory::desc& wanted);

  // The same rounded to 8 bits. The output channels are the first dimension of `plain`; where
  // weights are grouped, which gives them five, the first two. `is_guarded` as for
  // LargestInt8Weight, the same in all calls for a parameter.
  Int8Weights GetInt8(const std::string& name, const dnnl::memory::desc& plain,
                      const dnnl::memory::desc& wanted, bool is_guarded);

  // Frees the plain values: from here on new layouts are made from those at hand. Every parameter
  // must have been asked for.
  void ReleasePlain();

  // Bytes of all layouts, and how many of them are second and further layouts of a parameter. Of
  // weights in 8 bits the plain ones count among those: other layouts are made from them.
  std::size_t bytes() const;
  std::size_t duplicate_bytes() const;

 private:
  struct Int8Parameter {
    Int8Weights plain;
    std::vector<dnnl::memory> layouts;
  };

  // The most exact values at hand.
  dnnl::memory Source(const std::string& name, const dnnl::memory::desc& plain,
                      const std::vector<dnnl::memory>& layouts);

  dnnl::memory Reorder(dnnl::memory from, const dnnl::memory::desc& desc);
  Int8Weights Quantize(const std::string& name, const dnnl::memory::desc& plain, bool is_guarded);

  dnnl::engine engine_;
  mutable std::mutex mutex_;
  std::optional<Parameters> plain_;
  std::map<std::string, std::vector<dnnl::memory>> layouts_;
  std::map<std::string, Int8Parameter> int8_;
};

}  // namespace avocet

#endif  // AVOCET_ENGINE_ONEDNN_WEIGHT_STORE_H_
