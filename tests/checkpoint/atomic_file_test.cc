#include "engine/checkpoint/atomic_file.h"

#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <csignal>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/checkpoint/temporary_folder.h"

namespace avocet {
namespace {

using testing::HasSubstr;
using testing::UnorderedElementsAre;

std::vector<std::string> Entries(const TemporaryFolder& folder) {
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(folder.path())) {
    names.push_back(entry.path().filename().string());
  }
  return names;
}

// Files of this process may not grow beyond `bytes`, as on a full disk, while it lives.
class FileSizeLimit {
 public:
  explicit FileSizeLimit(rlim_t bytes) : handler_(std::signal(SIGXFSZ, SIG_IGN)) {
    getrlimit(RLIMIT_FSIZE, &before_);
    const rlimit limit = {bytes, before_.rlim_max};
    setrlimit(RLIMIT_FSIZE, &limit);
  }
  FileSizeLimit(const FileSizeLimit&) = delete;
  FileSizeLimit& operator=(const FileSizeLimit&) = delete;
  ~FileSizeLimit() {
    setrlimit(RLIMIT_FSIZE, &before_);
    std::signal(SIGXFSZ, handler_);
  }

 private:
  void (*handler_)(int);
  rlimit before_ = {};
};

TEST(AtomicFile, ReplacesOnCommitOnly) {
  const TemporaryFolder folder;
  const std::string path = folder.Write("f", "old");
  auto file = AtomicFile::Create(path);
  ASSERT_TRUE(file.ok()) << file.status();
  ASSERT_TRUE(file->Write(std::as_bytes(std::span("new", 3))).ok());
  EXPECT_EQ(folder.Read("f"), "old");
  ASSERT_TRUE(file->Commit().ok());
  EXPECT_EQ(folder.Read("f"), "new");
  EXPECT_THAT(Entries(folder), UnorderedElementsAre("f"));
}

TEST(AtomicFile, LeavesNothingWithoutCommit) {
  const TemporaryFolder folder;
  folder.Write("f", "old");
  {
    auto file = AtomicFile::Create(folder.path() + "/f");
    ASSERT_TRUE(file.ok());
    ASSERT_TRUE(file->Write(std::as_bytes(std::span("new", 3))).ok());
    const AtomicFile moved = *std::move(file);
    EXPECT_EQ(Entries(folder).size(), 2u);
  }
  EXPECT_THAT(Entries(folder), UnorderedElementsAre("f"));
  EXPECT_EQ(folder.Read("f"), "old");
}

TEST(AtomicFile, WritersOfOnePathDoNotMeet) {
  const TemporaryFolder folder;
  const std::string path = folder.path() + "/f";
  auto first = AtomicFile::Create(path);
  auto second = AtomicFile::Create(path);
  ASSERT_TRUE(first.ok() && second.ok());
  ASSERT_TRUE(first->Write(std::as_bytes(std::span("1", 1))).ok());
  ASSERT_TRUE(second->Write(std::as_bytes(std::span("2", 1))).ok());
  ASSERT_TRUE(first->Commit().ok());
  ASSERT_TRUE(second->Commit().ok());
  EXPECT_EQ(folder.Read("f"), "2");
}

TEST(AtomicFile, GivesTheModeOfAnyNewFile) {
  const TemporaryFolder folder;
  const std::string path = folder.path() + "/f";
  ASSERT_TRUE(WriteFileAtomically(path, "x").ok());
  const std::string plain = folder.Write("plain", "x");
  struct stat ours = {};
  struct stat theirs = {};
  ASSERT_EQ(stat(path.c_str(), &ours), 0);
  ASSERT_EQ(stat(plain.c_str(), &theirs), 0);
  EXPECT_EQ(ours.st_mode, theirs.st_mode);
}

TEST(AtomicFile, KeepsTheOldFileWhenTheDiskIsFull) {
  const TemporaryFolder folder;
  const std::string path = folder.Write("f", "old");
  absl::Status status;
  {
    const FileSizeLimit limit(1000);
    status = WriteFileAtomically(path, std::string(5000, 'x'));
  }
  EXPECT_THAT(std::string(status.message()), HasSubstr(path + ": cannot write"));
  EXPECT_EQ(folder.Read("f"), "old");
  EXPECT_THAT(Entries(folder), UnorderedElementsAre("f"));
}

TEST(AtomicFile, SaysWhyItCannotWrite) {
  const TemporaryFolder folder;
  const std::string gone = folder.path() + "/gone/f";
  EXPECT_EQ(WriteFileAtomically(gone, "x").code(), absl::StatusCode::kNotFound);
  EXPECT_THAT(std::string(WriteFileAtomically(gone, "x").message()),
              HasSubstr(gone + ": cannot create"));
  std::filesystem::create_directory(folder.path() + "/d");
  EXPECT_THAT(std::string(WriteFileAtomically(folder.path() + "/d", "x").message()),
              HasSubstr("/d: cannot replace"));
  EXPECT_THAT(Entries(folder), UnorderedElementsAre("d"));
}

TEST(AtomicFile, SaysThatAFolderIsNotWritable) {
  if (geteuid() == 0) GTEST_SKIP() << "root may write everywhere";
  const TemporaryFolder folder;
  folder.Write("f", "old");
  ASSERT_EQ(chmod(folder.path().c_str(), 0555), 0);
  EXPECT_EQ(WriteFileAtomically(folder.path() + "/f", "x").code(),
            absl::StatusCode::kPermissionDenied);
  ASSERT_EQ(chmod(folder.path().c_str(), 0755), 0);
  EXPECT_EQ(folder.Read("f"), "old");
}

}  // namespace
}  // namespace avocet
