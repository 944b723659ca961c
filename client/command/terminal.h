// What the place that output goes to can show.
#ifndef AVOCET_CLIENT_COMMAND_TERMINAL_H_
#define AVOCET_CLIENT_COMMAND_TERMINAL_H_

#include <string>
#include <string_view>

namespace avocet {

struct Terminal {
  bool interactive = false;  // a person's screen, not a pipe or a file
  bool color = false;  // interactive, TERM is not "dumb", and NO_COLOR (no-color.org) is not set
  bool utf8 = false;   // LC_ALL, LC_CTYPE or LANG, the first that is set, says UTF-8
  int width = 80;      // columns: the terminal's, else COLUMNS

  static Terminal Of(int descriptor);
};

// `text` in the colour of SGR code `code` ("32" is green), or as it is where there is no colour.
std::string Colored(std::string_view text, std::string_view code, const Terminal& terminal);

// How many columns `text` takes, at one for each code point. Labels and file names are close enough
// to that.
int DisplayWidth(std::string_view text);

// `text` cut to `width` columns with an ellipsis, or filled with blanks up to them.
std::string Fit(std::string_view text, int width, const Terminal& terminal);

// `text` with control characters shown as "?": file names and labels must not steer the terminal.
std::string Printable(std::string_view text);

}  // namespace avocet

#endif  // AVOCET_CLIENT_COMMAND_TERMINAL_H_
