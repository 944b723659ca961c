#include "engine/train/job/run_summary.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace avocet {
namespace {

using testing::ContainsRegex;
using testing::HasSubstr;
using testing::Not;

RunFacts FactsWith(int classes) {
  RunFacts facts{.architecture = "lenet5"};
  for (int i = 0; i < classes; ++i) {
    facts.class_names.push_back("class" + std::to_string(i));
    facts.train_images.push_back(100 + i);
  }
  return facts;
}

TEST(SummaryText, ListsClassesAndSaysWhereAllOfThemAre) {
  EXPECT_THAT(SummaryText(FactsWith(20)), ContainsRegex("  class10 +110 +0\n"));
  EXPECT_THAT(SummaryText(FactsWith(20)), Not(HasSubstr("more classes")));
  const std::string text = SummaryText(FactsWith(25));
  EXPECT_THAT(text, HasSubstr("  ... 5 more classes, all in classes.csv of the run's folder\n"));
  EXPECT_THAT(text, ContainsRegex("  class24 +124 +0\n"));
  EXPECT_THAT(text, Not(HasSubstr("class12 ")));
}

}  // namespace
}  // namespace avocet
