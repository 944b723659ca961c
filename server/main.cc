// avocet-server: options, models, queue, executors, service; then it waits for a signal and drains.
#include <malloc.h>
#include <spdlog/sinks/stdout_color_sinks.h>
#include <spdlog/spdlog.h>

#include <cstdlib>
#include <iostream>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "engine/base/cpu_count.h"
#include "engine/base/status.h"
#include "server/call_tracker.h"
#include "server/classifier_service.h"
#include "server/drain.h"
#include "server/executor_pool.h"
#include "server/grpc_server.h"
#include "server/metrics.h"
#include "server/metrics_endpoint.h"
#include "server/model_folders.h"
#include "server/model_loader.h"
#include "server/model_table.h"
#include "server/model_watcher.h"
#include "server/options.h"
#include "server/process_metrics.h"
#include "server/repeating_thread.h"
#include "server/shutdown_signal.h"
#include "server/tuning.h"
#include "server/version.h"

namespace avocet {
namespace {

// Encoded images come and go by the megabyte on gRPC's threads. Few arenas, and blocks that go back
// to the system when freed, keep the process at what it uses.
void BoundHeap() {
  mallopt(M_ARENA_MAX, 2);
  mallopt(M_MMAP_THRESHOLD, 256 << 10);
  mallopt(M_TRIM_THRESHOLD, 1 << 20);
}

absl::Status Serve(const ServerOptions& options, ShutdownSignal& shutdown) {
  spdlog::info("avocet-server {} (commit {})", Version(), Commit());
  const ServerClock clock = std::chrono::steady_clock::now;
  const int cpus = UsableCpuCount();
  Metrics metrics;

  const std::unique_ptr<TuningCache> tuning_cache = OpenTuningCache(options.tuning_cache);
  Tuner tuner({.cache = tuning_cache.get(),
               .warn = [](const std::string& text) { spdlog::warn("{}", text); }});
  const ModelLoader load =
      MakeModelLoader({.precision = options.precision, .wide_threads = cpus}, tuner);
  ASSIGN_OR_RETURN(auto models, LoadModels(options.models, options.versions, load, metrics));
  ASSIGN_OR_RETURN(auto table,
                   ModelTable::Create(std::move(models), options.default_model, metrics));
  const std::vector<std::string> names = table->names();
  // Nothing else holds the table: a version that is replaced later can be freed.
  ModelRegistry registry(std::move(table));

  ImageQueue queue(options.queue_capacity, options.executors > 0 ? options.executors : cpus);
  metrics.queue_capacity().Set(queue.capacity());
  metrics.SampleQueueDepth([&queue] { return queue.depth(); });
  std::unique_ptr<MetricsEndpoint> endpoint;
  if (options.metrics_port) {
    ASSIGN_OR_RETURN(endpoint,
                     MetricsEndpoint::Start(options.grpc.address, *options.metrics_port, metrics));
    spdlog::info("metrics on port {}, /metrics", endpoint->port());
  }

  CallTracker calls;
  ClassifierService service({queue, registry, {clock, metrics, calls}, options.limits});
  ASSIGN_OR_RETURN(const auto server, GrpcServer::Start(options.grpc, service, names));
  PlanShelf shelf;
  const Executor::Environment environment = {
      .queue = queue,
      .registry = registry,
      .shelf = shelf,
      .metrics = metrics,
      .clock = clock,
      .decode = {.max_pixels = options.max_image_pixels,
                 .apply_exif_orientation = options.apply_exif_orientation},
      .wide_threads = cpus,
      .size_variants = options.size_variants,
  };
  ASSIGN_OR_RETURN(const auto executors, ExecutorPool::Start(environment, options.plans, tuner));
  malloc_trim(0);  // what loading needed
  server->SetServing(true);
  spdlog::info("serving {} models on port {}{}, {:.1f} MB resident", names.size(), server->port(),
               options.grpc.tls.certificate.empty() ? "" : " with TLS",
               static_cast<double>(ResidentBytes()) / 1e6);

  ModelWatcher watcher(
      {
          .models = options.models,
          .versions = options.versions,
          .default_model = options.default_model,
          .plans = options.plans,
          .load = load,
          .set_serving = [&server](const std::string& name,
                                   bool serving) { server->SetModelServing(name, serving); },
      },
      environment, tuner);
  std::optional<RepeatingThread> watching;
  if (options.poll_interval.count() > 0) {
    watching.emplace("model-watcher", options.poll_interval, [&watcher] { watcher.Poll(); });
  }
  spdlog::info("signal {}: shutting down", shutdown.Wait());
  watching.reset();  // before health changes for good
  RETURN_IF_ERROR(Drain(options.drain, *server, queue, calls));
  spdlog::info("everything is answered; good bye");
  return absl::OkStatus();
}

}  // namespace
}  // namespace avocet

int main(int argc, char** argv) {
  int exit_code = EXIT_SUCCESS;
  const std::optional<avocet::ServerOptions> options =
      avocet::ParseOptions(argc, argv, std::cout, std::cerr, exit_code);
  if (!options) return exit_code;
  avocet::BoundHeap();
  spdlog::set_default_logger(spdlog::stderr_color_mt("avocet"));
  spdlog::set_pattern("%Y-%m-%dT%H:%M:%S.%e%z %^%l%$ %v");
  spdlog::set_level(spdlog::level::from_str(options->log_level));
  avocet::ShutdownSignal shutdown;  // before any other thread
  const absl::Status status = avocet::Serve(*options, shutdown);
  if (!status.ok()) spdlog::critical("{}", std::string(status.message()));
  return status.ok() ? EXIT_SUCCESS : EXIT_FAILURE;
}
