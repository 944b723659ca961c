// The client library: one object that classifies images with an Avocet server, with deadline,
// retries and TLS.
//
//   auto classifier = avocet::Classifier::Create({.target = "localhost:50051"});
//   auto outcomes = (*classifier)->Classify({ReadFile("coffee.jpg")}, {.top_k = 3});
#ifndef AVOCET_CLIENT_CLASSIFIER_H_
#define AVOCET_CLIENT_CLASSIFIER_H_

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "client/clock.h"
#include "client/retry.h"

namespace avocet {

// Files in PEM. All empty: TLS with the system's certificate authorities.
struct TlsOptions {
  std::string ca_file = {};    // whom to trust instead of the system's authorities
  std::string cert_file = {};  // this client's certificate chain, for mutual TLS; needs `key_file`
  std::string key_file = {};   // its private key; needs `cert_file`
  std::string server_name =
      {};  // name expected in the server's certificate, if not the target's host
};

struct ClassifierOptions {
  // "host:port", "[::1]:port", or a gRPC name such as "dns:///host:port" or "unix:/path".
  std::string target = "localhost:50051";
  std::optional<TlsOptions> tls = {};  // none: plain text
  // Of one call, all its attempts and the pauses between them included.
  std::chrono::milliseconds deadline = std::chrono::seconds(10);
  RetryOptions retry = {};
  // Largest request and largest response. gRPC's own default for responses is 4 MiB, too small for
  // batches of photographs.
  int64_t max_message_bytes = int64_t{64} << 20;
  // Time and timers; null: the system's. For tests.
  std::shared_ptr<Clock> clock = {};
};

struct ClassifyOptions {
  std::string model = {};  // empty: the server's default
  int64_t version = 0;     // 0: the newest
  int top_k = 0;           // classes an image; 0: the server's default, five
  int size = 0;            // pixels a side that images are brought to; 0: the model's own
};

struct ClassScore {
  int index = 0;  // position in the network's output, from 0
  std::string label;
  float probability = 0;  // softmax over all classes, 0 to 1
};

// Where the server spent its time on one image.
struct ServerTimings {
  std::chrono::nanoseconds queue{0};
  std::chrono::nanoseconds decode{0};
  std::chrono::nanoseconds preprocess{0};
  std::chrono::nanoseconds inference{0};
  int batch_size = 0;  // images that the network ran together
};

// What the server says of one image.
struct ImageOutcome {
  absl::Status status;              // why this image could not be classified; OK: `classes` is set
  std::vector<ClassScore> classes;  // most probable first
  ServerTimings timings;
  std::string model;  // what answered
  int64_t version = 0;
};

struct ModelInfo {
  std::string name;
  int64_t version = 0;
  std::string architecture;  // timm's name of the network
  int input_height = 0;      // pixels
  int input_width = 0;
  int classes = 0;
  int64_t parameters = 0;
  bool is_default = false;
  std::string precision;  // "float32", "bfloat16" or "int8"; empty: an older server
};

// Answers of grpc.health.v1.
enum class Health { kUnknown, kServing, kNotServing };

// A connection to one server. Thread-safe; calls share one HTTP/2 connection, which is made on the
// first call and made again when it breaks. Failed attempts are repeated as `RetryOptions` say.
//
// Errors are the server's (see proto/classifier.proto) and: UNAVAILABLE when it cannot be reached,
// DEADLINE_EXCEEDED, INVALID_ARGUMENT for a request over `max_message_bytes`, INTERNAL for an
// answer that does not fit the request.
class Classifier {
 public:
  using Outcomes =
      absl::StatusOr<std::vector<ImageOutcome>>;  // one an image, in the order of the request

  // Errors: INVALID_ARGUMENT for options out of range or half of a certificate pair, NOT_FOUND or
  // PERMISSION_DENIED for a TLS file that cannot be read. A server that is down is not an error
  // yet.
  static absl::StatusOr<std::unique_ptr<Classifier>> Create(ClassifierOptions options);

  // Cancels the calls in flight and waits until their callbacks have run. Not to be called from a
  // callback.
  ~Classifier();

  // Classifies encoded images (JPEG, PNG, WebP, BMP, TIFF) in one request.
  Outcomes Classify(std::vector<std::string> images, const ClassifyOptions& options = {});

  // The same without waiting: `done` runs once, on a thread of the library or on this one, and
  // should be quick. The number of calls in flight is the caller's to bound (see
  // client/pipeline.h).
  void ClassifyAsync(std::vector<std::string> images, const ClassifyOptions& options,
                     std::function<void(Outcomes)> done);

  // Health of `service`; empty: of the server. One attempt only, since it is a probe. NOT_FOUND: no
  // such service.
  absl::StatusOr<Health> CheckHealth(std::string_view service = "");

  // Every loaded version of every model, sorted by name, newest version first.
  absl::StatusOr<std::vector<ModelInfo>> ListModels();

 private:
  class Impl;
  explicit Classifier(std::unique_ptr<Impl> impl);

  std::unique_ptr<Impl> impl_;
};

}  // namespace avocet

#endif  // AVOCET_CLIENT_CLASSIFIER_H_
