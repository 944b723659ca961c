// A confusion matrix as a picture.
#ifndef AVOCET_ENGINE_METRICS_CONFUSION_PICTURE_H_
#define AVOCET_ENGINE_METRICS_CONFUSION_PICTURE_H_

#include "engine/image/image.h"
#include "engine/metrics/confusion_matrix.h"

namespace avocet {

// A square of `cell` x `cell` pixels for each pair, true classes from the top, predicted ones from
// the left: white for none of the row's images, the diagonal blue and mistakes red the more the
// larger their share of the row. `cell` >= 1.
Image DrawConfusionMatrix(const ConfusionMatrix& matrix, int cell);

}  // namespace avocet

#endif  // AVOCET_ENGINE_METRICS_CONFUSION_PICTURE_H_
