// What to say to a person who mistyped.
#ifndef AVOCET_CLIENT_COMMAND_USAGE_ERROR_H_
#define AVOCET_CLIENT_COMMAND_USAGE_ERROR_H_

#include <string>
#include <string_view>
#include <vector>

#include <CLI/CLI.hpp>

namespace avocet {

// The one of `candidates` that `word` most likely meant: the nearest by edit distance, at most a
// third of its letters away. Empty: none is near.
std::string Nearest(std::string_view word, const std::vector<std::string>& candidates);

// One or two lines for stderr: what is wrong, what was perhaps meant, where to read on.
std::string ExplainUsageError(const CLI::App& app, const CLI::ParseError& error);

}  // namespace avocet

#endif  // AVOCET_CLIENT_COMMAND_USAGE_ERROR_H_
