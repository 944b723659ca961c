// The models that the server answers with, at one moment.
#ifndef AVOCET_SERVER_MODEL_TABLE_H_
#define AVOCET_SERVER_MODEL_TABLE_H_

#include <cstdint>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "server/metrics.h"
#include "server/served_model.h"

namespace avocet {

// Immutable, so that a request sees the same models from start to end.
class ModelTable {
 public:
  struct Entry {
    std::shared_ptr<const ServedModel> model;
    ModelMetrics* metrics;  // of the model's name
  };

  // `default_model` may be empty: then a single model is the default, and of several none is.
  // Errors: INVALID_ARGUMENT when there is no model, or none of the default's name.
  static absl::StatusOr<std::shared_ptr<const ModelTable>> Create(
      std::vector<std::shared_ptr<const ServedModel>> models, std::string default_model,
      Metrics& metrics);

  // Sorted by name, newest version first.
  std::span<const Entry> entries() const { return entries_; }
  // Each name once, sorted.
  std::vector<std::string> names() const;

  // An empty name means the default model, version 0 the newest. Errors: NOT_FOUND;
  // INVALID_ARGUMENT for an empty name where no model is the default.
  absl::StatusOr<const Entry*> Find(std::string_view name, int64_t version) const;

  // The model that requests mean which name none; empty: there is none.
  const std::string& default_model() const { return default_model_; }
  // Whether this one answers requests that name no model.
  bool IsDefault(const Entry& entry) const;

 private:
  ModelTable(std::vector<Entry> entries, std::string default_model)
      : entries_(std::move(entries)), default_model_(std::move(default_model)) {}

  const std::vector<Entry> entries_;
  const std::string default_model_;
};

// Holds the table that new requests see. Thread-safe.
class ModelRegistry {
 public:
  explicit ModelRegistry(std::shared_ptr<const ModelTable> table) : table_(std::move(table)) {}

  std::shared_ptr<const ModelTable> Current() const {
    const std::lock_guard lock(mutex_);
    return table_;
  }

  // Requests accepted before keep the models they were accepted with.
  void Replace(std::shared_ptr<const ModelTable> table) {
    const std::lock_guard lock(mutex_);
    table_.swap(table);
  }

 private:
  mutable std::mutex mutex_;
  std::shared_ptr<const ModelTable> table_;
};

}  // namespace avocet

#endif  // AVOCET_SERVER_MODEL_TABLE_H_
