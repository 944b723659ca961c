#include "engine/checkpoint/safetensors_header.h"

#include <algorithm>
#include <optional>
#include <tuple>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "engine/base/status.h"
#include "engine/checkpoint/header_sax.h"

namespace avocet {
namespace {

// Ranges must follow one another: a hole could hide foreign content, an overlap an alias.
absl::Status CheckLayout(const std::vector<TensorEntry>& tensors, absl::string_view file) {
  std::uint64_t expected = 0;
  for (const TensorEntry& tensor : tensors) {
    const auto fail = [&](const auto&... parts) {
      return absl::InvalidArgumentError(
          absl::StrCat(file, ": tensor \"", absl::Utf8SafeCEscape(tensor.name), "\": ", parts...));
    };
    const std::string range = absl::StrCat("data_offsets [", tensor.begin, ", ", tensor.end, ")");
    if (tensor.end < tensor.begin) return fail(range, " end before they begin");
    if (tensor.begin < expected) {
      return fail(range, " overlap the tensor before, which ends at ", expected);
    }
    if (tensor.begin > expected) {
      return fail(range, " leave a hole: expected them to begin at ", expected);
    }
    const std::string type = absl::StrCat(
        absl::string_view(DTypeName(tensor.dtype).data(), DTypeName(tensor.dtype).size()), " [",
        absl::StrJoin(tensor.shape, ","), "]");
    const std::optional<std::uint64_t> bytes = TensorBytes(tensor.dtype, tensor.shape);
    if (!bytes) return fail(type, " is not a whole number of bytes below 2^61");
    if (*bytes != tensor.end - tensor.begin) {
      return fail(type, " needs ", *bytes, " bytes, ", range, " hold ", tensor.end - tensor.begin);
    }
    expected = tensor.end;
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<SafetensorsHeader> ParseSafetensorsHeader(std::string_view json,
                                                         std::string_view file) {
  const absl::string_view name(file.data(), file.size());
  if (!json.starts_with('{')) {
    return absl::InvalidArgumentError(absl::StrCat(name, ": header: does not start with {"));
  }
  // The parser takes a NUL byte for the end of its input.
  if (const auto nul = json.find('\0'); nul != std::string_view::npos) {
    return absl::InvalidArgumentError(absl::StrCat(name, ": header: NUL at byte ", nul));
  }
  SafetensorsHeader header;
  HeaderSax sax(header);
  if (!nlohmann::json::sax_parse(json.begin(), json.end(), &sax)) {
    return absl::InvalidArgumentError(absl::StrCat(name, ": ", sax.error()));
  }
  std::ranges::sort(header.tensors, {}, [](const TensorEntry& tensor) {
    return std::tie(tensor.begin, tensor.end, tensor.name);
  });
  RETURN_IF_ERROR(CheckLayout(header.tensors, name));
  return header;
}

}  // namespace avocet
