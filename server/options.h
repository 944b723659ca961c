// The command line of avocet-server.
#ifndef AVOCET_SERVER_OPTIONS_H_
#define AVOCET_SERVER_OPTIONS_H_

#include <chrono>
#include <cstdint>
#include <optional>
#include <ostream>
#include <string>

#include "server/classifier_service.h"
#include "server/drain.h"
#include "server/grpc_server.h"
#include "server/model_folders.h"
#include "server/plan_policy.h"
#include "server/precision_policy.h"

namespace avocet {

// Everything checked; server/README.md says what each is for.
struct ServerOptions {
  std::string models;
  std::string default_model;
  VersionPolicy versions = VersionPolicy::kLatest;
  std::chrono::milliseconds poll_interval{5000};  // 0: never
  GrpcServerOptions grpc;
  std::optional<int> metrics_port = 8080;
  RequestLimits limits;
  int64_t max_image_pixels = 64'000'000;
  bool apply_exif_orientation = true;
  PrecisionPolicy precision;
  PlanPolicy plans;
  std::optional<std::string> tuning_cache;  // empty: none; nothing: DefaultTuningCachePath()
  int size_variants = 4;
  int queue_capacity = 256;  // images
  int executors = 0;         // 0: one a usable CPU
  DrainOptions drain;
  std::string log_level = "info";
};

// What the command line asks for; or nothing, when help or the version was asked for (`exit_code`
// 0, the text on `out`) or the command line is wrong (`exit_code` 2, what was expected on `err`).
std::optional<ServerOptions> ParseOptions(int argc, const char* const* argv, std::ostream& out,
                                          std::ostream& err, int& exit_code);

}  // namespace avocet

#endif  // AVOCET_SERVER_OPTIONS_H_
