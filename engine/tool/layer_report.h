// The layer table of `avocet-model describe`.
#ifndef AVOCET_ENGINE_TOOL_LAYER_REPORT_H_
#define AVOCET_ENGINE_TOOL_LAYER_REPORT_H_

#include <string>

#include "engine/tool/network.h"

namespace avocet {

// See ListLayers for `every_operator`, TextTable::Print for `max_width`.
std::string LayersText(const Network& network, bool every_operator, int max_width);

// One object: "network", "input" [channels, height, width], "classes", "layers", "totals". Bytes,
// counts and pixels are plain numbers; "receptive_field" is null where it is the whole image.
std::string LayersJson(const Network& network, bool every_operator);

}  // namespace avocet

#endif  // AVOCET_ENGINE_TOOL_LAYER_REPORT_H_
