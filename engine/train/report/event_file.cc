#include "engine/train/report/event_file.h"

#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/io/zero_copy_stream_impl_lite.h>
#include <google/protobuf/wire_format_lite.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <filesystem>
#include <system_error>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "engine/base/status.h"

namespace avocet {
namespace {

using ::google::protobuf::internal::WireFormatLite;
using ::google::protobuf::io::CodedOutputStream;
using ::google::protobuf::io::StringOutputStream;

// Field numbers of tensorboard/compat/proto/event.proto and summary.proto.
constexpr int kEventWallTime = 1;
constexpr int kEventStep = 2;
constexpr int kEventFileVersion = 3;
constexpr int kEventSummary = 5;
constexpr int kEventSessionLog = 7;
constexpr int kSummaryValue = 1;
constexpr int kValueTag = 1;
constexpr int kValueSimple = 2;
constexpr int kSessionLogStatus = 1;
constexpr int kSessionStart = 1;

constexpr std::array<std::uint32_t, 256> MakeCrcTable() {
  std::array<std::uint32_t, 256> table{};
  for (std::uint32_t i = 0; i < 256; ++i) {
    std::uint32_t crc = i;
    for (int bit = 0; bit < 8; ++bit) {
      crc = (crc >> 1) ^ ((crc & 1) != 0 ? 0x82F63B78u : 0u);  // the polynomial, reversed
    }
    table[i] = crc;
  }
  return table;
}

// TFRecord stores checksums so changed, since a checksum of data that holds checksums is weak.
std::uint32_t Masked(std::uint32_t crc) { return ((crc >> 15) | (crc << 17)) + 0xA282EAD8u; }

// The bytes that `write(CodedOutputStream&)` makes.
template <typename Write>
std::string Encode(const Write& write) {
  std::string bytes;
  {
    StringOutputStream stream(&bytes);
    CodedOutputStream coded(&stream);
    write(coded);
  }
  return bytes;
}

void WriteMessage(int field, const std::string& message, CodedOutputStream& out) {
  WireFormatLite::WriteBytes(field, message, &out);
}

std::string Event(double wall_time, std::int64_t step, int field, const std::string& content) {
  return Encode([&](CodedOutputStream& out) {
    WireFormatLite::WriteDouble(kEventWallTime, wall_time, &out);
    WireFormatLite::WriteInt64(kEventStep, step, &out);
    WriteMessage(field, content, out);
  });
}

std::string LittleEndian(std::uint64_t value, int bytes) {
  std::string text;
  for (int i = 0; i < bytes; ++i) text.push_back(static_cast<char>(value >> (8 * i)));
  return text;
}

}  // namespace

std::uint32_t Crc32c(std::string_view bytes) {
  static constexpr std::array<std::uint32_t, 256> kTable = MakeCrcTable();
  std::uint32_t crc = ~0u;
  for (const char byte : bytes) {
    crc = (crc >> 8) ^ kTable[(crc ^ static_cast<unsigned char>(byte)) & 0xFF];
  }
  return ~crc;
}

absl::StatusOr<EventFile> EventFile::Create(const std::string& folder, double wall_time) {
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  std::array<char, 256> host{};
  if (gethostname(host.data(), host.size() - 1) != 0) host[0] = '\0';
  // TensorBoard reads files in the order of their names, which begin with the time.
  const std::string path =
      absl::StrFormat("%s/events.out.tfevents.%010d.%s.%d", folder,
                      static_cast<std::int64_t>(wall_time), host.data(), getpid());
  std::FILE* const file = std::fopen(path.c_str(), "ab");
  if (file == nullptr) return absl::ErrnoToStatus(errno, absl::StrCat("cannot open ", path));
  EventFile events(path, file);
  RETURN_IF_ERROR(events.WriteRecord(Event(wall_time, 0, kEventFileVersion, "brain.Event:2")));
  return events;
}

absl::Status EventFile::WriteScalars(double wall_time, std::int64_t step,
                                     std::span<const Scalar> scalars) {
  const std::string summary = Encode([&](CodedOutputStream& out) {
    for (const auto& [tag, value] : scalars) {
      WriteMessage(kSummaryValue, Encode([&](CodedOutputStream& inner) {
                     WireFormatLite::WriteString(kValueTag, std::string(tag), &inner);
                     WireFormatLite::WriteFloat(kValueSimple, static_cast<float>(value), &inner);
                   }),
                   out);
    }
  });
  return WriteRecord(Event(wall_time, step, kEventSummary, summary));
}

absl::Status EventFile::WriteRestart(double wall_time, std::int64_t step) {
  const std::string session = Encode([](CodedOutputStream& out) {
    WireFormatLite::WriteEnum(kSessionLogStatus, kSessionStart, &out);
  });
  return WriteRecord(Event(wall_time, step, kEventSessionLog, session));
}

absl::Status EventFile::WriteRecord(const std::string& event) {
  const std::string length = LittleEndian(event.size(), 8);
  const std::string record = absl::StrCat(length, LittleEndian(Masked(Crc32c(length)), 4), event,
                                          LittleEndian(Masked(Crc32c(event)), 4));
  if (std::fwrite(record.data(), 1, record.size(), file_.get()) != record.size() ||
      std::fflush(file_.get()) != 0) {
    return absl::ErrnoToStatus(errno, absl::StrCat("cannot write ", path_));
  }
  return absl::OkStatus();
}

}  // namespace avocet
