#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "engine/train/data/csv_dataset.h"
#include "engine/train/data/csv_reader.h"
#include "tests/checkpoint/temporary_folder.h"

namespace avocet {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::vector<std::vector<std::string>> FieldsOf(std::string_view text) {
  const auto records = ParseCsv(text);
  EXPECT_TRUE(records.ok()) << records.status();
  std::vector<std::vector<std::string>> fields;
  if (!records.ok()) return fields;
  for (const CsvRecord& record : *records) fields.push_back(record.fields);
  return fields;
}

TEST(ParseCsvTest, Fields) {
  EXPECT_THAT(FieldsOf("a,b\r\nc,d"), ElementsAre(ElementsAre("a", "b"), ElementsAre("c", "d")));
  EXPECT_THAT(FieldsOf("\xEF\xBB\xBF"
                       "a,\n\n,b\n"),
              ElementsAre(ElementsAre("a", ""), ElementsAre("", "b")));
  EXPECT_THAT(FieldsOf("\"a,\"\"b\"\"\r\nc\",d\n"), ElementsAre(ElementsAre("a,\"b\"\r\nc", "d")));
  EXPECT_THAT(FieldsOf(""), ElementsAre());
}

TEST(ParseCsvTest, ErrorsSayTheLine) {
  const auto message = [](std::string_view text) {
    return std::string(ParseCsv(text).status().message());
  };
  EXPECT_THAT(message("a,b\n\"c,d\ne,f\n"), HasSubstr("line 2: a quote that is never closed"));
  EXPECT_THAT(message("a,b\n\"x\ny\",1\nc\"d,e"), HasSubstr("line 4: a quote inside"));
  EXPECT_THAT(message("\"a\"b,c"), HasSubstr("line 1: text after"));
  EXPECT_THAT(message(std::string_view("a\0b", 3)), HasSubstr("zero"));
}

class ReadCsvTest : public testing::Test {
 protected:
  absl::StatusOr<Dataset> Read(std::string_view content) {
    return ReadCsv(folder_.Write("list.csv", content));
  }
  std::string MessageOf(std::string_view content) {
    return std::string(Read(content).status().message());
  }

  TemporaryFolder folder_;
};

TEST_F(ReadCsvTest, PathsAreRelativeAndClassesSorted) {
  const auto dataset = Read("x/1.png,class10\n./x/../2.png,class2\n/abs/3.png,class10\n");
  ASSERT_TRUE(dataset.ok()) << dataset.status();
  EXPECT_THAT(dataset->class_names, ElementsAre("class2", "class10"));
  EXPECT_THAT(dataset->samples,
              ElementsAre(Sample{folder_.path() + "/x/1.png", -1, 1},
                          Sample{folder_.path() + "/2.png", -1, 0}, Sample{"/abs/3.png", -1, 1}));
}

TEST_F(ReadCsvTest, AHeaderMayNameColumnsInAnyOrder) {
  const auto dataset = Read("Label,note,File_Name\ncat,x,1.png\ndog,,2.png\n");
  ASSERT_TRUE(dataset.ok()) << dataset.status();
  EXPECT_THAT(dataset->class_names, ElementsAre("cat", "dog"));
  EXPECT_EQ(dataset->samples[1].path, folder_.path() + "/2.png");
}

TEST_F(ReadCsvTest, ErrorsSayFileAndLine) {
  EXPECT_THAT(MessageOf("a.png,cat\nb.png\n"), HasSubstr("list.csv:2: expected at least 2 fields"));
  EXPECT_THAT(MessageOf("a.png,cat\n,dog\n"), HasSubstr("list.csv:2: the path is empty"));
  EXPECT_THAT(MessageOf("a.png,\n"), HasSubstr("list.csv:1: the label is empty"));
  EXPECT_THAT(MessageOf("path,kind\na.png,cat\n"), HasSubstr("list.csv:1: a header without"));
  EXPECT_THAT(MessageOf("a.png,cat\nb.png,cat\n./a.png,dog\n"),
              HasSubstr("list.csv:3: ./a.png is \"dog\" here but \"cat\" in line 1"));
  EXPECT_THAT(MessageOf("path,label\n"), HasSubstr("found none"));
  EXPECT_THAT(MessageOf(""), HasSubstr("found none"));
}

TEST_F(ReadCsvTest, ValidationMayNotBringNewClasses) {
  const auto dataset = ReadCsv(folder_.Write("val.csv", "a.png,cat\nb.png,emu\n"), {"ant", "cat"});
  EXPECT_THAT(std::string(dataset.status().message()), HasSubstr("val.csv:2: class \"emu\""));
}

}  // namespace
}  // namespace avocet
