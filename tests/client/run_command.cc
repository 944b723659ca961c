#include "tests/client/run_command.h"

#include <fcntl.h>
#include <poll.h>
#include <pty.h>
#include <spawn.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>

#include "engine/base/check.h"

namespace avocet {
namespace {

struct Ends {
  int parent = -1;
  int child = -1;
};

Ends OpenPipe(bool child_reads) {
  std::array<int, 2> ends{};
  AVOCET_CHECK(pipe2(ends.data(), O_CLOEXEC) == 0);
  return child_reads ? Ends{.parent = ends[1], .child = ends[0]}
                     : Ends{.parent = ends[0], .child = ends[1]};
}

Ends OpenTerminal(int columns) {
  termios raw{};
  cfmakeraw(&raw);  // "\n" arrives as it was written
  winsize size{
      .ws_row = 24, .ws_col = static_cast<unsigned short>(columns), .ws_xpixel = 0, .ws_ypixel = 0};
  Ends ends;
  AVOCET_CHECK(openpty(&ends.parent, &ends.child, nullptr, &raw, &size) == 0);
  fcntl(ends.parent, F_SETFD, FD_CLOEXEC);
  fcntl(ends.child, F_SETFD, FD_CLOEXEC);
  return ends;
}

std::vector<std::string> Environment(const std::map<std::string, std::string>& changes) {
  std::map<std::string, std::string> variables;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string text = *entry;
    const size_t equals = text.find('=');
    variables[text.substr(0, equals)] = text.substr(equals + 1);
  }
  for (const char* name : {"NO_COLOR", "COLUMNS", "AVOCET_SERVER"}) variables.erase(name);
  variables["LC_ALL"] = "C.UTF-8";
  variables["TERM"] = "xterm";
  for (const auto& [name, value] : changes) variables[name] = value;
  std::vector<std::string> entries;
  for (const auto& [name, value] : variables) {
    std::string entry = name;
    entries.push_back(entry.append("=").append(value));
  }
  return entries;
}

std::vector<char*> Pointers(std::vector<std::string>& texts) {
  std::vector<char*> pointers;
  for (std::string& text : texts) pointers.push_back(text.data());
  pointers.push_back(nullptr);
  return pointers;
}

// Reads what there is; false at the end, which a terminal reports as EIO.
bool ReadSome(int descriptor, std::string& text) {
  std::array<char, 4096> buffer{};
  const ssize_t n = read(descriptor, buffer.data(), buffer.size());
  if (n > 0) text.append(buffer.data(), static_cast<size_t>(n));
  return n > 0 || (n < 0 && errno == EINTR);
}

// Long enough for any command under a sanitizer on a busy machine, short enough that the test's
// report still says which command hung.
constexpr int kHangMilliseconds = 120'000;

// False when the command has been silent for too long.
bool ReadBoth(int output, int errors, CommandResult& result) {
  std::array<pollfd, 2> open = {pollfd{.fd = output, .events = POLLIN, .revents = 0},
                                pollfd{.fd = errors, .events = POLLIN, .revents = 0}};
  std::array<std::string*, 2> texts = {&result.output, &result.errors};
  while (open[0].fd >= 0 || open[1].fd >= 0) {
    const int ready = poll(open.data(), open.size(), kHangMilliseconds);
    if (ready == 0) return false;
    AVOCET_CHECK(ready > 0 || errno == EINTR);
    for (size_t i = 0; i < open.size(); ++i) {
      if (open[i].fd < 0 || open[i].revents == 0) continue;
      if (!ReadSome(open[i].fd, *texts[i])) open[i].fd = -1;
    }
  }
  return true;
}

}  // namespace

CommandResult RunCommand(const std::vector<std::string>& arguments, const CommandOptions& options) {
  const Ends input = OpenPipe(/*child_reads=*/true);
  const Ends output =
      options.terminal_output ? OpenTerminal(options.columns) : OpenPipe(/*child_reads=*/false);
  const Ends errors =
      options.terminal_errors ? OpenTerminal(options.columns) : OpenPipe(/*child_reads=*/false);

  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, input.child, STDIN_FILENO);
  posix_spawn_file_actions_adddup2(&actions, output.child, STDOUT_FILENO);
  posix_spawn_file_actions_adddup2(&actions, errors.child, STDERR_FILENO);
  std::vector<std::string> words = arguments;
  words.insert(words.begin(), AVOCET_BINARY);
  std::vector<std::string> variables = Environment(options.environment);
  pid_t process = 0;
  AVOCET_CHECK(posix_spawn(&process, AVOCET_BINARY, &actions, nullptr, Pointers(words).data(),
                           Pointers(variables).data()) == 0);
  posix_spawn_file_actions_destroy(&actions);
  for (const Ends& ends : {input, output, errors}) close(ends.child);

  // A command that reads no input must not end the test.
  std::signal(SIGPIPE, SIG_IGN);
  // Inputs of tests fit the pipe's buffer, so this does not wait for the command.
  const ssize_t written = write(input.parent, options.input.data(), options.input.size());
  AVOCET_CHECK(written == static_cast<ssize_t>(options.input.size()) || errno == EPIPE);
  close(input.parent);

  CommandResult result;
  if (!ReadBoth(output.parent, errors.parent, result)) {
    result.errors += "\n(hung: killed by the test)\n";
    kill(process, SIGKILL);
  }
  close(output.parent);
  close(errors.parent);
  int status = 0;
  AVOCET_CHECK(waitpid(process, &status, 0) == process);
  result.status = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  return result;
}

}  // namespace avocet
