// Biases that make up for the rounding of weights.
#ifndef AVOCET_ENGINE_QUANTIZATION_BIAS_CORRECTION_H_
#define AVOCET_ENGINE_QUANTIZATION_BIAS_CORRECTION_H_

#include <map>
#include <string>
#include <vector>

#include "engine/graph/graph.h"
#include "engine/graph/parameters.h"
#include "engine/graph/quantization.h"
#include "engine/quantization/calibration.h"

namespace avocet {

// For each layer that computes in 8 bits, what has to be added to its bias so that rounding the
// weights does not move the mean of its results (arXiv 1906.04721, section 4.2): minus the error of
// the weights times the means of the source's channels. Zero padding is not looked at. `graph` and
// `parameters` are those after the inference passes.
std::map<std::string, std::vector<float>> BiasCorrections(const Graph& graph,
                                                          const Parameters& parameters,
                                                          const Quantization& quantization,
                                                          const Statistics& statistics);

}  // namespace avocet

#endif  // AVOCET_ENGINE_QUANTIZATION_BIAS_CORRECTION_H_
