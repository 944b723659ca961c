// What the twins of numeric tests change. Each comparison has a twin that must find it unequal when
// one weight or one pixel is off, so that a comparison which cannot fail does not pass for a test.
#ifndef AVOCET_TESTS_REFERENCE_PERTURB_H_
#define AVOCET_TESTS_REFERENCE_PERTURB_H_

#include <span>

#include "engine/graph/graph.h"
#include "engine/graph/parameters.h"

namespace avocet {

// Adds `share` of the largest absolute value of the first parameter of `graph` to one of its
// weights: to the middle tap of its first filter, which reads more than padding.
void PerturbWeight(const Graph& graph, float share, Parameters& parameters);

// Adds `share` of itself to the largest pixel, which maxima and ReLUs let through.
void PerturbPixel(float share, std::span<float> images);

}  // namespace avocet

#endif  // AVOCET_TESTS_REFERENCE_PERTURB_H_
