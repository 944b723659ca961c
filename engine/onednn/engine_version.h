// Whose code computes.
#ifndef AVOCET_ENGINE_ONEDNN_ENGINE_VERSION_H_
#define AVOCET_ENGINE_ONEDNN_ENGINE_VERSION_H_

#include <string>

namespace avocet {

// oneDNN's version and the instruction set that it uses here, for example
// "oneDNN 3.2.0 avx512_core_bf16": what was measured with another one does not count.
std::string EngineVersion();

}  // namespace avocet

#endif  // AVOCET_ENGINE_ONEDNN_ENGINE_VERSION_H_
