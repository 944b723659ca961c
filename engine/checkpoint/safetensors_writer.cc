#include "engine/checkpoint/safetensors_writer.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
#include <optional>
#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "engine/base/check.h"
#include "engine/base/status.h"
#include "engine/checkpoint/atomic_file.h"
#include "engine/checkpoint/float_conversion.h"
#include "engine/checkpoint/safetensors.h"
#include "engine/checkpoint/safetensors_header.h"
#include "nlohmann/json.hpp"

namespace avocet {
namespace {

static_assert(std::endian::native == std::endian::little, "the format is little-endian");

constexpr std::size_t kAlignment = 8;                 // bytes; of the data's beginning
constexpr std::size_t kChunk = std::size_t{1} << 16;  // numbers that are converted at a time

bool TakesFloats(DType dtype) {
  return dtype == DType::kF32 || dtype == DType::kF16 || dtype == DType::kBF16;
}

bool Overflows(float value, DType dtype) {
  if (!std::isfinite(value) || dtype == DType::kF32) return false;
  return !std::isfinite(dtype == DType::kF16 ? HalfToFloat(FloatToHalf(value))
                                             : BFloat16ToFloat(FloatToBFloat16(value)));
}

// What is wrong with a tensor by itself.
std::optional<std::string> Problem(const TensorToWrite& tensor) {
  const std::string type = absl::StrCat(std::string(DTypeName(tensor.dtype)), " [",
                                        absl::StrJoin(tensor.shape, ","), "]");
  if (tensor.name.empty() || tensor.name.size() > kMaxTensorNameBytes) {
    return absl::StrCat("expected a name of 1 to ", kMaxTensorNameBytes, " bytes, found ",
                        tensor.name.size());
  }
  if (tensor.name == "__metadata__") return "the format keeps this name for itself";
  if (tensor.shape.size() > kMaxTensorRank) {
    return absl::StrCat("expected at most ", kMaxTensorRank, " dimensions, found ",
                        tensor.shape.size());
  }
  if (std::ranges::any_of(tensor.shape, [](std::int64_t size) { return size < 0; })) {
    return type + " has a negative dimension";
  }
  const std::optional<std::uint64_t> bytes = TensorBytes(tensor.dtype, tensor.shape);
  if (!bytes) return type + " is not a whole number of bytes below 2^61";
  if (const auto* raw = std::get_if<std::span<const std::byte>>(&tensor.values)) {
    if (raw->size() == *bytes) return std::nullopt;
    return absl::StrCat(type, " needs ", *bytes, " bytes, found ", raw->size());
  }
  const std::span<const float> floats = std::get<std::span<const float>>(tensor.values);
  if (!TakesFloats(tensor.dtype)) return type + " is not made from float32 numbers";
  const std::uint64_t elements = *bytes * 8 / static_cast<unsigned>(BitsPerElement(tensor.dtype));
  if (floats.size() != elements) {
    return absl::StrCat(type, " needs ", elements, " numbers, found ", floats.size());
  }
  const auto large =
      std::ranges::find_if(floats, [&](float value) { return Overflows(value, tensor.dtype); });
  if (large == floats.end()) return std::nullopt;
  return absl::StrCat("value ", large - floats.begin(), " of ", floats.size(), ", ", *large,
                      ", is too large for ", std::string(DTypeName(tensor.dtype)));
}

absl::Status Check(const std::string& path, std::span<const TensorToWrite> tensors,
                   const Metadata& metadata) {
  const auto error = [&](const auto&... parts) {
    return absl::InvalidArgumentError(absl::StrCat(path, ": ", parts...));
  };
  if (tensors.size() > kMaxTensors) {
    return error("expected at most ", kMaxTensors, " tensors, found ", tensors.size());
  }
  if (metadata.size() > kMaxMetadataEntries) {
    return error("expected at most ", kMaxMetadataEntries, " metadata entries, found ",
                 metadata.size());
  }
  std::vector<std::string_view> names;
  std::uint64_t total = 0;
  for (const TensorToWrite& tensor : tensors) {
    names.push_back(tensor.name);
    if (const auto problem = Problem(tensor)) {
      return error("tensor \"", absl::Utf8SafeCEscape(tensor.name), "\": ", *problem);
    }
    total += *TensorBytes(tensor.dtype, tensor.shape);
  }
  std::ranges::sort(names);
  if (const auto twice = std::ranges::adjacent_find(names); twice != names.end()) {
    return error("two tensors are named \"", absl::Utf8SafeCEscape(std::string(*twice)), "\"");
  }
  if (total > kMaxDataBytes) {
    return error(total, " bytes of data are more than ", kMaxDataBytes);
  }
  return absl::OkStatus();
}

// Length and text of the header, padded with spaces.
absl::StatusOr<std::string> Header(const std::string& path, std::span<const TensorToWrite> tensors,
                                   const Metadata& metadata) {
  std::vector<std::string> entries;
  std::uint64_t begin = 0;
  try {
    if (!metadata.empty()) {
      entries.push_back("\"__metadata__\":" + nlohmann::json(metadata).dump());
    }
    for (const TensorToWrite& tensor : tensors) {
      const std::uint64_t end = begin + *TensorBytes(tensor.dtype, tensor.shape);
      entries.push_back(absl::StrCat(nlohmann::json(tensor.name).dump(), ":{\"dtype\":\"",
                                     std::string(DTypeName(tensor.dtype)), "\",\"shape\":[",
                                     absl::StrJoin(tensor.shape, ","), "],\"data_offsets\":[",
                                     begin, ",", end, "]}"));
      begin = end;
    }
  } catch (const nlohmann::json::exception& not_utf8) {
    return absl::InvalidArgumentError(
        absl::StrCat(path, ": a name or the metadata is not UTF-8: ", not_utf8.what()));
  }
  std::string text = absl::StrCat("{", absl::StrJoin(entries, ","), "}");
  text.resize((text.size() + kAlignment - 1) / kAlignment * kAlignment, ' ');
  if (text.size() > kMaxHeaderBytes) {
    return absl::InvalidArgumentError(absl::StrCat(path, ": header of ", text.size(),
                                                   " bytes is larger than the format's limit of ",
                                                   kMaxHeaderBytes));
  }
  const std::uint64_t length = text.size();
  std::string bytes(sizeof(length), '\0');
  std::memcpy(bytes.data(), &length, sizeof(length));
  return bytes + text;
}

absl::Status WriteFloats(AtomicFile& file, std::span<const float> values, DType dtype) {
  if (dtype == DType::kF32) return file.Write(std::as_bytes(values));
  const auto convert = dtype == DType::kF16 ? FloatToHalf : FloatToBFloat16;
  std::vector<std::uint16_t> chunk;
  while (!values.empty()) {
    const auto part = values.first(std::min(values.size(), kChunk));
    chunk.resize(part.size());
    std::ranges::transform(part, chunk.begin(), convert);
    RETURN_IF_ERROR(file.Write(std::as_bytes(std::span(chunk))));
    values = values.subspan(part.size());
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status WriteSafetensors(const std::string& path, std::vector<TensorToWrite> tensors,
                              const Metadata& metadata) {
  RETURN_IF_ERROR(Check(path, tensors, metadata));
  std::ranges::sort(tensors, [](const TensorToWrite& a, const TensorToWrite& b) {
    const int bits_a = BitsPerElement(a.dtype);
    const int bits_b = BitsPerElement(b.dtype);
    return bits_a != bits_b ? bits_a > bits_b : a.name < b.name;
  });
  ASSIGN_OR_RETURN(const std::string header, Header(path, tensors, metadata));
  ASSIGN_OR_RETURN(AtomicFile file, AtomicFile::Create(path));
  RETURN_IF_ERROR(file.Write(std::as_bytes(std::span(header))));
  for (const TensorToWrite& tensor : tensors) {
    if (const auto* raw = std::get_if<std::span<const std::byte>>(&tensor.values)) {
      RETURN_IF_ERROR(file.Write(*raw));
    } else {
      RETURN_IF_ERROR(
          WriteFloats(file, std::get<std::span<const float>>(tensor.values), tensor.dtype));
    }
  }
  return file.Commit();
}

std::vector<TensorToWrite> TensorsOf(std::span<const TensorView> tensors) {
  std::vector<TensorToWrite> result;
  result.reserve(tensors.size());
  for (const TensorView& tensor : tensors) {
    result.push_back({tensor.name, tensor.dtype, tensor.shape, tensor.data});
  }
  return result;
}

std::vector<TensorToWrite> TensorsOf(const Parameters& parameters,
                                     std::span<const ParameterSpec> specs, DType dtype) {
  std::vector<TensorToWrite> tensors;
  tensors.reserve(specs.size());
  for (const ParameterSpec& spec : specs) {
    tensors.push_back({.name = spec.name,
                       .dtype = dtype,
                       .shape = spec.shape,
                       .values = parameters.Get(spec.name)});
  }
  return tensors;
}

}  // namespace avocet
