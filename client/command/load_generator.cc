#include "client/command/load_generator.h"

#include <sys/resource.h>

#include <algorithm>
#include <cmath>
#include <condition_variable>
#include <mutex>
#include <utility>

#include "engine/base/check.h"

namespace avocet {
namespace {

using Clock = std::chrono::steady_clock;

double CpuSeconds() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) * 1e-6;
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

// The callers. Each is a chain: the callback of one request sends the next.
class Load {
 public:
  Load(Classifier& classifier, const std::vector<std::string>& images, const LoadOptions& options)
      : classifier_(classifier), images_(images), options_(options) {
    if (options.requests > 0) {
      report_.seconds.reserve(static_cast<size_t>(options.requests));
    }
  }

  LoadReport Run() {
    start_ = Clock::now();
    measured_from_ = start_ + std::chrono::duration_cast<Clock::duration>(options_.warmup);
    last_answer_ = measured_from_;
    measuring_ = options_.warmup.count() <= 0;
    cpu_at_start_ = CpuSeconds();
    callers_ = options_.concurrency;
    for (int i = 0; i < options_.concurrency; ++i) SendNext();
    std::unique_lock lock(mutex_);
    caller_left_.wait(lock, [this] { return callers_ == 0; });
    report_.elapsed = last_answer_ - measured_from_;
    report_.cpu_seconds = CpuSeconds() - cpu_at_start_;
    std::sort(report_.seconds.begin(), report_.seconds.end());
    return std::move(report_);
  }

 private:
  // Sends the request of one caller, or lets the caller leave.
  void SendNext() {
    std::vector<std::string> request;
    {
      std::lock_guard lock(mutex_);
      if (IsDone()) {
        --callers_;
        caller_left_.notify_all();
        return;
      }
      if (measuring_) ++sent_;
      for (int i = 0; i < options_.images_per_request; ++i) {
        request.push_back(images_[next_image_]);
        next_image_ = (next_image_ + 1) % images_.size();
      }
    }
    const Clock::time_point sent = Clock::now();
    classifier_.ClassifyAsync(std::move(request), options_.classify,
                              [this, sent](const Classifier::Outcomes& outcomes) {
                                Record(outcomes, sent, Clock::now());
                                SendNext();
                              });
  }

  bool IsDone() const {
    if (report_.unreachable) return true;
    if (options_.requests > 0) return sent_ >= options_.requests;
    return Clock::now() - measured_from_ >= options_.duration;
  }

  void Record(const Classifier::Outcomes& outcomes, Clock::time_point sent, Clock::time_point now) {
    std::lock_guard lock(mutex_);
    if (outcomes.status().code() == absl::StatusCode::kUnavailable) {
      report_.unreachable = true;
    } else if (!measuring_) {
      // The first answer after the warm-up starts the measurement, and is the last that does not
      // count.
      if (now < measured_from_) return;
      measuring_ = true;
      measured_from_ = now;
      cpu_at_start_ = CpuSeconds();
      last_answer_ = now;
      return;
    }
    // What was sent before the measurement began is answered within it: counted, as in any window
    // over a steady stream.
    last_answer_ = now;
    ++report_.requests;
    if (!outcomes.ok()) {
      CountError(outcomes.status(), options_.images_per_request);
      return;
    }
    report_.seconds.push_back(std::chrono::duration<float>(now - sent).count());
    for (const ImageOutcome& outcome : *outcomes) Count(outcome);
  }

  void Count(const ImageOutcome& outcome) {
    if (!outcome.status.ok()) return CountError(outcome.status, 1);
    ++report_.images;
    report_.server.queue += outcome.timings.queue;
    report_.server.decode += outcome.timings.decode;
    report_.server.preprocess += outcome.timings.preprocess;
    report_.server.inference += outcome.timings.inference;
    report_.batch_sizes += outcome.timings.batch_size;
  }

  void CountError(const absl::Status& status, int images) {
    report_.errors[status.code()] += images;
    report_.first_error.Update(status);
  }

  Classifier& classifier_;
  const std::vector<std::string>& images_;
  const LoadOptions options_;

  std::mutex mutex_;
  std::condition_variable caller_left_;
  LoadReport report_;
  Clock::time_point start_;
  Clock::time_point measured_from_;
  Clock::time_point last_answer_;
  double cpu_at_start_ = 0;
  bool measuring_ = false;
  int64_t sent_ = 0;
  int callers_ = 0;
  size_t next_image_ = 0;
};

}  // namespace

double Quantile(const std::vector<float>& sorted, double q) {
  if (sorted.empty()) return 0;
  const auto rank = static_cast<size_t>(std::ceil(q * static_cast<double>(sorted.size())));
  return static_cast<double>(sorted[std::clamp<size_t>(rank, 1, sorted.size()) - 1]);
}

LoadReport RunLoad(Classifier& classifier, const std::vector<std::string>& images,
                   const LoadOptions& options) {
  AVOCET_CHECK(!images.empty() && options.concurrency > 0 && options.images_per_request > 0);
  return Load(classifier, images, options).Run();
}

}  // namespace avocet
