#include "engine/checkpoint/safetensors.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <new>
#include <utility>

#include "absl/strings/str_cat.h"
#include "engine/base/status.h"
#include "engine/checkpoint/file_reader.h"

namespace avocet {
namespace {

static_assert(std::endian::native == std::endian::little, "the format is little-endian");

constexpr std::uint64_t kLengthBytes = 8;  // the header's length comes first

std::uint64_t HeaderLength(std::span<const std::byte, kLengthBytes> bytes) {
  std::uint64_t length = 0;
  std::memcpy(&length, bytes.data(), bytes.size());
  return length;
}

absl::Status CheckHeaderLength(std::uint64_t length, std::uint64_t file_bytes,
                               absl::string_view name) {
  if (length > kMaxHeaderBytes) {
    return absl::InvalidArgumentError(absl::StrCat(name, ": header of ", length,
                                                   " bytes is larger than the format's limit of ",
                                                   kMaxHeaderBytes));
  }
  if (length > file_bytes - kLengthBytes) {
    return absl::InvalidArgumentError(
        absl::StrCat(name, ": truncated: header of ", length, " bytes in a file of ", file_bytes));
  }
  return absl::OkStatus();
}

absl::Status CheckFileBytes(std::uint64_t file_bytes, absl::string_view name) {
  if (file_bytes >= kLengthBytes) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat(name, ": truncated: expected at least ",
                                                 kLengthBytes, " bytes, found ", file_bytes));
}

absl::Status CheckDataBytes(const SafetensorsHeader& header, std::uint64_t found,
                            absl::string_view name) {
  const std::uint64_t expected = header.tensors.empty() ? 0 : header.tensors.back().end;
  if (found < expected) {
    return absl::InvalidArgumentError(absl::StrCat(name, ": truncated: the header describes ",
                                                   expected, " bytes of data, found ", found));
  }
  if (found > expected) {
    return absl::InvalidArgumentError(absl::StrCat(
        name, ": ", found - expected, " bytes follow the last tensor's end at ", expected));
  }
  if (found > kMaxDataBytes) {
    return absl::ResourceExhaustedError(
        absl::StrCat(name, ": ", found, " bytes of data are more than ", kMaxDataBytes));
  }
  return absl::OkStatus();
}

absl::StatusOr<std::vector<std::byte>> Allocate(std::uint64_t bytes, absl::string_view name) {
  try {
    return std::vector<std::byte>(static_cast<std::size_t>(bytes));
  } catch (const std::bad_alloc&) {
    return absl::ResourceExhaustedError(
        absl::StrCat(name, ": no memory for its ", bytes, " bytes"));
  }
}

}  // namespace

absl::StatusOr<Safetensors> Safetensors::Open(const std::string& path) {
  ASSIGN_OR_RETURN(FileReader file, FileReader::Open(path));
  RETURN_IF_ERROR(CheckFileBytes(file.size(), path));
  std::array<std::byte, kLengthBytes> length_bytes = {};
  RETURN_IF_ERROR(file.Read(length_bytes));
  const std::uint64_t length = HeaderLength(length_bytes);
  RETURN_IF_ERROR(CheckHeaderLength(length, file.size(), path));

  std::string json(static_cast<std::size_t>(length), '\0');
  RETURN_IF_ERROR(file.Read(std::as_writable_bytes(std::span(json))));
  ASSIGN_OR_RETURN(SafetensorsHeader header, ParseSafetensorsHeader(json, path));

  // Only now is it known that the bytes are all tensors.
  const std::uint64_t data_bytes = file.size() - kLengthBytes - length;
  RETURN_IF_ERROR(CheckDataBytes(header, data_bytes, path));
  ASSIGN_OR_RETURN(std::vector<std::byte> data, Allocate(data_bytes, path));
  RETURN_IF_ERROR(file.Read(data));
  return Safetensors(std::move(header), std::move(data));
}

absl::StatusOr<Safetensors> Safetensors::Parse(std::span<const std::byte> bytes,
                                               std::string_view name) {
  const absl::string_view shown(name.data(), name.size());
  RETURN_IF_ERROR(CheckFileBytes(bytes.size(), shown));
  const std::uint64_t length = HeaderLength(bytes.first<kLengthBytes>());
  RETURN_IF_ERROR(CheckHeaderLength(length, bytes.size(), shown));

  const auto json = bytes.subspan(kLengthBytes, static_cast<std::size_t>(length));
  ASSIGN_OR_RETURN(
      SafetensorsHeader header,
      ParseSafetensorsHeader({reinterpret_cast<const char*>(json.data()), json.size()}, name));

  const auto data = bytes.subspan(kLengthBytes + static_cast<std::size_t>(length));
  RETURN_IF_ERROR(CheckDataBytes(header, data.size(), shown));
  ASSIGN_OR_RETURN(std::vector<std::byte> copy, Allocate(data.size(), shown));
  std::ranges::copy(data, copy.begin());
  return Safetensors(std::move(header), std::move(copy));
}

Safetensors::Safetensors(SafetensorsHeader header, std::vector<std::byte> data)
    : data_(std::move(data)), metadata_(std::move(header.metadata)) {
  tensors_.reserve(header.tensors.size());
  for (TensorEntry& entry : header.tensors) {
    index_.emplace(entry.name, tensors_.size());
    tensors_.push_back({.name = std::move(entry.name),
                        .dtype = entry.dtype,
                        .shape = std::move(entry.shape),
                        .data = std::span<const std::byte>(data_).subspan(
                            static_cast<std::size_t>(entry.begin),
                            static_cast<std::size_t>(entry.end - entry.begin))});
  }
}

const TensorView* Safetensors::Find(std::string_view name) const {
  const auto found = index_.find(name);
  return found == index_.end() ? nullptr : &tensors_[found->second];
}

}  // namespace avocet
