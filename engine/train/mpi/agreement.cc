#include "engine/train/mpi/agreement.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <span>

#include "absl/strings/str_cat.h"

namespace avocet {

std::string BroadcastText(Collective* group, int root, const std::string& text) {
  if (group == nullptr) return text;
  const bool is_root = group->rank() == root;
  std::array<double, 1> length = {is_root ? static_cast<double>(text.size()) : 0.0};
  group->Sum(std::span<double>(length));
  std::vector<double> bytes(static_cast<std::size_t>(length[0]));
  if (is_root) {
    std::ranges::transform(text, bytes.begin(), [](char c) {
      return static_cast<double>(static_cast<unsigned char>(c));
    });
  }
  group->Sum(std::span<double>(bytes));
  std::string received(bytes.size(), '\0');
  std::ranges::transform(bytes, received.begin(), [](double byte) {
    return static_cast<char>(static_cast<unsigned char>(byte));
  });
  return received;
}

std::vector<std::string> GatherTexts(Collective* group, const std::string& text) {
  if (group == nullptr) return {text};
  std::vector<std::string> texts;
  texts.reserve(static_cast<std::size_t>(group->size()));
  for (int rank = 0; rank < group->size(); ++rank) {
    texts.push_back(BroadcastText(group, rank, text));
  }
  return texts;
}

absl::Status Agree(Collective* group, const absl::Status& status) {
  if (group == nullptr) return status;
  std::vector<double> codes(static_cast<std::size_t>(group->size()));
  codes[static_cast<std::size_t>(group->rank())] = static_cast<double>(status.raw_code());
  group->Sum(std::span<double>(codes));
  const auto first = std::ranges::find_if(codes, [](double code) { return code != 0; });
  if (first == codes.end()) return absl::OkStatus();
  const int rank = static_cast<int>(first - codes.begin());
  const std::string message = BroadcastText(group, rank, std::string(status.message()));
  const bool on_all = std::ranges::count(codes, 0.0) == 0;
  return absl::Status(static_cast<absl::StatusCode>(*first),
                      on_all ? message : absl::StrCat("rank ", rank, ": ", message));
}

absl::Status OrAbort(ProcessGroup* group, const absl::Status& status) {
  if (!status.ok() && group != nullptr) group->Abort(std::string(status.message()));
  return status;
}

absl::Status AgreeToStop(ProcessGroup* group, const absl::Status& status) {
  return Agree(group, absl::IsCancelled(status) ? status : OrAbort(group, status));
}

}  // namespace avocet
