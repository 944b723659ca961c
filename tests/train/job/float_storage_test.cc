#include "engine/train/job/float_storage.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <string>

#include "engine/train/job/unnamed_file.h"
#include "tests/checkpoint/temporary_folder.h"

namespace avocet {
namespace {

using testing::HasSubstr;

// Where no file can be made, in whatever way.
constexpr char kNoFiles[] = "/proc";

class FloatStorageTest : public testing::Test {
 protected:
  ~FloatStorageTest() override { unsetenv("TMPDIR"); }

  static void ExpectHoldsNumbers(const std::string& folder, std::size_t bytes) {
    MemoryBudget memory(bytes);
    const auto storage = FloatStorage::Create(5000, memory, folder);
    ASSERT_TRUE(storage.ok()) << storage.status();
    const std::span<float> values = (*storage)->values();
    ASSERT_EQ(values.size(), 5000u);
    EXPECT_THAT(values, testing::Each(0.0f));
    values[4999] = 3;
    EXPECT_EQ((*storage)->values()[4999], 3);
  }

  const TemporaryFolder folder_;
};

TEST_F(FloatStorageTest, IsMemoryOrAFile) {
  ExpectHoldsNumbers(kNoFiles, 20000);  // no file is needed
  ExpectHoldsNumbers(folder_.path(), 0);
  EXPECT_TRUE(std::filesystem::is_empty(folder_.path()));
}

TEST_F(FloatStorageTest, FileHasNoName) {
  for (const UnnamedBy way : {UnnamedBy::kTmpfile, UnnamedBy::kUnlink}) {
    const absl::StatusOr<int> file = OpenUnnamedFile(folder_.path(), way);
    ASSERT_TRUE(file.ok()) << file.status();
    struct stat status = {};
    ASSERT_EQ(fstat(*file, &status), 0);
    EXPECT_EQ(status.st_nlink, 0u);
    EXPECT_EQ(write(*file, "text", 4), 4);
    EXPECT_TRUE(std::filesystem::is_empty(folder_.path()));
    close(*file);
  }
}

TEST_F(FloatStorageTest, GoesWhereTemporaryFilesAre) {
  setenv("TMPDIR", folder_.path().c_str(), 1);
  ExpectHoldsNumbers(kNoFiles, 0);
  setenv("TMPDIR", kNoFiles, 1);
  MemoryBudget memory(0);
  const auto storage = FloatStorage::Create(5000, memory, "/proc/nowhere");
  EXPECT_THAT(std::string(storage.status().message()), HasSubstr("/proc/nowhere: cannot create"));
}

}  // namespace
}  // namespace avocet
