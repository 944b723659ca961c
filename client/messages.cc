#include "client/messages.h"

#include <chrono>
#include <utility>

#include "absl/strings/str_cat.h"

namespace avocet {
namespace {

std::chrono::nanoseconds ToNanoseconds(const google::protobuf::Duration& duration) {
  return std::chrono::seconds(duration.seconds()) + std::chrono::nanoseconds(duration.nanos());
}

ServerTimings ToTimings(const v1::StageTimings& timings) {
  return {.queue = ToNanoseconds(timings.queue()),
          .decode = ToNanoseconds(timings.decode()),
          .preprocess = ToNanoseconds(timings.preprocess()),
          .inference = ToNanoseconds(timings.inference()),
          .batch_size = timings.batch_size()};
}

}  // namespace

v1::ClassifyRequest ToRequest(std::vector<std::string> images, const ClassifyOptions& options) {
  v1::ClassifyRequest request;
  request.mutable_images()->Reserve(static_cast<int>(images.size()));
  for (std::string& image : images) request.add_images(std::move(image));
  request.set_model(options.model);
  request.set_version(options.version);
  request.set_top_k(options.top_k);
  request.set_size(options.size);
  return request;
}

absl::StatusOr<std::vector<ImageOutcome>> ToOutcomes(v1::ClassifyResponse& response, int images) {
  if (response.results_size() != images) {
    return absl::InternalError(absl::StrCat("the server's answer: expected ", images,
                                            " results, found ", response.results_size()));
  }
  std::vector<ImageOutcome> outcomes;
  outcomes.reserve(static_cast<size_t>(images));
  for (v1::ImageResult& result : *response.mutable_results()) {
    ImageOutcome outcome{.status = absl::OkStatus(),
                         .classes = {},
                         .timings = ToTimings(result.timings()),
                         .model = response.model(),
                         .version = response.version()};
    switch (result.outcome_case()) {
      case v1::ImageResult::kClassification:
        for (v1::ClassScore& score : *result.mutable_classification()->mutable_classes()) {
          outcome.classes.push_back({.index = score.index(),
                                     .label = std::move(*score.mutable_label()),
                                     .probability = score.probability()});
        }
        break;
      case v1::ImageResult::kError: {
        // An error whose code is 0 would read as success.
        const auto code = static_cast<absl::StatusCode>(result.error().code());
        outcome.status =
            absl::Status(code == absl::StatusCode::kOk ? absl::StatusCode::kInternal : code,
                         result.error().message());
        break;
      }
      case v1::ImageResult::OUTCOME_NOT_SET:
        return absl::InternalError(absl::StrCat("the server's answer: result ", outcomes.size(),
                                                " has neither classes nor an error"));
    }
    outcomes.push_back(std::move(outcome));
  }
  return outcomes;
}

ModelInfo ToModelInfo(const v1::Model& model) {
  return {.name = model.name(),
          .version = model.version(),
          .architecture = model.architecture(),
          .input_height = model.input_height(),
          .input_width = model.input_width(),
          .classes = model.num_classes(),
          .parameters = model.parameter_count(),
          .is_default = model.is_default(),
          .precision = model.precision()};
}

}  // namespace avocet
