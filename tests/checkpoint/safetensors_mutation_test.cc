#include <random>

#include "engine/checkpoint/safetensors.h"
#include "gtest/gtest.h"
#include "tests/checkpoint/safetensors_bytes.h"

namespace avocet {
namespace {

constexpr char kHeader[] =
    R"({"__metadata__":{"format":"pt"},)"
    R"("bn1.num_batches_tracked":{"dtype":"I64","shape":[],"data_offsets":[0,8]},)"
    R"("conv.weight":{"dtype":"F32","shape":[2,1,1,1],"data_offsets":[8,16]},)"
    R"("half":{"dtype":"F16","shape":[3],"data_offsets":[16,22]},)"
    R"("empty":{"dtype":"F32","shape":[0],"data_offsets":[22,22]}})";

// Reads everything that the file claims to have, for AddressSanitizer to watch.
std::size_t Touch(const Safetensors& file) {
  std::size_t sum = 0;
  for (const TensorView& tensor : file.tensors()) {
    EXPECT_EQ(file.Find(tensor.name), &tensor);
    for (const std::byte byte : tensor.data) sum += std::to_integer<std::size_t>(byte);
  }
  return sum;
}

TEST(SafetensorsMutation, DamagedFilesAreReadOrRefusedButNeverCrash) {
  const std::string valid = SafetensorsBytes(kHeader, std::string(22, 'x'));
  ASSERT_TRUE(ParseBytes(valid).ok());
  const std::string alphabet = "{}[]\",:0123456789-.eE\\u\x01\x7f\x80\xff F";
  std::mt19937 random(20231122);
  const auto below = [&](std::size_t limit) { return random() % limit; };
  int refused = 0;
  int accepted = 0;
  for (int round = 0; round < 20000; ++round) {
    std::string bytes = valid;
    for (std::size_t edits = 1 + below(3); edits > 0 && !bytes.empty(); --edits) {
      const std::size_t at = below(bytes.size());
      switch (below(5)) {
        case 0:
          bytes[at] = alphabet[below(alphabet.size())];
          break;
        case 1:
          bytes[at] = static_cast<char>(bytes[at] ^ (1 << below(8)));
          break;
        case 2:
          bytes.erase(at, 1 + below(8));
          break;
        case 3:
          bytes.insert(at, bytes.substr(below(bytes.size()), 1 + below(60)));
          break;
        default:
          bytes.resize(at);
      }
    }
    const auto file = ParseBytes(bytes);
    if (file.ok()) {
      Touch(*file);
      ++accepted;
    } else {
      EXPECT_FALSE(file.status().message().empty());
      ++refused;
    }
  }
  // Both paths were taken: edits of values and names are legal, others are not.
  EXPECT_GT(accepted, 100);
  EXPECT_GT(refused, 10000);
}

}  // namespace
}  // namespace avocet
