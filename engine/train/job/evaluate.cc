#include "engine/train/job/evaluate.h"

#include <algorithm>
#include <span>

#include "engine/base/status.h"

namespace avocet {

absl::StatusOr<ClassificationScores> Evaluate(Plan& plan, BatchSource& source, int classes,
                                              WorstMistakes* mistakes) {
  ClassificationScores scores(classes);
  const auto plan_rows = static_cast<std::size_t>(plan.batch_size());
  const std::size_t row_size = plan.input().size() / plan_rows;
  RETURN_IF_ERROR(source.Start(0, 0));
  while (true) {
    ASSIGN_OR_RETURN(const Batch* batch, source.Next());
    if (batch == nullptr) return scores;
    const auto rows = static_cast<std::size_t>(batch->rows);
    for (std::size_t row = 0; row < rows; row += plan_rows) {
      const std::size_t count = std::min(plan_rows, rows - row);
      std::ranges::copy(std::span(batch->images).subspan(row * row_size, count * row_size),
                        plan.input().begin());
      plan.Run();
      const auto labels = std::span(batch->labels).subspan(row, count);
      scores.Add(plan.logits(), labels);
      if (mistakes == nullptr) continue;
      mistakes->Add(plan.logits(), std::span(batch->samples).subspan(row, count), labels);
    }
  }
}

}  // namespace avocet
