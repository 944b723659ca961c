// A closed loop of callers, to measure a server.
#ifndef AVOCET_CLIENT_COMMAND_LOAD_GENERATOR_H_
#define AVOCET_CLIENT_COMMAND_LOAD_GENERATOR_H_

#include <chrono>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "client/classifier.h"

namespace avocet {

struct LoadOptions {
  int concurrency = 1;  // callers; each sends its next request when it has the answer to its last
  int images_per_request = 1;  // taken in turn from the images
  int64_t requests = 0;        // to send after the warm-up; 0: until `duration` is over
  std::chrono::duration<double> duration{10};
  std::chrono::duration<double> warmup{0};  // what ends before this is not counted
  ClassifyOptions classify;
};

struct LoadReport {
  std::chrono::duration<double> elapsed{0};    // from the end of the warm-up to the last answer
  int64_t requests = 0;                        // answered, failed ones included
  int64_t images = 0;                          // classified
  std::vector<float> seconds;                  // of each request that succeeded, sorted
  std::map<absl::StatusCode, int64_t> errors;  // images not classified, by code
  absl::Status first_error;
  double cpu_seconds = 0;  // of this process, user and system, in `elapsed`
  // Sums over the classified images of what the server reports.
  ServerTimings server;
  int64_t batch_sizes = 0;
  bool unreachable = false;  // the run ended early with UNAVAILABLE
};

// Smallest value that at least the share `q` of `sorted` does not exceed (nearest rank); 0 when
// there are none.
double Quantile(const std::vector<float>& sorted, double q);

// Sends `images`, not empty, until it is done; waits for the last answer. Create the classifier
// with one attempt a call, so that refusals are counted rather than retried.
LoadReport RunLoad(Classifier& classifier, const std::vector<std::string>& images,
                   const LoadOptions& options);

}  // namespace avocet

#endif  // AVOCET_CLIENT_COMMAND_LOAD_GENERATOR_H_
