#include "engine/graph/parameters.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <utility>
#include <vector>

#include "engine/graph/builder.h"

namespace avocet {
namespace {

using testing::Each;
using testing::ElementsAre;

Parameters Sample() {
  const std::vector<ParameterSpec> specs = {
      {"conv.weight", {2, 3, 1, 1}}, {"bn.bias", {2}}, {"bn.running_mean", {2}, false}};
  return Parameters(specs);
}

TEST(Parameters, StartAtZeroOnCacheLines) {
  const Parameters parameters = Sample();
  for (const std::string& name : parameters.names()) {
    EXPECT_THAT(parameters.Get(name), Each(0.0f));
    EXPECT_EQ(reinterpret_cast<std::uintptr_t>(parameters.Get(name).data()) % 64, 0u);
  }
  EXPECT_EQ(parameters.Get("conv.weight").size(), 6u);
}

TEST(Parameters, RenameKeepsTheValues) {
  Parameters parameters = Sample();
  parameters.Get("bn.bias")[1] = 3.0f;
  parameters.Rename("bn.bias", "conv.bias");
  EXPECT_FALSE(parameters.Has("bn.bias"));
  EXPECT_THAT(parameters.Get("conv.bias"), ElementsAre(0.0f, 3.0f));
}

TEST(ParameterSpecs, OfANetworkAreInTheOrderOfItsNodes) {
  Builder b({.channels = 3, .height = 8, .width = 8});
  Value x = b.Conv("conv_stem", b.input(), {.out_channels = 4, .kernel = 3});
  x = b.BatchNorm("bn1", x);
  b.Linear("classifier", b.GlobalAveragePool(x), 10);
  std::vector<std::string> names;
  for (const ParameterSpec& spec : GraphParameters(*std::move(b).Finish())) {
    names.push_back(spec.name);
  }
  EXPECT_THAT(names, ElementsAre("conv_stem.weight", "bn1.weight", "bn1.bias", "bn1.running_mean",
                                 "bn1.running_var", "classifier.weight", "classifier.bias"));
}

// A linear layer of a file may be a convolution of 1 x 1 here.
TEST(ParameterSpecs, OfAConvolutionHaveTheShapeOfTheFile) {
  Builder b({.channels = 3, .height = 8, .width = 8});
  Conv2d conv{.out_channels = 4, .kernel = 1, .bias = true};
  b.Conv("pw", b.input(), conv);
  conv.stored_as_linear = true;
  b.Conv("fc", b.input(), conv);
  const Graph graph = *std::move(b).Finish();
  EXPECT_THAT(NodeParameters(graph, 1)[0].shape, ElementsAre(4, 3, 1, 1));
  EXPECT_THAT(NodeParameters(graph, 2)[0].shape, ElementsAre(4, 3));
  EXPECT_THAT(NodeParameters(graph, 2)[1].shape, ElementsAre(4));
}

TEST(ParameterSpecs, RunningStatisticsAreNotTrained) {
  Builder b({.channels = 3, .height = 8, .width = 8});
  b.BatchNorm("bn1", b.input());
  EXPECT_EQ(CountTrainable(*std::move(b).Finish()), 6);
}

}  // namespace
}  // namespace avocet
