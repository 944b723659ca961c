// The folder of one run, and the checkpoints in it.
//
//   RUN_DIR/config.textproto                   the resolved configuration
//   RUN_DIR/checkpoints/<step>/model/          config.json and model.safetensors
//   RUN_DIR/checkpoints/<step>/training_state.safetensors
//   RUN_DIR/checkpoints/last, best             symbolic links to such folders
//   RUN_DIR/model                              a symbolic link to checkpoints/last/model
//   RUN_DIR/lock                               held by the process that trains here
#ifndef AVOCET_ENGINE_TRAIN_JOB_RUN_FOLDER_H_
#define AVOCET_ENGINE_TRAIN_JOB_RUN_FOLDER_H_

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace avocet {

// Every checkpoint is written beside the others under a temporary name, brought to the disk,
// renamed, and only then pointed to: whatever ends the process, `last` is a whole one.
class RunFolder {
 public:
  // Makes the folder where it is missing, locks it until the object is destroyed, and removes what
  // an earlier process left unfinished. FAILED_PRECONDITION, with its process id, if another
  // process has the lock; the system's reason for what cannot be made.
  static absl::StatusOr<RunFolder> Open(const std::string& path);

  RunFolder(RunFolder&& other) noexcept;
  RunFolder& operator=(RunFolder&&) = delete;
  ~RunFolder();

  const std::filesystem::path& path() const { return path_; }
  std::filesystem::path config_file() const { return path_ / "config.textproto"; }
  // Where the links `last` and `best` point; empty without one.
  std::filesystem::path Last() const { return Target("last"); }
  std::filesystem::path Best() const { return Target("best"); }

  // A new checkpoint becomes `last` and, if wanted, `best`; those that no link points to any more
  // are removed. `write` fills the folder that it is given. After an error, also of the disk,
  // everything is as before.
  absl::Status Save(std::int64_t step, bool best,
                    const std::function<absl::Status(const std::filesystem::path& folder)>& write);

 private:
  RunFolder(std::filesystem::path path, int lock) : path_(std::move(path)), lock_(lock) {}
  std::filesystem::path checkpoints() const { return path_ / "checkpoints"; }
  std::filesystem::path Target(const char* link) const;
  // `link` is a path in RUN_DIR, `target` relative to its folder.
  absl::Status PointTo(const std::string& link, const std::string& target) const;
  void RemoveUnused() const;

  std::filesystem::path path_;
  int lock_;
};

}  // namespace avocet

#endif  // AVOCET_ENGINE_TRAIN_JOB_RUN_FOLDER_H_
