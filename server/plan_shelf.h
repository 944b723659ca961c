// Where compiled plans wait for the executors that will run them.
#ifndef AVOCET_SERVER_PLAN_SHELF_H_
#define AVOCET_SERVER_PLAN_SHELF_H_

#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <utility>
#include <vector>

#include "server/model_plans.h"
#include "server/served_model.h"

namespace avocet {

// A model that is loaded while the server runs is compiled elsewhere, so that executors go on
// answering; they find its plans here. Keeps no model alive. Thread-safe.
class PlanShelf {
 public:
  // One for each executor.
  void Put(const std::shared_ptr<const ServedModel>& model, std::vector<ModelPlans> plans) {
    const std::lock_guard lock(mutex_);
    plans_.insert_or_assign(model, std::move(plans));
  }

  // Nothing when there are none (left) for `model`.
  std::optional<ModelPlans> Take(const std::shared_ptr<const ServedModel>& model) {
    const std::lock_guard lock(mutex_);
    const auto found = plans_.find(model);
    if (found == plans_.end()) return std::nullopt;
    std::optional<ModelPlans> plans = std::move(found->second.back());
    found->second.pop_back();
    if (found->second.empty()) plans_.erase(found);
    return plans;
  }

  // Frees the plans of models that are gone.
  void Tidy() {
    const std::lock_guard lock(mutex_);
    std::erase_if(plans_, [](const auto& plans) { return plans.first.expired(); });
  }

 private:
  std::mutex mutex_;
  std::map<std::weak_ptr<const ServedModel>, std::vector<ModelPlans>, std::owner_less<>> plans_;
};

}  // namespace avocet

#endif  // AVOCET_SERVER_PLAN_SHELF_H_
