#include "engine/checkpoint/safetensors_writer.h"

#include <algorithm>
#include <limits>

#include "engine/checkpoint/checkpoint.h"
#include "engine/checkpoint/float_conversion.h"
#include "engine/graph/builder.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/checkpoint/safetensors_bytes.h"
#include "tests/checkpoint/temporary_folder.h"

namespace avocet {
namespace {

using testing::ElementsAre;
using testing::ElementsAreArray;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Pair;

const std::vector<float> kFloats = {1.0f, -2.5f, 0.0f, 65504.0f};
const std::vector<std::int8_t> kBytes = {-128, 0, 127};
const std::vector<std::int64_t> kCount = {7};

// One tensor of each kind, smallest elements first.
std::vector<TensorToWrite> MixedTensors() {
  return {{"z", DType::kI8, {3}, std::as_bytes(std::span(kBytes))},
          {"b", DType::kBF16, {4}, std::span(kFloats)},
          {"a", DType::kF16, {2, 2}, std::span(kFloats)},
          {"y", DType::kF32, {4, 1}, std::span(kFloats)},
          {"x", DType::kF32, {0, 3}, std::span<const float>()},
          {"n", DType::kI64, {}, std::as_bytes(std::span(kCount))}};
}

std::string Problem(const std::vector<TensorToWrite>& tensors) {
  const TemporaryFolder folder;
  const absl::Status status = WriteSafetensors(folder.path() + "/m.safetensors", tensors);
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_TRUE(std::filesystem::is_empty(folder.path()));
  return std::string(status.message());
}

TEST(SafetensorsWriter, WritesWhatTheReaderReads) {
  const TemporaryFolder folder;
  const std::string path = folder.path() + "/m.safetensors";
  const absl::Status status =
      WriteSafetensors(path, MixedTensors(), {{"format", "pt"}, {"k", "é\n"}});
  ASSERT_TRUE(status.ok()) << status;
  const auto file = Safetensors::Open(path);
  ASSERT_TRUE(file.ok()) << file.status();
  EXPECT_THAT(file->metadata(), ElementsAre(Pair("format", "pt"), Pair("k", "é\n")));
  std::vector<std::string> names;
  for (const TensorView& tensor : file->tensors()) names.push_back(tensor.name);
  EXPECT_THAT(names, ElementsAre("n", "x", "y", "a", "b", "z"));

  const auto bytes = [&](const char* name) {
    const std::span<const std::byte> data = file->Find(name)->data;
    return std::string(reinterpret_cast<const char*>(data.data()), data.size());
  };
  EXPECT_EQ(bytes("n"), Raw(kCount));
  EXPECT_EQ(bytes("y"), Raw(kFloats));
  EXPECT_EQ(bytes("a"), Raw<std::uint16_t>({0x3c00, 0xc100, 0x0000, 0x7bff}));
  EXPECT_EQ(bytes("b"), Raw<std::uint16_t>({0x3f80, 0xc020, 0x0000, 0x4780}));
  EXPECT_EQ(bytes("z"), Raw(kBytes));
  EXPECT_THAT(file->Find("y")->shape, ElementsAre(4, 1));
  EXPECT_THAT(file->Find("n")->shape, IsEmpty());
}

TEST(SafetensorsWriter, TheOrderOfTensorsDoesNotMatterAndDataIsAligned) {
  const TemporaryFolder folder;
  auto tensors = MixedTensors();
  ASSERT_TRUE(WriteSafetensors(folder.path() + "/a", tensors).ok());
  std::ranges::reverse(tensors);
  ASSERT_TRUE(WriteSafetensors(folder.path() + "/b", tensors).ok());
  const std::string bytes = folder.Read("a");
  EXPECT_EQ(bytes, folder.Read("b"));
  std::uint64_t length = 0;
  std::memcpy(&length, bytes.data(), sizeof(length));
  EXPECT_EQ(length % 8, 0u);
}

TEST(SafetensorsWriter, WritesParametersThatLoadAgain) {
  Builder b({.channels = 3, .height = 4, .width = 4});
  const Value x = b.Conv("conv", b.input(), {.out_channels = 2, .kernel = 1, .bias = false});
  b.Linear("fc", b.GlobalAveragePool(b.BatchNorm("bn", x)), 2);
  const Graph graph = std::move(b).Finish().value();
  const auto specs = GraphParameters(graph);
  Parameters parameters(specs);
  float next = 0.5f;
  for (const ParameterSpec& spec : specs) {
    for (float& value : parameters.Get(spec.name)) value = next++;
  }
  for (const DType dtype : {DType::kF32, DType::kF16, DType::kBF16}) {
    const TemporaryFolder folder;
    ASSERT_TRUE(
        WriteSafetensors(folder.path() + "/model.safetensors", TensorsOf(parameters, specs, dtype))
            .ok());
    const auto loaded = LoadParameters(folder.path(), graph);
    ASSERT_TRUE(loaded.ok()) << loaded.status();
    for (const ParameterSpec& spec : specs) {
      EXPECT_THAT(loaded->Get(spec.name), ElementsAreArray(parameters.Get(spec.name)));
    }
  }
}

TEST(SafetensorsWriter, ConvertsMoreNumbersThanAChunk) {
  std::vector<float> values(150'001);
  for (std::size_t i = 0; i < values.size(); ++i) values[i] = static_cast<float>(i % 256);
  const TemporaryFolder folder;
  ASSERT_TRUE(WriteSafetensors(folder.path() + "/m",
                               {{"t", DType::kBF16, {150'001}, std::span<const float>(values)}})
                  .ok());
  const auto file = Safetensors::Open(folder.path() + "/m");
  ASSERT_TRUE(file.ok()) << file.status();
  std::vector<float> read(values.size());
  CopyAsFloat(*file->Find("t"), read);
  EXPECT_EQ(read, values);
}

TEST(SafetensorsWriter, RefusesWhatCannotBeRead) {
  const std::span<const float> two = std::span(kFloats).first(2);
  EXPECT_THAT(Problem({{"t", DType::kF32, {3}, two}}),
              HasSubstr("m.safetensors: tensor \"t\": F32 [3] needs 3 numbers, found 2"));
  EXPECT_THAT(Problem({{"t", DType::kI8, {3}, std::as_bytes(two)}}),
              HasSubstr("I8 [3] needs 3 bytes, found 8"));
  EXPECT_THAT(Problem({{"t", DType::kI8, {2}, two}}),
              HasSubstr("I8 [2] is not made from float32 numbers"));
  EXPECT_THAT(Problem({{"t", DType::kF32, {-2}, two}}), HasSubstr("negative dimension"));
  EXPECT_THAT(Problem({{"t", DType::kF32, {std::int64_t{1} << 62, 4}, two}}),
              HasSubstr("not a whole number of bytes below 2^61"));
  EXPECT_THAT(Problem({{"t", DType::kF32, std::vector<std::int64_t>(9, 1), two.first(1)}}),
              HasSubstr("expected at most 8 dimensions, found 9"));
  EXPECT_THAT(Problem({{"t", DType::kF32, {2}, two}, {"t", DType::kF16, {2}, two}}),
              HasSubstr("two tensors are named \"t\""));
  EXPECT_THAT(Problem({{"", DType::kF32, {2}, two}}), HasSubstr("expected a name of 1 to 1024"));
  EXPECT_THAT(Problem({{"__metadata__", DType::kF32, {2}, two}}), HasSubstr("keeps this name"));
  EXPECT_THAT(Problem({{"\xff", DType::kF32, {2}, two}}), HasSubstr("not UTF-8"));
}

TEST(SafetensorsWriter, RefusesNumbersThatATypeCannotHold) {
  const std::vector<float> values = {1.0f, -65520.0f};
  EXPECT_THAT(Problem({{"t", DType::kF16, {2}, std::span(values)}}),
              HasSubstr("value 1 of 2, -65520, is too large for F16"));
  const std::vector<float> largest = {std::numeric_limits<float>::max()};
  EXPECT_THAT(Problem({{"t", DType::kBF16, {1}, std::span(largest)}}),
              HasSubstr("is too large for BF16"));
}

TEST(SafetensorsWriter, LeavesTheOldFileWhereItCannotWrite) {
  const TemporaryFolder folder;
  const std::string path = folder.Write("m.safetensors", "old");
  EXPECT_FALSE(WriteSafetensors(path, {{"t", DType::kF16, {9}, std::span(kFloats)}}).ok());
  EXPECT_EQ(folder.Read("m.safetensors"), "old");
  EXPECT_THAT(std::string(WriteSafetensors(path + "/below", MixedTensors()).message()),
              HasSubstr("m.safetensors/below: cannot create"));
  EXPECT_TRUE(WriteSafetensors(path, MixedTensors()).ok());
  EXPECT_TRUE(Safetensors::Open(path).ok());
}

}  // namespace
}  // namespace avocet
