// Where tests find the pretrained networks.
#ifndef AVOCET_TESTS_CHECKPOINT_FETCHED_MODELS_H_
#define AVOCET_TESTS_CHECKPOINT_FETCHED_MODELS_H_

#include <cstdlib>
#include <filesystem>
#include <string>
#include <string_view>

#include "gtest/gtest.h"

namespace avocet {

// The folder that deploy/fetch-models.sh wrote for `architecture`, under $AVOCET_MODELS or else
// build/models of the checkout. Without it the test fails, and says what to run.
inline std::string FetchedModel(std::string_view architecture) {
  const char* models = std::getenv("AVOCET_MODELS");
  const std::string root = models != nullptr ? models : AVOCET_DEFAULT_MODELS;
  const std::string folder = root + "/" + std::string(architecture) + "/1";
  if (!std::filesystem::exists(folder + "/model.safetensors")) {
    ADD_FAILURE() << folder << " has no model; run: deploy/fetch-models.sh --models " << root << " "
                  << architecture;
  }
  return folder;
}

}  // namespace avocet

#endif  // AVOCET_TESTS_CHECKPOINT_FETCHED_MODELS_H_
