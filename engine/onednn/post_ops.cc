#include "engine/onednn/post_ops.h"

#include <cstddef>
#include <variant>

namespace avocet {

std::optional<ActivationKind> ActivationOf(const Conv2d& conv) {
  if (conv.post_ops.empty()) return std::nullopt;
  const auto* activation = std::get_if<ActivationPostOp>(&conv.post_ops.back());
  return activation == nullptr ? std::nullopt : std::optional(activation->kind);
}

bool IsShortcutThenActivation(const Conv2d& conv) {
  for (std::size_t i = 0; i < conv.post_ops.size(); ++i) {
    const bool is_activation = std::holds_alternative<ActivationPostOp>(conv.post_ops[i]);
    if (is_activation ? i + 1 != conv.post_ops.size() : i != 0) return false;
  }
  return true;
}

}  // namespace avocet
