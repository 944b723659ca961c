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

// Keeps each parameter once in every layout in use; plans of all batch sizes and threads share it.
// Thread-safe.
class WeightStore {
 public:
  WeightStore(dnnl::engine engine, Parameters parameters);

  // The parameter `name`, whose values are float32 in the layout `plain`, as `wanted` has it.
  // Throws dnnl::error.
  dnnl::memory Get(const std::string& name, const dnnl::memory::desc& plain,
                   const dnnl::memory::desc& wanted);

  // Frees the plain values: from here on new layouts are made from those at hand. Every parameter
  // must have been asked for.
  void ReleasePlain();

  // Bytes of all layouts, and how many of them are second and further layouts of a parameter.
  std::size_t bytes() const;
  std::size_t duplicate_bytes() const;

 private:
  // The most exact values at hand.
  dnnl::memory Source(const std::string& name, const dnnl::memory::desc& plain,
                      const std::vector<dnnl::memory>& layouts);

  dnnl::engine engine_;
  mutable std::mutex mutex_;
  std::optional<Parameters> plain_;
  std::map<std::string, std::vector<dnnl::memory>> layouts_;
};

}  // namespace avocet

#endif  // AVOCET_ENGINE_ONEDNN_WEIGHT_STORE_H_
