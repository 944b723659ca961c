// The operators that tests compile alone, on awkward shapes.
#ifndef AVOCET_TESTS_ONEDNN_OPERATOR_CASES_H_
#define AVOCET_TESTS_ONEDNN_OPERATOR_CASES_H_

#include <span>
#include <string>

#include "engine/graph/builder.h"

namespace avocet {

struct OperatorCase {
  std::string name;
  Input input;
  Value (*build)(Builder& b, Value x);
};

std::span<const OperatorCase> OperatorCases();

}  // namespace avocet

#endif  // AVOCET_TESTS_ONEDNN_OPERATOR_CASES_H_
