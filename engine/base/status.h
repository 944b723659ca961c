// The two macros that carry an absl::Status up the call stack.
#ifndef AVOCET_ENGINE_BASE_STATUS_H_
#define AVOCET_ENGINE_BASE_STATUS_H_

#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

// Returns from the calling function when `expression`, an absl::Status, is not OK.
#define RETURN_IF_ERROR(expression)                  \
  do {                                               \
    absl::Status avocet_status_ = (expression);      \
    if (!avocet_status_.ok()) return avocet_status_; \
  } while (false)

// Assigns the value of `expression`, an absl::StatusOr, to `lhs` (which may declare a variable), or
// returns its error.
#define ASSIGN_OR_RETURN(lhs, expression) \
  AVOCET_ASSIGN_OR_RETURN_(AVOCET_STATUS_CONCAT_(avocet_statusor_, __LINE__), lhs, expression)

#define AVOCET_ASSIGN_OR_RETURN_(statusor, lhs, expression) \
  auto statusor = (expression);                             \
  if (!statusor.ok()) return std::move(statusor).status();  \
  lhs = std::move(statusor).value()
#define AVOCET_STATUS_CONCAT_(a, b) AVOCET_STATUS_CONCAT_INNER_(a, b)
#define AVOCET_STATUS_CONCAT_INNER_(a, b) a##b

#endif  // AVOCET_ENGINE_BASE_STATUS_H_
