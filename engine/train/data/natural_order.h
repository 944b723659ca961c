// The order of class names.
#ifndef AVOCET_ENGINE_TRAIN_DATA_NATURAL_ORDER_H_
#define AVOCET_ENGINE_TRAIN_DATA_NATURAL_ORDER_H_

#include <string_view>

namespace avocet {

// Whether `a` comes before `b` as timm sorts classes: without regard to the case of ASCII letters,
// runs of digits by their number ("class2" before "class10"). Names that are equal so far are
// ordered by their bytes, so that the order is total.
bool NaturalLess(std::string_view a, std::string_view b);

}  // namespace avocet

#endif  // AVOCET_ENGINE_TRAIN_DATA_NATURAL_ORDER_H_
