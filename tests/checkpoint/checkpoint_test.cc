#include "engine/checkpoint/checkpoint.h"

#include <limits>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "engine/graph/builder.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/checkpoint/safetensors_bytes.h"
#include "tests/checkpoint/temporary_folder.h"

namespace avocet {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::StartsWith;

// conv.weight [2,3,1,1] and fc.{weight,bias} [2,2], [2].
Graph SmallNetwork() {
  Builder b({.channels = 3, .height = 4, .width = 4});
  Value x = b.Conv("conv", b.input(), {.out_channels = 2, .kernel = 1, .bias = false});
  b.Linear("fc", b.GlobalAveragePool(x), 2);
  return std::move(b).Finish().value();
}

struct Tensor {
  std::string name;
  std::string dtype;
  std::vector<int> shape;
  std::string data;
};

std::vector<Tensor> RightTensors() {
  return {{"conv.weight", "F32", {2, 3, 1, 1}, Raw<float>({1, 2, 3, 4, 5, 6})},
          {"fc.weight", "F32", {2, 2}, Raw<float>({7, 8, 9, 10})},
          {"fc.bias", "F32", {2}, Raw<float>({11, 12})}};
}

std::string Bytes(const std::vector<Tensor>& tensors) {
  std::vector<std::string> entries;
  std::string data;
  for (const Tensor& tensor : tensors) {
    entries.push_back(absl::StrCat("\"", tensor.name, "\":{\"dtype\":\"", tensor.dtype,
                                   "\",\"shape\":[", absl::StrJoin(tensor.shape, ","),
                                   "],\"data_offsets\":[", data.size(), ",",
                                   data.size() + tensor.data.size(), "]}"));
    data += tensor.data;
  }
  return SafetensorsBytes(absl::StrCat("{", absl::StrJoin(entries, ","), "}"), data);
}

absl::StatusOr<Parameters> Load(const std::vector<Tensor>& tensors) {
  const auto file = ParseBytes(Bytes(tensors));
  EXPECT_TRUE(file.ok()) << file.status();
  if (!file.ok()) return file.status();
  return LoadParameters(*file, "m.safetensors", SmallNetwork());
}

std::string Problem(const std::vector<Tensor>& tensors) {
  const absl::Status status = Load(tensors).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  return std::string(status.message());
}

TEST(LoadParameters, CopiesTensorsByName) {
  const auto parameters = Load(RightTensors());
  ASSERT_TRUE(parameters.ok()) << parameters.status();
  EXPECT_THAT(parameters->Get("conv.weight"), ElementsAre(1, 2, 3, 4, 5, 6));
  EXPECT_THAT(parameters->Get("fc.weight"), ElementsAre(7, 8, 9, 10));
  EXPECT_THAT(parameters->Get("fc.bias"), ElementsAre(11, 12));
}

TEST(LoadParameters, ConvertsOtherFloatingPointTypes) {
  auto tensors = RightTensors();
  tensors[0].dtype = "F16";
  tensors[0].data = Raw<std::uint16_t>({0x3c00, 0x4000, 0x4200, 0x4400, 0x4500, 0xc600});
  tensors[1].dtype = "BF16";
  tensors[1].data = Raw<std::uint16_t>({0x3f80, 0x4000, 0x4040, 0xc080});
  tensors[2].dtype = "F64";
  tensors[2].data = Raw<double>({0.5, -0.25});
  const auto parameters = Load(tensors);
  ASSERT_TRUE(parameters.ok()) << parameters.status();
  EXPECT_THAT(parameters->Get("conv.weight"), ElementsAre(1, 2, 3, 4, 5, -6));
  EXPECT_THAT(parameters->Get("fc.weight"), ElementsAre(1, 2, 3, -4));
  EXPECT_THAT(parameters->Get("fc.bias"), ElementsAre(0.5f, -0.25f));
}

TEST(LoadParameters, IgnoresTrailingOnesInShapes) {
  auto tensors = RightTensors();
  tensors[0].shape = {2, 3};
  tensors[1].shape = {2, 2, 1, 1};
  EXPECT_TRUE(Load(tensors).ok());
  tensors[0].shape = {1, 2, 3};
  EXPECT_FALSE(Load(tensors).ok());
}

TEST(LoadParameters, IgnoresBatchCounters) {
  auto tensors = RightTensors();
  tensors.push_back({"bn1.num_batches_tracked", "I64", {}, std::string(8, '\0')});
  EXPECT_TRUE(Load(tensors).ok());
}

TEST(LoadParameters, NamesMissingTensors) {
  auto tensors = RightTensors();
  tensors.pop_back();
  EXPECT_EQ(Problem(tensors),
            "m.safetensors: lacks 1 of the network's 3 parameters: \"fc.bias\"; was it trained "
            "with another backbone?");
  EXPECT_EQ(Problem({}),
            "m.safetensors: lacks 3 of the network's 3 parameters: \"conv.weight\", \"fc.weight\", "
            "\"fc.bias\"; was it trained with another backbone?");
}

TEST(LoadParameters, NamesExtraTensors) {
  auto tensors = RightTensors();
  for (int i = 0; i < 4; ++i) {
    tensors.push_back({absl::StrCat("blocks.", i), "F32", {1}, Raw<float>({1})});
  }
  EXPECT_EQ(Problem(tensors),
            "m.safetensors: has 4 tensors that the network does not know: \"blocks.0\", "
            "\"blocks.1\", \"blocks.2\", ...; was it trained with another backbone?");
}

TEST(LoadParameters, NamesBothWhenTensorsAreRenamed) {
  auto tensors = RightTensors();
  tensors[0].name = "conv1.weight";
  EXPECT_THAT(Problem(tensors), AllOf(HasSubstr("lacks 1 of"), HasSubstr("\"conv.weight\""),
                                      HasSubstr("has 1 tensors"), HasSubstr("\"conv1.weight\"")));
}

TEST(LoadParameters, ShowsTheNearestNames) {
  auto tensors = RightTensors();
  tensors[0].name = "convs.weight";
  tensors[2].name = "fc.biases";
  EXPECT_EQ(Problem(tensors),
            "m.safetensors: lacks 2 of the network's 3 parameters: \"conv.weight\" (nearest: "
            "\"convs.weight\"), \"fc.bias\" (nearest: \"fc.biases\"); has 2 tensors that the "
            "network does not know: \"convs.weight\" (nearest: \"conv.weight\"), \"fc.biases\" "
            "(nearest: \"fc.bias\"); was it trained with another backbone?");
}

TEST(LoadParameters, RecognizesMissingStatistics) {
  Builder b({.channels = 1, .height = 2, .width = 2});
  b.BatchNorm("bn", b.input());
  const auto file = ParseBytes(Bytes(
      {{"bn.weight", "F32", {1}, Raw<float>({1})}, {"bn.bias", "F32", {1}, Raw<float>({0})}}));
  EXPECT_EQ(LoadParameters(*file, "m.safetensors", *std::move(b).Finish()).status().message(),
            "m.safetensors: lacks 2 of the network's 4 parameters: \"bn.running_mean\", "
            "\"bn.running_var\"; were the running statistics of its batch norms (PyTorch's "
            "buffers) left out when it was saved?");
}

TEST(LoadParameters, ReportsWrongShapes) {
  auto tensors = RightTensors();
  tensors[0].shape = {3, 2, 1, 1};
  EXPECT_EQ(Problem(tensors),
            "m.safetensors: parameter \"conv.weight\": expected [2,3,1,1], checkpoint has "
            "[3,2,1,1]; was it trained with another backbone?");
  tensors = RightTensors();
  tensors[1] = {"fc.weight", "F32", {1, 2}, Raw<float>({1, 2})};
  EXPECT_EQ(Problem(tensors),
            "m.safetensors: parameter \"fc.weight\": expected [2,2], checkpoint has [1,2]; does "
            "config.json name the number of classes it was trained for?");
}

TEST(LoadParameters, ReportsWrongTypes) {
  auto tensors = RightTensors();
  tensors[1].dtype = "I8";
  tensors[1].data = "1234";
  EXPECT_EQ(Problem(tensors),
            "m.safetensors: parameter \"fc.weight\": expected F32, F16, BF16 or F64, checkpoint "
            "has I8; quantised checkpoints are not supported");
}

TEST(LoadParameters, ReportsValuesThatAreNotNumbers) {
  auto tensors = RightTensors();
  tensors[2].data = Raw<float>({1, std::numeric_limits<float>::quiet_NaN()});
  EXPECT_EQ(Problem(tensors),
            "m.safetensors: parameter \"fc.bias\": value 1 of 2 is NaN as float32; did the "
            "training diverge?");
  tensors[2].data = Raw<float>({-std::numeric_limits<float>::infinity(), 1});
  EXPECT_THAT(Problem(tensors), HasSubstr("\"fc.bias\": value 0 of 2 is infinite"));
  tensors[2].dtype = "F64";
  tensors[2].data = Raw<double>({1e300, 1});
  EXPECT_THAT(Problem(tensors), HasSubstr("\"fc.bias\": value 0 of 2 is infinite as float32"));
}

TEST(LoadParameters, ReadsModelFolders) {
  const TemporaryFolder folder;
  const std::string path = folder.path() + "/model.safetensors";
  EXPECT_THAT(std::string(LoadParameters(folder.path(), SmallNetwork()).status().message()),
              StartsWith(path + ": cannot open"));
  folder.Write("model.safetensors", Bytes(RightTensors()));
  EXPECT_TRUE(LoadParameters(folder.path(), SmallNetwork()).ok());
  folder.Write("model.safetensors", Bytes({}));
  EXPECT_THAT(std::string(LoadParameters(folder.path(), SmallNetwork()).status().message()),
              StartsWith(path + ": lacks 3"));
}

}  // namespace
}  // namespace avocet
