// The report of `avocet-model evaluate`.
#ifndef AVOCET_ENGINE_TOOL_EVALUATION_REPORT_H_
#define AVOCET_ENGINE_TOOL_EVALUATION_REPORT_H_

#include <string>

#include "absl/status/statusor.h"
#include "engine/image/matrix_picture.h"
#include "engine/tool/evaluate_models.h"

namespace avocet {

std::string EvaluationText(const Evaluation& evaluation);

// One object: "images", "unreadable", "model", and with another model "against" and "comparison".
// Shares are 0 to 1, times seconds.
std::string EvaluationJson(const Evaluation& evaluation);

// The confusion matrix of `model`, which has scores, as a picture: all classes, or of more than 100
// those that occur, as a label or as an answer.
Matrix ConfusionPicture(const ModelEvaluation& model);

}  // namespace avocet

#endif  // AVOCET_ENGINE_TOOL_EVALUATION_REPORT_H_
