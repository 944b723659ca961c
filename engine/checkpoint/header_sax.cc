#include "engine/checkpoint/header_sax.h"

#include <limits>
#include <utility>

#include "absl/strings/str_cat.h"
#include "engine/checkpoint/quoted_name.h"

namespace avocet {
namespace {

constexpr char kMetadataKey[] = "__metadata__";

}  // namespace

bool HeaderSax::Fail(std::string message) {
  error_ = std::move(message);
  return false;
}

bool HeaderSax::Unexpected(std::string_view found) {
  const absl::string_view what(found.data(), found.size());
  switch (place_) {
    case Place::kStart:
    case Place::kEnd:
      return Fail(absl::StrCat("header: expected one JSON object, found ", what));
    case Place::kRoot:
      return Fail(absl::StrCat("tensor ", QuotedName(key_), ": expected an object, found ", what));
    case Place::kMetadata:
      return Fail(absl::StrCat("metadata ", QuotedName(key_), ": expected a string, found ", what));
    case Place::kTensor:
      return Fail(absl::StrCat("tensor ", QuotedName(tensor().name), ": ", QuotedName(key_),
                               " must be ", key_ == "dtype" ? "a string" : "an array", ", found ",
                               what));
    case Place::kShape:
    case Place::kOffsets:
      break;
  }
  return Fail(absl::StrCat("tensor ", QuotedName(tensor().name), ": ", QuotedName(key_),
                           " must hold non-negative integers, found ", what));
}

bool HeaderSax::null() { return Unexpected("null"); }

bool HeaderSax::boolean(bool value) { return Unexpected(value ? "true" : "false"); }

bool HeaderSax::number_integer(number_integer_t value) { return Unexpected(std::to_string(value)); }

bool HeaderSax::number_float(number_float_t, const string_t& text) { return Unexpected(text); }

bool HeaderSax::binary(binary_t&) { return Unexpected("binary data"); }

bool HeaderSax::number_unsigned(number_unsigned_t value) {
  if (place_ == Place::kShape) {
    if (value > static_cast<number_unsigned_t>(std::numeric_limits<std::int64_t>::max())) {
      return Fail(absl::StrCat("tensor ", QuotedName(tensor().name), ": dimension ", value,
                               " is larger than 2^63 - 1"));
    }
    if (tensor().shape.size() == kMaxTensorRank) {
      return Fail(absl::StrCat("tensor ", QuotedName(tensor().name), ": more than ", kMaxTensorRank,
                               " dimensions"));
    }
    tensor().shape.push_back(static_cast<std::int64_t>(value));
    return true;
  }
  if (place_ == Place::kOffsets) {
    if (offsets_ == 2) {
      return Fail(absl::StrCat("tensor ", QuotedName(tensor().name),
                               ": \"data_offsets\" must hold 2 integers, found more"));
    }
    (offsets_++ == 0 ? tensor().begin : tensor().end) = value;
    return true;
  }
  return Unexpected(std::to_string(value));
}

bool HeaderSax::string(string_t& value) {
  if (place_ == Place::kMetadata) {
    header_.metadata[key_] = value;
    return true;
  }
  if (place_ != Place::kTensor || key_ != "dtype") return Unexpected("a string");
  const auto dtype = ParseDType(value);
  if (!dtype) {
    return Fail(
        absl::StrCat("tensor ", QuotedName(tensor().name), ": unknown dtype ", QuotedName(value)));
  }
  tensor().dtype = *dtype;
  return true;
}

bool HeaderSax::start_object(std::size_t) {
  if (place_ == Place::kStart) {
    place_ = Place::kRoot;
    return true;
  }
  if (place_ != Place::kRoot) return Unexpected("an object");
  if (key_ == kMetadataKey) {
    place_ = Place::kMetadata;
    return true;
  }
  if (header_.tensors.size() == kMaxTensors) {
    return Fail(absl::StrCat("header: more than ", kMaxTensors, " tensors"));
  }
  header_.tensors.push_back({.name = key_, .shape = {}});
  tensor_keys_.clear();
  place_ = Place::kTensor;
  return true;
}

bool HeaderSax::key(string_t& value) {
  key_ = value;
  if (place_ == Place::kTensor) return TensorKey(value);
  if (place_ == Place::kRoot) return RootKey(value);
  if (header_.metadata.size() == kMaxMetadataEntries) {
    return Fail(absl::StrCat("header: more than ", kMaxMetadataEntries, " metadata entries"));
  }
  if (!header_.metadata.emplace(value, "").second) {
    return Fail(absl::StrCat("metadata ", QuotedName(value), ": duplicate key"));
  }
  return true;
}

bool HeaderSax::RootKey(const std::string& name) {
  if (name.size() > kMaxTensorNameBytes) {
    return Fail(absl::StrCat("tensor ", QuotedName(name), ": the name has ", name.size(),
                             " bytes, more than ", kMaxTensorNameBytes));
  }
  if (!root_keys_.insert(name).second) {
    return Fail(absl::StrCat("tensor ", QuotedName(name), ": duplicate name"));
  }
  return true;
}

bool HeaderSax::TensorKey(const std::string& name) {
  if (name != "dtype" && name != "shape" && name != "data_offsets") {
    return Fail(
        absl::StrCat("tensor ", QuotedName(tensor().name), ": unknown key ", QuotedName(name)));
  }
  if (!tensor_keys_.insert(name).second) {
    return Fail(
        absl::StrCat("tensor ", QuotedName(tensor().name), ": duplicate key ", QuotedName(name)));
  }
  return true;
}

bool HeaderSax::FinishTensor() {
  for (const char* name : {"dtype", "shape", "data_offsets"}) {
    if (!tensor_keys_.contains(name)) {
      return Fail(
          absl::StrCat("tensor ", QuotedName(tensor().name), ": \"", name, "\" is missing"));
    }
  }
  return true;
}

bool HeaderSax::end_object() {
  if (place_ == Place::kTensor && !FinishTensor()) return false;
  place_ = place_ == Place::kRoot ? Place::kEnd : Place::kRoot;
  return true;
}

bool HeaderSax::start_array(std::size_t) {
  if (place_ != Place::kTensor || key_ == "dtype") return Unexpected("an array");
  place_ = key_ == "shape" ? Place::kShape : Place::kOffsets;
  offsets_ = 0;
  return true;
}

bool HeaderSax::end_array() {
  if (place_ == Place::kOffsets && offsets_ != 2) {
    return Fail(absl::StrCat("tensor ", QuotedName(tensor().name),
                             ": \"data_offsets\" must hold 2 integers, found ", offsets_));
  }
  place_ = Place::kTensor;
  return true;
}

bool HeaderSax::parse_error(std::size_t position, const std::string&,
                            const nlohmann::json::exception& exception) {
  return Fail(absl::StrCat("header: not valid JSON at byte ", position, ": ", exception.what()));
}

}  // namespace avocet
