#include "engine/train/report/event_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

#include "tests/checkpoint/temporary_folder.h"

namespace avocet {
namespace {

using ::testing::HasSubstr;

TEST(Crc32c, IsCastagnolis) {
  EXPECT_EQ(Crc32c("123456789"), 0xE3069283u);
  EXPECT_EQ(Crc32c(std::string(32, '\0')), 0x8A9136AAu) << "RFC 3720, B.4";
  EXPECT_EQ(Crc32c(std::string(32, '\xff')), 0x62A8AB43u);
}

TEST(EventFile, FramesItsRecords) {
  const TemporaryFolder folder;
  auto file = EventFile::Create(folder.path() + "/deep/er", 1.5);
  ASSERT_TRUE(file.ok()) << file.status();
  const std::array scalars = {EventFile::Scalar("a/b", 0.5)};
  ASSERT_TRUE(file->WriteScalars(2.5, 7, scalars).ok());
  const std::filesystem::path path =
      std::filesystem::directory_iterator(folder.path() + "/deep/er")->path();
  EXPECT_THAT(path.filename().string(), HasSubstr("tfevents.0000000001."));
  std::ifstream stream(path, std::ios::binary);
  const std::string bytes{std::istreambuf_iterator<char>(stream), std::istreambuf_iterator<char>()};

  // The header: 9 bytes of time, 2 of step, 2 and 13 of version. Around it 12 and 4 of framing.
  ASSERT_GT(bytes.size(), 12u + 26u + 4u);
  EXPECT_EQ(bytes.substr(0, 8), std::string("\x1a\0\0\0\0\0\0\0", 8));
  EXPECT_EQ(bytes.substr(12 + 11, 15),
            "\x1a\x0d"
            "brain.Event:2");
  const std::string second = bytes.substr(12 + 26 + 4 + 12);
  // wall_time = 2.5, step = 7, summary { value { tag: "a/b" simple_value: 0.5 } }
  EXPECT_EQ(second.substr(0, second.size() - 4),
            std::string("\x09\0\0\0\0\0\0\x04\x40\x10\x07\x2a\x0c\x0a\x0a\x0a\x03"
                        "a/b"
                        "\x15\0\0\0\x3f",
                        25));
}

TEST(EventFile, SaysWhereItCannotWrite) {
  const TemporaryFolder folder;
  const std::string file = folder.Write("file", "");
  EXPECT_THAT(std::string(EventFile::Create(file, 0).status().message()), HasSubstr(file));
}

}  // namespace
}  // namespace avocet
