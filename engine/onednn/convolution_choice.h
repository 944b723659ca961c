// Which of oneDNN's implementations a convolution takes.
#ifndef AVOCET_ENGINE_ONEDNN_CONVOLUTION_CHOICE_H_
#define AVOCET_ENGINE_ONEDNN_CONVOLUTION_CHOICE_H_

#include "dnnl.hpp"

namespace avocet {

// Moves `descriptor` on from an implementation that is known to compute this convolution wrongly to
// oneDNN's next; to be called before its layouts are asked for. Throws dnnl::error if there is
// none.
void SkipWrongImplementation(dnnl::convolution_forward::primitive_desc& descriptor);

}  // namespace avocet

#endif  // AVOCET_ENGINE_ONEDNN_CONVOLUTION_CHOICE_H_
