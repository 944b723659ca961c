#include "server/model_table.h"

#include <algorithm>
#include <cstddef>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

namespace avocet {
namespace {

// Requests are answered with at most this much of a list.
constexpr size_t kListed = 10;

std::string ListSome(std::span<const std::string> names) {
  const size_t shown = std::min(names.size(), kListed);
  std::string list = absl::StrJoin(names.first(shown), ", ");
  if (shown < names.size()) absl::StrAppend(&list, " and ", names.size() - shown, " more");
  return list;
}

// A name from a request, short enough to repeat in a message.
std::string Quote(std::string_view name) {
  constexpr size_t kLongest = 100;
  return name.size() <= kLongest
             ? absl::StrCat("\"", std::string(name), "\"")
             : absl::StrCat("\"", std::string(name.substr(0, kLongest)), "...\"");
}

}  // namespace

absl::StatusOr<std::shared_ptr<const ModelTable>> ModelTable::Create(
    std::vector<std::shared_ptr<const ServedModel>> models, std::string default_model,
    Metrics& metrics) {
  std::vector<Entry> entries;
  for (std::shared_ptr<const ServedModel>& model : models) {
    ModelMetrics& model_metrics = metrics.ForModel(model->name);
    entries.push_back({std::move(model), &model_metrics});
  }
  std::ranges::sort(entries, [](const Entry& a, const Entry& b) {
    return std::pair(std::string_view(a.model->name), -a.model->version) <
           std::pair(std::string_view(b.model->name), -b.model->version);
  });
  std::shared_ptr<const ModelTable> table(new ModelTable(std::move(entries), default_model));
  const std::vector<std::string> names = table->names();
  if (names.empty()) return absl::InvalidArgumentError("expected at least one model, found none");
  if (default_model.empty()) {
    if (names.size() > 1) return table;
    return std::shared_ptr<const ModelTable>(new ModelTable(table->entries_, names.front()));
  }
  if (!std::ranges::binary_search(names, default_model)) {
    return absl::InvalidArgumentError(absl::StrCat("the default model \"", default_model,
                                                   "\" is not loaded; loaded: ", ListSome(names)));
  }
  return table;
}

std::vector<std::string> ModelTable::names() const {
  std::vector<std::string> names;
  for (const Entry& entry : entries_) {
    if (names.empty() || names.back() != entry.model->name) names.push_back(entry.model->name);
  }
  return names;
}

absl::StatusOr<const ModelTable::Entry*> ModelTable::Find(std::string_view name,
                                                          int64_t version) const {
  if (name.empty()) name = default_model_;
  if (name.empty()) {
    return absl::InvalidArgumentError(
        absl::StrCat("expected a model's name, since this server has no default; it serves ",
                     ListSome(names())));
  }
  std::vector<std::string> versions;
  for (const Entry& entry : entries_) {
    if (entry.model->name != name) continue;
    if (version == 0 || entry.model->version == version) return &entry;
    versions.push_back(absl::StrCat(entry.model->version));
  }
  if (versions.empty()) {
    return absl::NotFoundError(
        absl::StrCat("no model ", Quote(name), "; this server has ", ListSome(names())));
  }
  return absl::NotFoundError(absl::StrCat("model ", Quote(name), " has no version ", version,
                                          "; loaded: ", ListSome(versions)));
}

bool ModelTable::IsDefault(const Entry& entry) const {
  if (default_model_.empty()) return false;
  const absl::StatusOr<const Entry*> found = Find(default_model_, 0);
  return found.ok() && *found == &entry;
}

}  // namespace avocet
