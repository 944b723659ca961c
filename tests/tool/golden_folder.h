// A model folder of a network with golden weights.
#ifndef AVOCET_TESTS_TOOL_GOLDEN_FOLDER_H_
#define AVOCET_TESTS_TOOL_GOLDEN_FOLDER_H_

#include <string>

#include "absl/strings/str_cat.h"
#include "engine/base/check.h"
#include "engine/checkpoint/atomic_file.h"
#include "engine/checkpoint/label_names.h"
#include "engine/checkpoint/model_folder.h"
#include "engine/image/encode.h"
#include "engine/tool/network.h"
#include "tests/reference/golden.h"

namespace avocet {

// Writes <models>/golden/<next version> of 1000 classes for images of `size` pixels, whose values
// become those of NamedImages, and returns its path.
inline std::string WriteGoldenFolder(const std::string& models, const std::string& architecture,
                                     int size) {
  ModelConfig config;
  config.architecture = architecture;
  config.num_classes = 1000;
  config.label_names = DefaultLabelNames(1000);
  config.preprocess.height = config.preprocess.width = size;
  config.preprocess.crop_pct = 1;
  config.preprocess.mean = config.preprocess.std = {0.5f, 0.5f, 0.5f};
  const auto graph = BuildGraph(config);
  AVOCET_CHECK(graph.ok());
  const Parameters parameters = GoldenParameters(*graph, architecture);
  const auto folder = WriteModelFolder({models, "golden", {}}, config,
                                       TensorsOf(parameters, GraphParameters(*graph)));
  AVOCET_CHECK(folder.ok());
  return *folder;
}

// Writes `count` pictures of the noise that the golden statistics were measured on.
inline void WriteNoise(const std::string& folder, int count, int size) {
  for (int i = 0; i < count; ++i) {
    Image image{size, size, {}};
    for (const float value :
         NamedValues(absl::StrCat("noise ", i), static_cast<std::size_t>(size * size * 3))) {
      image.bgr.push_back(static_cast<std::uint8_t>((value + 1) * 127.5f));
    }
    const auto png = EncodePng(image);
    AVOCET_CHECK(png.ok());
    AVOCET_CHECK(WriteFileAtomically(absl::StrCat(folder, "/", i, ".png"), *png).ok());
  }
}

}  // namespace avocet

#endif  // AVOCET_TESTS_TOOL_GOLDEN_FOLDER_H_
