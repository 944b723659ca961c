#include "engine/tuning/tuning_file.h"

#include <chrono>
#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>
#include <optional>

#include "engine/base/status.h"
#include "engine/checkpoint/atomic_file.h"
#include "engine/checkpoint/json_document.h"
#include "engine/checkpoint/json_value.h"

namespace avocet {
namespace {

constexpr int kFormat = 1;
constexpr double kLongestMilliseconds = 1e7;  // three hours: far above any run of a network
constexpr int kMaxSide = 1 << 16;             // pixels
constexpr int kMaxThreads = 1 << 16;
constexpr int kMaxBatchSize = 1 << 16;

double ToMilliseconds(Duration duration) { return Seconds(duration) * 1e3; }

absl::StatusOr<Duration> ReadMilliseconds(const JsonValue& value) {
  // Zero is as good as any: clocks have steps.
  ASSIGN_OR_RETURN(const double milliseconds,
                   value.Number(-std::numeric_limits<double>::min(), kLongestMilliseconds));
  return Duration(std::llround(milliseconds * 1e6));
}

absl::StatusOr<std::string> ReadString(const JsonValue& object, std::string_view key) {
  ASSIGN_OR_RETURN(const JsonValue value, object.RequiredMember(key));
  return value.String();
}

absl::StatusOr<int> ReadInteger(const JsonValue& object, std::string_view key, int maximum) {
  ASSIGN_OR_RETURN(const JsonValue value, object.RequiredMember(key));
  return value.Integer(1, maximum);
}

absl::StatusOr<TuningKey> ReadKey(const JsonValue& object) {
  TuningKey key;
  ASSIGN_OR_RETURN(key.cpu, ReadString(object, "cpu"));
  ASSIGN_OR_RETURN(key.engine, ReadString(object, "engine"));
  ASSIGN_OR_RETURN(key.network, ReadString(object, "network"));
  ASSIGN_OR_RETURN(key.variant, ReadString(object, "variant"));
  ASSIGN_OR_RETURN(key.height, ReadInteger(object, "height", kMaxSide));
  ASSIGN_OR_RETURN(key.width, ReadInteger(object, "width", kMaxSide));
  ASSIGN_OR_RETURN(key.threads, ReadInteger(object, "threads", kMaxThreads));
  ASSIGN_OR_RETURN(const std::string precision, ReadString(object, "precision"));
  ASSIGN_OR_RETURN(key.precision, ParsePrecision(precision));
  return key;
}

absl::StatusOr<PlanCosts> ReadCosts(const JsonValue& object) {
  PlanCosts costs;
  if (const auto lone = object.Member("lone_ms")) {
    RETURN_IF_ERROR(lone->ExpectArray(2));
    costs.lone.emplace();
    ASSIGN_OR_RETURN(costs.lone->single, ReadMilliseconds(lone->Element(0)));
    ASSIGN_OR_RETURN(costs.lone->wide, ReadMilliseconds(lone->Element(1)));
  }
  const auto batches = object.Member("batch_ms");
  if (!batches) return costs;
  if (!batches->IsArray()) return batches->Expected("an array");
  for (size_t i = 0; i < batches->json().size(); ++i) {
    const JsonValue batch = batches->Element(i);
    RETURN_IF_ERROR(batch.ExpectArray(2));
    const int smallest = costs.batches.empty() ? 1 : costs.batches.back().batch_size + 1;
    const int largest = costs.batches.empty() ? 1 : kMaxBatchSize;
    ASSIGN_OR_RETURN(const int size, batch.Element(0).Integer(smallest, largest));
    ASSIGN_OR_RETURN(const Duration cost, ReadMilliseconds(batch.Element(1)));
    costs.batches.push_back({size, cost});
  }
  return costs;
}

nlohmann::ordered_json ToJson(const TuningEntry& entry) {
  const auto& [key, costs] = entry;
  nlohmann::ordered_json object = {{"cpu", key.cpu},
                                   {"engine", key.engine},
                                   {"network", key.network},
                                   {"variant", key.variant},
                                   {"height", key.height},
                                   {"width", key.width},
                                   {"precision", std::string(PrecisionName(key.precision))},
                                   {"threads", key.threads}};
  if (costs.lone) {
    object["lone_ms"] = {ToMilliseconds(costs.lone->single), ToMilliseconds(costs.lone->wide)};
  }
  if (!costs.batches.empty()) {
    nlohmann::ordered_json batches = nlohmann::ordered_json::array();
    for (const BatchCost& batch : costs.batches) {
      batches.push_back({batch.batch_size, ToMilliseconds(batch.cost)});
    }
    object["batch_ms"] = std::move(batches);
  }
  return object;
}

}  // namespace

absl::StatusOr<std::vector<TuningEntry>> ReadTuningFile(const std::string& path) {
  ASSIGN_OR_RETURN(const nlohmann::json document, ReadJsonFile(path));
  const JsonValue root(document, path);
  RETURN_IF_ERROR(root.ExpectObject());
  ASSIGN_OR_RETURN(const JsonValue format, root.RequiredMember("format"));
  RETURN_IF_ERROR(format.Integer(kFormat, kFormat).status());
  ASSIGN_OR_RETURN(const JsonValue list, root.RequiredMember("entries"));
  if (!list.IsArray()) return list.Expected("an array");
  std::vector<TuningEntry> entries;
  for (size_t i = 0; i < list.json().size(); ++i) {
    RETURN_IF_ERROR(list.Element(i).ExpectObject());
    ASSIGN_OR_RETURN(TuningKey key, ReadKey(list.Element(i)));
    ASSIGN_OR_RETURN(PlanCosts costs, ReadCosts(list.Element(i)));
    entries.emplace_back(std::move(key), std::move(costs));
  }
  return entries;
}

absl::Status WriteTuningFile(const std::string& path, std::span<const TuningEntry> entries) {
  nlohmann::ordered_json list = nlohmann::ordered_json::array();
  for (const TuningEntry& entry : entries) list.push_back(ToJson(entry));
  const nlohmann::ordered_json document = {{"format", kFormat}, {"entries", std::move(list)}};
  return WriteFileAtomically(
      path, document.dump(1, ' ', false, nlohmann::json::error_handler_t::replace) + "\n");
}

}  // namespace avocet
