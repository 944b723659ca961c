// What tells whether somebody has touched a folder.
#ifndef AVOCET_SERVER_FOLDER_STATE_H_
#define AVOCET_SERVER_FOLDER_STATE_H_

#include <cstdint>
#include <filesystem>
#include <string>

namespace avocet {

// Names, sizes and times of the files in `folder` as one text: equal texts, nothing was changed.
// What cannot be read counts as absent.
std::string FolderState(const std::filesystem::path& folder);

}  // namespace avocet

#endif  // AVOCET_SERVER_FOLDER_STATE_H_
