// The operators that tests train alone, on awkward shapes.
#ifndef AVOCET_TESTS_ONEDNN_TRAINING_GRADIENT_CASES_H_
#define AVOCET_TESTS_ONEDNN_TRAINING_GRADIENT_CASES_H_

#include <span>
#include <string>

#include "engine/graph/builder.h"

namespace avocet {

struct GradientCase {
  std::string name;
  int channels;
  int height;
  int width;
  Value (*build)(Builder& b, Value x);
};

std::span<const GradientCase> GradientCases();

}  // namespace avocet

#endif  // AVOCET_TESTS_ONEDNN_TRAINING_GRADIENT_CASES_H_
