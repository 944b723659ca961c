// Mixup and cutmix, and the targets that go with them.
#ifndef AVOCET_ENGINE_TRAIN_DATA_MIX_H_
#define AVOCET_ENGINE_TRAIN_DATA_MIX_H_

#include <cstdint>

#include "engine/train/data/augment_options.h"
#include "engine/train/data/batch.h"
#include "engine/train/data/random.h"
#include "engine/train/data/targets.h"

namespace avocet {

// How one batch is mixed. A pixel inside the box of cutmix comes from the partner.
struct Mixing {
  enum class Kind { kNone, kMixup, kCutmix };

  Kind kind = Kind::kNone;
  float lambda = 1;  // share of the row's own picture; of cutmix: what the box, cut off at the
                     // picture's sides, really leaves
  int left = 0;      // the box, columns [left, right) of rows [top, bottom)
  int top = 0;
  int right = 0;
  int bottom = 0;
};

// Draws lambda from Beta(alpha, alpha), and the box as in the CutMix paper (sides sqrt(1 - lambda)
// of the picture's, centre uniform).
Mixing DrawMixing(const MixOptions& options, int height, int width, Random* random);

// Mixes images of rows 2i and 2i + 1 with each other; the number of rows is even unless
// `mixing.kind` is kNone. `height` x `width` is the size of the images.
void MixImages(const Mixing& mixing, int height, int width, Batch* batch);

// Writes batch->targets, [rows, classes], and batch->main_labels from the labels.
void MakeTargets(const Mixing& mixing, const TargetOptions& options, int classes, Batch* batch);

}  // namespace avocet

#endif  // AVOCET_ENGINE_TRAIN_DATA_MIX_H_
