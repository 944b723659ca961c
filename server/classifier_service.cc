#include "server/classifier_service.h"

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "engine/base/status.h"
#include "server/grpc_status.h"

namespace avocet {
namespace {

constexpr int kDefaultTopK = 5;

void Describe(const ModelTable& table, const ModelTable::Entry& entry, v1::Model& message) {
  const ServedModel& model = *entry.model;
  message.set_name(model.name);
  message.set_version(model.version);
  message.set_architecture(model.architecture);
  message.set_input_height(model.preprocess.height);
  message.set_input_width(model.preprocess.width);
  message.set_num_classes(model.num_classes);
  message.mutable_label_names()->Assign(model.label_names.begin(), model.label_names.end());
  message.set_parameter_count(model.parameter_count);
  message.set_is_default(table.IsDefault(entry));
  message.set_precision(std::string(PrecisionName(model.precision)));
}

grpc::ServerUnaryReactor* Finish(grpc::CallbackServerContext* context, const absl::Status& status) {
  grpc::ServerUnaryReactor* const reactor = context->DefaultReactor();
  reactor->Finish(ToGrpcStatus(status));
  return reactor;
}

}  // namespace

grpc::ServerUnaryReactor* ClassifierService::Classify(grpc::CallbackServerContext* context,
                                                      const v1::ClassifyRequest* request,
                                                      v1::ClassifyResponse* response) {
  const std::shared_ptr<ClassifyCall> call =
      ClassifyCall::Create(environment_.call, *context, *request, *response);
  // Once admitted, the call may be answered before this returns; gRPC needs the reactor all the
  // same, and keeps it until OnDone.
  if (const absl::Status status = Admit(*call); !status.ok()) call->Reject(status);
  return call.get();
}

absl::Status ClassifierService::Admit(ClassifyCall& call) {
  const v1::ClassifyRequest& request = call.request();
  const std::shared_ptr<const ModelTable> table = environment_.registry.Current();
  ASSIGN_OR_RETURN(const ModelTable::Entry* const entry,
                   table->Find(request.model(), request.version()));
  call.SetModel(entry->model, *entry->metrics);
  RETURN_IF_ERROR(CheckLimits(request));
  ASSIGN_OR_RETURN(std::shared_ptr<const ServedModel> model,
                   sized_models_.Find(entry->model, request.size()));
  call.SetModel(std::move(model), *entry->metrics);

  std::vector<ImageJob> jobs = call.Accept(request.top_k() == 0 ? kDefaultTopK : request.top_k());
  std::vector<ImageJob> dead;
  absl::Status status = environment_.queue.TryPush(jobs, dead);
  for (const ImageJob& job : dead) job.call->Drop(job.call->fate());
  return status;
}

absl::Status ClassifierService::CheckLimits(const v1::ClassifyRequest& request) const {
  const RequestLimits& limits = environment_.limits;
  if (request.images().empty()) {
    return absl::InvalidArgumentError("expected at least one image, found none");
  }
  if (request.images_size() > limits.max_images) {
    return absl::InvalidArgumentError(absl::StrCat("expected at most ", limits.max_images,
                                                   " images a request, found ",
                                                   request.images_size()));
  }
  for (int i = 0; i < request.images_size(); ++i) {
    if (request.images(i).size() > limits.max_image_bytes) {
      return absl::InvalidArgumentError(absl::StrCat("images[", i, "]: expected at most ",
                                                     limits.max_image_bytes, " bytes, found ",
                                                     request.images(i).size()));
    }
  }
  if (request.top_k() < 0) {
    return absl::InvalidArgumentError(
        absl::StrCat("top_k: expected 1 or more, or 0 for five, found ", request.top_k()));
  }
  return absl::OkStatus();
}

grpc::ServerUnaryReactor* ClassifierService::ListModels(grpc::CallbackServerContext* context,
                                                        const v1::ListModelsRequest* /*request*/,
                                                        v1::ListModelsResponse* response) {
  const std::shared_ptr<const ModelTable> table = environment_.registry.Current();
  for (const ModelTable::Entry& entry : table->entries()) {
    Describe(*table, entry, *response->add_models());
  }
  return Finish(context, absl::OkStatus());
}

grpc::ServerUnaryReactor* ClassifierService::GetModel(grpc::CallbackServerContext* context,
                                                      const v1::GetModelRequest* request,
                                                      v1::Model* response) {
  const std::shared_ptr<const ModelTable> table = environment_.registry.Current();
  const absl::StatusOr<const ModelTable::Entry*> entry =
      table->Find(request->model(), request->version());
  if (entry.ok()) Describe(*table, **entry, *response);
  return Finish(context, entry.status());
}

}  // namespace avocet
