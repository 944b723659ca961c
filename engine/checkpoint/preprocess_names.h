// How timm's configurations spell the choices of preprocessing.
#ifndef AVOCET_ENGINE_CHECKPOINT_PREPROCESS_NAMES_H_
#define AVOCET_ENGINE_CHECKPOINT_PREPROCESS_NAMES_H_

#include <optional>
#include <string>
#include <string_view>

#include "engine/base/preprocess_config.h"

namespace avocet {

template <typename Enum>
struct NamedChoice {
  std::string_view name;
  Enum value;
};

inline constexpr NamedChoice<Interpolation> kInterpolationNames[] = {
    {"bilinear", Interpolation::kBilinear},
    {"bicubic", Interpolation::kBicubic},
    {"lanczos", Interpolation::kLanczos}};
inline constexpr NamedChoice<CropMode> kCropModeNames[] = {
    {"center", CropMode::kCenter}, {"squash", CropMode::kSquash}, {"border", CropMode::kBorder}};

// The value of that name, if there is one.
template <typename Enum, std::size_t kCount>
std::optional<Enum> ChoiceOf(const NamedChoice<Enum> (&choices)[kCount], std::string_view name) {
  for (const NamedChoice<Enum>& choice : choices) {
    if (choice.name == name) return choice.value;
  }
  return std::nullopt;
}

// The name of `value`, which is among the choices.
template <typename Enum, std::size_t kCount>
std::string_view NameOf(const NamedChoice<Enum> (&choices)[kCount], Enum value) {
  for (const NamedChoice<Enum>& choice : choices) {
    if (choice.value == value) return choice.name;
  }
  return {};
}

// All names, for messages: "bilinear, bicubic, lanczos".
template <typename Enum, std::size_t kCount>
std::string ChoiceNames(const NamedChoice<Enum> (&choices)[kCount]) {
  std::string names;
  for (const NamedChoice<Enum>& choice : choices) {
    names += (names.empty() ? "" : ", ") + std::string(choice.name);
  }
  return names;
}

}  // namespace avocet

#endif  // AVOCET_ENGINE_CHECKPOINT_PREPROCESS_NAMES_H_
