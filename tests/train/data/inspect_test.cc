#include "engine/train/data/inspect.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "tests/train/data/data_fixtures.h"

namespace avocet {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::SizeIs;

class InspectTest : public testing::Test {
 protected:
  // Writes a file, and a sample of it to `dataset`.
  void Add(const std::string& name, const std::string& bytes, int label, Dataset* dataset) const {
    dataset->samples.push_back({folder_.Write(name, bytes), -1, label});
  }

  TemporaryFolder folder_;
  const std::string a_ = PngBytes(NoisyImage(20, 20, 1));
  const std::string b_ = PngBytes(NoisyImage(20, 20, 2));
  const std::string c_ = PngBytes(NoisyImage(20, 20, 3));
};

TEST_F(InspectTest, FindsDuplicatesLeaksAndUnreadableFiles) {
  TrainingData data;
  data.train.class_names = data.validation.class_names = {"cat", "dog"};
  Add("0.png", a_, 0, &data.train);
  Add("1.png", b_, 1, &data.train);
  Add("2.png", a_, 1, &data.train);
  Add("3.png", "text", 0, &data.train);
  Add("4.png", "text", 0, &data.train);  // unreadable, so no duplicate
  Add("5.png", a_, 0, &data.train);
  data.train.samples.push_back({folder_.path() + "/missing.png", -1, 0});
  Add("v0.png", c_, 0, &data.validation);
  Add("v1.png", b_, 1, &data.validation);
  Add("v2.png", c_, 0, &data.validation);
  for (const int threads : {1, 4}) {
    const DatasetReport report = Inspect(data, {.decode = false, .threads = threads});
    EXPECT_THAT(report.train_counts, ElementsAre(5, 2));
    EXPECT_THAT(report.validation_counts, ElementsAre(2, 1));
    EXPECT_THAT(report.train_duplicates, ElementsAre(Duplicate{0, 2}, Duplicate{0, 5}));
    EXPECT_THAT(report.leaks, ElementsAre(Duplicate{1, 1}));
    EXPECT_EQ(report.contradictions, 1);
    ASSERT_THAT(report.train_unreadable, SizeIs(3));
    EXPECT_THAT(report.train_unreadable[2].name, HasSubstr("missing.png"));
    EXPECT_EQ(report.looked_at, 10);
    EXPECT_THAT(NotesOf(report),
                ElementsAre(HasSubstr("left out of training: "), HasSubstr("/4.png"),
                            HasSubstr("/missing.png"), HasSubstr("2 pictures to train on"),
                            HasSubstr("1 picture to validate on"), HasSubstr("1 picture that"),
                            HasSubstr("/0.png (cat) = "), HasSubstr("/1.png (dog) = ")));
  }
}

TEST_F(InspectTest, CountsWhatItDoesNotName) {
  DatasetReport report;
  report.train_unreadable.assign(10, {"a.png", "torn"});
  EXPECT_THAT(NotesOf(report), SizeIs(10));
  report.train_unreadable.assign(12, {"a.png", "torn"});
  EXPECT_THAT(NotesOf(report), SizeIs(11));
  EXPECT_THAT(NotesOf(report).back(), HasSubstr("training: 12 in all; unreadable.csv"));
}

TEST_F(InspectTest, OnlyDecodingSeesDamageInside) {
  TrainingData data;
  data.train.class_names = {"cat", "dog"};
  Add("0.png", a_.substr(0, a_.size() / 2), 0, &data.train);
  EXPECT_THAT(Inspect(data, {.decode = false, .threads = 1}).train_unreadable, SizeIs(0));
  EXPECT_THAT(Inspect(data, {.decode = true, .threads = 1}).train_unreadable, SizeIs(1));
}

TEST_F(InspectTest, ComparesPicturesInMemory) {
  TrainingData data;
  data.train.class_names = {"0", "1"};
  data.train.grey_images = std::make_shared<GreyImages>(GreyImages{3, 1, 2, {1, 2, 3, 4, 1, 2}});
  for (int i = 0; i < 3; ++i) data.train.samples.push_back({"digits", i, 0});
  EXPECT_THAT(Inspect(data, {}).train_duplicates, ElementsAre(Duplicate{0, 2}));
}

TEST_F(InspectTest, StopsWhenThereIsNoMoreTime) {
  TrainingData data;
  data.train.class_names = data.validation.class_names = {"cat", "dog"};
  for (int i = 0; i < 5; ++i) Add(std::to_string(i) + ".png", "text", 0, &data.train);
  Add("v.png", "text", 0, &data.validation);
  int asked = 0;
  const DatasetReport report = Inspect(data, {.threads = 1, .stop = [&] { return asked++ == 3; }});
  EXPECT_EQ(report.looked_at, 3);
  EXPECT_THAT(report.validation_unreadable, SizeIs(1));
  EXPECT_THAT(report.train_unreadable, SizeIs(2));
  EXPECT_THAT(NotesOf(report), testing::Contains(HasSubstr("only 3 of 6 images")));
}

}  // namespace
}  // namespace avocet
