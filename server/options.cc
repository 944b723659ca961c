#include "server/options.h"

#include <CLI/CLI.hpp>
#include <cmath>
#include <limits>
#include <map>

#include "absl/strings/str_cat.h"
#include "server/version.h"

namespace avocet {
namespace {

constexpr int kUsageError = 2;
constexpr int kMaxBatchSize = 64;

std::chrono::milliseconds Milliseconds(double seconds) {
  return std::chrono::milliseconds(std::llround(seconds * 1e3));
}

// What the flags are before they are put where they belong.
struct Flags {
  int metrics_port = 8080;
  bool no_metrics = false;
  bool no_reflection = false;
  bool ignore_exif_orientation = false;
  double poll_interval = 5;
  double drain_delay = 0;
  double drain_timeout = 30;
};

void AddModelFlags(CLI::App& app, ServerOptions& options, Flags& flags) {
  app.add_option("--models", options.models, "Folder with <name>/<version>/ below it")
      ->required()
      ->type_name("DIR");
  app.add_option("--default-model", options.default_model,
                 "Model for requests that name none; needed only where there are several")
      ->type_name("NAME");
  app.add_option_function<std::vector<std::string>>(
         "--precision",
         [&options](const std::vector<std::string>& values) {
           for (const std::string& value : values) {
             if (const absl::Status status = AddPrecision(value, options.precision); !status.ok()) {
               throw CLI::ValidationError("--precision", std::string(status.message()));
             }
           }
         },
         "Numbers to compute in: auto (the fastest here), float32, bfloat16 or int8; with NAME= "
         "for "
         "one model; may be repeated")
      ->type_name("[NAME=]PRECISION")
      ->allow_extra_args(false);
  app.add_option("--versions", options.versions, "Versions of each model to load: latest or all")
      ->transform(CLI::CheckedTransformer(std::map<std::string, VersionPolicy>{
          {"latest", VersionPolicy::kLatest}, {"all", VersionPolicy::kAll}}))
      ->type_name("POLICY");
  app.add_option("--poll-interval", flags.poll_interval,
                 "Seconds between looks for new models and versions; 0: never look")
      ->check(CLI::Range(0.0, 86400.0))
      ->capture_default_str();
}

void AddNetworkFlags(CLI::App& app, ServerOptions& options, Flags& flags) {
  app.add_option("--address", options.grpc.address, "Address to listen on")->capture_default_str();
  app.add_option("--port", options.grpc.port, "Port for gRPC; 0: any free one")
      ->check(CLI::Range(0, 65535))
      ->capture_default_str();
  app.add_option("--metrics-port", flags.metrics_port,
                 "Port for GET /metrics; 0: any free one, negative: none")
      ->check(CLI::Range(std::numeric_limits<int>::min(), 65535))
      ->capture_default_str();
  app.add_flag("--no-metrics", flags.no_metrics, "Serve no metrics");
  app.add_flag("--no-reflection", flags.no_reflection, "Do not describe the service to callers");
  CLI::Option* const certificate =
      app.add_option("--tls-cert", options.grpc.tls.certificate, "Server certificate chain, PEM")
          ->type_name("FILE");
  CLI::Option* const key =
      app.add_option("--tls-key", options.grpc.tls.key, "Its private key, PEM")->type_name("FILE");
  certificate->needs(key);
  key->needs(certificate);
  app.add_option("--tls-client-ca", options.grpc.tls.client_ca,
                 "Callers must show a certificate signed by one of these, PEM")
      ->type_name("FILE")
      ->needs(certificate);
}

void AddLimitFlags(CLI::App& app, ServerOptions& options, Flags& flags) {
  constexpr int kMaxInt = std::numeric_limits<int>::max();
  app.add_option("--max-message-bytes", options.grpc.max_message_bytes, "Largest request")
      ->check(CLI::Range(1024, kMaxInt))
      ->capture_default_str();
  app.add_option("--max-image-bytes", options.limits.max_image_bytes, "Largest encoded image")
      ->check(CLI::Range(1, kMaxInt))
      ->capture_default_str();
  app.add_option("--max-image-pixels", options.max_image_pixels,
                 "Largest width times height, checked before decoding")
      ->check(CLI::Range(1, 1 << 30))  // where OpenCV's own limit is
      ->capture_default_str();
  app.add_option("--max-size", options.limits.max_size,
                 "Largest height and width that requests may ask for; 0: the models' own only")
      ->check(CLI::Range(0, SizedModels::kLargest))
      ->capture_default_str();
  app.add_option("--max-images-per-request", options.limits.max_images, "Most images a request")
      ->check(CLI::Range(1, 1 << 16))
      ->capture_default_str();
  app.add_flag("--ignore-exif-orientation", flags.ignore_exif_orientation,
               "Classify the pixels as they are stored");
}

void AddExecutionFlags(CLI::App& app, ServerOptions& options, Flags& flags) {
  app.add_option("--max-batch-size", options.plans.max_batch_size, "Most images run together")
      ->check(CLI::Range(1, kMaxBatchSize))
      ->capture_default_str();
  app.add_option("--batch-sizes", options.plans.batch_sizes,
                 "Batch sizes to run, separated by commas, instead of those measured to pay; 1: "
                 "images one by one")
      ->delimiter(',')
      ->check(CLI::Range(1, kMaxBatchSize))
      ->type_name("N,...");
  app.add_option("--lone-image", options.plans.lone_image,
                 "What runs an image that has the machine to itself: auto (the faster here), wide "
                 "(all cores) or single")
      ->transform(
          CLI::CheckedTransformer(std::map<std::string, LoneImage>{{"auto", LoneImage::kMeasured},
                                                                   {"wide", LoneImage::kWide},
                                                                   {"single", LoneImage::kSingle}}))
      ->type_name("HOW");
  app.add_option("--tuning-cache", options.tuning_cache,
                 "File that keeps what was measured; off: none (default: avocet/tuning.json in the "
                 "user's cache folder)")
      ->type_name("FILE");
  app.add_option("--size-variants", options.size_variants,
                 "Other sizes whose plans an executor keeps")
      ->check(CLI::Range(1, 64))
      ->capture_default_str();
  app.add_option("--queue-capacity", options.queue_capacity, "Most images that may wait")
      ->check(CLI::Range(1, 1 << 20))
      ->capture_default_str();
  app.add_option("--executors", options.executors,
                 "Threads that classify; 0: one for each usable CPU")
      ->check(CLI::Range(0, 1024))
      ->capture_default_str();
  app.add_option("--drain-delay", flags.drain_delay,
                 "Seconds to serve on after a signal, health saying NOT_SERVING")
      ->check(CLI::Range(0.0, 3600.0))
      ->capture_default_str();
  app.add_option("--drain-timeout", flags.drain_timeout,
                 "Seconds to wait then for what was accepted")
      ->check(CLI::Range(0.0, 3600.0))
      ->capture_default_str();
  app.add_option("--log-level", options.log_level, "debug, info, warn, error or off")
      ->check(CLI::IsMember({"debug", "info", "warn", "error", "off"}))
      ->capture_default_str();
}

// What no single flag can tell.
void CheckTogether(const ServerOptions& options) {
  if (options.queue_capacity < options.limits.max_images) {
    throw CLI::ValidationError(
        "--queue-capacity",
        absl::StrCat("expected at least --max-images-per-request (", options.limits.max_images,
                     "), or such a request could never be accepted; found ",
                     options.queue_capacity));
  }
}

}  // namespace

std::optional<ServerOptions> ParseOptions(int argc, const char* const* argv, std::ostream& out,
                                          std::ostream& err, int& exit_code) {
  ServerOptions options;
  Flags flags;
  CLI::App app("Classifies images over gRPC.", "avocet-server");
  app.set_version_flag("--version",
                       absl::StrCat("avocet-server ", Version(), " (commit ", Commit(), ")"));
  AddModelFlags(app, options, flags);
  AddNetworkFlags(app, options, flags);
  AddLimitFlags(app, options, flags);
  AddExecutionFlags(app, options, flags);
  try {
    app.parse(argc, argv);
    CheckTogether(options);
  } catch (const CLI::ParseError& error) {
    exit_code = app.exit(error, out, err) == 0 ? 0 : kUsageError;
    return std::nullopt;
  }
  if (options.tuning_cache == "off") options.tuning_cache = "";
  options.grpc.reflection = !flags.no_reflection;
  options.apply_exif_orientation = !flags.ignore_exif_orientation;
  options.metrics_port = flags.metrics_port;
  if (flags.no_metrics || flags.metrics_port < 0) options.metrics_port = std::nullopt;
  options.poll_interval = Milliseconds(flags.poll_interval);
  options.drain.delay = Milliseconds(flags.drain_delay);
  options.drain.timeout = Milliseconds(flags.drain_timeout);
  return options;
}

}  // namespace avocet
