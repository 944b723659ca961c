#include "server/model_table.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/server/fake_network.h"

namespace avocet::testing {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

class ModelTableTest : public ::testing::Test {
 protected:
  absl::StatusOr<std::shared_ptr<const ModelTable>> Create(
      const std::vector<std::pair<std::string, std::int64_t>>& names,
      const std::string& default_model = "") {
    std::vector<std::shared_ptr<const ServedModel>> models;
    for (const auto& [name, version] : names) models.push_back(network_.Model(name, version));
    return ModelTable::Create(std::move(models), default_model, metrics_);
  }

  FakeClock clock_;
  FakeNetwork network_{clock_};
  Metrics metrics_;
};

TEST_F(ModelTableTest, TakesTheOnlyModelAsTheDefaultInItsNewestVersion) {
  const auto table = Create({{"a", 9}, {"a", 10}});
  ASSERT_TRUE(table.ok());
  EXPECT_EQ((*(*table)->Find("", 0))->model->version, 10);
  EXPECT_EQ((*(*table)->Find("", 9))->model->version, 9);
  EXPECT_TRUE((*table)->IsDefault((*table)->entries()[0]));
  EXPECT_FALSE((*table)->IsDefault((*table)->entries()[1]));
}

TEST_F(ModelTableTest, HasNoDefaultAmongSeveralModels) {
  const auto table = Create({{"b", 1}, {"a", 1}});
  ASSERT_TRUE(table.ok());
  EXPECT_EQ((*table)->Find("", 0).status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_FALSE((*table)->IsDefault((*table)->entries()[0]));
  EXPECT_THAT((*table)->names(), ElementsAre("a", "b"));
}

TEST_F(ModelTableTest, NeedsTheDefaultToBeLoaded) {
  EXPECT_THAT(std::string(Create({{"a", 1}}, "b").status().message()),
              AllOf(HasSubstr("\"b\""), HasSubstr("loaded: a")));
}

TEST_F(ModelTableTest, NeedsAModel) {
  EXPECT_EQ(Create({}).status().code(), absl::StatusCode::kInvalidArgument);
}

TEST_F(ModelTableTest, RepeatsNoLongTextsInItsMessages) {
  std::vector<std::pair<std::string, std::int64_t>> names;
  for (int i = 10; i < 40; ++i) names.emplace_back("model" + std::to_string(i), 1);
  const auto table = Create(names);
  const std::string message((*table)->Find(std::string(100'000, 'x'), 0).status().message());
  EXPECT_LT(message.size(), 500u);
  EXPECT_THAT(message, AllOf(HasSubstr("model19 and 20 more"), Not(HasSubstr("model20"))));
}

}  // namespace
}  // namespace avocet::testing
