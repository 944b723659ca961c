#include "engine/checkpoint/safetensors.h"

#include <sys/stat.h>

#include <utility>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/checkpoint/safetensors_bytes.h"
#include "tests/checkpoint/temporary_folder.h"

namespace avocet {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Pair;
using testing::SizeIs;
using testing::StartsWith;

constexpr char kTwoTensors[] = R"({"__metadata__":{"format":"pt"},)"
                               R"("b":{"dtype":"F32","shape":[2,1],"data_offsets":[2,10]},)"
                               R"("a":{"dtype":"U8","shape":[2],"data_offsets":[0,2]}}   )";

std::string TwoTensors() {
  return SafetensorsBytes(kTwoTensors, "\x01\x02" + Raw<float>({1.5f, -2.0f}));
}

TEST(Safetensors, FindsTensorsByNameAndKeepsTheOrderOfTheirData) {
  const auto file = ParseBytes(TwoTensors());
  ASSERT_TRUE(file.ok()) << file.status();
  ASSERT_THAT(file->tensors(), SizeIs(2));
  EXPECT_EQ(file->tensors()[0].name, "a");
  EXPECT_THAT(file->metadata(), ElementsAre(Pair("format", "pt")));
  const TensorView* b = file->Find("b");
  ASSERT_NE(b, nullptr);
  EXPECT_EQ(b->dtype, DType::kF32);
  EXPECT_THAT(b->shape, ElementsAre(2, 1));
  ASSERT_THAT(b->data, SizeIs(8));
  EXPECT_EQ(std::memcmp(b->data.data(), Raw<float>({1.5f, -2.0f}).data(), 8), 0);
  EXPECT_EQ(file->Find("c"), nullptr);
}

TEST(Safetensors, KeepsItsViewsWhenMoved) {
  auto file = ParseBytes(TwoTensors());
  ASSERT_TRUE(file.ok());
  const Safetensors moved = std::move(*file);
  EXPECT_EQ(moved.Find("a")->data[1], std::byte{2});
}

TEST(Safetensors, AcceptsNoTensorsScalarsAndEmptyTensors) {
  EXPECT_TRUE(ParseBytes(SafetensorsBytes("{}", "")).ok());
  const auto file =
      ParseBytes(SafetensorsBytes(R"({"s":{"dtype":"I64","shape":[],"data_offsets":[0,8]},)"
                                  R"("e":{"dtype":"F32","shape":[0,3],"data_offsets":[8,8]},)"
                                  R"("f":{"dtype":"F32","shape":[3,0],"data_offsets":[0,0]}})",
                                  "12345678"));
  ASSERT_TRUE(file.ok()) << file.status();
  EXPECT_THAT(file->Find("s")->shape, IsEmpty());
  EXPECT_THAT(file->Find("s")->data, SizeIs(8));
  EXPECT_THAT(file->Find("e")->data, IsEmpty());
}

TEST(Safetensors, RejectsFilesThatEndEarly) {
  const std::string whole = TwoTensors();
  const auto message = [&](std::size_t size) {
    return std::string(ParseBytes(whole.substr(0, size)).status().message());
  };
  EXPECT_EQ(message(0), "m.safetensors: truncated: expected at least 8 bytes, found 0");
  EXPECT_EQ(message(7), "m.safetensors: truncated: expected at least 8 bytes, found 7");
  EXPECT_THAT(message(20), HasSubstr("truncated: header of"));
  EXPECT_EQ(message(whole.size() - 1),
            "m.safetensors: truncated: the header describes 10 bytes of data, found 9");
  for (std::size_t size = 0; size < whole.size(); ++size) {
    EXPECT_FALSE(ParseBytes(whole.substr(0, size)).ok()) << size;
  }
}

TEST(Safetensors, RejectsBytesAfterTheLastTensor) {
  EXPECT_THAT(std::string(ParseBytes(TwoTensors() + "PK").status().message()),
              HasSubstr("2 bytes follow the last tensor's end at 10"));
}

TEST(Safetensors, RejectsHeadersAboveTheLimit) {
  std::string bytes = TwoTensors();
  for (const std::uint64_t length : {std::uint64_t{100'000'001}, ~std::uint64_t{0}}) {
    std::memcpy(bytes.data(), &length, sizeof(length));
    EXPECT_THAT(std::string(ParseBytes(bytes).status().message()),
                HasSubstr("larger than the format's limit of 100000000"));
  }
}

TEST(Safetensors, OpensWhatItParses) {
  const TemporaryFolder folder;
  const auto file = Safetensors::Open(folder.Write("model.safetensors", TwoTensors()));
  ASSERT_TRUE(file.ok()) << file.status();
  EXPECT_EQ(file->Find("a")->data[0], std::byte{1});
}

TEST(Safetensors, NamesTheFileThatItCannotOpen) {
  const TemporaryFolder folder;
  const std::string path = folder.path() + "/missing.safetensors";
  const absl::Status missing = Safetensors::Open(path).status();
  EXPECT_EQ(missing.code(), absl::StatusCode::kNotFound);
  EXPECT_THAT(std::string(missing.message()), StartsWith(path));
  EXPECT_THAT(std::string(Safetensors::Open(folder.path()).status().message()),
              AllOf(StartsWith(folder.path()), HasSubstr("not a regular file")));
  ASSERT_EQ(mkfifo(path.c_str(), 0600), 0);
  EXPECT_THAT(std::string(Safetensors::Open(path).status().message()),
              HasSubstr("not a regular file"));
}

TEST(Safetensors, OpenReportsTruncationWithThePath) {
  const TemporaryFolder folder;
  const std::string path = folder.Write("cut.safetensors", TwoTensors().substr(0, 150));
  EXPECT_THAT(std::string(Safetensors::Open(path).status().message()),
              AllOf(StartsWith(path), HasSubstr("truncated")));
}

TEST(Safetensors, RejectsMoreDataThanTheLimitBeforeAllocatingIt) {
  const TemporaryFolder folder;
  const std::string path = folder.Write(
      "huge.safetensors",
      SafetensorsBytes(
          R"({"a":{"dtype":"U8","shape":[1099511627776],"data_offsets":[0,1099511627776]}})", ""));
  const auto header_end = std::filesystem::file_size(path);
  // A sparse file: a terabyte that takes no disk.
  std::error_code error;
  std::filesystem::resize_file(path, header_end + (std::uint64_t{1} << 40), error);
  if (error) GTEST_SKIP() << "the file system has no sparse files of this size";
  EXPECT_EQ(Safetensors::Open(path).status().code(), absl::StatusCode::kResourceExhausted);
}

}  // namespace
}  // namespace avocet
