#include "client/command/load_report.h"

#include <nlohmann/json.hpp>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

namespace avocet {
namespace {

// The report's sums as what people compare.
struct Figures {
  double images_per_second = 0;
  double cpu_per_second = 0;
  double p50 = 0, p90 = 0, p99 = 0, max = 0;                    // milliseconds
  double queue = 0, decode = 0, preprocess = 0, inference = 0;  // milliseconds, means over images
  double batch_size = 0;                                        // mean over images
};

double MeanMilliseconds(std::chrono::nanoseconds sum, int64_t count) {
  if (count == 0) return 0;
  return std::chrono::duration<double, std::milli>(sum).count() / static_cast<double>(count);
}

Figures ToFigures(const LoadReport& report) {
  Figures figures;
  const double elapsed = report.elapsed.count();
  if (elapsed > 0) {
    figures.images_per_second = static_cast<double>(report.images) / elapsed;
    figures.cpu_per_second = report.cpu_seconds / elapsed;
  }
  figures.p50 = 1000 * Quantile(report.seconds, 0.5);
  figures.p90 = 1000 * Quantile(report.seconds, 0.9);
  figures.p99 = 1000 * Quantile(report.seconds, 0.99);
  figures.max = 1000 * Quantile(report.seconds, 1);
  figures.queue = MeanMilliseconds(report.server.queue, report.images);
  figures.decode = MeanMilliseconds(report.server.decode, report.images);
  figures.preprocess = MeanMilliseconds(report.server.preprocess, report.images);
  figures.inference = MeanMilliseconds(report.server.inference, report.images);
  if (report.images > 0) {
    figures.batch_size =
        static_cast<double>(report.batch_sizes) / static_cast<double>(report.images);
  }
  return figures;
}

}  // namespace

std::string LoadReportText(const LoadReport& report, const LoadOptions& options) {
  const Figures f = ToFigures(report);
  std::string text = absl::StrFormat(
      "callers     %d, closed loop, %d image(s) a request\n"
      "images      %d in %.2f s: %.1f img/s\n"
      "latency     p50 %.2f ms  p90 %.2f ms  p99 %.2f ms  max %.2f ms\n"
      "server      queue %.2f ms  decode %.2f ms  preprocess %.2f ms  inference %.2f ms"
      "  batch %.2f (means)\n"
      "client CPU  %.3f s a second\n"
      "errors     ",
      options.concurrency, options.images_per_request, report.images, report.elapsed.count(),
      f.images_per_second, f.p50, f.p90, f.p99, f.max, f.queue, f.decode, f.preprocess, f.inference,
      f.batch_size, f.cpu_per_second);
  if (report.errors.empty()) text += " none";
  for (const auto& [code, count] : report.errors) {
    absl::StrAppend(&text, " ", absl::StatusCodeToString(code), " ", count);
  }
  return text + "\n";
}

std::string LoadReportJson(const LoadReport& report, const LoadOptions& options) {
  const Figures f = ToFigures(report);
  nlohmann::ordered_json errors = nlohmann::ordered_json::object();
  for (const auto& [code, count] : report.errors) {
    errors[absl::StatusCodeToString(code)] = count;
  }
  const nlohmann::ordered_json object = {
      {"concurrency", options.concurrency},
      {"images_per_request", options.images_per_request},
      {"requests", report.requests},
      {"images", report.images},
      {"seconds", report.elapsed.count()},
      {"images_per_second", f.images_per_second},
      {"latency", {{"p50", f.p50}, {"p90", f.p90}, {"p99", f.p99}, {"max", f.max}}},
      {"server",
       {{"queue", f.queue},
        {"decode", f.decode},
        {"preprocess", f.preprocess},
        {"inference", f.inference},
        {"batch_size", f.batch_size}}},
      {"client_cpu_seconds_per_second", f.cpu_per_second},
      {"errors", errors}};
  return object.dump() + "\n";
}

}  // namespace avocet
