// Seeded mutations of every sample. What must hold is that each ends in a status: no crash, no
// report of a sanitizer, no allocation beyond the limits.
#include <gtest/gtest.h>

#include <filesystem>
#include <random>
#include <string>
#include <vector>

#include "engine/image/decode.h"
#include "engine/image/image_header.h"
#include "engine/image/image_structure.h"
#include "tests/image/test_images.h"

namespace avocet {
namespace {

constexpr int kHeaderMutations = 200;  // of each sample
constexpr int kDecodeMutations = 12;   // likewise; some print libjpeg's and libpng's warnings

std::vector<std::string> Samples() {
  std::vector<std::string> samples;
  for (const auto& entry :
       std::filesystem::directory_iterator(std::string(AVOCET_TEST_DATA) + "/images")) {
    if (entry.path().extension() == ".json") continue;
    samples.push_back(ReadTestFile("images/" + entry.path().filename().string()));
  }
  EXPECT_GT(samples.size(), 40u);
  return samples;
}

std::size_t Below(std::mt19937& random, std::size_t end) { return random() % end; }

// Most formats keep what is worth breaking in the first bytes.
std::size_t Place(std::mt19937& random, const std::string& bytes) {
  return Below(random, random() % 2 ? bytes.size() : std::min<std::size_t>(bytes.size(), 200));
}

std::string Mutate(std::string bytes, std::mt19937& random) {
  for (std::size_t edits = 1 + Below(random, 4); edits > 0 && !bytes.empty(); --edits) {
    const std::size_t at = Place(random, bytes);
    switch (Below(random, 5)) {
      case 0:
        bytes[at] = static_cast<char>(random());
        break;
      case 1:
        bytes[at] = random() % 2 ? '\xff' : '\0';
        break;
      case 2:
        bytes.resize(at);
        break;
      case 3:
        bytes.erase(at, 1 + Below(random, 8));
        break;
      default:
        bytes.insert(at, bytes.substr(Place(random, bytes), 1 + Below(random, 16)));
    }
  }
  return bytes;
}

TEST(HostileImages, HeadersAndContainersAreReadWithinTheirBytes) {
  std::mt19937 random(1);
  int accepted = 0;
  int refused = 0;
  for (const std::string& sample : Samples()) {
    for (int i = 0; i < kHeaderMutations; ++i) {
      const std::string mutant = Mutate(sample, random);
      // An exact copy on the heap, so that a read behind the last byte is seen.
      const std::vector<char> bytes(mutant.begin(), mutant.end());
      const std::string_view view(bytes.data(), bytes.size());
      const auto header = ReadImageHeader(view);
      const auto whole = InspectImage(view, Extent::kWhole);
      ++(header.ok() ? accepted : refused);
      EXPECT_TRUE(header.ok() || !whole.ok());
      EXPECT_TRUE(!header.ok() || (header->width >= 1 && header->height >= 1));
    }
  }
  EXPECT_GT(accepted, 1000);
  EXPECT_GT(refused, 1000);
}

TEST(HostileImages, DecodingEndsInAStatus) {
  std::mt19937 random(2);
  DecodeOptions options;
  options.max_pixels = 1'000'000;  // bounds the time of a mutant with a larger size
  Image image;
  int decoded = 0;
  for (const std::string& sample : Samples()) {
    for (int i = 0; i < kDecodeMutations; ++i) {
      const absl::Status status = Decode(Mutate(sample, random), options, &image);
      if (status.ok()) {
        ++decoded;
        ASSERT_EQ(image.bgr.size(), static_cast<std::size_t>(image.width) *
                                        static_cast<std::size_t>(image.height) * 3);
      } else {
        ASSERT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << status;
      }
    }
  }
  EXPECT_GT(decoded, 10);
}

}  // namespace
}  // namespace avocet
