#include "engine/train/job/float_storage.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>

#include "absl/strings/str_cat.h"
#include "engine/base/status.h"
#include "engine/train/job/unnamed_file.h"

namespace avocet {
namespace {

// Closes what is open on every way out; a mapping does not need its descriptor.
class File {
 public:
  explicit File(int descriptor) : descriptor_(descriptor) {}
  ~File() {
    if (descriptor_ >= 0) close(descriptor_);
  }
  File(const File&) = delete;
  File& operator=(const File&) = delete;
  int descriptor() const { return descriptor_; }

 private:
  int descriptor_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<FloatStorage>> FloatStorage::Create(std::size_t count,
                                                                   MemoryBudget& memory,
                                                                   const std::string& folder) {
  const std::size_t bytes = count * sizeof(float);
  const bool in_memory = memory.Take(bytes);
  absl::StatusOr<int> descriptor = -1;
  if (!in_memory) descriptor = OpenUnnamedFile(folder);
  RETURN_IF_ERROR(descriptor.status());
  const File file(*descriptor);
  if (!in_memory) {
    const int error = posix_fallocate(file.descriptor(), 0, static_cast<off_t>(bytes));
    if (error != 0) {
      return absl::ErrnoToStatus(error,
                                 absl::StrCat(folder, ": no room for ", bytes >> 20, " MiB"));
    }
  }
  const int flags = in_memory ? MAP_PRIVATE | MAP_ANONYMOUS : MAP_SHARED;
  void* const data =
      mmap(nullptr, bytes == 0 ? 1 : bytes, PROT_READ | PROT_WRITE, flags, file.descriptor(), 0);
  if (data == MAP_FAILED) {
    return absl::ErrnoToStatus(errno, absl::StrCat("cannot have ", bytes >> 20, " MiB"));
  }
  return std::unique_ptr<FloatStorage>(new FloatStorage(static_cast<float*>(data), count));
}

FloatStorage::~FloatStorage() { munmap(data_, count_ == 0 ? 1 : count_ * sizeof(float)); }

}  // namespace avocet
