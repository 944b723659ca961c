// The service of proto/classifier.proto.
#ifndef AVOCET_SERVER_CLASSIFIER_SERVICE_H_
#define AVOCET_SERVER_CLASSIFIER_SERVICE_H_

#include <cstddef>

#include "absl/status/status.h"
#include "proto/classifier.grpc.pb.h"
#include "server/classify_call.h"
#include "server/executor.h"
#include "server/model_table.h"
#include "server/sized_models.h"

namespace avocet {

// What one request may have.
struct RequestLimits {
  int max_images = 64;
  size_t max_image_bytes = 16 << 20;
  int max_size = SizedModels::kLargest;  // pixels a side that callers may ask for; 0: none
};

// Checks requests and queues their images; runs on gRPC's threads and does nothing heavy.
// Thread-safe.
class ClassifierService final : public v1::Classifier::CallbackService {
 public:
  // Outlives the service.
  struct Environment {
    ImageQueue& queue;
    ModelRegistry& registry;
    ClassifyCall::Environment call;
    RequestLimits limits;
  };

  explicit ClassifierService(const Environment& environment)
      : environment_(environment), sized_models_(environment.limits.max_size) {}

  grpc::ServerUnaryReactor* Classify(grpc::CallbackServerContext* context,
                                     const v1::ClassifyRequest* request,
                                     v1::ClassifyResponse* response) override;
  grpc::ServerUnaryReactor* ListModels(grpc::CallbackServerContext* context,
                                       const v1::ListModelsRequest* request,
                                       v1::ListModelsResponse* response) override;
  grpc::ServerUnaryReactor* GetModel(grpc::CallbackServerContext* context,
                                     const v1::GetModelRequest* request,
                                     v1::Model* response) override;

 private:
  // Queues all images of the call, or none and says why.
  absl::Status Admit(ClassifyCall& call);
  absl::Status CheckLimits(const v1::ClassifyRequest& request) const;

  const Environment environment_;
  SizedModels sized_models_;
};

}  // namespace avocet

#endif  // AVOCET_SERVER_CLASSIFIER_SERVICE_H_
