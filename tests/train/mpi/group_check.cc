// Run by mpirun: what a group of processes has to do, on each of them. Exit status 0 when all is as
// it should be.
//
//   group_check sums            collectives, replicas, agreement
//   group_check train           prints the losses of a small training
//   group_check abort           rank 1 ends all, while the others wait for it
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstring>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "engine/base/check.h"
#include "engine/train/mpi/agreement.h"
#include "engine/train/mpi/gradient_reducer.h"
#include "engine/train/mpi/join.h"
#include "engine/train/mpi/replicas.h"

namespace avocet {
namespace {

const std::vector<ParameterSpec> kSpecs = {{.name = "weight", .shape = {4, 7}},
                                           {.name = "bias", .shape = {4}},
                                           {.name = "mean", .shape = {3}, .trainable = false}};

void CheckSums(ProcessGroup& group) {
  const auto rank = static_cast<float>(group.rank());
  const auto size = static_cast<float>(group.size());
  std::vector<float> small = {rank, 1};
  group.Sum(small);
  AVOCET_CHECK(small[0] == size * (size - 1) / 2 && small[1] == size);
  // Several at once, in order, one of them larger than a message.
  std::vector<std::vector<float>> sums;
  for (const std::size_t length : {1u, 1000u, 3'000'000u}) {
    sums.emplace_back(length, static_cast<float>(length % 97) + rank);
  }
  for (std::vector<float>& values : sums) group.StartSum(values);
  std::vector<double> third = {1.0 / 3};
  group.Sum(std::span<double>(third));
  AVOCET_CHECK(std::abs(third[0] - size / 3.0) < 1e-12);
  group.Wait();
  for (const std::vector<float>& values : sums) {
    const float expected = size * static_cast<float>(values.size() % 97) + size * (size - 1) / 2;
    for (const float value : values) AVOCET_CHECK(value == expected);
  }

  Parameters parameters(kSpecs);
  for (float& value : parameters.Get("weight")) value = rank == 0 ? -0.0f : NAN;
  for (float& value : parameters.Get("bias")) value = 0.1f + rank;
  for (float& value : parameters.Get("mean")) value = rank;
  AVOCET_CHECK(group.size() == 1 || !CheckEqual(group, parameters).ok());
  Parameters same(kSpecs);
  for (float& value : same.Get("weight")) value = group.rank() == 0 ? -0.0f : NAN;
  for (float& value : same.Get("bias")) value = 0.1f + rank;
  BroadcastParameters(group, same);
  AVOCET_CHECK(CheckEqual(group, same).ok());
  AVOCET_CHECK(std::signbit(same.Get("weight")[0]) && same.Get("bias")[3] == 0.1f);
  AverageStatistics(group, kSpecs, parameters);
  AVOCET_CHECK(parameters.Get("mean")[2] == (size - 1) / 2);
}

void CheckAgreement(ProcessGroup& group) {
  const std::string bytes("\0\xFF tail", 7);
  AVOCET_CHECK(BroadcastText(&group, 1, group.rank() == 1 ? bytes : "other") == bytes);
  const std::vector<std::string> texts =
      GatherTexts(&group, std::string(static_cast<std::size_t>(group.rank()), 'x'));
  AVOCET_CHECK(std::ssize(texts) == group.size() && texts[0].empty() && texts[1] == "x");
  AVOCET_CHECK(Agree(&group, absl::OkStatus()).ok());
  AVOCET_CHECK(Agree(&group, absl::NotFoundError("none")) == absl::NotFoundError("none"));
  absl::StatusOr<int> result = group.rank();
  if (group.rank() == 1) result = absl::DataLossError("torn");
  AVOCET_CHECK(Agree(&group, result).status() == absl::DataLossError("rank 1: torn"));
  absl::Status stop;
  AVOCET_CHECK(AgreeToStop(&group, stop).ok());
  if (group.rank() == 1) stop = absl::CancelledError("enough");
  AVOCET_CHECK(absl::IsCancelled(AgreeToStop(&group, stop)));
}

// Softmax regression on made-up points: each rank takes its share of every batch of 24.
void Train(ProcessGroup* group) {
  constexpr int kBatch = 24;
  constexpr int kClasses = 4;
  constexpr int kInputs = 7;
  const int rank = group == nullptr ? 0 : group->rank();
  const int size = group == nullptr ? 1 : group->size();
  const std::vector<ParameterSpec> specs = {kSpecs[0], kSpecs[1]};
  Parameters parameters(specs);
  Parameters gradients(specs);
  const std::vector<std::string> order = {"bias", "weight"};
  std::unique_ptr<GradientReducer> reducer;
  if (group != nullptr) {
    reducer = std::make_unique<GradientReducer>(*group, order, gradients,
                                                BucketOptions{.first_bytes = 8, .bytes = 64});
  }
  const std::span<float> weight = parameters.Get("weight");
  const std::span<float> bias = parameters.Get("bias");
  for (int step = 0; step < 20; ++step) {
    for (const std::string& name : order) std::ranges::fill(gradients.Get(name), 0.0f);
    double loss = 0;
    for (int i = rank * kBatch / size; i < (rank + 1) * kBatch / size; ++i) {
      const int label = (i * 5 + step) % kClasses;
      float logits[kClasses];
      float input[kInputs];
      double sum = 0;
      for (int k = 0; k < kInputs; ++k) {
        input[k] = static_cast<float>(std::sin(3.1 * label + 1.7 * k + 0.1 * (i + step)));
      }
      for (int c = 0; c < kClasses; ++c) {
        logits[c] = bias[static_cast<std::size_t>(c)];
        for (int k = 0; k < kInputs; ++k) {
          logits[c] += weight[static_cast<std::size_t>(c * kInputs + k)] * input[k];
        }
        sum += std::exp(logits[c]);
      }
      loss += (std::log(sum) - logits[label]) / kBatch;
      for (int c = 0; c < kClasses; ++c) {
        const auto diff = static_cast<float>((std::exp(logits[c]) / sum - (c == label)) / kBatch);
        gradients.Get("bias")[static_cast<std::size_t>(c)] += diff;
        for (int k = 0; k < kInputs; ++k) {
          gradients.Get("weight")[static_cast<std::size_t>(c * kInputs + k)] += diff * input[k];
        }
      }
    }
    if (group != nullptr) {
      for (const std::string& name : order) reducer->OnGradient(name);
      reducer->Finish();
      group->Sum(std::span<double>(&loss, 1));
    }
    for (const std::string& name : order) {
      for (std::size_t i = 0; i < parameters.Get(name).size(); ++i) {
        parameters.Get(name)[i] -= 2 * gradients.Get(name)[i];
      }
    }
    if (rank == 0) std::printf("%.7f\n", loss);
  }
  if (group != nullptr) AVOCET_CHECK(CheckEqual(*group, parameters).ok());
}

int Main(const char* what) {
  auto group = JoinProcessGroup();
  if (!group.ok()) {
    std::fprintf(stderr, "%s\n", std::string(group.status().message()).c_str());
    return 1;
  }
  if (std::strcmp(what, "train") == 0) {
    Train(group->get());
  } else if (std::strcmp(what, "sums") == 0) {
    AVOCET_CHECK(*group != nullptr);
    CheckSums(**group);
    CheckAgreement(**group);
  } else {
    AVOCET_CHECK(*group != nullptr);
    if ((*group)->rank() == 1) (*group)->Abort("the disk is full");
    std::vector<float> never(10);
    (*group)->Sum(never);
    AVOCET_CHECK(false);
  }
  return 0;
}

}  // namespace
}  // namespace avocet

int main(int argc, char** argv) { return argc == 2 ? avocet::Main(argv[1]) : 2; }
