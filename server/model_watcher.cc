#include "server/model_watcher.h"

#include <spdlog/spdlog.h>

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "engine/base/check.h"
#include "engine/base/status.h"
#include "server/folder_state.h"
#include "server/plan_choice.h"

namespace avocet {
namespace {

using Models = std::vector<std::shared_ptr<const ServedModel>>;

std::shared_ptr<const ServedModel> FindVersion(const Models& models, std::int64_t version) {
  const auto found =
      std::ranges::find(models, version, [](const auto& model) { return model->version; });
  return found == models.end() ? nullptr : *found;
}

bool Holds(const Models& models, const std::shared_ptr<const ServedModel>& model) {
  return std::ranges::find(models, model) != models.end();
}

// The models of a table by name, newest version first.
std::map<std::string, Models> ByName(const ModelTable& table) {
  std::map<std::string, Models> models;
  for (const ModelTable::Entry& entry : table.entries()) {
    models[entry.model->name].push_back(entry.model);
  }
  return models;
}

}  // namespace

void ModelWatcher::Poll() {
  said_ = std::exchange(saying_, {});
  FreeRetired();
  const absl::StatusOr<ModelListing> listing = ListModelFolders(options_.models);
  if (!listing.ok()) {
    LogOnce(absl::StrCat(listing.status().message(), "; the models are served on from memory"));
    return;
  }
  for (const std::string& what : listing->passed_over) LogOnce(absl::StrCat("passed over: ", what));

  const std::shared_ptr<const ModelTable> table = executors_.registry.Current();
  std::map<std::string, Models> loaded = ByName(*table);
  Models chosen;
  const auto choose = [&chosen](const Models& models) {
    chosen.insert(chosen.end(), models.begin(), models.end());
  };
  for (const ModelFolder& folder : listing->folders) {
    choose(Choose(folder, loaded[folder.name]));
    loaded.erase(folder.name);
  }
  for (const auto& [name, models] : loaded) choose(ChooseWithoutFolder(name, models));
  if (chosen.empty()) {
    LogOnce(absl::StrCat("no model is left in ", options_.models.string(),
                         "; the models are served on from memory"));
    return;
  }
  Switch(*table, std::move(chosen));
}

Models ModelWatcher::Choose(const ModelFolder& folder, const Models& loaded) {
  Models chosen;
  for (const std::int64_t version : folder.versions) {
    std::shared_ptr<const ServedModel> model = FindVersion(loaded, version);
    if (model == nullptr) model = Load(folder.name, version);
    if (model == nullptr) continue;
    chosen.push_back(std::move(model));
    if (options_.versions == VersionPolicy::kLatest) break;
  }
  if (chosen.empty() && !loaded.empty()) {
    LogOnce(absl::StrCat("model \"", folder.name, "\": version ", loaded.front()->version,
                         " is not in its folder any more, and no other can be loaded; it is served "
                         "on from memory"));
    return loaded;
  }
  return chosen;
}

Models ModelWatcher::ChooseWithoutFolder(const std::string& name, const Models& loaded) {
  if (name != options_.default_model) return {};
  LogOnce(absl::StrCat("model \"", name,
                       "\" is not in the models folder any more; being the default "
                       "(--default-model), it is served on from memory"));
  return loaded;
}

std::shared_ptr<const ServedModel> ModelWatcher::Load(const std::string& name,
                                                      std::int64_t version) {
  if (!IsWorthTrying(name, version)) return nullptr;
  absl::StatusOr<std::shared_ptr<const ServedModel>> model = Prepare(name, version);
  executors_.metrics.CountReload(name,
                                 model.ok() ? Metrics::Reload::kLoaded : Metrics::Reload::kFailed);
  if (model.ok()) {
    failures_.erase({name, version});
    return *std::move(model);
  }
  executors_.metrics.ForgetModel(name, version);
  spdlog::error("model \"{}\" version {} is not served: {}", name, version,
                std::string(model.status().message()));
  return nullptr;
}

// A version that failed is tried again when its files are not what they were, and stand still: a
// copy on its way changes from look to look.
bool ModelWatcher::IsWorthTrying(const std::string& name, std::int64_t version) {
  const std::string state = FolderState(options_.models / name / std::to_string(version));
  const auto [failure, is_new] = failures_.try_emplace({name, version}, Failure{state, state});
  if (is_new) return true;
  const bool stands_still = std::exchange(failure->second.last_seen, state) == state;
  if (state == failure->second.state || !stands_still) return false;
  failure->second.state = state;
  return true;
}

absl::StatusOr<std::shared_ptr<const ServedModel>> ModelWatcher::Prepare(const std::string& name,
                                                                         std::int64_t version) {
  ASSIGN_OR_RETURN(std::shared_ptr<const ServedModel> model,
                   LoadVersion(options_.models, name, version, options_.load, executors_.metrics));
  ASSIGN_OR_RETURN(const PlanChoice choice,
                   ChoosePlans(options_.plans, executors_.wide_threads,
                               {model->tuning_key, model->make_plan}, tuner_));
  spdlog::info("model \"{}\" version {}: {}", name, version, choice.DebugString());
  std::vector<ModelPlans> plans;
  for (int i = 0; i < executors_.queue.executors(); ++i) {
    ASSIGN_OR_RETURN(ModelPlans one,
                     ModelPlans::CompileAll(*model, choice.schedule, choice.wide_threads));
    plans.push_back(std::move(one));
  }
  executors_.shelf.Put(model, std::move(plans));
  return model;
}

void ModelWatcher::Switch(const ModelTable& current, Models models) {
  const std::map<std::string, Models> before = ByName(current);
  Models old;
  for (const ModelTable::Entry& entry : current.entries()) old.push_back(entry.model);
  const bool changed = models.size() != old.size() ||
                       std::ranges::any_of(models, [&](const auto& m) { return !Holds(old, m); });
  if (!changed) return;

  // Without --default-model, requests that name none go on meaning what they meant at the start.
  std::string default_model = options_.default_model;
  if (default_model.empty() && std::ranges::any_of(models, [&](const auto& m) {
        return m->name == current.default_model();
      })) {
    default_model = current.default_model();
  }
  const auto table = ModelTable::Create(models, default_model, executors_.metrics);
  AVOCET_CHECK(table.ok());  // there are models, and the default is among them
  executors_.registry.Replace(*table);
  executors_.queue.Interrupt();

  const std::map<std::string, Models> after = ByName(**table);
  for (const auto& [name, versions] : after) {
    if (!before.contains(name)) options_.set_serving(name, true);
    for (const auto& model : versions) {
      if (!Holds(old, model)) {
        spdlog::info("model \"{}\" version {} is served from now on", name, model->version);
      }
    }
  }
  for (const auto& model : old) {
    if (Holds(models, model)) continue;
    executors_.metrics.CountReload(model->name, Metrics::Reload::kRemoved);
    executors_.metrics.ForgetModel(model->name, model->version);
    spdlog::info("model \"{}\" version {} answers what it has accepted, and nothing new",
                 model->name, model->version);
    retired_.push_back(model);
    if (!after.contains(model->name)) options_.set_serving(model->name, false);
  }
}

void ModelWatcher::FreeRetired() {
  const auto freed = std::erase_if(retired_, [](const auto& model) { return model.expired(); });
  if (freed == 0) return;
  executors_.shelf.Tidy();
  executors_.queue.Interrupt();
  spdlog::info("{} old versions have answered everything and are freed", freed);
}

void ModelWatcher::LogOnce(const std::string& message) {
  if (!said_.contains(message) && !saying_.contains(message)) spdlog::error("{}", message);
  saying_.insert(message);
}

}  // namespace avocet
