#include "engine/tuning/tuner.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <vector>

#include "tests/checkpoint/temporary_folder.h"
#include "tests/tuning/fake_plans.h"

namespace avocet {
namespace {

using std::chrono::milliseconds;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

TuningKey Key(Precision precision) {
  return {.cpu = "cpu",
          .engine = "engine",
          .network = "net",
          .variant = "",
          .height = 8,
          .width = 8,
          .precision = precision,
          .threads = 2};
}

class TunerTest : public ::testing::Test {
 protected:
  Tuner::Environment Environment() {
    return {.cache = cache_.get(),
            .wall_clock = plans_.clock(),
            .cost_clock = plans_.clock(),
            .warn = [this](const std::string& text) { warnings_.push_back(text); }};
  }

  Tuner::Candidate Candidate(Precision precision, int ms) {
    return {Key(precision),
            plans_.Network(std::string(PrecisionName(precision)),
                           [ms](int batch, int) { return milliseconds(ms * batch); })};
  }

  static Tuner::Candidate Broken(Precision precision) {
    return {Key(precision), [](int, int) -> absl::StatusOr<std::unique_ptr<Plan>> {
              return absl::InternalError("no such instructions");
            }};
  }

  TemporaryFolder folder_;
  std::unique_ptr<TuningCache> cache_ = *TuningCache::Open(folder_.path() + "/tuning.json");
  FakePlans plans_;
  std::vector<std::string> warnings_;
};

TEST_F(TunerTest, MeasuresOnceAndThenRemembers) {
  const std::vector candidates = {Candidate(Precision::kFloat32, 9),
                                  Candidate(Precision::kBFloat16, 5)};
  const auto first = Tuner(Environment()).ChoosePrecision(candidates);
  ASSERT_TRUE(first.ok());
  EXPECT_EQ(first->precision, Precision::kBFloat16);
  EXPECT_TRUE(first->measured);
  EXPECT_EQ(first->costs.size(), 2u);
  plans_.runs.clear();
  cache_ = *TuningCache::Open(folder_.path() + "/tuning.json");
  const auto second = Tuner(Environment()).ChoosePrecision(candidates);
  EXPECT_EQ(second->precision, Precision::kBFloat16);
  EXPECT_FALSE(second->measured);
  EXPECT_THAT(plans_.runs, IsEmpty());
}

TEST_F(TunerTest, MeasuresAllAgainWhereOneIsNotKnown) {
  const std::vector two = {Candidate(Precision::kFloat32, 9), Candidate(Precision::kBFloat16, 5)};
  ASSERT_TRUE(Tuner(Environment()).ChoosePrecision(two).ok());
  plans_.runs.clear();
  const std::vector three = {two[0], two[1], Candidate(Precision::kInt8, 3)};
  const auto choice = Tuner(Environment()).ChoosePrecision(three);
  EXPECT_EQ(choice->precision, Precision::kInt8);
  EXPECT_TRUE(choice->measured);
  EXPECT_THAT(plans_.runs, ::testing::Contains(FakePlans::Run{"float32", 1, 1}));
}

TEST_F(TunerTest, MeasuresEachTimeWithoutACache) {
  cache_ = nullptr;
  const std::vector candidates = {Candidate(Precision::kFloat32, 9)};
  ASSERT_TRUE(Tuner(Environment()).ChoosePrecision(candidates).ok());
  plans_.runs.clear();
  EXPECT_TRUE(Tuner(Environment()).ChoosePrecision(candidates)->measured);
  EXPECT_FALSE(plans_.runs.empty());
}

TEST_F(TunerTest, LeavesOutWhatCannotBeCompiledAndSaysSo) {
  const std::vector candidates = {Candidate(Precision::kFloat32, 9), Broken(Precision::kBFloat16)};
  const auto choice = Tuner(Environment()).ChoosePrecision(candidates);
  ASSERT_TRUE(choice.ok());
  EXPECT_EQ(choice->precision, Precision::kFloat32);
  EXPECT_THAT(warnings_, ElementsAre("net cannot be computed in bfloat16: no such instructions"));
}

TEST_F(TunerTest, FailsWhereNothingCanBeCompiled) {
  const std::vector candidates = {Broken(Precision::kFloat32), Broken(Precision::kBFloat16)};
  EXPECT_EQ(Tuner(Environment()).ChoosePrecision(candidates).status().message(),
            "no such instructions");
}

TEST_F(TunerTest, RemembersWhatBatchesCost) {
  const Tuner::Candidate network = Candidate(Precision::kFloat32, 2);
  const auto four = Tuner(Environment()).BatchCosts(network, 4);
  ASSERT_TRUE(four.ok());
  EXPECT_EQ(four->size(), 3u);
  plans_.runs.clear();
  EXPECT_EQ(*Tuner(Environment()).BatchCosts(network, 4), *four);
  const auto two = Tuner(Environment()).BatchCosts(network, 3);
  EXPECT_THAT(*two, ElementsAre(BatchCost{1, milliseconds(2)}, BatchCost{2, milliseconds(4)}));
  EXPECT_THAT(plans_.runs, IsEmpty());
  EXPECT_EQ(Tuner(Environment()).BatchCosts(network, 64)->back().batch_size, 8)
      << "larger batches than were measured";
  plans_.runs.clear();
  EXPECT_EQ(Tuner(Environment()).BatchCosts(network, 64)->back().batch_size, 8);
  EXPECT_THAT(plans_.runs, IsEmpty()) << "nothing larger would be measured";
}

TEST_F(TunerTest, RemembersWhereMeasuringEndedEarly) {
  const Tuner::Candidate network = Candidate(Precision::kFloat32, 1500);
  EXPECT_EQ(Tuner(Environment()).BatchCosts(network, 8)->size(), 1u);
  plans_.runs.clear();
  EXPECT_EQ(Tuner(Environment()).BatchCosts(network, 8)->size(), 1u);
  EXPECT_THAT(plans_.runs, IsEmpty());
}

TEST_F(TunerTest, RemembersWhatALoneImageCosts) {
  const Tuner::Candidate network = Candidate(Precision::kFloat32, 2);
  EXPECT_EQ(Tuner(Environment()).LoneCostsOf(network)->single, milliseconds(2));
  plans_.runs.clear();
  EXPECT_EQ(Tuner(Environment()).LoneCostsOf(network)->single, milliseconds(2));
  EXPECT_THAT(plans_.runs, IsEmpty());
}

TEST_F(TunerTest, DoesNotRememberAMeasurementThatWasDisturbed) {
  const Tuner::Candidate disturbed = {
      Key(Precision::kFloat32),
      plans_.Network("net", [](int, int threads) { return milliseconds(threads == 1 ? 9 : 500); })};
  EXPECT_EQ(Tuner(Environment()).LoneCostsOf(disturbed)->wide, milliseconds(500));
  EXPECT_EQ(cache_->Find(disturbed.key), std::nullopt);
}

TEST_F(TunerTest, WarnsOfACacheThatCannotBeWritten) {
  std::filesystem::remove_all(folder_.path());
  EXPECT_TRUE(Tuner(Environment()).LoneCostsOf(Candidate(Precision::kFloat32, 2)).ok());
  EXPECT_THAT(warnings_, ElementsAre(HasSubstr("the tuning cache is not written: ")));
}

}  // namespace
}  // namespace avocet
