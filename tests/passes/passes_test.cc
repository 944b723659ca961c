// Each pass on small graphs: what it rewrites, what it must leave, and that the result computes the
// same.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "engine/graph/builder.h"
#include "engine/models/zoo.h"
#include "engine/passes/pass.h"
#include "tests/reference/golden.h"
#include "tests/reference/interpreter.h"
#include "tests/reference/perturb.h"

namespace avocet {
namespace {

using testing::HasSubstr;
using testing::Not;

// In standard deviations of the output. Folding rounds weights to float32 (6e-8), once a layer;
// nothing else may change.
constexpr double kTolerance = 1e-6;
constexpr double kDeepTolerance = 1e-5;  // of whole networks

class PassTest : public testing::Test {
 protected:
  Builder b_{Input{.channels = 5, .height = 6, .width = 7}};

  Value Conv(const char* name, Value x, int channels) {
    return b_.Conv(name, x, {.out_channels = channels, .kernel = 3});
  }

  // Runs `pass` on the graph built so far and checks that it computes what it did. Returns the
  // rewritten graph as text.
  std::string Apply(Pass pass) { return Apply(*std::move(b_).Finish(), pass); }

  std::string Apply(const Graph& graph, Pass pass, double tolerance = kTolerance) {
    std::string text;
    EXPECT_LT(Error(graph, pass, 0, &text), tolerance) << text;
    // The twin: with one weight that is off by a hundredth, it no longer computes the same.
    EXPECT_GT(Error(graph, pass, 1e-2f, &text), tolerance) << text;
    return text;
  }

