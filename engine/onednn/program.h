// A network as a flat list of ready primitives.
#ifndef AVOCET_ENGINE_ONEDNN_PROGRAM_H_
#define AVOCET_ENGINE_ONEDNN_PROGRAM_H_

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "dnnl.hpp"
#include "engine/onednn/arena.h"

namespace avocet {

// One primitive with its arguments, or a kernel of our own.
struct Step {
  std::string name;            // of the node
  std::string implementation;  // what oneDNN chose, for example "brgemm:avx512_core"
  dnnl::primitive primitive;
  std::vector<dnnl_exec_arg_t> arguments;  // handles of Program::memories
  std::function<void()> kernel;            // if there is one, it runs and not the primitive
};

// Where the result of a node is after some of the steps. Later steps may write over it.
struct Observation {
  std::string name;
  std::size_t steps;
  dnnl::memory result;
};

// Everything is compiled and allocated; running is a loop. One thread at a time.
struct Program {
  dnnl::stream stream;
  std::unique_ptr<Arena> arena;
  std::vector<dnnl::memory> memories;  // into the arena or to shared weights
  std::vector<Step> steps;
  std::vector<Observation> observations;  // one a node, in the order of the nodes

  void Run() const;
  // The same for the step at `index` alone.
  void RunStep(std::size_t index) const;
};

}  // namespace avocet

#endif  // AVOCET_ENGINE_ONEDNN_PROGRAM_H_
