// Every operator, compiled alone on awkward shapes, against the double-precision reference.
#include <gtest/gtest.h>

#include <utility>

#include "engine/graph/builder.h"
#include "engine/onednn/inference_model.h"
#include "tests/onednn/operator_cases.h"
#include "tests/onednn/plan_error.h"

namespace avocet {
namespace {

// Float32 against double: rounding of a few hundred terms.
constexpr double kTolerance = 1e-5;
// Products of numbers with 8 bits of mantissa, results rounded to 8 bits.
constexpr double kBFloat16Tolerance = 5e-2;

class OperatorTest : public testing::TestWithParam<OperatorCase> {
 protected:
  static Graph Build(int batch) {
    const OperatorCase& c = GetParam();
    Builder b(c.input);
    c.build(b, b.input());
    return *std::move(b).Finish()->Reshape(batch, c.input.height, c.input.width);
  }
};

TEST_P(OperatorTest, EqualsTheReference) {
  for (const int batch : {1, 3}) {
    for (const int threads : {1, 2}) {
      EXPECT_LT(PlanError(Build(batch), threads, Precision::kFloat32), kTolerance)
          << "batch " << batch << ", threads " << threads;
    }
  }
}

// The twin. A thousandth of the layer's largest weight is a hundred times the tolerance: one of
// many terms has a small share in a result.
TEST_P(OperatorTest, OneWeightOffByAThousandthIsNoticed) {
  for (const int batch : {1, 3}) {
    for (const int threads : {1, 2}) {
      EXPECT_GT(PlanError(Build(batch), threads, Precision::kFloat32, 1e-3f), kTolerance)
          << "batch " << batch << ", threads " << threads;
    }
  }
}

TEST_P(OperatorTest, InBFloat16IsNearTheReference) {
  if (!HasBFloat16Instructions()) GTEST_SKIP() << "this CPU has no bfloat16 instructions";
  EXPECT_LT(PlanError(Build(1), 1, Precision::kBFloat16), kBFloat16Tolerance);
}

// The twin. A twentieth is tolerated here, so the weight is off by all of its layer's largest.
TEST_P(OperatorTest, InBFloat16OnePerturbedWeightIsNoticed) {
  if (!HasBFloat16Instructions()) GTEST_SKIP() << "this CPU has no bfloat16 instructions";
  EXPECT_GT(PlanError(Build(1), 1, Precision::kBFloat16, 1), kBFloat16Tolerance);
}

INSTANTIATE_TEST_SUITE_P(All, OperatorTest, testing::ValuesIn(OperatorCases()),
                         [](const auto& param_info) { return param_info.param.name; });

}  // namespace
}  // namespace avocet
