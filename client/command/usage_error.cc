#include "client/command/usage_error.h"

#include <algorithm>
#include <filesystem>
#include <numeric>
#include <system_error>

#include "absl/strings/str_cat.h"

namespace avocet {
namespace {

// Insertions, deletions, substitutions and swaps of neighbours that make `a` of `b` (optimal string
// alignment).
size_t EditDistance(std::string_view a, std::string_view b) {
  std::vector<std::vector<size_t>> cost(a.size() + 1, std::vector<size_t>(b.size() + 1));
  for (size_t i = 0; i <= a.size(); ++i) cost[i][0] = i;
  std::iota(cost[0].begin(), cost[0].end(), size_t{0});
  for (size_t i = 1; i <= a.size(); ++i) {
    for (size_t j = 1; j <= b.size(); ++j) {
      cost[i][j] = std::min({cost[i - 1][j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1),
                             cost[i - 1][j] + 1, cost[i][j - 1] + 1});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) {
        cost[i][j] = std::min(cost[i][j], cost[i - 2][j - 2] + 1);
      }
    }
  }
  return cost[a.size()][b.size()];
}

std::vector<std::string> FlagsOf(const CLI::App& command) {
  std::vector<std::string> flags;
  for (const CLI::Option* option : command.get_options()) {
    for (const std::string& name : option->get_lnames()) flags.push_back("--" + name);
  }
  return flags;
}

std::vector<std::string> CommandsOf(const CLI::App& app) {
  std::vector<std::string> names;
  for (const CLI::App* command : app.get_subcommands({})) names.push_back(command->get_name());
  return names;
}

std::string DidYouMean(std::string_view word, const std::vector<std::string>& candidates) {
  const std::string nearest = Nearest(word, candidates);
  return nearest.empty() ? "" : absl::StrCat("; did you mean ", nearest, "?");
}

std::string ExplainUnknown(const CLI::App& app, const CLI::App& command, const std::string& word) {
  if (word.rfind("--", 0) == 0) {
    const std::string flag = word.substr(0, word.find('='));
    return absl::StrCat("unknown option ", flag, DidYouMean(flag, FlagsOf(command)));
  }
  if (&command != &app) return absl::StrCat("unexpected argument ", word);
  std::error_code ignored;
  if (std::filesystem::exists(word, ignored)) {
    return absl::StrCat("unknown command ", word, "; did you mean avocet classify ", word, "?");
  }
  return absl::StrCat("unknown command ", word, DidYouMean(word, CommandsOf(app)));
}

}  // namespace

std::string Nearest(std::string_view word, const std::vector<std::string>& candidates) {
  std::string nearest;
  size_t best = std::max<size_t>(1, word.size() / 3) + 1;
  for (const std::string& candidate : candidates) {
    const size_t distance = EditDistance(word, candidate);
    if (distance < best) {
      best = distance;
      nearest = candidate;
    }
  }
  return nearest;
}

std::string ExplainUsageError(const CLI::App& app, const CLI::ParseError& error) {
  const std::vector<CLI::App*> parsed = app.get_subcommands();
  const CLI::App& command = parsed.empty() ? app : *parsed.front();
  std::string text = error.what();
  for (const std::string& word : command.remaining()) {
    if (word == "--") continue;
    text = ExplainUnknown(app, command, word);
    break;
  }
  return absl::StrCat(text, "\nSee avocet ",
                      &command == &app ? "" : absl::StrCat(command.get_name(), " "), "--help.");
}

}  // namespace avocet
