// Event files as TensorBoard reads them: TFRecord framing around protobuf messages `Event`.
#ifndef AVOCET_ENGINE_TRAIN_REPORT_EVENT_FILE_H_
#define AVOCET_ENGINE_TRAIN_REPORT_EVENT_FILE_H_

#include <cstdint>
#include <cstdio>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace avocet {

// CRC-32C (Castagnoli; RFC 3720, appendix B.4).
std::uint32_t Crc32c(std::string_view bytes);

class EventFile {
 public:
  using Scalar = std::pair<std::string_view, double>;  // tag and value

  // Begins a file of its own in `folder`, which is made where it is missing; its name is the one
  // that TensorBoard looks for. `wall_time`: seconds since 1970.
  static absl::StatusOr<EventFile> Create(const std::string& folder, double wall_time);

  // Values at one step, on their way to the disk on return.
  absl::Status WriteScalars(double wall_time, std::int64_t step, std::span<const Scalar> scalars);
  // Makes TensorBoard forget what earlier files say of `step` and later ones.
  absl::Status WriteRestart(double wall_time, std::int64_t step);

 private:
  struct Close {
    void operator()(std::FILE* file) const { std::fclose(file); }
  };
  EventFile(std::string path, std::FILE* file) : path_(std::move(path)), file_(file) {}

  absl::Status WriteRecord(const std::string& event);

  std::string path_;
  std::unique_ptr<std::FILE, Close> file_;
};

}  // namespace avocet

#endif  // AVOCET_ENGINE_TRAIN_REPORT_EVENT_FILE_H_
