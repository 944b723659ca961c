// Two plans whose batch norms share statistics, on two threads, against one plan of both batches.
#include <gtest/gtest.h>

#include <algorithm>
#include <barrier>
#include <cmath>
#include <span>
#include <string>
#include <thread>
#include <vector>

#include "engine/base/collective.h"
#include "engine/graph/builder.h"
#include "tests/onednn/training/train_step.h"
#include "tests/reference/golden.h"

namespace avocet {
namespace {

constexpr int kMembers = 2;
constexpr int kImages = 3;  // a member
constexpr int kClasses = 5;
constexpr double kTolerance = 1e-4;  // of the largest number

// What the members of a group of threads have in common.
struct Meeting {
  std::barrier<> barrier{kMembers};
  std::span<double> values[kMembers];
};

class Thread : public Collective {
 public:
  Thread(int rank, Meeting* meeting) : rank_(rank), meeting_(meeting) {}
  int rank() const override { return rank_; }
  int size() const override { return kMembers; }
  void Sum(std::span<double> values) override {
    meeting_->values[rank_] = values;
    meeting_->barrier.arrive_and_wait();
    std::vector<double> sums(values.size());
    for (const std::span<double> part : meeting_->values) {
      for (std::size_t i = 0; i < sums.size(); ++i) sums[i] += part[i];
    }
    meeting_->barrier.arrive_and_wait();
    std::ranges::copy(sums, values.begin());
  }
  void Sum(std::span<float> values) override {
    std::vector<double> wide(values.begin(), values.end());
    Sum(std::span(wide));
    std::ranges::transform(wide, values.begin(), [](double v) { return static_cast<float>(v); });
  }

 private:
  int rank_;
  Meeting* meeting_;
};

Graph BuildNetwork(int images) {
  Builder b({.channels = 3, .height = 4, .width = 5});
  Value x = b.Conv("first", b.input(), {.out_channels = 13, .kernel = 3});
  x = b.Activation(b.BatchNorm("bn1", x), ActivationKind::kSilu);
  x = b.Conv("second", x, {.out_channels = 8, .kernel = 1});
  x = b.BatchNorm("bn2", x);
  b.Linear("last", b.GlobalAveragePool(x), kClasses);
  return *(*std::move(b).Finish()).Reshape(images, 4, 5);
}

void ExpectNear(std::span<const float> found, std::span<const float> expected,
                const std::string& name) {
  ASSERT_EQ(found.size(), expected.size()) << name;
  double largest = 0;
  for (const float value : expected) largest = std::max(largest, std::abs(double{value}));
  for (std::size_t i = 0; i < expected.size(); ++i) {
    ASSERT_NEAR(found[i], expected[i], kTolerance * largest) << name << "[" << i << "]";
  }
}

// The two halves of the images and targets of `whole` go to the members.
void RunMember(int rank, TrainingPlan& whole, Collective* collective, Parameters& parameters,
               Parameters* gradients, std::vector<float>* logits) {
  auto plan = CompileForTraining(BuildNetwork(kImages), {.sync_batch_norm = collective});
  const auto half = [&](std::span<float> values) {
    return values.subspan(static_cast<std::size_t>(rank) * values.size() / kMembers,
                          values.size() / kMembers);
  };
  std::ranges::copy(half(whole.input()), plan->input().begin());
  std::ranges::copy(half(whole.targets()), plan->targets().begin());
  plan->Step(parameters, {});
  logits->assign(plan->logits().begin(), plan->logits().end());
  *gradients = std::move(plan->gradients());
}

TEST(SyncBatchNorm, EqualsOnePlanOfAllImages) {
  const Graph graph = BuildNetwork(kMembers * kImages);
  const auto whole = CompileForTraining(graph, {});
  Parameters parameters[kMembers] = {NamedParameters(graph), NamedParameters(graph)};
  Parameters gradients[kMembers];
  std::vector<float> logits[kMembers];
  Meeting meeting;
  {
    std::vector<std::jthread> threads;
    for (int rank = 0; rank < kMembers; ++rank) {
      threads.emplace_back([&, rank] {
        Thread thread(rank, &meeting);
        RunMember(rank, *whole, &thread, parameters[rank], &gradients[rank], &logits[rank]);
      });
    }
  }
  Parameters expected = NamedParameters(graph);
  whole->Step(expected, {});

  const std::size_t half = whole->logits().size() / kMembers;
  ExpectNear(logits[0], whole->logits().first(half), "logits");
  ExpectNear(logits[1], whole->logits().last(half), "logits");
  for (const std::string& name : whole->gradients().names()) {
    // A mean over both batches.
    std::vector<float> mean;
    for (std::size_t i = 0; i < gradients[0].Get(name).size(); ++i) {
      mean.push_back((gradients[0].Get(name)[i] + gradients[1].Get(name)[i]) / kMembers);
    }
    ExpectNear(mean, whole->gradients().Get(name), name);
  }
  for (const std::string name : {"bn1.running_mean", "bn1.running_var", "bn2.running_var"}) {
    for (const Parameters& member : parameters) {
      ExpectNear(member.Get(name), expected.Get(name), name);
    }
    EXPECT_TRUE(std::ranges::equal(parameters[0].Get(name), parameters[1].Get(name))) << name;
  }
}

TEST(SyncBatchNorm, IsNotWhatBatchesAloneGive) {
  const Graph graph = BuildNetwork(kMembers * kImages);
  const auto whole = CompileForTraining(graph, {});
  Parameters parameters = NamedParameters(graph), gradients, expected = NamedParameters(graph);
  std::vector<float> logits;
  RunMember(0, *whole, /*collective=*/nullptr, parameters, &gradients, &logits);
  whole->Step(expected, {});
  double difference = 0;
  for (std::size_t i = 0; i < logits.size(); ++i) {
    difference = std::max(difference, std::abs(double{logits[i]} - whole->logits()[i]));
  }
  EXPECT_GT(difference, 1e-3);
}

}  // namespace
}  // namespace avocet
