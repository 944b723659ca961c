#include "server/sized_models.h"

#include "absl/strings/str_cat.h"
#include "engine/base/status.h"

namespace avocet {
namespace {

absl::StatusOr<std::shared_ptr<const ServedModel>> MakeVariant(
    const std::shared_ptr<const ServedModel>& model, int size) {
  if (model->plans_at == nullptr) {
    return absl::InvalidArgumentError(absl::StrCat(
        "size: model \"", model->name, "\" takes images of its own size only; found ", size));
  }
  absl::StatusOr<PlanFactory> make_plan = model->plans_at(size, size);
  if (!make_plan.ok()) {
    return absl::InvalidArgumentError(
        absl::StrCat("size: model \"", model->name, "\" cannot take images of ", size, " x ", size,
                     ": ", std::string(make_plan.status().message())));
  }
  ServedModel variant = *model;
  variant.preprocess.height = variant.preprocess.width = size;
  ASSIGN_OR_RETURN(variant.preprocessor, Preprocessor::Create(variant.preprocess));
  variant.make_plan = *std::move(make_plan);
  variant.tuning_key.height = variant.tuning_key.width = size;
  variant.base = model;
  return std::make_shared<const ServedModel>(std::move(variant));
}

}  // namespace

absl::StatusOr<std::shared_ptr<const ServedModel>> SizedModels::Find(
    const std::shared_ptr<const ServedModel>& model, int size) {
  if (size == 0) return model;
  if (largest_ == 0) {
    return absl::InvalidArgumentError(absl::StrCat(
        "size: expected 0, since this server takes no size but the model's own, found ", size));
  }
  if (size < kSmallest || size > largest_) {
    return absl::InvalidArgumentError(absl::StrCat("size: expected ", kSmallest, " to ", largest_,
                                                   " pixels, or 0 for the model's own, found ",
                                                   size));
  }
  if (model->preprocess.height == size && model->preprocess.width == size) return model;

  const std::lock_guard lock(mutex_);
  const std::pair key(model.get(), size);
  if (const auto found = variants_.find(key); found != variants_.end()) {
    if (std::shared_ptr<const ServedModel> variant = found->second.lock()) return variant;
  }
  ASSIGN_OR_RETURN(std::shared_ptr<const ServedModel> variant, MakeVariant(model, size));
  std::erase_if(variants_, [](const auto& entry) { return entry.second.expired(); });
  variants_[key] = variant;
  return variant;
}

}  // namespace avocet
