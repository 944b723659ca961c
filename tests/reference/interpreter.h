// The specification of every operator: plain loops in double precision.
#ifndef AVOCET_TESTS_REFERENCE_INTERPRETER_H_
#define AVOCET_TESTS_REFERENCE_INTERPRETER_H_

#include <span>
#include <vector>

#include "engine/graph/graph.h"
#include "engine/graph/parameters.h"

namespace avocet {

// Runs `graph` in inference mode on `images` [N, C, H, W] and returns the output, likewise in NCHW
// order. Understands plain graphs and those that passes rewrote.
std::vector<double> Interpret(const Graph& graph, const Parameters& parameters,
                              std::span<const double> images);

// The same in training mode: batch norms take the statistics of the batch, and nothing is dropped.
// Understands plain graphs.
std::vector<double> InterpretTraining(const Graph& graph, const Parameters& parameters,
                                      std::span<const double> images);

}  // namespace avocet

#endif  // AVOCET_TESTS_REFERENCE_INTERPRETER_H_