 private:
  // How far what `pass` makes of a graph is from the graph. `text`: what it makes of it. One weight
  // of it is off by `perturbation` (tests/reference/perturb.h).
  static double Error(const Graph& graph, Pass pass, float perturbation, std::string* text) {
    const std::vector<float> values = NamedImages("input", graph.node(0).shape);
    const std::vector<double> images(values.begin(), values.end());
    Parameters parameters = NamedParameters(graph);
    const std::vector<double> before = Interpret(graph, parameters, images);
    PerturbWeight(graph, perturbation, parameters);
    const Graph rewritten = pass(graph, parameters);
    const std::vector<double> after = Interpret(rewritten, parameters, images);
    *text = rewritten.DebugString();
    return RelativeError(after, std::vector<float>(before.begin(), before.end()));
  }
};

TEST_F(PassTest, RemoveDropoutLeavesNothingOfIt) {
  Value x = b_.Dropout(Conv("conv", b_.input(), 5), 0.3f);
  b_.Add(b_.DropPath(x, 0.2f), b_.input());
  const std::string text = Apply(RemoveDropout);
  EXPECT_THAT(text, Not(HasSubstr("dropout")));
  EXPECT_THAT(text, Not(HasSubstr("drop_path")));
}

TEST_F(PassTest, FoldBatchNormGivesTheConvolutionItsBias) {
  b_.BatchNorm("bn", Conv("conv", b_.input(), 4), {.epsilon = 1e-3f});
  EXPECT_EQ(Apply(FoldBatchNorm),
            "%0 input: input -> [1, 5, 6, 7]\n"
            "%1 conv: conv2d 4 @ 3x3 bias (%0) -> [1, 4, 6, 7]\n");
}

TEST_F(PassTest, FoldBatchNormKeepsABiasThatIsThere) {
  const Value x =
      b_.Conv("conv", b_.input(), {.out_channels = 4, .kernel = 1, .groups = 1, .bias = true});
  b_.BatchNorm("bn", x);
  EXPECT_THAT(Apply(FoldBatchNorm), Not(HasSubstr("batch_norm")));
}

TEST_F(PassTest, FoldBatchNormWorksOnDepthwiseFilters) {
  const Value x = b_.Conv("conv", b_.input(), {.out_channels = 5, .kernel = 3, .groups = 5});
  b_.BatchNorm("bn", x);
  EXPECT_THAT(Apply(FoldBatchNorm), Not(HasSubstr("batch_norm")));
}

TEST_F(PassTest, FoldBatchNormLeavesAConvolutionThatOthersRead) {
  const Value x = Conv("conv", b_.input(), 4);
  b_.Add(b_.BatchNorm("bn", x), x);
  EXPECT_THAT(Apply(FoldBatchNorm), HasSubstr("batch_norm"));
}

TEST_F(PassTest, FoldBatchNormLeavesANormWithoutConvolution) {
  Conv("conv", b_.BatchNorm("bn", b_.input()), 4);
  EXPECT_THAT(Apply(FoldBatchNorm), HasSubstr("batch_norm"));
}

TEST_F(PassTest, FuseActivationMakesItAPostOp) {
  b_.Activation(Conv("conv", b_.input(), 4), ActivationKind::kSilu);
  EXPECT_EQ(Apply(FuseActivation),
            "%0 input: input -> [1, 5, 6, 7]\n"
            "%1 conv: conv2d 4 @ 3x3 + silu (%0) -> [1, 4, 6, 7]\n");
}

TEST_F(PassTest, FuseActivationLeavesAConvolutionThatOthersRead) {
  const Value x = Conv("conv", b_.input(), 4);
  b_.Add(b_.Activation(x, ActivationKind::kRelu), x);
  EXPECT_THAT(Apply(FuseActivation), HasSubstr(": relu "));
}

TEST_F(PassTest, FuseResidualWritesOverTheShortcut) {
  const Value x = Conv("first", b_.input(), 4);
  const Value y = Conv("third", Conv("second", x, 8), 4);
  b_.Add(y, x);
  EXPECT_THAT(Apply(FuseResidual), HasSubstr("third: conv2d 4 @ 3x3 + residual (%2, %1)"));
}

TEST_F(PassTest, FuseResidualTakesTheLaterOfTwoConvolutions) {
  const Value shortcut = Conv("downsample", b_.input(), 4);
  const Value branch = Conv("conv2", Conv("conv1", b_.input(), 8), 4);
  b_.Add(shortcut, branch);
  EXPECT_THAT(Apply(FuseResidual), HasSubstr("conv2: conv2d 4 @ 3x3 + residual"));
}

TEST_F(PassTest, FuseResidualKeepsTheAddWhenTheShortcutIsReadLater) {
  const Value x = Conv("first", b_.input(), 4);
  const Value sum = b_.Add(Conv("third", Conv("second", x, 8), 4), x);
  b_.Add(sum, x);
  const std::string text = Apply(FuseResidual);
  EXPECT_THAT(text, HasSubstr("add4: add (%3, %1)"));
}

TEST_F(PassTest, FuseResidualKeepsTheAddWhenTheConvolutionReadsTheShortcut) {
  const Value x = Conv("first", b_.input(), 4);
  b_.Add(Conv("second", x, 4), x);
  EXPECT_THAT(Apply(FuseResidual), HasSubstr(": add "));
}

TEST_F(PassTest, FuseResidualNeverWritesOverTheInput) {
  b_.Add(Conv("second", Conv("first", b_.input(), 8), 5), b_.input());
  EXPECT_THAT(Apply(FuseResidual), HasSubstr(": add "));
}

TEST_F(PassTest, ActivationsFuseBeforeAndBehindAnAddition) {
  Value x = Conv("first", b_.input(), 4);
  Value y = b_.Activation(Conv("third", Conv("second", x, 8), 4), ActivationKind::kSilu);
  x = b_.Add(y, x);
  b_.Activation(x, ActivationKind::kRelu);
  EXPECT_THAT(Apply(RunInferencePasses),
              HasSubstr("third: conv2d 4 @ 3x3 + silu + residual + relu"));
}

TEST_F(PassTest, WholeNetworkBecomesTheStepsOfTheDesign) {
  const Graph graph = *(*FindBackbone("tf_efficientnet_lite0"))
                           ->build({.height = 33, .width = 34, .drop_path_rate = 0.2f});
  Apply(graph, RunInferencePasses, kDeepTolerance);
  Parameters parameters = NamedParameters(graph);
  // 51 steps and the input.
  EXPECT_EQ(RunInferencePasses(graph, parameters).size(), 52);
}

}  // namespace
}  // namespace avocet
