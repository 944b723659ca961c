// Typed access to parts of a JSON document, with errors that say where.
#ifndef AVOCET_ENGINE_CHECKPOINT_JSON_VALUE_H_
#define AVOCET_ENGINE_CHECKPOINT_JSON_VALUE_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "nlohmann/json.hpp"

namespace avocet {

// One value of a document that outlives it, and the way there. Cheap to copy.
class JsonValue {
 public:
  // The whole document. `file` begins every message.
  JsonValue(const nlohmann::json& document, std::string file)
      : value_(&document), file_(std::move(file)) {}

  // Members and elements; the value must be an object, or an array with that index.
  // Nothing if the key is absent, or null: timm writes null for what it leaves out.
  std::optional<JsonValue> Member(std::string_view key) const;
  absl::StatusOr<JsonValue> RequiredMember(std::string_view key) const;
  JsonValue Element(std::size_t index) const;

  bool IsObject() const { return value_->is_object(); }
  bool IsArray() const { return value_->is_array(); }
  const nlohmann::json& json() const { return *value_; }

  // INVALID_ARGUMENT, with the path and both types, if the value is of another type or out of
  // range.
  absl::Status ExpectObject() const;
  absl::Status ExpectArray(std::size_t size) const;
  absl::StatusOr<std::string> String() const;
  absl::StatusOr<bool> Boolean() const;
  absl::StatusOr<int> Integer(int minimum, int maximum) const;
  // Finite, greater than `above`, and at most `maximum`.
  absl::StatusOr<double> Number(double above, double maximum) const;

  // INVALID_ARGUMENT: "<file>: <path>: expected <expected>, found <this value>".
  absl::Status Expected(std::string_view expected) const;
  // INVALID_ARGUMENT: "<file>: <path>: <problem>".
  absl::Status Error(std::string_view problem) const;

 private:
  JsonValue(const nlohmann::json& value, std::string file, std::string path)
      : value_(&value), file_(std::move(file)), path_(std::move(path)) {}

  const nlohmann::json* value_;
  std::string file_;
  std::string path_;  // for example "pretrained_cfg.mean[1]"; empty for the document
};

}  // namespace avocet

#endif  // AVOCET_ENGINE_CHECKPOINT_JSON_VALUE_H_
