#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <zlib.h>

#include <cstdint>
#include <string>
#include <vector>

#include "engine/train/data/gzip.h"
#include "engine/train/data/idx_dataset.h"
#include "engine/train/data/idx_file.h"
#include "engine/train/data/open_dataset.h"
#include "tests/checkpoint/temporary_folder.h"

namespace avocet {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

// An IDX file of unsigned bytes.
std::string Idx(const std::vector<std::uint32_t>& shape, const std::string& bytes) {
  std::string file("\0\0\x08", 3);
  file.push_back(static_cast<char>(shape.size()));
  for (const std::uint32_t side : shape) {
    for (int shift = 24; shift >= 0; shift -= 8) file.push_back(static_cast<char>(side >> shift));
  }
  return file + bytes;
}

std::string Gzip(const std::string& plain, const std::string& path) {
  gzFile file = gzopen(path.c_str(), "wb");
  EXPECT_EQ(gzwrite(file, plain.data(), static_cast<unsigned>(plain.size())),
            static_cast<int>(plain.size()));
  EXPECT_EQ(gzclose(file), Z_OK);
  return path;
}

const std::string kImages = Idx({3, 1, 2}, "abcdef");
const std::string kLabels = Idx({3}, std::string("\2\0\1", 3));

TEST(GunzipTest, MembersDamageAndLimits) {
  const TemporaryFolder folder;
  const std::string plain(100'000, 'x');
  Gzip(plain, folder.path() + "/x.gz");
  const std::string packed = folder.Read("x.gz");
  ASSERT_TRUE(IsGzip(packed));
  EXPECT_EQ(*Gunzip(packed, plain.size()), plain);
  EXPECT_EQ(*Gunzip(packed + packed, 1 << 20), plain + plain);
  EXPECT_THAT(std::string(Gunzip(packed, plain.size() - 1).status().message()),
              HasSubstr("at most 99999 bytes"));
  for (std::size_t size = 2; size < packed.size(); ++size) {
    EXPECT_FALSE(Gunzip(packed.substr(0, size), 1 << 20).ok()) << size;
  }
  EXPECT_FALSE(Gunzip(packed + "rubbish", 1 << 20).ok());
}

class IdxTest : public testing::Test {
 protected:
  std::string MessageOf(const std::string& images, const std::string& labels) {
    const std::string path = folder_.Write("train-images-idx3-ubyte", images);
    folder_.Write("train-labels-idx1-ubyte", labels);
    return std::string(ReadIdxDataset(path).status().message());
  }

  TemporaryFolder folder_;
};

TEST_F(IdxTest, PlainAndCompressed) {
  folder_.Write("a-images-idx3-ubyte", kImages);
  Gzip(kLabels, folder_.path() + "/a-labels-idx1-ubyte.gz");
  const auto dataset = ReadIdxDataset(folder_.path() + "/a-images-idx3-ubyte");
  ASSERT_TRUE(dataset.ok()) << dataset.status();
  EXPECT_THAT(dataset->class_names, ElementsAre("0", "1", "2"));
  EXPECT_EQ(dataset->samples[0].label, 2);
  EXPECT_THAT(dataset->grey_images->image(1), ElementsAre('c', 'd'));
  EXPECT_THAT(NameOf(dataset->samples[1]), HasSubstr("a-images-idx3-ubyte[1]"));
}

TEST_F(IdxTest, HostileFiles) {
  EXPECT_EQ(MessageOf(kImages, kLabels), "");
  EXPECT_THAT(MessageOf("PK\3\4", kLabels), HasSubstr("two zero bytes"));
  EXPECT_THAT(MessageOf("", kLabels), HasSubstr("two zero bytes"));
  EXPECT_THAT(MessageOf(kLabels, kLabels), HasSubstr("3 dimensions, found type 8 with 1"));
  EXPECT_THAT(MessageOf(kImages.substr(0, 10), kLabels), HasSubstr("header ends early"));
  EXPECT_THAT(MessageOf(kImages + "g", kLabels),
              HasSubstr("3 x 1 x 2 bytes after the header, found 7"));
  EXPECT_THAT(MessageOf(Idx({0xFFFFFFFF, 0xFFFFFFFF, 0xFFFFFFFF}, ""), kLabels),
              HasSubstr("bytes after the header, found 0"));
  // The product of the sides is 2^64, nothing in 64 bits.
  EXPECT_THAT(MessageOf(Idx({1u << 31, 1u << 31, 4}, ""), kLabels), HasSubstr("found 0"));
  EXPECT_THAT(MessageOf(Idx({2, 1, 2}, "abcd"), kLabels), HasSubstr("as many labels as images"));
  EXPECT_THAT(MessageOf(Idx({0, 1, 2}, ""), Idx({0}, "")), HasSubstr("no images"));
  EXPECT_THAT(MessageOf(Idx({3, 0, 2}, ""), kLabels), HasSubstr("0 x 2"));
  std::string floats = kImages;
  floats[2] = 0x0D;
  EXPECT_THAT(MessageOf(floats, kLabels), HasSubstr("found type 13"));
}

TEST_F(IdxTest, OpensTheOriginalSetsFolder) {
  folder_.Write("train-images-idx3-ubyte", kImages);
  folder_.Write("train-labels-idx1-ubyte", kLabels);
  folder_.Write("t10k-images.idx3-ubyte", Idx({1, 1, 2}, "xy"));
  folder_.Write("t10k-labels.idx1-ubyte", Idx({1}, "\1"));
  const auto data = OpenDataset(folder_.path(), {});
  ASSERT_TRUE(data.ok()) << data.status();
  EXPECT_EQ(data->train.size(), 3);
  EXPECT_EQ(data->validation.size(), 1);
  EXPECT_EQ(data->validation.class_names, data->train.class_names);

  folder_.Write("t10k-labels.idx1-ubyte", Idx({1}, "\7"));
  EXPECT_THAT(std::string(OpenDataset(folder_.path(), {}).status().message()),
              HasSubstr("image 0 has label 7 but the labels to train on go to 2"));
}

TEST_F(IdxTest, LabelsMustLieBeside) {
  const std::string path = folder_.Write("train-images-idx3-ubyte", kImages);
  EXPECT_THAT(std::string(ReadIdxDataset(path).status().message()), HasSubstr("file of labels"));
}

}  // namespace
}  // namespace avocet
