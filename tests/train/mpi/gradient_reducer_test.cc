#include "engine/train/mpi/gradient_reducer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <string>
#include <vector>

#include "engine/train/mpi/join.h"
#include "engine/train/mpi/replicas.h"

namespace avocet {
namespace {

using ::testing::Each;
using ::testing::ElementsAre;

// Two members with the same values; sums are made in `Wait`, as late as can be.
class LateTwins : public Collective {
 public:
  int rank() const override { return 0; }
  int size() const override { return 2; }
  void Sum(std::span<float> values) override {
    StartSum(values);
    Wait();
  }
  void Sum(std::span<double> values) override {
    for (double& value : values) value *= 2;
  }
  void StartSum(std::span<float> values) override { started_.push_back(values); }
  void Wait() override {
    for (const std::span<float> values : started_) {
      for (float& value : values) value *= 2;
    }
    started_.clear();
  }
  const std::vector<std::span<float>>& started() const { return started_; }

 private:
  std::vector<std::span<float>> started_;
};

TEST(PlanBuckets, BeginsSmallAndKeepsTheOrder) {
  const std::vector<std::size_t> sizes = {10, 20, 5, 100, 100, 100, 100, 3};
  EXPECT_THAT(PlanBuckets(sizes, {.first_bytes = 100, .bytes = 800}), ElementsAre(2, 3, 2, 1));
}

TEST(PlanBuckets, CutsASmallNetworkToo) {
  const std::vector<std::size_t> sizes(8, 100'000);  // 0.4 MB each, 3.2 MB together
  // The first of 1 MiB; a quarter of all is less than that.
  EXPECT_THAT(PlanBuckets(sizes, {}), ElementsAre(3, 3, 2));
}

TEST(PlanBuckets, TakesALargeGradientAlone) {
  const std::vector<std::size_t> sizes = {50'000'000, 1, 50'000'000, 1};
  EXPECT_THAT(PlanBuckets(sizes, {}), ElementsAre(1, 2, 1));
}

TEST(GradientReducer, SumsEachGradientOnceAndStartsBeforeTheEnd) {
  const std::vector<ParameterSpec> specs = {
      {.name = "a", .shape = {3}}, {.name = "b", .shape = {2, 2}}, {.name = "c", .shape = {5}}};
  Parameters gradients(specs);
  const std::vector<std::string> order = {"c", "b", "a"};
  LateTwins group;
  GradientReducer reducer(group, order, gradients, {.first_bytes = 20, .bytes = 1000});
  for (float step = 1; step <= 2; ++step) {
    for (const std::string& name : order) {
      for (float& value : gradients.Get(name)) value = step + static_cast<float>(name[0]);
    }
    reducer.OnGradient("c");
    EXPECT_EQ(group.started().size(), 1u) << "before backward is over";
    EXPECT_EQ(group.started().front().size(), 5u);
    reducer.OnGradient("b");
    reducer.OnGradient("a");
    reducer.Finish();
    for (const std::string& name : order) {
      EXPECT_THAT(gradients.Get(name), Each(2 * (step + static_cast<float>(name[0])))) << name;
    }
  }
}

TEST(AverageStatistics, LeavesWeightsAlone) {
  const std::vector<ParameterSpec> specs = {
      {.name = "weight", .shape = {2}}, {.name = "running_mean", .shape = {2}, .trainable = false}};
  Parameters parameters(specs);
  for (float& value : parameters.Get("weight")) value = 3;
  for (float& value : parameters.Get("running_mean")) value = 5;
  LateTwins group;
  AverageStatistics(group, specs, parameters);
  EXPECT_THAT(parameters.Get("weight"), Each(3));
  EXPECT_THAT(parameters.Get("running_mean"), Each(5));
}

TEST(Join, IsAloneWithoutALauncher) {
  for (const char* name : {"OMPI_COMM_WORLD_SIZE", "PMI_SIZE", "SLURM_STEP_NUM_TASKS"}) {
    unsetenv(name);
  }
  EXPECT_EQ(LaunchedProcesses(), 1);
  const auto group = JoinProcessGroup();
  ASSERT_TRUE(group.ok());
  EXPECT_EQ(*group, nullptr);
}

TEST(Join, SeesWhatLaunchersTell) {
  setenv("PMI_SIZE", "4", 1);
  EXPECT_EQ(LaunchedProcesses(), 4);
  unsetenv("PMI_SIZE");
}

}  // namespace
}  // namespace avocet
