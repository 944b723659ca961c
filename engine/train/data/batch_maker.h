// Makes batches row by row, on whichever threads: what a row holds does not depend on them.
#ifndef AVOCET_ENGINE_TRAIN_DATA_BATCH_MAKER_H_
#define AVOCET_ENGINE_TRAIN_DATA_BATCH_MAKER_H_

#include <cstddef>
#include <cstdint>
#include <vector>

#include "absl/status/status.h"
#include "engine/image/preprocessor.h"
#include "engine/train/data/batch.h"
#include "engine/train/data/dataset.h"
#include "engine/train/data/epoch_order.h"
#include "engine/train/data/image_source.h"
#include "engine/train/data/loader_options.h"
#include "engine/train/data/row_maker.h"

namespace avocet {

// Thread-safe where different threads make different rows.
class BatchMaker {
 public:
  // Memory of one thread.
  struct Scratch {
    ImageSource::Scratch source;
    RowMaker::Scratch row;
  };
  // A batch in the making.
  struct Work {
    Batch batch;
    EpochOrder::Rows rows = {0, 0};
    std::vector<absl::Status> failures;  // [rows]; OK for a row that is there
  };

  // Both as DataLoader::Create() has checked them; `preprocessor` is of options.preprocess.
  BatchMaker(const Dataset& dataset, const LoaderOptions& options,
             const Preprocessor& preprocessor);

  // Of an epoch.
  std::int64_t Batches() const;
  EpochOrder Order(std::uint32_t epoch) const;

  // Makes room for this rank's rows of batch `number`.
  void Prepare(const EpochOrder& order, std::int64_t number, Work* work) const;
  void MakeRow(const EpochOrder& order, std::uint32_t epoch, std::int64_t row, Scratch* scratch,
               Work* work);
  // After all rows: drops those that failed (evaluation) or fails with them (training), mixes, and
  // writes the targets.
  absl::Status Complete(std::uint32_t epoch, std::int64_t number, Work* work) const;

  std::vector<UnreadableImage> unreadable() const;
  const ImageSource& source() const { return source_; }

 private:
  absl::Status MakeTrainingRow(const EpochOrder& order, std::uint32_t epoch, std::int64_t position,
                               std::size_t row, Scratch* scratch, Batch* batch);
  absl::Status MakeEvaluationRow(std::int64_t sample, std::size_t row, Scratch* scratch,
                                 Batch* batch);
  void DropFailedRows(Work* work) const;

  const Dataset dataset_;
  const LoaderOptions options_;
  const RowMaker row_maker_;
  ImageSource source_;
};

}  // namespace avocet

#endif  // AVOCET_ENGINE_TRAIN_DATA_BATCH_MAKER_H_
