// Keeps the served models up with the models folder while the server runs.
#ifndef AVOCET_SERVER_MODEL_WATCHER_H_
#define AVOCET_SERVER_MODEL_WATCHER_H_

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "engine/tuning/tuner.h"
#include "server/executor.h"
#include "server/model_folders.h"
#include "server/plan_policy.h"

namespace avocet {

// Loads and compiles what came, beside the executors, which go on answering with what they have;
// then switches new requests over, and frees what is gone when its last request is answered. A
// version that cannot be loaded is logged once and tried again when its files have changed; what
// was served is served on. Used by one thread.
class ModelWatcher {
 public:
  struct Options {
    std::filesystem::path models;
    VersionPolicy versions = VersionPolicy::kLatest;
    std::string default_model = {};  // as in ModelTable::Create; served on even when it is gone
    PlanPolicy plans = {};
    ModelLoader load;
    // Tells health that a model came or went.
    std::function<void(const std::string& name, bool serving)> set_serving;
  };

  // `tuner` and what `executors` refers to outlive this object.
  ModelWatcher(Options options, const Executor::Environment& executors, Tuner& tuner)
      : options_(std::move(options)), executors_(executors), tuner_(tuner) {}

  // One look. Takes as long as loading takes.
  void Poll();

 private:
  using Models = std::vector<std::shared_ptr<const ServedModel>>;

  // A version that could not be loaded.
  struct Failure {
    std::string state;      // of its folder when it was last tried
    std::string last_seen;  // of its folder at the last look
  };

  // What ought to be served of one model, of which `loaded` is served.
  Models Choose(const ModelFolder& folder, const Models& loaded);
  // What ought to be served of a model whose folder is gone.
  Models ChooseWithoutFolder(const std::string& name, const Models& loaded);
  // Loads, measures and compiles a version; nullptr when that fails, or failed before.
  std::shared_ptr<const ServedModel> Load(const std::string& name, std::int64_t version);
  bool IsWorthTrying(const std::string& name, std::int64_t version);
  absl::StatusOr<std::shared_ptr<const ServedModel>> Prepare(const std::string& name,
                                                             std::int64_t version);
  // Makes new requests see `models`, and executors their plans.
  void Switch(const ModelTable& current, Models models);
  // Executors free the plans of models whose last request has been answered.
  void FreeRetired();
  // An error that may show at every look, said at the first.
  void LogOnce(const std::string& message);

  const Options options_;
  const Executor::Environment executors_;
  Tuner& tuner_;
  std::map<std::pair<std::string, std::int64_t>, Failure> failures_;
  std::vector<std::weak_ptr<const ServedModel>> retired_;
  std::set<std::string> said_;    // by LogOnce, at this look and the one before
  std::set<std::string> saying_;  // at this look
};

}  // namespace avocet

#endif  // AVOCET_SERVER_MODEL_WATCHER_H_
