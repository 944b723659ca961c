#include "client/command/terminal.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <cstdlib>

#include "absl/strings/numbers.h"

namespace avocet {
namespace {

std::string_view Variable(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? std::string_view() : std::string_view(value);
}

// The variables are read rather than the C locale: a container often names a locale that it has not
// installed.
bool LocaleIsUtf8() {
  for (const char* name : {"LC_ALL", "LC_CTYPE", "LANG"}) {
    std::string value(Variable(name));
    if (value.empty()) continue;
    std::transform(value.begin(), value.end(), value.begin(),
                   [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    return value.find("utf-8") != std::string::npos || value.find("utf8") != std::string::npos;
  }
  return false;
}

bool StartsCodePoint(char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }

}  // namespace

Terminal Terminal::Of(int descriptor) {
  Terminal terminal;
  terminal.interactive = isatty(descriptor) == 1;
  terminal.color =
      terminal.interactive && Variable("NO_COLOR").empty() && Variable("TERM") != "dumb";
  terminal.utf8 = LocaleIsUtf8();
  int width = 0;
  winsize size{};
  if (ioctl(descriptor, TIOCGWINSZ, &size) == 0 && size.ws_col > 0) {
    terminal.width = size.ws_col;
  } else if (absl::SimpleAtoi(std::string(Variable("COLUMNS")), &width) && width > 0) {
    terminal.width = width;
  }
  return terminal;
}

std::string Colored(std::string_view text, std::string_view code, const Terminal& terminal) {
  if (!terminal.color || text.empty()) return std::string(text);
  std::string colored = "\x1b[";
  colored.append(code).append("m").append(text).append("\x1b[0m");
  return colored;
}

int DisplayWidth(std::string_view text) {
  return static_cast<int>(std::count_if(text.begin(), text.end(), StartsCodePoint));
}

std::string Fit(std::string_view text, int width, const Terminal& terminal) {
  const int columns = DisplayWidth(text);
  if (columns <= width) {
    return std::string(text).append(static_cast<size_t>(width - columns), ' ');
  }
  const std::string_view ellipsis = terminal.utf8 ? "…" : "...";
  const int keep = std::max(0, width - DisplayWidth(ellipsis));
  size_t end = 0;
  for (int kept = 0; end < text.size(); ++end) {
    if (StartsCodePoint(text[end]) && kept++ == keep) break;
  }
  return std::string(text.substr(0, end)).append(ellipsis);
}

std::string Printable(std::string_view text) {
  std::string printable(text);
  for (char& c : printable) {
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) c = '?';
  }
  return printable;
}

}  // namespace avocet
