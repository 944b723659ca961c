#include "engine/metrics/confusion_matrix.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace avocet {
namespace {

// Rows are true classes:   3 1 0
//                          2 4 0
//                          0 0 0
ConfusionMatrix Example() {
  ConfusionMatrix matrix(3);
  for (int i = 0; i < 3; ++i) matrix.Add(0, 0);
  matrix.Add(0, 1);
  for (int i = 0; i < 2; ++i) matrix.Add(1, 0);
  for (int i = 0; i < 4; ++i) matrix.Add(1, 1);
  return matrix;
}

TEST(ConfusionMatrix, CountsByTrueAndPredictedClass) {
  const ConfusionMatrix matrix = Example();
  EXPECT_EQ(matrix.count(0, 1), 1);
  EXPECT_EQ(matrix.count(1, 0), 2);
  EXPECT_EQ(matrix.total(), 10);
  EXPECT_DOUBLE_EQ(matrix.top1(), 0.7);
  EXPECT_EQ(ConfusionMatrix(2).top1(), 0);
}

TEST(ConfusionMatrix, GivesPrecisionAndRecallOfEachClass) {
  const std::vector<ClassQuality> classes = Example().per_class();
  ASSERT_EQ(classes.size(), 3u);
  EXPECT_EQ(classes[0].images, 4);
  EXPECT_EQ(classes[0].predicted, 5);
  EXPECT_DOUBLE_EQ(classes[0].precision, 3.0 / 5);
  EXPECT_DOUBLE_EQ(classes[0].recall, 3.0 / 4);
  EXPECT_DOUBLE_EQ(classes[0].f1, 2 * 0.6 * 0.75 / (0.6 + 0.75));
  EXPECT_DOUBLE_EQ(classes[1].precision, 4.0 / 5);
  EXPECT_DOUBLE_EQ(classes[1].recall, 4.0 / 6);
  EXPECT_EQ(classes[2].f1, 0) << "a class without images";
}

TEST(ConfusionMatrix, LeavesClassesWithoutImagesOutOfTheMean) {
  const ClassQuality mean = ConfusionMatrix::Mean(Example().per_class());
  EXPECT_EQ(mean.images, 10);
  EXPECT_DOUBLE_EQ(mean.recall, (3.0 / 4 + 4.0 / 6) / 2);
  EXPECT_DOUBLE_EQ(mean.precision, (3.0 / 5 + 4.0 / 5) / 2);
}

TEST(ConfusionMatrix, WritesATableForSpreadsheets) {
  const std::vector<std::string> names = {"cat", "dog, \"big\"", "owl"};
  EXPECT_EQ(Example().ToCsv(names),
            "true \\ predicted,cat,\"dog, \"\"big\"\"\",owl\n"
            "cat,3,1,0\n"
            "\"dog, \"\"big\"\"\",2,4,0\n"
            "owl,0,0,0\n");
}

}  // namespace
}  // namespace avocet
