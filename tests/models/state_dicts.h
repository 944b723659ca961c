// What timm's state dicts hold (tests/data/models/state_dicts.txt: a line a parameter).
#ifndef AVOCET_TESTS_MODELS_STATE_DICTS_H_
#define AVOCET_TESTS_MODELS_STATE_DICTS_H_

#include <cstdint>
#include <fstream>
#include <map>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

namespace avocet {

// Shapes by name.
using StateDict = std::map<std::string, std::vector<std::int64_t>>;

// By network, with 1000 classes. The file has no counters; timm has one beside each running mean.
inline std::map<std::string, StateDict> ReadStateDicts() {
  constexpr std::string_view kMean = "running_mean";
  std::map<std::string, StateDict> all;
  std::ifstream file(AVOCET_TEST_DATA "/models/state_dicts.txt");
  for (std::string line; std::getline(file, line);) {
    std::istringstream words(line);
    std::string network, parameter;
    words >> network >> parameter;
    std::vector<std::int64_t>& shape = all[network][parameter];
    for (std::int64_t size = 0; words >> size;) shape.push_back(size);
    if (!parameter.ends_with(kMean)) continue;
    parameter.resize(parameter.size() - kMean.size());
    all[network][parameter + "num_batches_tracked"] = {};
  }
  return all;
}

}  // namespace avocet

#endif  // AVOCET_TESTS_MODELS_STATE_DICTS_H_
